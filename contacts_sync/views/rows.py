"""The rows of a preview: found, counted, filtered, and whom each is about."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from contacts_sync.models import Connection, ExternalLink, SyncChange, SyncRun

Action, Side = SyncChange.Action, SyncChange.Side

NEAR = "near"
"""Marks rows of contacts that look alike without matching; they name their counterpart too."""

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
    "held": (gettext_lazy("Need your decision"), Q(action=Action.HOLD)),
    "skipped": (gettext_lazy("Take no part"), Q(action=Action.SKIP)),
}

CAN_BE_LEFT_OUT = {Action.ADD, Action.LINK, Action.UPDATE, Action.DELETE}


def rows_of(preview: SyncRun) -> QuerySet[SyncChange]:
    """Give the rows of a preview, each knowing whether it was left out meanwhile."""
    apart = ExternalLink.objects.filter(
        connection=preview.connection_id, state=ExternalLink.State.APART
    )
    ours = Q(side=Side.THERE) & Exists(apart.filter(contact=OuterRef("contact")))
    theirs = ~Q(side=Side.THERE) & Exists(apart.filter(remote_id=OuterRef("remote_id")))
    dismissed = Q(status=SyncChange.Status.DISMISSED)
    return preview.changes.annotate(left_out=Q(dismissed | ours | theirs))


def count(rows: QuerySet[SyncChange]) -> dict[str, int]:
    """Count the rows of each kind, and `left_out_…` those among them that were left out."""
    counted: dict[str, int] = rows.aggregate(
        all=Count("pk"),
        **{name: Count("pk", filter=kind) for name, (_, kind) in KINDS.items()},
        **{
            f"left_out_{name}": Count("pk", filter=kind & Q(left_out=True))
            for name, (_, kind) in KINDS.items()
        },
    )
    return counted


def pick(rows: QuerySet[SyncChange], kind: str, words: str) -> QuerySet[SyncChange]:
    """Keep the rows of a kind whose name has all the words."""
    if kind in KINDS:
        rows = rows.filter(KINDS[kind][1])
    for word in words.split():
        rows = rows.filter(name__icontains=word)
    return rows.order_by("name", "pk")


def subject(change: SyncChange) -> dict[str, Any]:
    """Say whom a row is about. A row that only names its counterpart is not about that one."""
    if change.action == Action.ADD:
        if change.side == Side.THERE:
            return {"contact_id": change.contact_id}
        return {"remote_id": change.remote_id}
    return {"contact_id": change.contact_id, "remote_id": change.remote_id}


def left_out_link(connection: Connection, change: SyncChange) -> ExternalLink | None:
    """Find the link by which a row was left out."""
    about = subject(change)
    sought = Q()
    if about.get("contact_id"):
        sought |= Q(contact=about["contact_id"])
    if about.get("remote_id"):
        sought |= Q(remote_id=about["remote_id"])
    if not sought:
        return None
    return connection.links.filter(sought, state=ExternalLink.State.APART).first()
