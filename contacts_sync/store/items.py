"""What is in hand: an action with the rows and records it is about, loaded fresh for one batch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from contacts_sync import contact as shape
from contacts_sync.engine.merge import NOTHING_HERE, Merge, merge, standing
from contacts_sync.engine.plan import Action, Do
from contacts_sync.engine.records import LocalRecord, RemoteRecord, Shadow, Side
from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.providers.base import Outcome
from contacts_sync.store import linking, records


@dataclass(slots=True)
class Item:
    """One action in hand.

    `spare` is a second link that an adoption makes superfluous. `revision` is the one the merge was
    made for: if it is another one when the outcome is stored, a person was faster.
    """

    action: Action
    kind: str
    here: LocalRecord
    there: RemoteRecord
    merged: Merge
    shadow: Shadow | None = None
    contact: Contact | None = None
    mirror: RemoteContact | None = None
    link: ExternalLink | None = None
    spare: ExternalLink | None = None
    revision: int = 0
    outcome: Outcome | None = None
    sent: list[SyncChange] = field(default_factory=list)

    @property
    def do(self) -> Do:
        """What is to be done."""
        return self.action.do

    @property
    def name(self) -> str:
        """The name under which people know the contact."""
        for one in (self.contact, self.mirror, self.link):
            if one is not None and str(one):
                return str(one)
        return ""

    @property
    def writes_there(self) -> bool:
        """Whether a request has to go out."""
        if self.do is Do.DELETE_THERE:
            return True
        if self.do is Do.CREATE_THERE:
            return not self.shows_nothing
        return self.do in (Do.ADOPT, Do.UPDATE) and self.merged.writes_there

    @property
    def is_blank_there(self) -> bool:
        """Whether Outlook holds nothing of the contact any more."""
        return shape.is_empty(self.there.scalars, self.there.sets)

    @property
    def shows_nothing(self) -> bool:
        """Whether Outlook would show an empty contact."""
        shown = {name: standing(entries) for name, entries in self.merged.entries.items()}
        return shape.is_empty(self.here.scalars, shown)


def load(connection: Connection, actions: Collection[Action]) -> list[Item]:
    """Load what a batch of actions is about, in a constant number of queries.

    An action whose link, contact or mirror row is not what it was is left out: the next plan will
    see it as it is now.
    """
    links = _links(connection, actions)
    by_contact = {one.contact_id: one for one in links if one.contact_id}
    by_mirror = {one.mirror_id: one for one in links if one.mirror_id}
    by_pk = {one.pk: one for one in links}
    pks = {one.contact for one in actions if one.contact}
    contacts = records.load_contacts(pks | {pk for pk in by_contact if pk})
    mirrors = RemoteContact.objects.in_bulk([one.mirror for one in actions if one.mirror])

    items = []
    for action in actions:
        ours = by_contact.get(action.contact) if action.contact else None
        theirs = by_mirror.get(action.mirror) if action.mirror else None
        link = ours or theirs or (by_pk.get(action.link) if action.link else None)
        if action.link and link is None:
            continue
        if any(one and one.state == ExternalLink.State.APART for one in (ours, theirs)):
            continue
        contact = contacts.get(action.contact) if action.contact else None
        mirror = mirrors.get(action.mirror) if action.mirror else None
        if action.do is Do.DELETE_THERE and link is not None:
            contact = contacts.get(link.contact_id) if link.contact_id else None
        if _is_outdated(action, contact, mirror, link):
            continue
        item = make(connection, action, contact, mirror, link)
        item.spare = theirs if ours and theirs and ours.pk != theirs.pk else None
        items.append(item)
    return items


def _is_outdated(
    action: Action,
    contact: Contact | None,
    mirror: RemoteContact | None,
    link: ExternalLink | None,
) -> bool:
    needs_contact = action.do in (Do.CREATE_THERE, Do.ADOPT, Do.UPDATE)
    needs_mirror = action.do in (Do.CREATE_HERE, Do.ADOPT, Do.UPDATE)
    if needs_contact and (contact is None or contact.deleted_at is not None):
        return True
    if needs_mirror and (mirror is None or not mirror.present or mirror.doubtful):
        return True
    if action.do is Do.MARK_GONE and mirror is not None and mirror.present:
        return True
    alive = contact is not None and contact.deleted_at is None
    dropped = link is not None and link.decision == ExternalLink.Decision.DROP
    return action.do is Do.DELETE_THERE and alive and not dropped


def _links(connection: Connection, actions: Collection[Action]) -> list[ExternalLink]:
    pks = [one.link for one in actions if one.link]
    contacts = [one.contact for one in actions if one.contact]
    mirrors = [one.mirror for one in actions if one.mirror]
    return list(linking.touching(connection, pks, contacts, mirrors))


def make(
    connection: Connection,
    action: Action,
    contact: Contact | None,
    mirror: RemoteContact | None,
    link: ExternalLink | None,
) -> Item:
    """Put an action together with its records and their merge."""
    kind = contact.kind if contact else (mirror.kind if mirror else shape.PERSON)
    here = records.local_record(contact) if contact else NOTHING_HERE
    there = records.remote_record(mirror, kind)
    adopting = action.do in (Do.ADOPT, Do.CREATE_HERE, Do.CREATE_THERE)
    shadow = None if adopting else records.shadow_of(link)
    merged = merge(
        records.schema(kind),
        here,
        there,
        shadow,
        winner(connection, contact, mirror),
        decision(link),
    )
    return Item(
        action,
        kind,
        here,
        there,
        merged,
        shadow,
        contact,
        mirror,
        link,
        revision=contact.revision if contact else 0,
    )


def winner(connection: Connection, contact: Contact | None, mirror: RemoteContact | None) -> Side:
    """Say whose value counts when both sides changed one field (R7)."""
    if connection.winner == Connection.Winner.THERE:
        return Side.THERE
    if connection.winner == Connection.Winner.NEWEST:
        ours = contact.edited_at if contact else None
        theirs = mirror.modified if mirror else None
        return Side.THERE if _later(theirs, ours) else Side.HERE
    return Side.HERE


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def decision(link: ExternalLink | None) -> Side | None:
    """Say whose values a person has chosen for this contact."""
    if link is None or link.decision not in (Side.HERE, Side.THERE):
        return None
    return Side(link.decision)
