"""Changes: what was written where, what failed, and what waits for a decision."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin import held
from contacts_sync.admin.base import WARN, RecordAdmin, badge
from contacts_sync.admin.words import change_badge, changed, contact_link, moment, run_link, summary
from contacts_sync.models import SyncChange
from contacts_sync.wording import guarded, say, what


class ConflictFilter(SimpleListFilter):
    title = gettext_lazy("conflicts")
    parameter_name = "conflicts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("With a conflict")), ("no", _("Without"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SyncChange]
    ) -> QuerySet[SyncChange]:
        match self.value():
            case "yes":
                # A preview only foresees them.
                return queryset.exclude(conflict=[]).exclude(status=SyncChange.Status.PLANNED)
            case "no":
                return queryset.filter(conflict=[])
            case _:
                return queryset


@admin.register(SyncChange)
class SyncChangeAdmin(RecordAdmin):
    """The audit of every write, by runs and by people."""

    list_display = (
        "shown_at",
        "shown_name",
        "shown_what",
        "shown_status",
        "connection",
        "shown_fields",
        "reason",
        "shown_actor",
    )
    list_display_links = ("shown_at",)
    list_filter = ("status", "side", "action", ConflictFilter, "connection")
    list_select_related = ("connection", "actor")
    search_fields = ("name", "reason")
    search_help_text = gettext_lazy("The contact's name, or the reason")
    ordering = ("-pk",)
    actions = ("approve", "dismiss")
    fieldsets = (
        (
            None,
            {"fields": (("shown_name", "shown_what"), ("shown_status", "connection"), "shown_run")},
        ),
        (gettext_lazy("Fields"), {"fields": ("shown_differences", "shown_conflict")}),
        (
            gettext_lazy("Why"),
            {"fields": ("shown_guard", "reason", ("shown_actor", "at"), "decided_at")},
        ),
        (
            gettext_lazy("Identifiers"),
            {"fields": ("contact_uid", "remote_id"), "classes": ["collapse"]},
        ),
    )
    readonly_fields = ("at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncChange]:
        changes = super().get_queryset(request).select_related("connection", "actor", "run")
        return changes.defer("connection__credential", "connection__cursor")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names: list[str] = []
        for _title, options in self.fieldsets:
            for entry in options["fields"]:
                names += [entry] if isinstance(entry, str) else entry
        return names

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "contacts_sync_syncchange_held"
        one = "held/<int:pk>/<slug:guard>/<slug:given>/"
        return [
            path("held/", wrap(self.waiting), name=name),
            path(one, wrap(self.answer), name=f"{name}_answer"),
            *super().get_urls(),
        ]

    def waiting(self, request: HttpRequest) -> HttpResponse:
        """Show all that waits for a decision, as its owner sees it."""
        return held.page(self, request)

    def answer(self, request: HttpRequest, pk: int, guard: str, given: str) -> HttpResponse:
        """Ask once more, then approve or dismiss all that a guard holds of a mailbox."""
        return held.answer(self, request, pk, guard, given)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.change_syncchange")

    # --- what a row says ---

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def shown_at(self, change: SyncChange) -> str:
        return moment(change.at)

    @admin.display(description=gettext_lazy("contact"), ordering="name")
    def shown_name(self, change: SyncChange) -> Any:
        return contact_link(change)

    @admin.display(description=gettext_lazy("what"), ordering="action")
    def shown_what(self, change: SyncChange) -> str:
        return what(change)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def shown_status(self, change: SyncChange) -> SafeString:
        return change_badge(change)

    @admin.display(description=gettext_lazy("fields"))
    def shown_fields(self, change: SyncChange) -> str:
        text = summary(change)
        return text if len(text) <= 120 else f"{text[:120]}…"

    @admin.display(description=gettext_lazy("who"))
    def shown_actor(self, change: SyncChange) -> str:
        return str(change.actor or _("the sync"))

    @admin.display(description=gettext_lazy("sync run"))
    def shown_run(self, change: SyncChange) -> SafeString | str:
        run = change.run
        return run_link(run.pk, run.status, run.started_at) if run else "–"

    @admin.display(description=gettext_lazy("before and after"))
    def shown_differences(self, change: SyncChange) -> SafeString | str:
        rows = ((row.field, row.before or "–", row.after or "–") for row in changed(change))
        return format_html_join("", "<p><b>{}</b>: {} → {}</p>", rows) or "–"

    @admin.display(description=gettext_lazy("conflict"))
    def shown_conflict(self, change: SyncChange) -> SafeString | str:
        return (
            badge(_("edited on both sides"), WARN, say(change.conflict)) if change.conflict else "–"
        )

    @admin.display(description=gettext_lazy("held because"))
    def shown_guard(self, change: SyncChange) -> str:
        if not change.guard:
            return "–"
        words = guarded(change.guard)
        text = _("%(title)s. %(text)s Approve: %(approve)s. Dismiss: %(dismiss)s.")
        return text % asdict(words)

    # --- what a person decides ---

    @admin.action(description=gettext_lazy("Approve what is held…"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SyncChange]) -> HttpResponse | None:
        return held.decide(self, request, queryset, "approve")

    @admin.action(description=gettext_lazy("Dismiss what is held…"), permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[SyncChange]) -> HttpResponse | None:
        return held.decide(self, request, queryset, "dismiss")
