"""Mark what goes out, before it goes: whatever happens to a request, the next run knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from contacts_sync.engine.merge import after_there, agree
from contacts_sync.engine.plan import Do
from contacts_sync.engine.records import Shadow
from contacts_sync.models import Connection, ExternalLink, SyncChange, SyncRun
from contacts_sync.store import lease as leases
from contacts_sync.store import linking, mirror, recording, records
from contacts_sync.store.items import Item
from contacts_sync.store.lease import Lease

Link = ExternalLink.State


def mark_sent(
    run: SyncRun, lease: Lease, items: Sequence[Item], now: datetime, sent_at: datetime
) -> list[Item]:
    """Record, before a request goes out, what it will do: links first, then change records.

    `sent_at` is the time by the service's clock.

    Whatever happens to the request, the next run knows that it may have been carried out. Returns
    the items that may go: about the others a person has decided since they were loaded.
    """
    connection = run.connection
    with transaction.atomic():
        leases.hold_to_send(lease, now)
        items, _overtaken = split(connection, items)
        before = {item.link.mirror_id for item in items if item.link}
        for item in items:
            _mark_link(connection, item, sent_at)
        linking.save([item.link for item in items if item.link is not None])
        now_linked = {item.link.mirror_id for item in items if item.link}
        mirror.forget_absent([pk for pk in before - now_linked if pk])
        for item in items:
            item.sent = [recording.sent(run, item)]
        SyncChange.objects.bulk_create([change for item in items for change in item.sent])
    return items


def split(connection: Connection, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Tell the items whose links are as we know them from those a person has decided about.

    The links are locked until the transaction ends.
    """
    ours = [item.contact.pk for item in items if item.contact and item.contact.pk]
    theirs = [item.mirror.pk for item in items if item.mirror and item.mirror.pk]
    known = [link.pk for item in items for link in (item.link, item.spare) if link and link.pk]
    rows = {
        row.pk: row
        for row in linking.touching(connection, known, ours, theirs)
        .select_for_update(of=("self",))
        .only("contact", "mirror", "state", "decision")
    }
    by_contact = {row.contact_id: row.pk for row in rows.values() if row.contact_id}
    by_mirror = {row.mirror_id: row.pk for row in rows.values() if row.mirror_id}

    def is_as_known(item: Item) -> bool:
        mine = {link.pk for link in (item.link, item.spare) if link and link.pk}
        for link in (item.link, item.spare):
            row = rows.get(link.pk) if link and link.pk else None
            if (
                link
                and link.pk
                and (row is None or (row.state, row.decision) != (link.state, link.decision))
            ):
                return False
        there = by_contact.get(item.contact.pk) if item.contact else None
        other = by_mirror.get(item.mirror.pk) if item.mirror else None
        return {pk for pk in (there, other) if pk} <= mine

    same = [item for item in items if is_as_known(item)]
    kept = {id(item) for item in same}
    return same, [item for item in items if id(item) not in kept]


def _mark_link(connection: Connection, item: Item, sent_at: datetime) -> None:
    link = item.link or ExternalLink(connection=connection)
    link.name = item.name
    if item.spare is not None:
        item.spare.delete()
        item.spare = None
    if item.contact is not None:
        link.contact = item.contact
    if item.do is Do.CREATE_THERE and item.contact is not None:
        if link.state != Link.CREATING or not link.client_key:
            link.client_key = linking.new_key(item.contact)
        link.state, link.sent_at, link.local_revision = Link.CREATING, sent_at, item.revision
        link.remote_id, link.mirror = None, None
        records.keep_shadow(link, _as_sent(item))
    elif item.do is Do.DELETE_THERE:
        link.state = Link.DELETING
    elif item.mirror is not None and item.contact is not None:
        if item.do is Do.ADOPT:
            link.local_shadow = link.remote_shadow = None
        link.state, link.remote_id, link.mirror = Link.LINKED, item.mirror.remote_id, item.mirror
        link.client_key = link.client_key or linking.new_key(item.contact)
        link.pending = True
    item.link = link


def _as_sent(item: Item) -> Shadow:
    """Keep what a creation sends, so that a late answer can be understood."""
    sent = after_there(item.there, item.merged)
    fields = records.schema(item.kind)
    rows = records.primaries(item.here.sets)
    return agree(fields, item.here.scalars, item.merged, sent, sent, rows)
