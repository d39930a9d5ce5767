"""The mirror: Outlook contacts as last seen."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin.base import GOOD, PLAIN, RecordAdmin, badge
from contacts_sync.models import RemoteContact
from contacts_sync.wording.changes import FIELDS, say, say_entry


def shown_values(mirror: RemoteContact) -> SafeString:
    """Write the values of an Outlook contact, a line for each field."""
    scalars = [(FIELDS.get(name, name), text) for name, text in mirror.scalars.items() if text]
    sets = [
        (FIELDS.get(name, name), "; ".join(filter(None, (_entry(*entry) for entry in entries))))
        for name, entries in mirror.values.get("sets", {}).items()
    ]
    return format_html_join("", "<p><b>{}</b>: {}</p>", [*scalars, *sets])


def _entry(room: str, value: Any) -> str:
    return say_entry([room, value])


class LinkedFilter(SimpleListFilter):
    title = gettext_lazy("linked")
    parameter_name = "linked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Linked")), ("no", _("Not linked"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RemoteContact]
    ) -> QuerySet[RemoteContact]:
        if self.value() in ("yes", "no"):
            return queryset.filter(link__isnull=self.value() == "no")
        return queryset


@admin.register(RemoteContact)
class MirrorAdmin(RecordAdmin):
    """Outlook contacts as last seen."""

    list_display = ("__str__", "connection", "presence", "modified", "skip")
    list_filter = (LinkedFilter, "present", "connection")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("__str__", "connection", "presence", "modified")}),
        (gettext_lazy("Values"), {"fields": ("shown_values", "skip", "shown_notes")}),
        (
            gettext_lazy("Identifiers"),
            {"fields": ("remote_id", "version"), "classes": ["collapse"]},
        ),
    )
    readonly_fields = ("__str__", "presence", "shown_values", "shown_notes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RemoteContact]:
        mirror = super().get_queryset(request).select_related("connection")
        return mirror.defer("extras", "connection__credential", "connection__cursor")

    @admin.display(description=gettext_lazy("in the folder"), ordering="present")
    def presence(self, mirror: RemoteContact) -> SafeString:
        return badge(_("present"), GOOD) if mirror.present else badge(_("left"), PLAIN)

    @admin.display(description=gettext_lazy("values"))
    def shown_values(self, mirror: RemoteContact) -> SafeString | str:
        return shown_values(mirror) or "–"

    @admin.display(description=gettext_lazy("notes"))
    def shown_notes(self, mirror: RemoteContact) -> str:
        return say(mirror.notes) or "–"
