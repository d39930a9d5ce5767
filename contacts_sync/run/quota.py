"""Quota: count what the service counts, and wait rather than be turned away."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from datetime import datetime

GRAIN = 5
"""Seconds that are counted as one moment, their last one."""


class Quota:
    """A service takes `limit` requests in any `seconds`. What was sent lately outlives a slice.

    Whoever is turned away has sent for nothing, and the service counts it all the same. When a
    worker is killed its counts are lost; then the service says when to go on.
    """

    def __init__(self, limit: int, seconds: int, lately: Iterable[Iterable[int]] = ()) -> None:
        self.limit, self.seconds = limit, seconds
        self._total = 0
        self._taken = deque((at, count) for at, count in lately)

    def note(self, now: datetime, total: int) -> None:
        """Take down how many requests this slice has sent so far."""
        new, self._total = total - self._total, total
        at = math.ceil(now.timestamp() / GRAIN) * GRAIN
        if new and self._taken and self._taken[-1][0] == at:
            new += self._taken.pop()[1]
        if new:
            self._taken.append((at, new))

    def pause(self, now: datetime, count: int) -> float:
        """Say how many seconds to wait until so many requests more are taken."""
        free = self.limit - sum(taken for _at, taken in self._lately(now))
        for at, taken in self._taken:
            if count <= free:
                break
            free += taken
            if count <= free:
                return at + self.seconds - now.timestamp()
        return 0.0

    def lately(self, now: datetime) -> list[list[int]]:
        """Give what still counts, to be kept: [[seconds since 1970, requests], ...]."""
        return [list(one) for one in self._lately(now)]

    def _lately(self, now: datetime) -> deque[tuple[int, int]]:
        while self._taken and self._taken[0][0] + self.seconds <= now.timestamp():
            self._taken.popleft()
        return self._taken
