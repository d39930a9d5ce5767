"""Why a value is not in Outlook."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contacts_sync.engine.schema import ValueSet


def why_home(field: ValueSet, label: str) -> str:
    """Say why Outlook has no room for a value with this label."""
    room = field.room_for(label)
    if room is None:
        return _("Outlook has no place for the label %(label)s.") % {"label": _(label)}
    if room.labels is None:
        return _("Outlook has room for %(number)s of these.") % {"number": room.capacity}
    return _("Outlook has room for %(number)s with the label %(label)s.") % {
        "number": room.capacity,
        "label": _(label),
    }
