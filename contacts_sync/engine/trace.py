"""Find the halves of each agreed pair again among what the two sides hold now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from contacts_sync.engine.records import LocalValue, Pair, RemoteValue
from contacts_sync.engine.schema import Value

Canon = Callable[[Value], Hashable]


Found = tuple[int, RemoteValue]


def trace_here(canon: Canon, ours: list[LocalValue], base: Sequence[Pair]) -> dict[int, LocalValue]:
    """Find our half of each pair: by its row, else by its value. Takes what it finds out of `ours`."""
    found: dict[int, LocalValue] = {}
    rows = {one.row: one for one in ours}
    for index, pair in enumerate(base):
        if pair.here and pair.here.row in rows:
            found[index] = rows.pop(pair.here.row)
    rest = list(rows.values())
    for exact in (True, False):
        for index, pair in enumerate(base):
            if pair.here is None or index in found:
                continue
            for one in rest:
                if canon(one.value) == canon(pair.here.value) and (
                    not exact or one.label == pair.here.label
                ):
                    found[index] = one
                    rest.remove(one)
                    break
    ours[:] = rest
    return found


def trace_there(canon: Canon, theirs: list[Found], base: Sequence[Pair]) -> dict[int, Found]:
    """Find their half of each pair. Takes what it finds out of `theirs`.

    The same value is the same, first in its room, then in another one (a new label). Then one
    removed and one added value of a room are an edit in place; then slots pair by position.
    """
    found: dict[int, Found] = {}
    wanted = {index: pair.there for index, pair in enumerate(base) if pair.there is not None}
    for same_room in (True, False):
        for index, before in wanted.items():
            if index in found:
                continue
            for one in theirs:
                if canon(one[1].value) == canon(before.value) and (
                    not same_room or one[1].room == before.room
                ):
                    found[index] = one
                    theirs.remove(one)
                    break
    for room in {before.room for before in wanted.values()}:
        _trace_edits(room, wanted, theirs, found)
    return found


def _trace_edits(
    room: str, wanted: Mapping[int, RemoteValue], theirs: list[Found], found: dict[int, Found]
) -> None:
    slots = [index for index, before in wanted.items() if before.room == room]
    removed = [index for index in slots if index not in found]
    added = [one for one in theirs if one[1].room == room]
    if len(removed) == len(added) == 1:
        found[removed[0]] = added[0]
        theirs.remove(added[0])
        return
    standing = sorted([*(one for one in found.values() if one[1].room == room), *added])
    for index in removed:
        slot = slots.index(index)
        if slot < len(standing) and standing[slot] in added and standing[slot] in theirs:
            found[index] = standing[slot]
            theirs.remove(standing[slot])
