"""The rows of a preview or a run: found, counted, filtered, and whom each is about."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from contacts_sync import rights, wording
from contacts_sync.models import SyncChange, SyncRun

Action, Side = SyncChange.Action, SyncChange.Side

NEAR = "near"
"""Marks a pair that looks alike without matching."""

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

CAN_BE_LEFT_OUT = {Action.ADD, Action.LINK, Action.UPDATE, Action.DELETE}


def rows_of(preview: SyncRun) -> QuerySet[SyncChange]:
    """Give the rows of a preview: one for each contact.

    What linking a pair will write on either side belongs to the row of the link.
    """
    planned = preview.changes.filter(status=SyncChange.Status.PLANNED)
    return planned.exclude(action=Action.UPDATE, reason="match")


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


def told(change: SyncChange, user: Any = None) -> dict[str, Any]:
    """Put a row into words; with a user, of a change loaded by `rights.with_undone`."""
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


def subject(change: SyncChange) -> dict[str, Any]:
    """Say who is left out by leaving out a row: nobody, if it is about no contact that exists."""
    about = {"contact_id": change.contact_id, "remote_id": change.remote_id}
    if change.action == Action.ADD:
        del about["contact_id" if change.side == Side.HERE else "remote_id"]
    possible = change.action in CAN_BE_LEFT_OUT and any(about.values())
    return about if possible else {}
