"""Commit what came back: rows, links, shadows and change records together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from contacts_sync import contact as shape
from contacts_sync import triggers
from contacts_sync.engine.merge import Merge, after_there, agree, numbered
from contacts_sync.engine.plan import Do
from contacts_sync.engine.records import RemoteRecord
from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    ExternalLink,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.providers.base import Result
from contacts_sync.store import bulk, history, linking, marking, mirror, recording, records, writing
from contacts_sync.store import lease as leases
from contacts_sync.store.items import Item
from contacts_sync.store.lease import Lease
from contacts_sync.store.writing import LocalWrite

Change, Status, Link = SyncChange, SyncChange.Status, ExternalLink.State

FIRST_TRY, LAST_TRY = timedelta(minutes=15), timedelta(hours=24)


def commit(
    run: SyncRun, lease: Lease, items: Sequence[Item], now: datetime, checked: int
) -> tuple[int, int]:
    """Store a batch of outcomes in one transaction.

    `checked` is the revision up to which the whole list was matched against what arrives; returns
    the one up to which it is now, and how many were left for the next plan. A contact that a person
    changed meanwhile is not overwritten: its link stays open, and the next plan sees both.
    """
    with transaction.atomic():
        leases.hold(lease, now)
        same, overtaken = marking.split(run.connection, items)
        fitting, checked = _look_again(run.connection, same, checked)
        _Commit(run, now).store(fitting, overtaken)
    return checked, len(items) - len(fitting)


def _look_again(
    connection: Connection, items: Sequence[Item], checked: int
) -> tuple[list[Item], int]:
    """Leave out what matches a contact that came into the list since the plan was made."""
    arriving = [
        item
        for item in items
        if item.do is Do.CREATE_HERE and item.mirror and not (item.link and item.link.decision)
    ]
    if not arriving:
        return list(items), checked
    writing.lock_list()
    fresh = Contact.objects.alive().filter(revision__gt=checked)
    strangers = fresh.exclude(links__connection=connection)
    keys = _keys(strangers.order_by().values_list("pk", flat=True))
    matched = {id(item) for item in arriving if keys & _mirror_keys(item.mirror)}
    fitting = [item for item in items if id(item) not in matched]
    return fitting, triggers.watermark() or checked


def _keys(pks: Iterable[int]) -> set[tuple[str, ...]]:
    keys: set[tuple[str, ...]] = set()
    rows = EmailAddress.objects.filter(contact__in=list(pks)).select_related("contact")
    for row in rows:
        one = row.contact
        scalars = {"first_name": one.first_name, "last_name": one.last_name, "name": one.name}
        keys |= shape.match_keys(one.kind, scalars, [row.address])
    return keys


def _mirror_keys(row: RemoteContact | None) -> frozenset[tuple[str, ...]]:
    if row is None:
        return frozenset()
    addresses = [value for _, value in row.values["sets"].get(shape.EMAILS, ())]
    return shape.match_keys(row.kind, row.scalars, addresses)


class _Commit:
    """One transaction while it is put together: what has to be saved when all items are through."""

    def __init__(self, run: SyncRun, now: datetime) -> None:
        self.run, self.now, self.connection = run, now, run.connection
        self.links: list[ExternalLink] = []
        self.mirrors: list[RemoteContact] = []
        self.changes: list[SyncChange] = []
        self.closed: list[int] = []
        self.spares: list[int] = []
        self.finished: list[SyncChange] = []
        self.unsent: list[int] = []
        self.released: list[int] = []
        self.left: list[int] = []
        self.rows: dict[str, RemoteContact] = {}
        self.asked: set[int | None] = set()

    def store(self, items: Sequence[Item], overtaken: Sequence[Item] = ()) -> None:
        for item in overtaken:
            self._keep_decision(item)
        held = [item.link.pk for item in items if item.do is Do.HOLD and item.link]
        self.asked = set(linking.undecided(held).values_list("link_id", flat=True))
        locked = writing.lock_contacts(
            item.contact.pk for item in items if item.contact and item.contact.pk
        )
        self._forget_purged(items, locked)
        self._find_rows(items)
        pulled = {id(item): self._unchanged(item, locked) for item in items}
        writes = {
            id(item): self._local_write(item)
            for item in items
            if pulled[id(item)] and item.merged.writes_here and _accepts(item)
        }
        times = _edit_times(items, writes)
        made = writing.write(writes.values())
        for contact, edited_at in times:
            contact.edited_at = edited_at
        bulk.update([contact for contact, _ in times], ["edited_at"])
        new = writing.revisions(
            item.contact.pk for item in items if item.contact and item.contact.pk
        )
        for item in items:
            self._settle(item, pulled[id(item)], writes.get(id(item)), new)
        self._company_changes(made)
        self._save()

    def _keep_decision(self, item: Item) -> None:
        """Store what became of a request about which a person has decided meanwhile.

        The decision stands; only what there is in Outlook is written down.
        """
        link, outcome = item.link, item.outcome
        if link is None or link.pk is None or outcome is None:
            return
        self._finish_sent(item, outcome.result)
        if outcome.result is not Result.DONE or outcome.contact is None:
            return
        answer = outcome.contact
        row = RemoteContact.objects.filter(
            connection=self.connection, remote_id=answer.remote_id
        ).first() or RemoteContact(connection=self.connection, remote_id=answer.remote_id)
        mirror.fill(row, answer, self.connection.listing)
        row.settled = row.fingerprint
        row.save()
        ExternalLink.objects.filter(pk=link.pk).update(
            mirror=row, remote_id=row.remote_id, sent_at=None
        )

    def _forget_purged(self, items: Sequence[Item], locked: dict[int, tuple[int, bool]]) -> None:
        """Let go of contacts that were purged meanwhile; what was sent for them stays linked."""
        for item in items:
            if item.contact is not None and item.contact.pk and item.contact.pk not in locked:
                item.contact = None
                for change in item.sent:
                    change.contact = None

    def _find_rows(self, items: Sequence[Item]) -> None:
        """Load the mirror rows that creations there may have got already."""
        answers = [item.outcome.contact for item in items if item.outcome and not item.mirror]
        wanted = [answer.remote_id for answer in answers if answer is not None]
        if wanted:
            rows = RemoteContact.objects.filter(connection=self.connection, remote_id__in=wanted)
            self.rows = {row.remote_id: row for row in rows}

    def _unchanged(self, item: Item, locked: dict[int, tuple[int, bool]]) -> bool:
        if item.contact is None:
            return item.do is Do.CREATE_HERE
        revision, alive = locked.get(item.contact.pk, (None, False))
        return revision == item.revision and alive

    def _local_write(self, item: Item) -> LocalWrite:
        if item.contact is None:
            item.contact = Contact(kind=item.kind)
        return LocalWrite(item.contact, item.merged)

    def _settle(
        self, item: Item, pulled: bool, write: LocalWrite | None, new: dict[int, int]
    ) -> None:
        match item.do:
            case Do.CREATE_HERE | Do.ADOPT | Do.UPDATE | Do.CREATE_THERE:
                self._settle_pair(item, pulled, write, new)
            case Do.DELETE_THERE:
                self._settle_deletion(item)
            case Do.MARK_GONE:
                self._mark_gone(item, new)
            case Do.CLOSE:
                self._close(item)
            case Do.HOLD:
                self._hold(item)

    def _settle_pair(
        self, item: Item, pulled: bool, write: LocalWrite | None, new: dict[int, int]
    ) -> None:
        result = item.outcome.result if item.outcome else Result.DONE
        if item.do is Do.CREATE_THERE and result is not Result.DONE:
            self._failed_creation(item, result)
            return
        if item.do is Do.CREATE_THERE and not item.writes_there:
            return
        contact = item.contact
        merged = numbered(item.merged, write.rows) if write else item.merged
        pushed = result is Result.DONE
        link = item.link or ExternalLink(connection=self.connection)
        if link.pk:
            self.released.append(link.pk)
        link.contact = contact
        mirror_row, answer = self._answer(item, merged, pushed)
        revision = new.get(contact.pk, item.revision) if contact else item.revision
        scalars = {**item.here.scalars, **(merged.here if pulled else {})}
        shadow = agree(
            records.schema(item.kind),
            scalars,
            merged,
            item.there,
            answer,
            self._primaries(item),
            item.shadow,
            pulled,
            pushed,
        )
        records.keep_shadow(link, shadow)
        settled = pulled and pushed
        surprised = pushed and _surprised(item, merged, answer)
        link.state, link.sent_at, link.group, link.reason = Link.LINKED, None, "", ""
        link.local_revision = revision if pulled else item.revision
        link.pending = not settled
        if link.mirror_id and link.mirror_id != mirror_row.pk:
            self.left.append(link.mirror_id)
        link.mirror, link.name = mirror_row, str(contact or link.name)
        link.remote_id = mirror_row.remote_id
        if settled:
            link.decision = ""
            linking.forget_problem(link)
        if not pushed:
            self._note_problem(link, item, result, link.local_revision)
        mirror_row.settled = mirror_row.fingerprint if settled and not surprised else ""
        self.mirrors.append(mirror_row)
        item.link = link
        self.links.append(link)
        if item.spare is not None:
            self.spares.append(item.spare.pk)
        self._record_pair(item, pulled, result)

    def _primaries(self, item: Item) -> dict[str, int]:
        return records.primaries(item.here.sets)

    def _answer(
        self, item: Item, merged: Merge, pushed: bool
    ) -> tuple[RemoteContact, RemoteRecord]:
        """Bring the mirror row up to what the service shows after our write."""
        contact = item.outcome.contact if item.outcome and pushed else None
        row = item.mirror
        if contact is not None:
            if row is None:
                row = self.rows.get(contact.remote_id) or RemoteContact(
                    connection=self.connection, remote_id=contact.remote_id
                )
            mirror.fill(row, contact, self.connection.listing)
            row.reported = item.do is not Do.CREATE_THERE
            return row, records.remote_record(row, item.kind)
        if row is None:
            raise LookupError("A contact was created without an answer that shows it.")
        if item.outcome is None or not pushed:
            return row, item.there
        answer = after_there(item.there, merged)
        row.values = shape.remote_values(answer)
        row.fingerprint, row.version = records.fingerprint(row.values), ""
        return row, answer

    def _record_pair(self, item: Item, pulled: bool, result: Result) -> None:
        conflicts = history.conflicts_of(item.merged)
        if item.do is Do.ADOPT:
            self._record(item, Change.Side.BOTH, Change.Action.LINK, reason=item.action.reason)
        for change in item.sent:
            change.link, change.contact = item.link, item.contact
            change.remote_id = item.link.remote_id or "" if item.link else ""
        self._finish_sent(item, result)
        if item.do is Do.CREATE_HERE:
            _, after = history.changes_here(item.here, item.merged)
            self._record(
                item, Change.Side.HERE, Change.Action.ADD, after=after, reason=item.action.reason
            )
        elif pulled and item.merged.writes_here:
            before, after = history.changes_here(item.here, item.merged)
            change = self._record(item, Change.Side.HERE, Change.Action.UPDATE, before, after)
            if conflicts and not item.sent:
                change.conflict = conflicts

    def _failed_creation(self, item: Item, result: Result) -> None:
        link = item.link
        if link is None:
            return
        if result is not Result.UNKNOWN:
            link.sent_at = None
        link.pending = True
        self._note_problem(link, item, result, item.revision)
        self.links.append(link)
        self._finish_sent(item, result)

    def _settle_deletion(self, item: Item) -> None:
        result = item.outcome.result if item.outcome else Result.UNKNOWN
        link = item.link
        if link is None:
            return
        self._finish_sent(item, Result.DONE if result is Result.GONE else result)
        if result in (Result.DONE, Result.GONE):
            self._deleted(link)
            if item.mirror is not None:
                row = item.mirror
                row.present, row.doubtful, row.deleted_at = False, False, self.now
                row.fingerprint = row.settled = ""
                self.mirrors.append(row)
            return
        link.pending = True
        self._note_problem(link, item, result, item.revision)
        self.links.append(link)

    def _deleted(self, link: ExternalLink) -> None:
        """Close the link of a deleted contact; a copy that was dropped alone is left out from now."""
        if link.decision != ExternalLink.Decision.DROP:
            self.closed.append(link.pk)
            return
        link.state, link.decision, link.pending = Link.APART, "", False
        link.mirror, link.remote_id = None, None
        self.links.append(link)

    def _finish_sent(self, item: Item, result: Result) -> None:
        """Close the records of what went out. What was not carried out was no write at all."""
        if result in (Result.LATER, Result.CHANGED, Result.GONE):
            self.unsent += [change.pk for change in item.sent]
            return
        for change in item.sent:
            change.status = _status(result)
            change.reason = (item.outcome.reason if item.outcome else "") or change.reason
            self.finished.append(change)

    def _note_problem(self, link: ExternalLink, item: Item, result: Result, revision: int) -> None:
        """Set a refused contact aside; what was only unlucky is planned again at once."""
        if result in (Result.GONE, Result.CHANGED) and item.mirror is not None:
            item.mirror.doubtful = True  # what it is now is asked before the next plan
            self.mirrors.append(item.mirror)
            return
        if result is not Result.REJECTED:
            return
        link.problem = item.outcome.reason if item.outcome else ""
        mark = linking.problem_mark(revision if item.contact else 0, item.mirror)
        link.problem_count = link.problem_count + 1 if link.problem_mark == mark else 1
        link.problem_mark = mark
        delay = min(FIRST_TRY * 2 ** (link.problem_count - 1), LAST_TRY)
        link.next_try_at = self.now + delay

    def _mark_gone(self, item: Item, new: dict[int, int]) -> None:
        link = item.link
        if link is None or item.contact is None:
            return
        link.state, link.pending, link.decision = Link.GONE, False, ""
        link.local_revision = new.get(item.contact.pk, item.revision)
        linking.forget_problem(link)
        self.links.append(link)
        if item.mirror is not None:
            item.mirror.settled = item.mirror.fingerprint
            self.mirrors.append(item.mirror)
        self._record(item, Change.Side.THERE, Change.Action.GONE, reason="removed in Outlook")

    def _close(self, item: Item) -> None:
        """Close a link; a deletion whose answer never came has been carried out after all."""
        link = item.link
        if link is None:
            return
        self.closed.append(link.pk)
        if link.state == Link.DELETING:
            sent = SyncChange.objects.filter(
                link=link, action=Change.Action.DELETE, status=Status.UNKNOWN
            )
            for change in sent.order_by("-pk")[:1]:
                change.status = Status.DONE
                self.finished.append(change)

    def _hold(self, item: Item) -> None:
        """Put a contact aside for a person; what is gone stays so, and is shown with its group."""
        link = item.link or ExternalLink(connection=self.connection)
        known = link.pk in self.asked and link.group == item.action.group
        link.group, link.reason, link.name = item.action.group, item.action.reason, item.name
        if link.state == Link.GONE:
            self.links.append(link)
            return
        link.state = Link.HELD
        if item.contact is not None:
            link.contact, link.local_revision = item.contact, item.revision
        if item.mirror is not None:
            link.mirror, link.remote_id = item.mirror, item.mirror.remote_id
            item.mirror.settled = item.mirror.fingerprint
            self.mirrors.append(item.mirror)
        item.link = link
        self.links.append(link)
        if not known:
            if link.pk:
                self.released.append(link.pk)
            self._record_held(item)

    def _record_held(self, item: Item) -> None:
        """Record what waits: a contact that may be another one, or a creation that a guard holds."""
        guard = item.action.guard
        here = item.contact is not None
        side = Change.Side.THERE if here == bool(guard) else Change.Side.HERE
        action = Change.Action.ADD if guard else Change.Action.HOLD
        change = self._record(item, side, action, reason=item.action.reason, status=Status.HELD)
        change.guard = guard
        if guard:
            change.mark = linking.problem_mark(item.revision, item.mirror)

    def _company_changes(self, made: Iterable[Contact]) -> None:
        for company in made:
            self.changes.append(
                SyncChange(
                    run=self.run,
                    connection=self.connection,
                    contact=company,
                    contact_uid=company.uid,
                    name=company.name,
                    side=Change.Side.HERE,
                    action=Change.Action.ADD,
                    status=Status.DONE,
                    after={"name": company.name},
                    reason="company of a person",
                )
            )

    def _record(
        self,
        item: Item,
        side: str,
        action: str,
        before: history.Fields | None = None,
        after: history.Fields | None = None,
        reason: str = "",
        status: str = Status.DONE,
    ) -> SyncChange:
        change = recording.change_of(self.run, item, side, action, status, before, after, reason)
        self.changes.append(change)
        return change

    def _save(self) -> None:
        linking.undecided(self.released).update(status=Status.DISMISSED, reason="no longer due")
        linking.close(self.spares)  # first: what they hold goes on to others
        mirror.save_rows(self.mirrors)
        linking.save(self.links)
        mirror.forget_absent(self.left)
        for change in self.changes:
            change.link = change.link  # its number, now that the link is stored
        SyncChange.objects.bulk_create(self.changes)
        bulk.update(self.finished, ["status", "link", "contact", "remote_id", "reason"])
        SyncChange.objects.filter(pk__in=self.unsent).delete()
        linking.close(self.closed)
        recording.tally([*self.changes, *self.finished])


def put_aside(run: SyncRun, items: Sequence[Item], now: datetime) -> None:
    """Hold contacts for a person, inside the caller's transaction."""
    _Commit(run, now).store([item for item in items if item.do is Do.HOLD])


