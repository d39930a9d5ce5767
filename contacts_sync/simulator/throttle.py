"""Graph's limits per mailbox: four requests at a time, and a quota per ten minutes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.errors import GraphError, concurrency_exceeded, quota_exceeded


class Throttle:
    """Counts one mailbox's requests, batch items each as one."""

    def __init__(self, behaviour: Behaviour, clock: Callable[[], float]) -> None:
        self._behaviour, self._clock = behaviour, clock
        self._lock = threading.Lock()
        self._working = 0
        self._window_start = 0.0
        self._counted = 0

    def enter(self) -> GraphError | None:
        """Take a lane, or give the refusal. Refused requests count towards the quota too."""
        limits = self._behaviour
        with self._lock:
            if limits.quota and (refusal := self._count(limits)):
                return refusal
            if limits.lanes and self._working >= limits.lanes:
                return concurrency_exceeded()
            self._working += 1
        return None

    def leave(self) -> None:
        with self._lock:
            self._working -= 1

    def _count(self, limits: Behaviour) -> GraphError | None:
        now = self._clock()
        if now >= self._window_start + limits.quota_seconds or now < self._window_start:
            self._window_start, self._counted = now, 0
        self._counted += 1
        if self._counted <= limits.quota:
            return None
        wait = self._window_start + limits.quota_seconds - now
        return quota_exceeded(str(max(1, math.ceil(wait))))
