"""Preview: the same plan, written down instead of carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from contacts_sync.engine.guard import judge
from contacts_sync.engine.plan import Action, Do
from contacts_sync.models import Contact, ExternalLink, RemoteContact, SyncChange, SyncRun
from contacts_sync.run.context import Slice
from contacts_sync.run.planning import Plan
from contacts_sync.store import distinct, guarding, history, items, recording, search, settling
from contacts_sync.store import lease as leases
from contacts_sync.store.items import Item

SHARED = 0.5
"""From this share of a mailbox on that others have linked, it looks like a shared list (R11)."""

COMPANY_OF_A_PERSON = "company of a person"
"""The reason of a company that is added because somebody in Outlook names it."""

NEAR = "near"
"""Marks the row of a pair that looks alike without matching."""

Change = SyncChange

ROWS: dict[Do, tuple[str, str]] = {
    Do.CREATE_HERE: (Change.Action.ADD, Change.Side.HERE),
    Do.CREATE_THERE: (Change.Action.ADD, Change.Side.THERE),
    Do.ADOPT: (Change.Action.LINK, Change.Side.BOTH),
    Do.DELETE_THERE: (Change.Action.DELETE, Change.Side.THERE),
    Do.MARK_GONE: (Change.Action.GONE, Change.Side.THERE),
    Do.HOLD: (Change.Action.HOLD, Change.Side.BOTH),
}
"""How an action is shown. Updates are shown by the sides that they write."""


def show(work: Slice, plan: Plan) -> None:
    """Write the plan down as rows that a person can read. Neither list is written."""
    run = work.run
    earlier = SyncChange.objects.filter(connection=run.connection, status=SyncChange.Status.PLANNED)
    with transaction.atomic():
        leases.hold(work.lease, work.now())
        earlier.delete()
        for name in plan.companies:
            keep([company(run, name)])
        held = _held(run, plan.actions)
        for some in search_chunks(plan.actions):
            keep(list(rows(run, some, held)))
        keep(list(_near_rows(run, plan)))
        _hold(work, [one for one in plan.actions if one.do is Do.HOLD])
        SyncRun.objects.filter(pk=run.pk).update(warning=_shared_with(run, plan))


def search_chunks(actions: list[Action]) -> Iterator[list[Action]]:
    """Cut a plan into pieces."""
    for start in range(0, len(actions), search.CHUNK):
        yield actions[start : start + search.CHUNK]


def keep(rows: list[SyncChange]) -> None:
    """Store rows of a preview, and count them."""
    SyncChange.objects.bulk_create(rows)
    recording.tally([row for row in rows if not row.guard])


def _hold(work: Slice, actions: list[Action]) -> None:
    """Put held contacts aside, so that a person can decide about them before the first sync."""
    run = work.run
    for some in search_chunks(actions):
        settling.put_aside(run, items.load(run.connection, some), work.now())


def company(run: SyncRun, name: str) -> SyncChange:
    """Make the row of a company that a person brings along."""
    return _row(run, Change.Action.ADD, Change.Side.HERE, name, reason=COMPANY_OF_A_PERSON)


def _held(run: SyncRun, actions: list[Action]) -> dict[Action, str]:
    """Name the guard that would hold a removal or a blank. The rest is approved by *Start Sync*."""
    losses = [one for one in actions if one.do is Do.MARK_GONE or one.blanks]
    verdict = judge(losses, guarding.totals(run)) if losses else None
    return {action: guard.name for action, guard in verdict.held} if verdict else {}


def rows(run: SyncRun, actions: list[Action], held: Mapping[Action, str]) -> Iterator[SyncChange]:
    """Show actions as rows; `held` names the guard that would hold one."""
    contacts = Contact.objects.in_bulk([one.contact for one in actions if one.contact])
    mirrors = RemoteContact.objects.in_bulk([one.mirror for one in actions if one.mirror])
    links = ExternalLink.objects.in_bulk([one.link for one in actions if one.link])
    written = {item.action: item for item in items.load(run.connection, _with_values(actions))}
    for action in actions:
        contact = contacts.get(action.contact) if action.contact else None
        mirror = mirrors.get(action.mirror) if action.mirror else None
        link = links.get(action.link) if action.link else None
        name = str(contact or mirror or link or "")
        if action.do is Do.HOLD:
            continue  # held contacts are links, and shown side by side
        for kind, side in _kinds(action):
            guard = held.get(action, "")
            row = _row(run, kind, side, name, contact, mirror, link, action.reason, guard)
            if action in written:
                row.before, row.after = _values(written[action], kind, side)
            if action in written and side == _side_of_conflicts(action):
                row.conflict = history.conflicts_of(written[action].merged)
            yield row


def _side_of_conflicts(action: Action) -> str:
    """Conflicts are told once, with the write there if there is one."""
    return Change.Side.THERE if action.writes_there else Change.Side.HERE


def _with_values(actions: list[Action]) -> list[Action]:
    """Choose the actions that change or delete something: a person wants to see what."""
    return [one for one in actions if one.do in (Do.ADOPT, Do.UPDATE, Do.DELETE_THERE)]


def _values(item: Item, action: str, side: str) -> tuple[history.Fields, history.Fields]:
    if action == Change.Action.DELETE:
        return history.remote_fields(item.there), {}
    if action == Change.Action.UPDATE and side == Change.Side.HERE:
        return history.changes_here(item.here, item.merged)
    if action == Change.Action.UPDATE:
        return history.changes_there(item.there, item.merged)
    return {}, {}


def _kinds(action: Action) -> list[tuple[str, str]]:
    kinds = [ROWS[action.do]] if action.do in ROWS else []
    if action.do in (Do.ADOPT, Do.UPDATE):
        if action.writes_here:
            kinds.append((Change.Action.UPDATE, Change.Side.HERE))
        if action.writes_there:
            kinds.append((Change.Action.UPDATE, Change.Side.THERE))
    return kinds


def _row(
    run: SyncRun,
    action: str,
    side: str,
    name: str,
    contact: Contact | None = None,
    mirror: RemoteContact | None = None,
    link: ExternalLink | None = None,
    reason: str = "",
    guard: str = "",
) -> SyncChange:
    return SyncChange(
        run=run,
        connection=run.connection,
        contact=contact,
        contact_uid=contact.uid if contact else None,
        link=link,
        remote_id=mirror.remote_id if mirror else "",
        name=name,
        side=side,
        action=action,
        status=Change.Status.PLANNED,
        reason=reason,
        guard=guard,
    )


def _near_rows(run: SyncRun, plan: Plan) -> Iterator[SyncChange]:
    contacts = Contact.objects.in_bulk({here for here, _there, _key in plan.near})
    mirrors = RemoteContact.objects.in_bulk({there for _here, there, _key in plan.near})
    told_apart = distinct.pairs_there(run.connection)
    for here, there, key in plan.near:
        contact, mirror = contacts[here], mirrors[there]
        if (contact.pk, mirror.remote_id) in told_apart:
            continue
        yield _row(
            run,
            Change.Action.SKIP,
            Change.Side.BOTH,
            f"{contact} · {mirror}",
            contact,
            mirror,
            reason=key[0],
            guard=NEAR,
        )


def _shared_with(run: SyncRun, plan: Plan) -> str:
    """Say so when most of this mailbox is linked through another connection already."""
    adopted = [one.contact for one in plan.actions if one.do is Do.ADOPT]
    known = RemoteContact.objects.filter(connection=run.connection, present=True).count()
    if not adopted or len(adopted) < SHARED * known:
        return ""
    others = _others(run, adopted)
    for username, count in others:
        if count >= SHARED * known:
            return _(
                "Most contacts of this mailbox are already in sync with %(other)s. This looks like "
                "a shared list. If both mailboxes hold the same shared contacts, sync only one of "
                "them, or every contact will be kept twice."
            ) % {"other": username}
    return ""


def _others(run: SyncRun, adopted: Iterable[int | None]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    links = ExternalLink.objects.filter(
        contact__in=[pk for pk in adopted if pk], state=ExternalLink.State.LINKED
    ).exclude(connection=run.connection)
    for username in links.values_list("connection__username", flat=True):
        counts[username] = counts.get(username, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])
