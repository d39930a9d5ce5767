"""Keep what was seen of the other side: each page commits together with the cursor behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from contacts_sync import contact as shape
from contacts_sync.models import Connection, ExternalLink, RemoteContact
from contacts_sync.providers.base import Outcome, Page, Result, Tombstone
from contacts_sync.providers.base import RemoteContact as Received
from contacts_sync.store import bulk
from contacts_sync.store import lease as leases
from contacts_sync.store.lease import Lease
from contacts_sync.store.records import fingerprint

CONTENT = [
    "version",
    "modified",
    "values",
    "extras",
    "notes",
    "skip",
    "present",
    "doubtful",
    "deleted_at",
    "reported",
    "listing",
    "fingerprint",
    "settled",
]


def begin_round(connection: Connection, lease: Lease, now: datetime) -> None:
    """Begin a round, or go on with the one that is open. Without a cursor it lists everything."""
    fields: dict[str, Any] = {}
    if connection.full_wanted or (not connection.cursor and not connection.listing_open):
        fields = {
            "cursor": "",
            "listing": connection.listing + 1,
            "listing_open": True,
            "full_wanted": False,
            "round_started_at": None,
        }
    elif not connection.listing_open:
        fields = {"round_started_at": None}
    with transaction.atomic():
        leases.hold(lease, now)
        _change(connection, fields)


def forget_cursor(connection: Connection, lease: Lease, now: datetime) -> None:
    """Start a complete listing next: the service does not know our cursor any more."""
    with transaction.atomic():
        leases.hold(lease, now)
        _change(connection, {"cursor": "", "listing_open": False})


def linked_ids(connection: Connection, remote_ids: Collection[str]) -> list[str]:
    """Tell which of these ids have a link: their removal must be verified before it is believed."""
    rows = ExternalLink.objects.filter(connection=connection, remote_id__in=remote_ids)
    return [remote_id for remote_id in rows.values_list("remote_id", flat=True) if remote_id]


def left_ids(connection: Connection, remote_ids: Collection[str]) -> list[str]:
    """Tell which of these ids had left the folder: that they are back must be verified too.

    A service may repeat a row from the time before a contact was deleted.
    """
    rows = RemoteContact.objects.filter(
        connection=connection, remote_id__in=remote_ids, present=False
    )
    return list(rows.values_list("remote_id", flat=True))


def doubtful_ids(connection: Connection) -> list[str]:
    """List the ids whose removal was reported and could not be verified."""
    rows = RemoteContact.objects.filter(connection=connection, open=True, doubtful=True)
    return list(rows.values_list("remote_id", flat=True))


def unreported_ids(connection: Connection, before: datetime) -> list[str]:
    """List contacts that we created some time ago and that the list of changes never showed.

    Graph does not report what is created and deleted between two rounds
    (microsoft-graph-docs#5301), so somebody may have deleted them in Outlook.
    """
    rows = RemoteContact.objects.filter(
        connection=connection, reported=False, present=True, modified__lte=before
    )
    return list(rows.values_list("remote_id", flat=True))


def save_page(
    connection: Connection,
    lease: Lease,
    page: Page,
    verified: Mapping[str, Outcome],
    now: datetime,
    started: datetime,
) -> None:
    """Store a page and its cursor in one transaction.

    `started` is when reading began, by the service's clock: the first page of a round keeps it.

    `verified` answers a look-up by id for each removed contact that is linked, and for each that
    had left the folder. The last page of a complete listing doubts what it did not contain.
    """
    latest = {
        change.remote_id: change for change in page.changes
    }  # the same contact may come twice in a round: the last one counts
    received = [
        one
        for one in latest.values()
        if isinstance(one, Received) and one.remote_id not in verified
    ]
    removed = [one.remote_id for one in latest.values() if isinstance(one, Tombstone)]
    removed += [remote_id for remote_id in verified if remote_id not in removed]
    with transaction.atomic():
        leases.hold(lease, now)
        _put(connection, received)
        _remove(connection, removed, verified)
        started = connection.round_started_at or started
        fields: dict[str, Any] = {"cursor": page.cursor, "round_started_at": started}
        if page.last:
            fields |= {"covered_at": started, "listing_open": False}
            if connection.listing_open:
                fields |= {"listed_at": now, "listing_shrunk": _sweep(connection)}
        _change(connection, fields)


def save_doubtful(
    connection: Connection, lease: Lease, verified: Mapping[str, Outcome], now: datetime
) -> None:
    """Store what a second look at doubtful removals has shown."""
    with transaction.atomic():
        leases.hold(lease, now)
        _remove(connection, list(verified), verified)


def _change(connection: Connection, fields: dict[str, Any]) -> None:
    if not fields:
        return
    Connection.objects.filter(pk=connection.pk).update(**fields)
    for name, value in fields.items():
        setattr(connection, name, value)


def _put(connection: Connection, received: Iterable[Received], certain: bool = False) -> None:
    """Take contacts into the mirror. `certain` ones were read by id; a list may show older ones."""
    incoming = {one.remote_id: one for one in received}
    known = {
        row.remote_id: row
        for row in RemoteContact.objects.filter(connection=connection, remote_id__in=incoming)
    }
    news, changed, listed, unsure = [], [], [], []
    for remote_id, one in incoming.items():
        row = known.get(remote_id)
        if row is None:
            row = RemoteContact(connection=connection, remote_id=remote_id)
            fill(row, one, connection.listing)
            news.append(row)
        elif not certain and _cannot_say(row, one):
            unsure.append(row.pk)
        elif certain or _is_news(row, one):
            fill(row, one, connection.listing)
            changed.append(row)
        elif connection.listing_open or not row.reported:
            listed.append(row.pk)
    RemoteContact.objects.bulk_create(news)
    bulk.update(changed, CONTENT)
    RemoteContact.objects.filter(pk__in=listed).update(listing=connection.listing, reported=True)
    RemoteContact.objects.filter(pk__in=unsure).update(listing=connection.listing, doubtful=True)
    if news:
        _rejoin(connection, news)


def _cannot_say(row: RemoteContact, one: Received) -> bool:
    """Say whether another content is of the same second as ours: either may be the newer one."""
    return (
        row.present
        and row.version != one.version
        and row.modified is not None
        and row.modified == one.modified
        and row.fingerprint != fingerprint(values_of(one))
    )


def _is_news(row: RemoteContact, one: Received) -> bool:
    """Say whether a received contact is not older than the mirror's, and differs."""
    if not row.present or row.doubtful:
        return True
    if row.modified and one.modified and one.modified < row.modified:
        return False
    return row.version != one.version or row.fingerprint != fingerprint(values_of(one))


def values_of(one: Received) -> dict[str, Any]:
    """Give the values of a received contact as the mirror keeps them."""
    return {} if one.skip else shape.remote_values(one.record)


def fill(row: RemoteContact, one: Received, listing: int) -> None:
    """Put a received contact into its mirror row. What takes no part in the sync is settled."""
    values = values_of(one)
    row.version, row.modified = one.version, one.modified
    row.values = values or {"scalars": {}, "sets": {}, "taken": {}}
    row.extras, row.notes, row.skip = dict(one.extras), list(one.notes), one.skip
    if row.doubtful:
        row.settled = ""  # an edit here may have waited for the doubt to be settled
    row.present, row.doubtful, row.deleted_at, row.listing = True, False, None, listing
    row.reported = True
    row.fingerprint = fingerprint(values)
    if one.skip and not row.linked:
        row.settled = row.fingerprint


def _rejoin(connection: Connection, rows: list[RemoteContact]) -> None:
    """Give new mirror rows to the links that know their ids."""
    by_id = {row.remote_id: row for row in rows}
    links = ExternalLink.objects.filter(connection=connection, mirror=None, remote_id__in=by_id)
    for link in links:
        ExternalLink.objects.filter(pk=link.pk).update(mirror=by_id[str(link.remote_id)])


def _remove(
    connection: Connection, remote_ids: Collection[str], verified: Mapping[str, Outcome]
) -> None:
    """Believe a removal of a linked contact only after a look-up; forget the others at once."""
    if not remote_ids:
        return
    rows = RemoteContact.objects.filter(connection=connection, remote_id__in=remote_ids)
    still_here: list[Received] = []
    gone, unsure = [], []
    for remote_id in remote_ids:
        outcome = verified.get(remote_id)
        if outcome is None:
            continue
        if outcome.result is Result.GONE:
            gone.append(remote_id)
        elif outcome.result is Result.DONE and outcome.contact is not None:
            if connection.folder_id and outcome.contact.folder_id != connection.folder_id:
                gone.append(remote_id)
            else:
                still_here.append(outcome.contact)
        else:
            unsure.append(remote_id)
    left = rows.filter(remote_id__in=gone)
    left.filter(settled="", present=True).update(settled=F("fingerprint"))  # else it looks settled
    left.update(present=False, doubtful=False, fingerprint="")
    _forget_left_out(connection)
    rows.filter(remote_id__in=unsure, present=True).update(doubtful=True)
    # What we deleted ourselves is remembered for a while, in case that its row is repeated.
    rows.exclude(remote_id__in=verified).filter(link=None, deleted_at=None).delete()
    _put(connection, still_here, certain=True)


def _forget_left_out(connection: Connection) -> None:
    """Settle contacts that were left out and have now left the folder: nobody waits for them."""
    rows = RemoteContact.objects.filter(connection=connection, open=True, present=False)
    rows.filter(link__state="apart").update(settled="")


def _sweep(connection: Connection) -> bool:
    """Doubt what a complete listing did not contain; say whether it held under half of what we knew.

    A list may lag behind: what is linked is looked up by its id before it is called gone.
    """
    rows = RemoteContact.objects.filter(connection=connection, present=True)
    missing = rows.filter(~Q(listing=connection.listing))
    known = rows.filter(Q(link__state="linked")).count()
    lost = missing.filter(Q(link__state="linked")).count()
    missing.filter(link=None).delete()
    missing.update(doubtful=True)
    return known > 0 and known - lost < known / 2


def save_rows(rows: Sequence[RemoteContact]) -> None:
    """Insert new mirror rows and update known ones."""
    known = [row for row in rows if row.pk is not None]
    RemoteContact.objects.bulk_create([row for row in rows if row.pk is None])
    bulk.update(known, CONTENT)


def forget_absent(mirrors: Sequence[int]) -> None:
    """Delete mirror rows of contacts that have left the folder, and whose links went on to others."""
    if mirrors:
        rows = RemoteContact.objects.filter(pk__in=mirrors, present=False, deleted_at=None)
        rows.filter(link=None).delete()
