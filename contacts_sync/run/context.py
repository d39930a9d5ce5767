"""What every step of a run has in hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contacts_sync.models import Connection, SyncRun
from contacts_sync.providers.base import ContactProvider
from contacts_sync.run.quota import Quota
from contacts_sync.store.lease import Lease

SLICE = timedelta(minutes=4)
"""How long a slice works before it lets others have their turn."""

LONGEST_WAIT = 60.0
"""Seconds. Whoever has to wait longer closes the slice and goes on from there."""


@dataclass(slots=True)
class Slice:
    """One stretch of work on a run: with its lease, its provider and its time."""

    run: SyncRun
    provider: ContactProvider
    lease: Lease
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    ends_at: datetime
    stopping: Callable[[], bool]
    quota: Quota
    pulled_at: datetime | None = None
    again: bool = False
    late: bool = False

    @property
    def connection(self) -> Connection:
        """The connection this run belongs to."""
        return self.run.connection

    @property
    def is_over(self) -> bool:
        """Whether it is time to let others work."""
        return self.now() >= self.ends_at or self.stopping()

    def pause(self, count: int) -> float:
        """Say how many seconds to wait until the service takes so many requests more."""
        now = self.now()
        self.quota.note(now, self.provider.counted)
        return self.quota.pause(now, count)

    def sent_lately(self) -> list[list[int]]:
        """Say what the service still counts, for the next slice to know."""
        now = self.now()
        self.quota.note(now, self.provider.counted)
        return self.quota.lately(now)


class SliceOver(Exception):
    """There is more to do, in another slice. `wait` is in seconds."""

    def __init__(self, wait: float = 0.0) -> None:
        super().__init__()
        self.wait = wait
