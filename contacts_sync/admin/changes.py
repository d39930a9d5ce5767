"""Changes: what was written where, what failed, and what waits for a decision."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from contacts_sync.admin.base import WARN, RecordAdmin, badge, count
from contacts_sync.admin.words import change_badge, changed, contact_link, moment, summary
from contacts_sync.models import SyncChange
from contacts_sync.run import decisions
from contacts_sync.wording import guarded, say, what


class ConflictFilter(SimpleListFilter):
    title = "conflicts"
    parameter_name = "conflicts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a conflict"), ("no", "Without")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SyncChange]
    ) -> QuerySet[SyncChange]:
        match self.value():
            case "yes":
                return queryset.exclude(conflict=[])
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
    search_help_text = "The contact's name, or the reason"
    ordering = ("-pk",)
    actions = ("approve", "dismiss")
    fieldsets = (
        (None, {"fields": (("shown_name", "shown_what"), ("shown_status", "connection"), "run")}),
        ("Fields", {"fields": ("shown_differences", "shown_conflict")}),
        ("Why", {"fields": ("shown_guard", "reason", ("shown_actor", "at"), "decided_at")}),
        ("Identifiers", {"fields": ("contact_uid", "remote_id"), "classes": ["collapse"]}),
    )
    readonly_fields = ("at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncChange]:
        changes = super().get_queryset(request).select_related("connection", "actor", "run")
        return changes.defer("connection__credential", "connection__cursor")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names: list[str] = []
        for _, options in self.fieldsets:
            for entry in options["fields"]:
                names += [entry] if isinstance(entry, str) else entry
        return names

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.change_syncchange")

    # --- what a row says ---

    @admin.display(description="when", ordering="at")
    def shown_at(self, change: SyncChange) -> str:
        return moment(change.at)

    @admin.display(description="contact", ordering="name")
    def shown_name(self, change: SyncChange) -> Any:
        return contact_link(change)

    @admin.display(description="what", ordering="action")
    def shown_what(self, change: SyncChange) -> str:
        return what(change)

    @admin.display(description="status", ordering="status")
    def shown_status(self, change: SyncChange) -> SafeString:
        return change_badge(change)

    @admin.display(description="fields")
    def shown_fields(self, change: SyncChange) -> str:
        text = summary(change)
        return text if len(text) <= 120 else f"{text[:120]}…"

    @admin.display(description="who")
    def shown_actor(self, change: SyncChange) -> str:
        return str(change.actor or "the sync")

    @admin.display(description="before and after")
    def shown_differences(self, change: SyncChange) -> SafeString | str:
        rows = ((row.field, row.before or "–", row.after or "–") for row in changed(change))
        return format_html_join("", "<p><b>{}</b>: {} → {}</p>", rows) or "–"

    @admin.display(description="conflict")
    def shown_conflict(self, change: SyncChange) -> SafeString | str:
        return badge("edited on both sides", WARN, say(change.conflict)) if change.conflict else "–"

    @admin.display(description="held because")
    def shown_guard(self, change: SyncChange) -> str:
        if not change.guard:
            return "–"
        words = guarded(change.guard)
        return f"{words.title}. {words.text} Approve: {words.approve}. Dismiss: {words.dismiss}."

    # --- what a person decides ---

    @admin.action(description="Approve what is held", permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SyncChange]) -> None:
        number = decisions.approve(queryset.filter(status=SyncChange.Status.HELD), request.user)
        messages.success(
            request,
            f"{count(number, 'change')} approved, for 7 days. The next run sends them.",
        )

    @admin.action(description="Dismiss what is held", permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[SyncChange]) -> None:
        number = decisions.dismiss(queryset.filter(status=SyncChange.Status.HELD), request.user)
        messages.success(request, f"{count(number, 'change')} dismissed. They do not come back.")
