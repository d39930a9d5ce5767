"""A day of many mailboxes in virtual time: the real schedule, tasks, leases and endings; no work.

What a slice would do is replaced by how long it takes. A job is carried out at the moment at which a
worker gets to it, and its end is written down with the clock put forward; then the clock goes back
to whoever is next.
"""

from __future__ import annotations

import heapq
import itertools
import random
import uuid
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.contrib.auth import get_user_model

from contacts_sync import tasks
from contacts_sync.models import Connection, SyncRun
from contacts_sync.run.closing import Ending, close
from contacts_sync.store import lease as leases
from contacts_sync.store import runs

START = datetime(2026, 11, 2, 6, tzinfo=UTC)
SLICE = 240.0
QUOTA_RATE = 10_000 / 600
"""Contacts a second that Graph takes from one mailbox in the long run."""


@dataclass
class Day:
    """What is simulated, and what came of it. `first` are contacts of first syncs, by connection."""

    connections: int
    workers: int
    first: dict[int, int]
    hours: float = 24.0
    unchanged: float = 1.5
    now: datetime = START
    queue: list[tuple[datetime, int, int]] = field(default_factory=list)
    ends: defaultdict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    waits: list[float] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    busy: float = 0.0
    number: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def live(self):
        """Live the day: each minute what is due is sent, and workers take jobs as they come."""
        self._connect()
        free = [START] * self.workers
        minute, until = START, START + timedelta(hours=self.hours)
        with ExitStack() as stack:
            stack.enter_context(mock.patch("django.utils.timezone.now", lambda: self.now))
            stack.enter_context(mock.patch.object(tasks, "run_slice", self._slice))
            stack.enter_context(mock.patch.object(tasks, "async_task", self._enqueue))
            stack.enter_context(mock.patch.object(tasks.alerts, "tell", lambda *_: None))
            stack.enter_context(mock.patch.object(tasks.housekeeping, "tidy", lambda *_: None))
            stack.enter_context(mock.patch.object(tasks.notices, "after_run", lambda *_: None))
            while minute < until:
                worker = min(range(self.workers), key=free.__getitem__)
                begin = max(free[worker], self.queue[0][0]) if self.queue else until
                if minute <= begin:
                    self.now = minute
                    tasks.dispatch()
                    minute += timedelta(minutes=1)
                    continue
                sent, _number, pk = heapq.heappop(self.queue)
                self.now = begin
                self.waits.append((begin - sent).total_seconds())
                tasks.work(pk)
                self.busy += (self.now - begin).total_seconds()
                free[worker] = self.now
        return self

    def _connect(self):
        users = get_user_model().objects.bulk_create(
            get_user_model()(username=f"user{number}") for number in range(self.connections)
        )
        rows = Connection.objects.bulk_create(
            Connection(
                owner=user,
                tenant_id="tenant",
                object_id=str(number),
                username=f"{user.username}@firm.example",
                state=Connection.State.ON,
                started_at=START,
                next_run_at=START,  # all at once: the worst that a restart can bring
            )
            for number, user in enumerate(users)
        )
        self.left = {rows[number].pk: count for number, count in self.first.items()}

    def _enqueue(self, _name, pk):
        self.number += 1
        heapq.heappush(self.queue, (self.now, self.number, pk))

    def _slice(self, run, _open_provider, **_options):
        lease = leases.take(run.connection_id, uuid.uuid4().hex, self.now)
        if lease is None:
            return run
        begun = runs.begin(run.pk, lease, self.now)
        if begun is None:
            leases.give_back(lease)
            return SyncRun.objects.get(pk=run.pk)
        self.starts.append(self.now)
        left = self.left.get(run.connection_id, 0)
        seconds = min(SLICE, left / QUOTA_RATE) if left else self.unchanged
        self.now += timedelta(seconds=seconds)
        self.left[run.connection_id] = left = max(0, round(left - seconds * QUOTA_RATE))
        status = SyncRun.Status.CONTINUES if left else SyncRun.Status.DONE
        close(begun, lease, Ending(status), 1, self.now, self.chance.random())
        leases.give_back(lease)
        begun.refresh_from_db()
        if not left:
            self.ends[run.connection_id].append(self.now)
        return begun

    def gaps(self):
        """Give the minutes between two runs of a mailbox, of all that are through their first sync."""
        return sorted(
            (later - earlier).total_seconds() / 60
            for ends in self.ends.values()
            for earlier, later in itertools.pairwise(ends)
        )

    def most_at_once(self, seconds=60):
        """Count the starts within the fullest stretch of so many seconds, after the first hours."""
        settled = sorted(one for one in self.starts if one > START + timedelta(hours=6))
        return max(
            (
                sum(
                    1
                    for other in settled[index : index + 5000]
                    if (other - one).total_seconds() < seconds
                )
                for index, one in enumerate(settled)
            ),
            default=0,
        )
