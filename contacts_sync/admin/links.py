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

from contacts_sync import tasks
from contacts_sync.admin.base import BAD, RecordAdmin, badge, count
from contacts_sync.admin.mirror import shown_values
from contacts_sync.admin.words import anchor, link_badge
from contacts_sync.models import Connection, ExternalLink, SyncRun
from contacts_sync.run import decisions

State = ExternalLink.State


class ProblemFilter(SimpleListFilter):
    title = "problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Refused by one side"), ("no", "None")]

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
        ("In Outlook", {"fields": ("shown_mirror", "remote_id")}),
        ("Problem", {"fields": ("problem", ("problem_count", "next_try_at"))}),
        ("Times", {"fields": ("created_at", "changed_at", "sent_at"), "classes": ["collapse"]}),
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
            if title != "Problem" or (obj and obj.problem)
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

    @admin.display(description="state", ordering="state")
    def shown_state(self, link: ExternalLink) -> SafeString:
        return link_badge(link)

    @admin.display(description="problem")
    def shown_problem(self, link: ExternalLink) -> SafeString | str:
        return badge("refused", BAD, title=link.problem) if link.problem else "–"

    @admin.display(description="contact")
    def shown_contact(self, link: ExternalLink) -> SafeString | str:
        if link.contact is None:
            return link.name or "–"
        url = reverse("admin:contacts_sync_contact_change", args=[link.contact.pk])
        return anchor(url, link.contact)

    @admin.display(description="values")
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
            messages.error(request, "Choose one contact on each side.")
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
        messages.success(request, f"{chosen} is linked. The next run brings both sides together.")
        return HttpResponseRedirect(reverse("admin:contacts_sync_externallink_changelist"))

    @admin.action(description="Try again now", permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        refused = queryset.exclude(problem="")
        mailboxes = {link.connection_id: link.connection for link in refused}
        number = decisions.try_again(ExternalLink.objects.filter(pk__in=refused.values("pk")))
        for mailbox in mailboxes.values():
            if mailbox.state == Connection.State.ON:
                trigger = SyncRun.Trigger.STAFF
                tasks.enqueue(mailbox, SyncRun.Kind.SYNC, trigger=trigger, actor=request.user)
        messages.success(request, f"{count(number, 'contact')} tried again with the next run.")

    @admin.action(description="Put back in Outlook", permissions=["decide"])
    def put_back(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(request, queryset, State.GONE, decisions.put_back, "put back with the next run")

    @admin.action(description="Keep both", permissions=["decide"])
    def keep_both(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(request, queryset, State.HELD, decisions.keep_both, "kept on both sides")

    @admin.action(description="Take back in", permissions=["decide"])
    def take_back_in(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        self._each(request, queryset, State.APART, decisions.take_back_in, "taken back in")

    @admin.action(description="Leave out", permissions=["decide"])
    def leave_out(self, request: HttpRequest, queryset: QuerySet[ExternalLink]) -> None:
        def leave(link: ExternalLink, actor: Any) -> None:
            decisions.leave_out(
                link.connection,
                contact_id=link.contact_id,
                remote_id=link.remote_id or "",
                actor=actor,
            )

        self._each(request, queryset, State.HELD, leave, "left out")

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
            messages.success(request, f"{count(done, 'contact')}: {words}.")
        if other := len(chosen) - len(fits):
            messages.warning(
                request, f"{count(other, 'link')} left as before: not “{state.label}”."
            )


def _group(link: ExternalLink) -> dict[str, Any]:
    """Give everybody who is held for the same question."""
    links = ExternalLink.objects.filter(connection=link.connection_id, state=State.HELD)
    links = links.filter(group=link.group) if link.group else links.filter(pk=link.pk)
    rows = list(links.select_related("contact", "mirror").order_by("pk"))
    return {
        "ours": [row.contact for row in rows if row.contact],
        "theirs": [row.mirror for row in rows if row.mirror],
    }
