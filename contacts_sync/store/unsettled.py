"""What earlier slices left open: creations without an answer, and links that were lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contacts_sync import contact as shape
from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    RemoteContact,
    SyncChange,
)
from contacts_sync.providers.base import RemoteContact as Received
from contacts_sync.store import lease as leases
from contacts_sync.store import linking, mirror, recording, records
from contacts_sync.store.lease import Lease


def forget_sent(connection: Connection, lease: Lease, now: datetime) -> None:
    """Mark what a dead slice had sent as unknown: nobody is waiting for its answer any more."""
    sent = SyncChange.objects.filter(connection=connection, status=SyncChange.Status.SENT)
    if sent.exists():
        with transaction.atomic():
            leases.hold(lease, now)
            sent.update(status=SyncChange.Status.UNKNOWN)


def unanswered(connection: Connection) -> list[ExternalLink]:
    """List the links whose creation went out and whose answer never came."""
    rows = ExternalLink.objects.filter(connection=connection, open=True)
    return list(rows.exclude(sent_at=None).select_related("contact"))


def elsewhere(connection: Connection, remote_ids: Iterable[str]) -> set[str]:
    """Tell which of these ids have a link of their own: our key never takes it from them."""
    rows = ExternalLink.objects.filter(connection=connection, remote_id__in=list(remote_ids))
    return {remote_id for remote_id in rows.values_list("remote_id", flat=True) if remote_id}


def links_lost(connection: Connection) -> bool:
    """Say whether there are contacts there without a link, and contacts here that once had one.

    A restored or damaged database looks so. Whatever carries our key is then found by it.
    """
    strangers = RemoteContact.objects.filter(connection=connection, open=True, present=True)
    if not strangers.filter(link=None).exists():
        return False
    if not ExternalLink.objects.filter(connection=connection).exists():
        return True
    once = SyncChange.objects.filter(
        contact=OuterRef("pk"),
        connection=connection,
        action__in=[SyncChange.Action.ADD, SyncChange.Action.LINK],
        status=SyncChange.Status.DONE,
    )
    released = SyncChange.objects.filter(
        contact=OuterRef("pk"), connection=connection, action=SyncChange.Action.RESTORE
    )
    unlinked = _without_link(connection).filter(revision__gt=connection.seen)
    if unlinked.filter(Exists(once), ~Exists(released), deleted_at=None).exists():
        return True
    # Perhaps the database is yesterday's, and knows nothing of what was written there since.
    return not _names(unlinked[:FEW]).isdisjoint(_names(strangers.filter(link=None)[:FEW]))


FEW = 200
"""So many names are compared. Yesterday's backup knows nearly everybody."""


def _without_link(connection: Connection) -> QuerySet[Contact]:
    """List contacts without a link, but for those in the trash whose copies we removed ourselves.

    Whoever moves such a copy back into the folder wants it: it is new here.
    """
    removed = SyncChange.objects.filter(
        contact=OuterRef("pk"),
        connection=connection,
        action=SyncChange.Action.DELETE,
        status=SyncChange.Status.DONE,
    )
    return Contact.objects.exclude(links__connection=connection).filter(
        ~Exists(removed) | Q(deleted_at=None)
    )


def _names(rows: Iterable[Contact] | Iterable[RemoteContact]) -> set[str]:
    return {_plain(str(row)) for row in rows}


def found(
    connection: Connection,
    lease: Lease,
    answers: Mapping[int, Received],
    now: datetime,
) -> None:
    """Link contacts whose creation turns out to have been carried out."""
    with transaction.atomic():
        leases.hold(lease, now)
        for link in ExternalLink.objects.filter(pk__in=answers).select_related("contact"):
            _link(connection, link, answers[link.pk])


def _link(connection: Connection, link: ExternalLink, received: Received) -> None:
    row = RemoteContact.objects.filter(
        connection=connection, remote_id=received.remote_id
    ).first() or RemoteContact(connection=connection, remote_id=received.remote_id)
    mirror.fill(row, received, connection.listing)
    # The shadows keep what was sent: whatever differs now may be an edit, and must not get lost.
    row.settled = ""
    row.save()
    _join(link, row)
    _answered(link)


