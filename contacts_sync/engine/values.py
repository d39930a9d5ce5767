"""Merge one value set: find each value again on both sides, decide, and give out the rooms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contacts_sync.engine.records import LocalValue, Pair, RemoteValue, Side
from contacts_sync.engine.schema import Room, Value, ValueSet

DROPPED = ""
"""The room of a value that was sent once and not kept: it is not sent again until it is edited."""

NOWHERE = 1_000_000
"""The position of a value that the other side does not have yet: behind all it has."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that changed on both sides, and whose value counts. None stands for removed."""

    name: str
    here: Value | None
    there: Value | None
    winner: Side


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as it shall be on both sides.

    `row` is None for a value that is new here, `value` None for one that stands only there. `room`
    is None for a value that stays home, and `DROPPED` for one that their service does not keep;
    `text` is how it shall be written there.
    """

    row: int | None
    label: str
    value: Value | None
    primary: bool = False
    room: str | None = None
    text: Value | None = None
    position: int = NOWHERE

    def local(self) -> LocalValue | None:
        """Give our half, once the row is known."""
        if self.value is None or self.row is None:
            return None
        return LocalValue(self.row, self.label, self.value, self.primary)

    def remote(self) -> RemoteValue | None:
        """Give their half."""
        if not self.room or self.text is None:
            return None
        return RemoteValue(self.room, self.text)


Canon = Callable[[Value], Hashable]
Found = tuple[int, RemoteValue]


def merge_set(
    field: ValueSet,
    ours: Sequence[LocalValue],
    theirs: Sequence[RemoteValue],
    base: Sequence[Pair] | None,
    primary_before: int | None,
    taken: Mapping[str, int],
    winner: Side,
    take: Side | None = None,
) -> tuple[tuple[Entry, ...], list[Conflict]]:
    """Merge the values of one set.

    `base` are the pairs both sides agreed on; None means that they never did: the sets are united.
    """
    work = _Set(field, list(ours), list(enumerate(theirs)), winner, base is None, take)
    for pair, mine, yours in work.trace(base or ()):
        if take is None:
            work.decide(pair, mine, yours)
        else:
            work.take_side(mine, yours)
    work.arrivals()
    work.overflow()
    work.drop_copies_left_alone(base or ())
    promote = not work.first and take is not Side.THERE
    entries = _give_rooms(field, work.entries, promote, primary_before, taken)
    if take is Side.THERE:
        entries = _without_news(field, entries)
    entries.sort(key=lambda one: _order(field, one))
    return tuple(entries), work.conflicts


class _Set:
    """The merge of one set while it goes on: what is still unclaimed, and what is decided."""

    def __init__(
        self,
        field: ValueSet,
        ours: list[LocalValue],
        theirs: list[Found],
        winner: Side,
        first: bool,
        take: Side | None,
    ) -> None:
        self.field, self.canon = field, field.canon
        self.ours, self.theirs = ours, theirs
        self.winner, self.first, self.take = take or winner, first, take
        self.entries: list[Entry] = []
        self.conflicts: list[Conflict] = []

    def trace(self, base: Sequence[Pair]) -> Iterator[tuple[Pair, LocalValue | None, Found | None]]:
        """Find both halves of each pair again among what the two sides hold now."""
        mine = trace_here(self.canon, self.ours, base)
        yours = trace_there(self.canon, self.theirs, base)
        for index, pair in enumerate(base):
            yield pair, mine.get(index), yours.get(index)

    def decide(self, pair: Pair, mine: LocalValue | None, yours: Found | None) -> None:
        """Decide one pair that was agreed on."""
        if pair.here is None:
            self._only_there(pair, yours)
        elif pair.there is None:
            self._dropped_there(pair.here, mine)
        else:
            self._both(pair.here, pair.there, mine, yours)

    def take_side(self, mine: LocalValue | None, yours: Found | None) -> None:
        """Treat one pair as if only the chosen side had changed."""
        if self.winner is Side.HERE and yours is not None:
            room = self.field.room(yours[1].room)
            before = LocalValue(-1, room.arrival, yours[1].value)
            self._both(before, yours[1], mine, yours)
        elif self.winner is Side.THERE and mine is not None:
            place = self.field.room_for(mine.label)
            agreed = RemoteValue(place.name if place else DROPPED, mine.value)
            self._both(mine, agreed, mine, yours)
        elif mine is not None:
            self.ours.append(mine)
        elif yours is not None:
            self.theirs.append(yours)

    def _only_there(self, pair: Pair, yours: Found | None) -> None:
        if yours is None or pair.there is None:
            return
        if self._same_there(pair.there, yours[1]):
            self.entries.append(_foreign(yours))
        else:
            self.theirs.append(yours)  # a person edited it: now it is news

    def _dropped_there(self, before: LocalValue, mine: LocalValue | None) -> None:
        """Leave alone what their service drops, until somebody edits it here."""
        if mine is None:
            return
        if self._same_here(before, mine):
            self.entries.append(Entry(mine.row, mine.label, mine.value, mine.primary, DROPPED))
        else:
            self.ours.append(mine)

    def _both(
        self,
        before: LocalValue,
        agreed: RemoteValue,
        mine: LocalValue | None,
        yours: Found | None,
    ) -> None:
        moved_here = mine is None or not self._same_here(before, mine)
        moved_there = yours is None or not self._same_there(agreed, yours[1])
        if moved_here and moved_there and not self._meet(mine, yours):
            self.conflicts.append(
                Conflict(
                    self.field.name,
                    mine.value if mine else None,
                    yours[1].value if yours else None,
                    self.winner,
                )
            )
            moved_here, moved_there = self.winner is Side.HERE, self.winner is Side.THERE
            # One conflict, one winner: parts are only merged when one side left the value alone.
            before = LocalValue(before.row, before.label, "", before.primary)
            agreed = RemoteValue(agreed.room, "")
        if moved_there and not moved_here:
            self._pull(before, agreed, mine, yours)
        elif moved_here and not moved_there:
            self._push(before, mine, yours)
        elif mine is not None and yours is not None:
            self.entries.append(_kept(mine, yours))

    def _pull(
        self,
        before: LocalValue,
        agreed: RemoteValue,
        mine: LocalValue | None,
        yours: Found | None,
    ) -> None:
        if yours is None:
            self._forget_copies(mine or before)
            return
        position, there = yours
        if mine is None:
            self.theirs.append(yours)
            return
        room = self.field.room(there.room)
        label = mine.label if _fits(room, mine.label) else room.arrival
        value = there.value
        if self.canon(value) == self.canon(mine.value):
            value = mine.value
        elif isinstance(value, tuple) and isinstance(agreed.value, tuple):
            value = _blend(agreed.value, value, mine.value)
        self.entries.append(
            Entry(mine.row, label, value, mine.primary, there.room, there.value, position)
        )

    def _push(self, before: LocalValue, mine: LocalValue | None, yours: Found | None) -> None:
        if mine is None:
            return
        room = self.field.room_for(mine.label)
        if room is None or yours is None or yours[1].room != room.name:
            self.ours.append(mine)  # it leaves its room, and asks for another one
            return
        position, there = yours
        text = mine.value
        if self.canon(text) == self.canon(there.value):
            text = there.value
        elif isinstance(text, tuple) and isinstance(before.value, tuple):
            text = _blend(before.value, text, there.value)
        self.entries.append(
            Entry(mine.row, mine.label, mine.value, mine.primary, room.name, text, position)
        )

    def _forget_copies(self, gone: LocalValue) -> None:
        """Drop what equals a value that was deleted there: it must not come back in its place."""
        room = self.field.room_for(gone.label)
        self.ours = [
            one
            for one in self.ours
            if self.canon(one.value) != self.canon(gone.value)
            or self.field.room_for(one.label) != room
        ]

    def _meet(self, mine: LocalValue | None, yours: Found | None) -> bool:
        if mine is None or yours is None:
            return mine is None and yours is None
        room = self.field.room(yours[1].room)
        return self.canon(mine.value) == self.canon(yours[1].value) and _fits(room, mine.label)

    def _same_here(self, before: LocalValue, mine: LocalValue) -> bool:
        return self.canon(before.value) == self.canon(mine.value) and self.field.room_for(
            before.label
        ) == self.field.room_for(mine.label)

    def _same_there(self, before: RemoteValue, yours: RemoteValue) -> bool:
        return before.room == yours.room and self.canon(before.value) == self.canon(yours.value)

    def arrivals(self) -> None:
        """Take in what is new there: as a value we have already, or as a new one."""
        for position, there in self.theirs:
            room = self.field.room(there.room)
            known = self._known(there, room)
            if known is not None:
                self.ours.remove(known)
                self._adopt(known, (position, there), room)
            elif any(
                one.room == there.room
                and one.text is not None
                and self.canon(one.text) == self.canon(there.value)
                for one in self.entries
            ):
                self.entries.append(_foreign((position, there)))
            elif self.take is not Side.HERE:
                self.entries.append(
                    Entry(None, room.arrival, there.value, False, room.name, there.value, position)
                )

    def _known(self, there: RemoteValue, room: Room) -> LocalValue | None:
        equal = [one for one in self.ours if self.canon(one.value) == self.canon(there.value)]
        for one in equal:
            if _fits(room, one.label):
                return one
        for one in equal:
            if self.field.room_for(one.label) is not None:
                return one
        for one in self.ours if self.first and not self.take else ():
            if _fits(room, one.label) and _completes(one.value, there.value):
                return one
        return None

    def _adopt(self, mine: LocalValue, yours: Found, room: Room) -> None:
        position, there = yours
        if not _fits(room, mine.label):
            if self.winner is Side.HERE and (self.first or self.take):
                self.ours.append(mine)  # our label counts: it moves to its room there
                return
            self.entries.append(
                Entry(
                    mine.row,
                    room.arrival,
                    mine.value,
                    mine.primary,
                    room.name,
                    there.value,
                    position,
                )
            )
            return
        value, text = mine.value, there.value
        if isinstance(value, tuple) and isinstance(text, tuple):
            value, text = _fill(value, text), _fill(text, value)
        self.entries.append(
            Entry(mine.row, mine.label, value, mine.primary, room.name, text, position)
        )

    def drop_copies_left_alone(self, base: Sequence[Pair]) -> None:
        """Drop a value that stood there twice, once its original is no longer wanted."""
        doubled = {
            (pair.there.room, self.canon(pair.there.value))
            for pair in base
            if pair.here and pair.there
        }
        wanted = {
            (one.room, self.canon(one.text)) for one in self.entries if one.value and one.text
        }
        self.entries = [
            one
            for one in self.entries
            if one.value is not None
            or one.text is None
            or (one.room, self.canon(one.text)) not in doubled - wanted
        ]

    def overflow(self) -> None:
        """Keep the rest of ours. Each may get a room that is left."""
        self.entries += [Entry(one.row, one.label, one.value, one.primary) for one in self.ours]


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


def _give_rooms(
    field: ValueSet,
    entries: Iterable[Entry],
    promote: bool,
    primary_before: int | None,
    taken: Mapping[str, int],
) -> list[Entry]:
    """Give out the rooms: who stands there keeps its room, then primary first, then the oldest.

    With `promote`, a value that has become primary since both sides agreed sends another one home.
    """
    done = [one for one in entries if one.room is not None]
    waiting = [one for one in entries if one.room is None]
    for room in field.rooms:
        queue = sorted(
            (one for one in waiting if field.room_for(one.label) == room),
            key=lambda one: (not one.primary, one.row or 0),
        )
        for one in queue:
            held = [other for other in done if other.room == room.name]
            if _stands(field.canon, one, held):
                continue
            if len(held) >= max(0, room.capacity - taken.get(room.name, 0)):
                promoted = promote and one.primary and one.row != primary_before
                leaving = _leaves(held) if promoted else None
                if leaving is None:
                    continue
                done[done.index(leaving)] = replace(leaving, room=None, text=None, position=NOWHERE)
            waiting.remove(one)
            done.append(replace(one, room=room.name, text=one.value))
    return done + waiting


def _without_news(field: ValueSet, entries: list[Entry]) -> list[Entry]:
    """Drop what would be sent, and its copies: a person chose the other side's values."""
    news = {
        (one.room, field.canon(one.value))
        for one in entries
        if one.room and one.position == NOWHERE and one.value is not None
    }

    def is_news(one: Entry) -> bool:
        room = field.room_for(one.label)
        return (
            one.value is not None
            and room is not None
            and one.position == NOWHERE
            and ((room.name, field.canon(one.value)) in news)
        )

    return [one for one in entries if not is_news(one)]


