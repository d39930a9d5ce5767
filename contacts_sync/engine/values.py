"""Merge one value set: find each value again on both sides, decide, and give out the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contacts_sync.engine.entries import DROPPED, Conflict, Entry
from contacts_sync.engine.records import LocalValue, Pair, RemoteValue, Side
from contacts_sync.engine.rooms import give_rooms, order, without_news
from contacts_sync.engine.schema import Room, Value, ValueSet
from contacts_sync.engine.trace import Found, trace_here, trace_there


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
    entries = give_rooms(field, work.entries, promote, primary_before, taken)
    if take is Side.THERE:
        entries = without_news(field, entries)
    entries.sort(key=lambda one: order(field, one))
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