def _join(link: ExternalLink, row: RemoteContact) -> None:
    """Complete a link. One that was left out meanwhile stays so."""
    apart = link.state == ExternalLink.State.APART
    link.state = ExternalLink.State.APART if apart else ExternalLink.State.LINKED
    link.sent_at, link.pending = None, not apart
    link.mirror, link.remote_id = row, row.remote_id
    linking.save([link])


def _answered(link: ExternalLink) -> None:
    """Count the creation with the run that sent it."""
    changes = SyncChange.objects.filter(
        link=link,
        action=SyncChange.Action.ADD,
        side=SyncChange.Side.THERE,
        status=SyncChange.Status.UNKNOWN,
    ).order_by("-pk")[:1]
    for change in changes:
        change.status, change.remote_id = SyncChange.Status.DONE, link.remote_id or ""
        change.save(update_fields=["status", "remote_id"])
    recording.tally(changes)


def not_there(
    connection: Connection, lease: Lease, links: Iterable[ExternalLink], now: datetime
) -> None:
    """Let contacts be created again, under the same key: they are certainly not there."""
    with transaction.atomic():
        leases.hold(lease, now)
        ExternalLink.objects.filter(pk__in=[link.pk for link in links]).update(sent_at=None)


def is_certain(connection: Connection, link: ExternalLink, settle_seconds: int) -> bool:
    """Say whether "not found" may be believed.

    It counts after a complete round of changes that began long enough after the request went out.
    """
    if connection.covered_at is None or link.sent_at is None:
        return False
    return connection.covered_at >= link.sent_at + timedelta(seconds=settle_seconds)


def twins_in_mirror(
    connection: Connection, links: Iterable[ExternalLink]
) -> dict[int, RemoteContact]:
    """Find, by content, the mirror rows that unanswered creations have made."""
    rows = RemoteContact.objects.filter(connection=connection, open=True, present=True, link=None)
    free = list(rows)
    answers: dict[int, RemoteContact] = {}
    for link in links:
        sent = records.shadow_of(link)
        if sent is None or link.contact is None:
            continue
        wanted = records.twin_sent(sent, link.contact.kind)
        for row in free:
            record = records.remote_record(row, link.contact.kind)
            if records.twin_there(record, link.contact.kind) == wanted:
                answers[link.pk] = row
                free.remove(row)
                break
    return answers


def adopt_twins(
    connection: Connection, lease: Lease, answers: Mapping[int, RemoteContact], now: datetime
) -> None:
    """Link unanswered creations with the mirror rows that equal them."""
    with transaction.atomic():
        leases.hold(lease, now)
        for link in ExternalLink.objects.filter(pk__in=answers):
            row = answers[link.pk]
            RemoteContact.objects.filter(pk=row.pk).update(settled=F("fingerprint"))
            _join(link, row)
            _answered(link)