def _stands(canon: Canon, one: Entry, held: list[Entry]) -> bool:
    return any(
        other.text is not None and one.value is not None and canon(other.text) == canon(one.value)
        for other in held
    )


def _leaves(held: list[Entry]) -> Entry | None:
    """Choose the most recent value that is not primary."""
    others = [one for one in held if not one.primary and one.value is not None]
    return max(others, key=lambda one: (one.row is not None, one.row or 0), default=None)


def _order(field: ValueSet, one: Entry) -> tuple[int, int, bool, int]:
    names = [room.name for room in field.rooms]
    room = names.index(one.room) if one.room in names else len(names)
    return room, one.position, not one.primary, NOWHERE if one.row is None else one.row


def _kept(mine: LocalValue, yours: Found) -> Entry:
    position, there = yours
    return Entry(mine.row, mine.label, mine.value, mine.primary, there.room, there.value, position)


def _foreign(yours: Found) -> Entry:
    position, there = yours
    return Entry(None, "", None, False, there.room, there.value, position)


def _fits(room: Room, label: str) -> bool:
    return room.labels is None or label in room.labels


def _blend(before: tuple[str, ...], now: tuple[str, ...], other: Value) -> tuple[str, ...]:
    """Take the parts that changed, and leave the others as the other side wrote them."""
    if not isinstance(other, tuple):
        return now
    return tuple(
        new if " ".join(new.split()) != " ".join(old.split()) else left
        for old, new, left in zip(before, now, other, strict=True)
    )


def _completes(one: Value, other: Value) -> bool:
    """Say whether two values of parts contradict each other nowhere and share a part."""
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return False
    parts = [(" ".join(a.split()), " ".join(b.split())) for a, b in zip(one, other, strict=True)]
    return any(a and a == b for a, b in parts) and all(a == b or not a or not b for a, b in parts)


def _fill(value: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part or there for part, there in zip(value, other, strict=True))
