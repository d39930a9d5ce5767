"""The rows of a preview or a run: found, counted, filtered, and whom each is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from contacts_sync import rights, wording
from contacts_sync.engine.plan import BY_A_PERSON
from contacts_sync.models import Connection, Contact, RemoteContact, SyncChange, SyncRun
from contacts_sync.run.preview import NEAR
from contacts_sync.store import records
from contacts_sync.views import sides

Action, Side = SyncChange.Action, SyncChange.Side

KINDS: dict[str, tuple[Any, Q]] = {
    "added_here": (gettext_lazy("Added to {firm}"), Q(action=Action.ADD, side=Side.HERE)),
    "added_there": (
        gettext_lazy("Added to Microsoft 365"),
        Q(action=Action.ADD, side=Side.THERE),
    ),
    "linked": (gettext_lazy("Merged (linked)"), Q(action=Action.LINK)),
    "near": (gettext_lazy("Look alike"), Q(guard=NEAR)),
    "updated": (gettext_lazy("Updated"), Q(action=Action.UPDATE)),
    "deleted_there": (gettext_lazy("Deleted in Outlook"), Q(action=Action.DELETE)),
    "gone": (gettext_lazy("Removed in Outlook"), Q(action=Action.GONE)),
}


def kind_name(kind: str) -> str:
    """Say what the rows of a kind are called."""
    return str(KINDS[kind][0]).format(firm=wording.firm_list()) if kind in KINDS else ""


CAN_BE_LEFT_OUT = {Action.ADD, Action.LINK, Action.UPDATE, Action.DELETE}


def rows_of(preview: SyncRun) -> QuerySet[SyncChange]:
    """Give the rows of a preview: one for each contact.

    What linking a pair will write on either side belongs to the row of the link.
    """
    planned = preview.changes.filter(status=SyncChange.Status.PLANNED)
    return planned.exclude(action=Action.UPDATE, reason__in=["match", BY_A_PERSON])


def count(rows: QuerySet[SyncChange]) -> dict[str, int]:
    """Count the rows, all and of each kind."""
    counted: dict[str, int] = rows.aggregate(
        all=Count("pk"), **{name: Count("pk", filter=kind) for name, (_, kind) in KINDS.items()}
    )
    return counted


def pick(rows: QuerySet[SyncChange], kind: str, words: str) -> QuerySet[SyncChange]:
    """Keep the rows of a kind whose name has all the words."""
    if kind in KINDS:
        rows = rows.filter(KINDS[kind][1])
    for word in words.split():
        rows = rows.filter(name__icontains=word)
    return rows.order_by("name", "pk")


def told(
    change: SyncChange, user: Any = None, connection: Connection | None = None
) -> dict[str, Any]:
    """Put a row into words; with a user, of a change loaded by `rights.with_undone`.

    With a connection, what may be put back has to be a change of that mailbox.
    """
    if connection is not None and change.connection_id != connection.pk:
        user = None
    can_undo = user is not None and rights.looks_undoable(change) and rights.may_undo(user, change)
    contact = change.contact if user is not None else None
    can_choose = contact is not None and contact.deleted_at is None
    return {
        "disputes": wording.disputes(change),
        "can_undo": can_undo,
        "can_choose": can_choose and rights.may_choose(user, change),
        "change": change,
        "what": wording.what(change),
        "why": wording.why_of(change),
        "outcome": wording.outcome(change),
        "conflicts": wording.conflicts(change),
        "differences": wording.differences(change),
    }


def people(connection: Connection, changes: Iterable[SyncChange]) -> dict[int, sides.Sides | None]:
    """Find whom the rows of a preview are about, with their values, in a constant number of queries."""
    listed = list(changes)
    ours = records.load_contacts(one.contact_id for one in listed if one.contact_id)
    found = RemoteContact.objects.filter(
        connection=connection, remote_id__in=[one.remote_id for one in listed if one.remote_id]
    )
    theirs = {row.remote_id: row for row in found}
    return {one.pk: _sides(one, ours, theirs) for one in listed}


def _sides(
    change: SyncChange, ours: Mapping[int, Contact], theirs: Mapping[str, RemoteContact]
) -> sides.Sides | None:
    about = subject(change) if change.guard != NEAR else _ends(change)
    contact = ours.get(about.get("contact_id") or 0)
    mirror = theirs.get(about.get("remote_id") or "")
    return sides.compare(contact, mirror) if contact or mirror else None


def _ends(change: SyncChange) -> dict[str, Any]:
    return {"contact_id": change.contact_id, "remote_id": change.remote_id}


def ends(changes: QuerySet[SyncChange]) -> list[tuple[int | None, str]]:
    """Say who is left out by leaving out rows: contacts, Outlook contacts, or both of a pair."""
    listed = changes.order_by().only("run", "contact", "remote_id", "action", "side", "connection")
    found = [about for about in map(subject, listed) if about]
    return [(about.get("contact_id"), about.get("remote_id", "")) for about in found]


def subject(change: SyncChange) -> dict[str, Any]:
    """Say who is left out by leaving out a row: nobody, if it is about no contact that exists."""
    about = _ends(change)
    if change.action == Action.ADD:
        del about["contact_id" if change.side == Side.HERE else "remote_id"]
    possible = change.action in CAN_BE_LEFT_OUT and any(about.values())
    return about if possible else {}
