"""The ordered changes of one folder, which delta rounds walk through.

An entry moves to the end when its contact changes again, so a round from any
position meets each contact once, in its latest state. Finding a position is a
bisection and a page costs its own length: stale entries are swept out when
they outnumber the living ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from math import inf
from operator import itemgetter
from typing import NamedTuple


class Entry(NamedTuple):
    seq: int
    time: float
    item: str
    moves: int
    """How often the item had been moved; a move ends one long id and starts another."""
    kind: str
    """`present`, or the reason of a removal: `deleted` or `changed`."""


_seq = itemgetter(0)
_KEPT_SECONDS = 600


class ChangeLog:
    """What happened in one folder, newest last."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._latest: dict[tuple[str, int], Entry] = {}
        self._removed: dict[str, int] = {}
        self._sweep_at = 1000

    @property
    def end(self) -> int:
        return self._entries[-1].seq if self._entries else 0

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._latest[entry.item, entry.moves] = entry
        if entry.kind != "present":
            self._removed[entry.item] = entry.seq
        if len(self._entries) > self._sweep_at:
            self._sweep(entry.time - _KEPT_SECONDS)

    def after(self, position: int) -> Iterator[Entry]:
        start = bisect_right(self._entries, position, key=_seq)
        entries = self._entries
        for index in range(start, len(entries)):
            yield entries[index]

    def before(self, position: int, count: int) -> list[Entry]:
        """Give up to `count` living entries at and before a position, oldest first."""
        index = bisect_right(self._entries, position, key=_seq)
        found: list[Entry] = []
        while index > 0 and len(found) < count:
            index -= 1
            if self.is_latest(self._entries[index]):
                found.append(self._entries[index])
        return found[::-1]

    def newest(self, item: str, moves: int) -> Entry:
        """Give the entry that speaks for an item now."""
        return self._latest[item, moves]

    def removed_at(self, item: str) -> int:
        """Give the position of the item's last removal from this folder, or 0."""
        return self._removed.get(item, 0)

    def is_latest(self, entry: Entry) -> bool:
        return self._latest[entry.item, entry.moves].seq == entry.seq

    def _sweep(self, since: float) -> None:
        """Drop entries that were outdated before `since`; a lag may still show the others."""
        kept: list[Entry] = []
        followed: dict[tuple[str, int], float] = {}
        for entry in reversed(self._entries):
            key = entry.item, entry.moves
            if followed.get(key, inf) > since:
                kept.append(entry)
            followed[key] = entry.time
        self._entries = kept[::-1]
        self._sweep_at = 2 * len(self._entries) + 1000
