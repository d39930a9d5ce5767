"""Links: which contact here is which contact there, and what people decided."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin.base import BAD, RecordAdmin, badge
from contacts_sync.admin.link_actions import LinkActions
from contacts_sync.admin.mirror import shown_values
from contacts_sync.admin.words import anchor, link_badge
from contacts_sync.models import ExternalLink, RemoteContact
from contacts_sync.run import decisions
from contacts_sync.views import groups
from contacts_sync.views.groups import Card, Group

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
class LinkAdmin(LinkActions, RecordAdmin):
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
        context: dict[str, Any] = {"may_decide": self.has_decide_permission(request)}
        context |= {"may_pair": context["may_decide"], **(extra_context or {})}
        if link and link.state == State.HELD and self.has_view_permission(request, link):
            context |= {"group": _group(link)}
        return super().change_view(request, object_id, form_url, context)

    def pair(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Link one contact of a held group with one Outlook contact of it."""
        link = self.get_queryset(request).filter(pk=pk, state=State.HELD).first()
        if link is None or request.method != "POST" or not self.has_decide_permission(request):
            raise Http404
        group, back = _group(link), request.POST.get("back", "")
        if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            back = reverse("admin:contacts_sync_externallink_change", args=[pk])
        chosen = group and _chosen(request, "contact", group.ours)
        remote = group and _chosen(request, "remote", group.theirs)
        if not chosen or not remote:
            messages.error(request, _("Choose one contact on each side."))
            return HttpResponseRedirect(back)
        mirror = get_object_or_404(RemoteContact, pk=remote.pk, connection=link.connection_id)
        try:
            decisions.link_pair(link.connection, chosen.pk, mirror.remote_id, request.user)
        except decisions.NotPossible as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        text = _("%(name)s is linked. The next run brings both sides together.")
        messages.success(request, text % {"name": chosen.name})
        return HttpResponseRedirect(reverse("admin:contacts_sync_syncchange_held"))


def _group(link: ExternalLink) -> Group | None:
    """Give everybody who is held for the same question, as a card shows them."""
    return next(iter(groups.groups(link.connection, [groups.key_of(link)])), None)


def _chosen(request: HttpRequest, side: str, cards: list[Card]) -> Card | None:
    return next((one for one in cards if str(one.pk) == request.POST.get(side)), None)
