"""Who may work on a connection: one lease at a time, with a fence.

Every transaction of a run begins by holding its lease. Whoever finds another fence has lost it, and
must not write any more: somebody else has taken over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from contacts_sync.models import Connection

DURATION = timedelta(minutes=5)


class LeaseLost(Exception):
    """Another run works on this connection now."""


class Stopped(Exception):
    """Somebody has stopped or disconnected the sync: nothing more may be sent."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a connection."""

    connection: int
    owner: str
    fence: int


def take(connection: int, owner: str, now: datetime) -> Lease | None:
    """Take the lease if nobody holds it; None when somebody does."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    taken = Connection.objects.filter(free, pk=connection).update(
        lease_owner=owner, lease_until=now + DURATION, fence=F("fence") + 1
    )
    if not taken:
        return None
    # Only the holder raises the fence, so what is read now is ours as long as the owner is.
    fence = Connection.objects.filter(pk=connection, lease_owner=owner).values_list(
        "fence", flat=True
    )
    found = fence.first()
    return None if found is None else Lease(connection, owner, found)


def hold(lease: Lease, now: datetime) -> None:
    """Renew the lease inside the transaction that writes; raises LeaseLost."""
    if not _mine(lease).update(lease_until=now + DURATION):
        raise LeaseLost


def hold_to_send(lease: Lease, now: datetime) -> None:
    """Renew the lease before a request goes out; raises Stopped when somebody pressed Stop."""
    if not _mine(lease).filter(stop_requested=False).update(lease_until=now + DURATION):
        raise Stopped if _mine(lease).exists() else LeaseLost


def _mine(lease: Lease) -> QuerySet[Connection]:
    return Connection.objects.filter(
        pk=lease.connection, fence=lease.fence, lease_owner=lease.owner
    )


def give_back(lease: Lease) -> None:
    """Let others work on the connection."""
    _mine(lease).update(lease_until=None, lease_owner="")
