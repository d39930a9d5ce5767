"""Change records of what a run writes, and the counts that equal them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.db.models import F

from contacts_sync.engine.plan import Do
from contacts_sync.models import SyncChange, SyncRun
from contacts_sync.store import history
from contacts_sync.store.items import Item

Change, Status = SyncChange, SyncChange.Status


def sent(run: SyncRun, item: Item) -> SyncChange:
    """Record what is about to be written there."""
    if item.do is Do.DELETE_THERE:
        before, after = history.remote_fields(item.there), history.Fields()
        action: str = Change.Action.DELETE
    else:
        before, after = history.changes_there(item.there, item.merged)
        action = Change.Action.ADD if item.do is Do.CREATE_THERE else Change.Action.UPDATE
        if item.do is Do.CREATE_THERE:
            before = {}
    change = change_of(
        run, item, Change.Side.THERE, action, Status.SENT, before, after, item.action.reason
    )
    if item.do in (Do.ADOPT, Do.UPDATE):
        change.conflict = history.conflicts_of(item.merged)
    return change


def change_of(
    run: SyncRun,
    item: Item,
    side: str,
    action: str,
    status: str,
    before: history.Fields | None,
    after: history.Fields | None,
    reason: str,
) -> SyncChange:
    """Record one write of a run, with the contact, the link and the values it is about."""
    contact, link = item.contact, item.link
    remote_id = (link and link.remote_id) or (item.mirror.remote_id if item.mirror else "")
    return SyncChange(
        run=run,
        connection=run.connection,
        contact=contact,
        contact_uid=contact.uid if contact else None,
        link=link,
        remote_id=remote_id or "",
        name=item.name,
        side=side,
        action=action,
        status=status,
        before=before or {},
        after=after or {},
        reason=reason,
    )


TALLY = {
    (Change.Action.ADD, Change.Side.HERE): "added_here",
    (Change.Action.ADD, Change.Side.THERE): "added_there",
    (Change.Action.LINK, Change.Side.BOTH): "linked",
    (Change.Action.UPDATE, Change.Side.HERE): "updated_here",
    (Change.Action.UPDATE, Change.Side.THERE): "updated_there",
    (Change.Action.DELETE, Change.Side.THERE): "deleted_there",
    (Change.Action.GONE, Change.Side.THERE): "gone",
}
"""Which count a change record raises once it is done."""


def tally(changes: Iterable[SyncChange]) -> None:
    """Raise the counts of runs by their change records.

    A write whose answer came late counts for the run that sent it, as its record does.
    """
    runs: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for change in changes:
        counts = runs[change.run_id or 0]
        if change.status in (Status.DONE, Status.PLANNED):
            name = TALLY.get((Change.Action(change.action), Change.Side(change.side)))
            counts.update([name] if name else [])
            counts.update(["conflicts"] if change.conflict else [])
        elif change.status == Status.FAILED:
            counts.update(["problems"])
    for run, counts in runs.items():
        if counts:
            SyncRun.objects.filter(pk=run).update(
                **{name: F(name) + count for name, count in counts.items()}
            )
