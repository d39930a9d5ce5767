"""Links: which contact here is which contact there, and what people decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts_sync import tasks
from contacts_sync.admin.base import BAD, RecordAdmin, badge
from contacts_sync.admin.mirror import shown_values
from contacts_sync.admin.words import anchor, link_badge
from contacts_sync.models import Connection, ExternalLink, SyncRun
from contacts_sync.run import decisions

State = ExternalLink.State
PROBLEM = gettext_lazy("Problem")


class ProblemFilter(SimpleListFilter):
    title = gettext_lazy("problem")
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Refused by one side")), ("no", _("None"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> QuerySet[ExternalLink]:
        match self.value():
            case "yes":
                return queryset.exclude(problem="")
            case "no":
                return queryset.filter(problem="")
            case _:
                return queryset


@admin.register(ExternalLink)
class LinkAdmin(RecordAdmin):
    """Links. What waits for a person is decided here."""

    list_display = (
        "__str__",
        "connection",
        "shown_state",
        "reason",
        "shown_problem",
        "next_try_at",
    )
    list_filter = ("state", ProblemFilter, "connection")
    search_fields = ("name", "contact__first_name", "contact__last_name", "contact__name")
    ordering = ("-pk",)
    actions = ("try_again", "put_back", "keep_both", "take_back_in", "leave_out")
    fieldsets = (
        (None, {"fields": (("shown_contact", "connection"), ("shown_state", "reason"))}),
        (gettext_lazy("In Outlook"), {"fields": ("shown_mirror", "remote_id")}),
        (PROBLEM, {"fields": ("problem", ("problem_count", "next_try_at"))}),
        (
            gettext_lazy("Times"),
            {"fields": ("created_at", "changed_at", "sent_at"), "classes": ["collapse"]},
        ),
    )
    readonly_fields = (
        "shown_contact",
        "shown_state",
        "shown_mirror",
    )
    change_form_template = "admin/contacts_sync/externallink/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: ExternalLink | None = None) -> Any:
        return [
            (title, options)
            for title, options in self.fieldsets
            if title is not PROBLEM or (obj and obj.problem)
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExternalLink]:
        links = super().get_queryset(request).select_related("connection", "contact", "mirror")
        return links.defer(
            "local_shadow", "remote_shadow", "connection__credential", "connection__cursor"
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.change_externallink")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pair)
        return [
            path("<int:pk>/pair/", view, name="contacts_sync_externallink_pair"),
            *super().get_urls(),
        ]

    # --- what a row says ---

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, link: ExternalLink) -> SafeString:
        return link_badge(link)

    @admin.display(description=gettext_lazy("problem"))
    def shown_problem(self, link: ExternalLink) -> SafeString | str:
        return badge(_("refused"), BAD, title=link.problem) if link.problem else "–"

    @admin.display(description=gettext_lazy("contact"))
    def shown_contact(self, link: ExternalLink) -> SafeString | str:
        if link.contact is None:
            return link.name or "–"
        url = reverse("admin:contacts_sync_contact_change", args=[link.contact.pk])
        return anchor(url, link.contact)

    @admin.display(description=gettext_lazy("values"))
    def shown_mirror(self, link: ExternalLink) -> SafeString | str:
        return shown_values(link.mirror) if link.mirror else "–"

    # --- what a person decides ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        link = self.get_object(request, object_id)
        context = {"may_decide": self.has_decide_permission(request), **(extra_context or {})}
        if link and link.state == State.HELD and self.has_view_permission(request, link):
            context |= {"group": _group(link)}
        return super().change_view(request, object_id, form_url, context)

    def pair(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Link one contact of a held group with one Outlook contact of it."""
        link = self.get_queryset(request).filter(pk=pk, state=State.HELD).first()
        if link is None or request.method != "POST" or not self.has_decide_permission(request):
            raise Http404
        group = _group(link)
        chosen = next(
            (one for one in group["ours"] if str(one.pk) == request.POST.get("contact")), None
        )
        remote = next(
            (one for one in group["theirs"] if one.remote_id == request.POST.get("remote")), None
        )
        if chosen is None or remote is None:
            messages.error(request, _("Choose one contact on each side."))
            return HttpResponseRedirect(
                reverse("admin:contacts_sync_externallink_change", args=[pk])
            )
        try:
            decisions.link_pair(link.connection, chosen.pk, remote.remote_id, request.user)
        except decisions.NotPossible as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(
                reverse("admin:contacts_sync_externallink_change", args=[pk])
            )
        text = _("%(name)s is linked. The next run brings both sides together.")
        messages.success(request, text % {"name": chosen})
        return HttpResponseRedirect(reverse("admin:contacts_sync_externallink_changelist"))

    @admin.action(description=gettext_lazy("Try again now"), permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        refused = queryset.exclude(problem="")
        mailboxes = {link.connection_id: link.connection for link in refused}
        number = decisions.try_again(ExternalLink.objects.filter(pk__in=refused.values("pk")))
        for mailbox in mailboxes.values():
            if mailbox.state == Connection.State.ON:
                trigger = SyncRun.Trigger.STAFF
                tasks.enqueue(mailbox, SyncRun.Kind.SYNC, trigger=trigger, actor=request.user)
        text = ngettext(
            "%(number)s contact is tried again with the next run.",
            "%(number)s contacts are tried again with the next run.",
            number,
        )
        messages.success(request, text % {"number": number})

    @admin.action(description=gettext_lazy("Put back in Outlook"), permissions=["decide"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(
            request, queryset, State.GONE, decisions.put_back, _("put back with the next run")
        )

    @admin.action(description=gettext_lazy("Keep both"), permissions=["decide"])
    def keep_both(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(request, queryset, State.HELD, decisions.keep_both, _("kept on both sides"))

    @admin.action(description=gettext_lazy("Take back in"), permissions=["decide"])
    def take_back_in(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(request, queryset, State.APART, decisions.take_back_in, _("taken back in"))

    @admin.action(description=gettext_lazy("Leave out"), permissions=["decide"])
    def leave_out(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        def leave(link: ExternalLink, actor: Any) -> None:
            decisions.leave_out(
                link.connection,
                contact_id=link.contact_id,
                remote_id=link.remote_id or "",
                actor=actor,
            )

        self._each(request, queryset, State.HELD, leave, _("left out"))

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[ExternalLink],
        state: State,
        decide: Callable[[ExternalLink, Any], Any],
        words: str,
    ) -> None:
        chosen = list(queryset)
        fits = [link for link in chosen if link.state == state]
        done = 0
        for link in fits:
            try:
                decide(link, request.user)
                done += 1
            except decisions.NotPossible as error:
                messages.error(request, f"{link}: {error}")
        if done:
            text = ngettext(
                "%(number)s contact: %(words)s.", "%(number)s contacts: %(words)s.", done
            )
            messages.success(request, text % {"number": done, "words": words})
        if other := len(chosen) - len(fits):
            text = ngettext(
                "%(number)s link left as before: not “%(state)s”.",
                "%(number)s links left as before: not “%(state)s”.",
                other,
            )
            messages.warning(request, text % {"number": other, "state": state.label})


def _group(link: ExternalLink) -> dict[str, Any]:
    """Give everybody who is held for the same question."""
    links = ExternalLink.objects.filter(connection=link.connection_id, state=State.HELD)
    links = links.filter(group=link.group) if link.group else links.filter(pk=link.pk)
    rows = list(links.select_related("contact", "mirror").order_by("pk"))
    return {
        "ours": [row.contact for row in rows if row.contact],
        "theirs": [row.mirror for row in rows if row.mirror],
    }