def relink(
    connection: Connection, lease: Lease, keys: Iterable[tuple[str, str]], now: datetime
) -> int:
    """Link what carries our key, where the contact exists and neither side has a link.

    What came from Outlook carries no key before it is written there: the records of what was added
    or linked name it. Returns how many. Both sides then follow the first-link rule. What belongs to
    a contact in the trash is left out: nobody knows any more whether its copy was to be deleted or
    to stay. Of several contacts with one key the others are a person's copies, and held as such.
    """
    by_uid: dict[uuid.UUID, tuple[str, str]] = {}
    for remote_id, key in keys:
        uid = uid_of(key)
        if uid is not None:
            by_uid.setdefault(uid, (remote_id, key))
    for remote_id, uid in _recorded(connection):
        by_uid.setdefault(uid, (remote_id, ""))
    contacts = _without_link(connection).filter(uid__in=by_uid)
    rows = {
        row.remote_id: row
        for row in RemoteContact.objects.filter(
            connection=connection,
            remote_id__in=[remote_id for remote_id, _ in by_uid.values()],
            present=True,
            link=None,
        )
    }
    taken = set(
        ExternalLink.objects.filter(
            client_key__in=[key for _, key in by_uid.values() if key]
        ).values_list("client_key", flat=True)
    )
    links = []
    for contact in contacts:
        remote_id, key = by_uid[contact.uid]
        if remote_id in rows:
            links.append(
                ExternalLink(
                    connection=connection,
                    contact=contact,
                    mirror=rows[remote_id],
                    remote_id=remote_id,
                    client_key=None if key in taken else key or None,
                    name=str(contact),
                    state=_found_again(contact),
                    pending=contact.deleted_at is None,
                    local_revision=contact.revision,
                )
            )
    with transaction.atomic():
        leases.hold(lease, now)
        ExternalLink.objects.bulk_create(links)
        # They were linked long before this run: what equals them now is a copy.
        ExternalLink.objects.filter(pk__in=[link.pk for link in links]).update(
            created_at=connection.created_at
        )
        left_out = [link.remote_id for link in links if link.state == ExternalLink.State.APART]
        RemoteContact.objects.filter(connection=connection, remote_id__in=left_out).update(
            settled=F("fingerprint")
        )
        Connection.objects.filter(pk=connection.pk).update(keys_read=True)
        connection.keys_read = True
    return len(links)


def _recorded(connection: Connection) -> list[tuple[str, uuid.UUID]]:
    """Tell whose Outlook contacts those without a link once were, the latest record first."""
    strangers = RemoteContact.objects.filter(connection=connection, present=True, link=None)
    rows = SyncChange.objects.filter(
        remote_id__in=strangers.values("remote_id"),
        action__in=[SyncChange.Action.ADD, SyncChange.Action.LINK],
        status=SyncChange.Status.DONE,
    )
    recorded = rows.order_by("-pk").values_list("remote_id", "contact_uid")
    return [(remote_id, uid) for remote_id, uid in recorded if uid is not None]


def _found_again(contact: Contact) -> str:
    apart = contact.deleted_at is not None
    return ExternalLink.State.APART if apart else ExternalLink.State.LINKED


def perhaps_back(connection: Connection) -> list[ExternalLink]:
    """List links of removed contacts whose names have turned up in the folder again."""
    states = ExternalLink.State
    gone = ExternalLink.objects.filter(connection=connection).filter(
        Q(state=states.GONE) | Q(state=states.LINKED, mirror__open=True, mirror__present=False)
    )
    if not gone.exists():
        return []
    rows = RemoteContact.objects.filter(connection=connection, open=True, present=True, link=None)
    names = {_plain(str(row)) for row in rows.only("values") if row.display_name}
    if not names:
        return []
    candidates = gone.exclude(client_key=None).select_related("contact")
    return [one for one in candidates if {_plain(one.name), _plain(str(one.contact))} & names]


def _plain(name: str) -> str:
    return shape.fold(name).casefold()


def resume(
    connection: Connection, lease: Lease, answers: Mapping[int, Received], now: datetime
) -> None:
    """Let links go on with contacts that carry their keys: what both agreed on still holds."""
    with transaction.atomic():
        leases.hold(lease, now)
        rows = {
            row.remote_id: row
            for row in RemoteContact.objects.filter(
                connection=connection,
                remote_id__in=[one.remote_id for one in answers.values()],
                present=True,
                link=None,
            )
        }
        for link in ExternalLink.objects.filter(pk__in=answers):
            row = rows.get(answers[link.pk].remote_id)
            if row is not None:
                left = link.mirror_id
                link.mirror, link.remote_id = row, row.remote_id
                linking.save([link])
                mirror.forget_absent([left] if left else [])


def uid_of(key: str) -> uuid.UUID | None:
    """Read the contact's uid from a client key; None when it is not one of ours."""
    try:
        return uuid.UUID(hex=key.partition("-")[0])
    except ValueError:
        return None
