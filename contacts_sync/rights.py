"""Who may undo what: whoever could do the opposite by hand."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from contacts_sync.models import ExternalLink, SyncChange, SyncRun

Action, Side, State = SyncChange.Action, SyncChange.Side, ExternalLink.State

EDIT = "contacts_sync.change_contact"
DELETE = "contacts_sync.delete_contact"
PAIR = "contacts_sync.change_externallink"
DECIDE = "contacts_sync.change_syncchange"


def right_to_undo(change: SyncChange) -> str:
    """Name the right that undoing a change needs; nothing when it can never be undone."""
    match (change.action, change.side):
        case (Action.UPDATE, _):
            return EDIT
        case (Action.DELETE | Action.MERGE, _) | (Action.ADD, Side.HERE):
            return DELETE
        case (Action.ADD, Side.THERE) | (Action.GONE, _):
            return PAIR
    return ""


def may_undo(user: Any, change: SyncChange) -> bool:
    """Whether a person may undo a change. What is in one's own mailbox only, one may always steer."""
    right = right_to_undo(change)
    connection = change.connection
    if right == PAIR and connection is not None and connection.owner_id == user.pk:
        return True
    return bool(right) and bool(user.has_perm(right))


def may_choose(user: Any, change: SyncChange) -> bool:
    """Whether a person may let the other value of a conflict count."""
    return bool(change.conflict) and bool(user.has_perm(EDIT))


def may_undo_run(user: Any, run: SyncRun) -> bool:
    """Whether a person may undo all that a run did: it touches whatever there is."""
    fits = run.kind != SyncRun.Kind.PREVIEW and not run.is_open
    return fits and bool(user.has_perms((EDIT, DELETE, PAIR, DECIDE)))


def with_undone(changes: QuerySet[SyncChange]) -> QuerySet[SyncChange]:
    """Tell of each change whether it was undone, and load what `looks_undoable` asks."""
    undone = SyncChange.objects.filter(undoes=OuterRef("pk"))
    return (
        changes.annotate(undone=Exists(undone))
        .select_related("contact", "link", "connection")
        .defer(
            "link__local_shadow",
            "link__remote_shadow",
            "connection__credential",
            "connection__cursor",
        )
    )


def looks_undoable(change: SyncChange) -> bool:
    """Tell by what is loaded already whether undoing a change is worth offering.

    `undo.foresee` knows for certain, but asks the database for each change.
    """
    contact, link = change.contact, change.link
    if change.status != SyncChange.Status.DONE or change.undone or contact is None:  # type: ignore[attr-defined]
        return False
    match (change.action, change.side):
        case (Action.UPDATE | Action.MERGE, _) | (Action.ADD, Side.HERE):
            return contact.deleted_at is None
        case (Action.ADD, Side.THERE):
            return link is not None and link.state == State.LINKED
        case (Action.DELETE, _):
            return contact.deleted_at is not None
        case (Action.GONE, _):
            return link is not None and link.state == State.GONE
    return False
