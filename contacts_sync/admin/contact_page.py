"""What a contact's page tells beside its form: what Outlook has room for, where it is, what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts_sync import contact as shape
from contacts_sync import rights
from contacts_sync.admin.base import GOOD, badge
from contacts_sync.admin.words import ChangeRow, change_rows, link_badge
from contacts_sync.engine.schema import ValueSet
from contacts_sync.models import Contact, ContactValue, ExternalLink, SyncChange
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.wording.changes import FIELDS

HISTORY = 50


@dataclass(frozen=True, slots=True)
class Placed:
    """One value, and whether Outlook has room for it."""

    field: str
    label: str
    text: str
    primary: bool
    badge: SafeString
    why: str


def placed(contact: Contact) -> list[Placed]:
    """Say of each value whether it is written to Outlook, and if not, why.

    The room goes to the primary value first, then to the oldest. What a mailbox held already at its
    first sync keeps its room there.
    """
    fields = shape.schema(contact.kind, settings.DEFAULT_PHONE_REGION).sets
    values = {
        field.name: VALUE_MODELS[field.name]
        ._default_manager.filter(**{"contact": contact})
        .order_by("-primary", "pk")
        for field in fields
    }
    return [row for field in fields for row in _placed(field, list(values[field.name]))]


def _placed(field: ValueSet, rows: list[ContactValue]) -> list[Placed]:
    used: Counter[str] = Counter()
    found = []
    for row in rows:
        label: str = row.label
        room = field.room_for(label)
        if room is None:
            why = _("Outlook has no place for the label %(label)s.")
        elif used[room.name] < room.capacity:
            used[room.name] += 1
            why = ""
        elif room.labels is None:
            why = _("Outlook has room for %(number)s of these.")
        else:
            why = _("Outlook has room for %(number)s with the label %(label)s.")
        name = str(FIELDS[field.name])
        words = {"label": _(label), "number": room.capacity if room else 0}
        shown = badge(_("stays here")) if why else badge(_("yes"), GOOD)
        found.append(Placed(name, _(label), str(row), row.primary, shown, why % words))
    return found


def links_of(contact: Contact) -> list[tuple[ExternalLink, SafeString]]:
    """List the contact's links with their mailboxes and a badge for the state."""
    links = (
        ExternalLink.objects.filter(**{"contact": contact})
        .select_related("connection")
        .defer("local_shadow", "remote_shadow", "connection__credential", "connection__cursor")
        .order_by("connection__username")
    )
    return [(link, link_badge(link)) for link in links]


def history_of(contact: Contact, user: Any) -> list[ChangeRow]:
    """List the latest changes of the contact, by runs and by people, with what can be put back."""
    changes = SyncChange.objects.filter(contact=contact).exclude(status=SyncChange.Status.PLANNED)
    changes = rights.with_undone(changes).select_related("contact", "link", "connection", "actor")
    return change_rows(changes[:HISTORY], user)