def _accepts(item: Item) -> bool:
    """Say whether our side may be written: a creation there writes nothing here."""
    return item.do in (Do.CREATE_HERE, Do.ADOPT, Do.UPDATE)


def _edit_times(
    items: Sequence[Item], writes: Mapping[int, LocalWrite]
) -> list[tuple[Contact, datetime]]:
    """Say when each contact was last edited: what we bring here is as old as it is in Outlook."""
    times = []
    for item in items:
        if id(item) in writes and item.mirror is not None and item.mirror.modified is not None:
            contact, there = writes[id(item)].contact, item.mirror.modified
            times.append((contact, max(contact.edited_at, there) if contact.pk else there))
    return times


def _surprised(item: Item, merged: Merge, answer: RemoteRecord) -> bool:
    """Say whether the answer differs in a field that we did not write: that is an edit there."""
    fields = records.schema(item.kind)
    return any(
        answer.scalars.get(one.name, "") != item.there.scalars.get(one.name, "")
        for one in fields.scalars
        if one.name not in merged.there
    ) or any(
        answer.sets.get(one.name, ()) != item.there.sets.get(one.name, ())
        for one in fields.sets
        if one.name not in merged.sets_there
    )


def _status(result: Result) -> str:
    if result is Result.DONE:
        return Status.DONE
    return Status.UNKNOWN if result is Result.UNKNOWN else Status.FAILED
