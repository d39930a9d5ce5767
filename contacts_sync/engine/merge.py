"""Merge one record three ways: field by field, and value by value in a value set.

Each side is compared with its own shadow only. What the other side cannot hold, or wrote down in
its own way, is therefore never taken for an edit or a deletion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contacts_sync.engine.entries import Conflict, Entry
from contacts_sync.engine.records import LocalRecord, Pair, RemoteRecord, RemoteValue, Shadow, Side
from contacts_sync.engine.schema import Scalar, Schema
from contacts_sync.engine.trace import Canon
from contacts_sync.engine.values import merge_set

NOTHING_HERE = LocalRecord({}, {})
NOTHING_THERE = RemoteRecord({}, {})


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge comes to.

    `here` and `there` hold the scalars to be written on that side. `entries` holds every value set
    as it shall be on both sides; `sets_here` and `sets_there` name those that change there.
    """

    here: Mapping[str, str]
    there: Mapping[str, str]
    entries: Mapping[str, tuple[Entry, ...]]
    sets_here: frozenset[str] = frozenset()
    sets_there: frozenset[str] = frozenset()
    conflicts: tuple[Conflict, ...] = field(default=())

    @property
    def writes_here(self) -> bool:
        """Whether our side changes."""
        return bool(self.here or self.sets_here)

    @property
    def writes_there(self) -> bool:
        """Whether their side changes."""
        return bool(self.there or self.sets_there)


def merge(
    schema: Schema,
    here: LocalRecord,
    there: RemoteRecord,
    shadow: Shadow | None = None,
    winner: Side = Side.HERE,
    take: Side | None = None,
) -> Merge:
    """Merge both sides of one record.

    Only a field that changed on both sides, to different values, is a conflict; `winner` settles
    it. Without a shadow the first-link rule holds: a blank yields to a value, value sets are
    united. With `take`, a person has said whose values count: every difference goes that way.
    """
    shadow = shadow or Shadow({}, {}, {})
    to_here: dict[str, str] = {}
    to_there: dict[str, str] = {}
    conflicts: list[Conflict] = []
    for scalar in schema.scalars:
        _merge_scalar(scalar, here, there, shadow, winner, take, to_here, to_there, conflicts)

    entries: dict[str, tuple[Entry, ...]] = {}
    sets_here: set[str] = set()
    sets_there: set[str] = set()
    for value_set in schema.sets:
        name = value_set.name
        ours, theirs = here.sets.get(name, ()), there.sets.get(name, ())
        if not ours and not theirs and not shadow.pairs.get(name):
            entries[name] = ()
            continue
        merged, found = merge_set(
            value_set,
            ours,
            theirs,
            shadow.pairs.get(name),
            shadow.primaries.get(name),
            there.taken.get(name, {}),
            winner,
            take,
        )
        conflicts += found
        entries[name] = merged
        if {(one.row, one.label, one.value) for one in ours} != {
            (entry.row, entry.label, entry.value) for entry in merged if entry.value is not None
        }:
            sets_here.add(name)
        canon = value_set.canon
        if _shape(canon, theirs) != _shape(canon, standing(merged)):
            sets_there.add(name)
    return Merge(
        to_here, to_there, entries, frozenset(sets_here), frozenset(sets_there), tuple(conflicts)
    )


def _shape(canon: Canon, values: tuple[RemoteValue, ...]) -> Counter[tuple[str, Hashable]]:
    return Counter((one.room, canon(one.value)) for one in values)


def _merge_scalar(
    scalar: Scalar,
    here: LocalRecord,
    there: RemoteRecord,
    shadow: Shadow,
    winner: Side,
    take: Side | None,
    to_here: dict[str, str],
    to_there: dict[str, str],
    conflicts: list[Conflict],
) -> None:
    name, canon = scalar.name, scalar.canon
    ours, theirs = here.scalars.get(name, ""), there.scalars.get(name, "")
    if ours == theirs or canon(ours) == canon(theirs):
        return
    settled = name in shadow.here or name in shadow.there
    if take is not None:
        side = take
    elif settled:
        moved_here = canon(ours) != canon(shadow.here.get(name, ""))
        moved_there = canon(theirs) != canon(shadow.there.get(name, ""))
        if not moved_here and not moved_there:
            return
        side = _side(moved_here, moved_there, winner)
        if moved_here and moved_there:
            conflicts.append(Conflict(name, ours, theirs, side))
    else:
        side = _side(bool(canon(ours)), bool(canon(theirs)), winner)
        if canon(ours) and canon(theirs):
            conflicts.append(Conflict(name, ours, theirs, side))
    if side is Side.HERE:
        to_there[name] = ours
    else:
        to_here[name] = theirs


def _side(moved_here: bool, moved_there: bool, winner: Side) -> Side:
    if moved_here and moved_there:
        return winner
    return Side.HERE if moved_here else Side.THERE


def standing(entries: tuple[Entry, ...]) -> tuple[RemoteValue, ...]:
    """Give the values that shall stand on the other side, in their order."""
    return tuple(
        RemoteValue(entry.room, entry.text)
        for entry in entries
        if entry.room and entry.text is not None
    )


def after_there(there: RemoteRecord, merged: Merge) -> RemoteRecord:
    """Give their record as it shall be once the merge is written."""
    sets: dict[str, tuple[RemoteValue, ...]] = dict(there.sets)
    for name in merged.sets_there:
        sets[name] = standing(merged.entries[name])
    return RemoteRecord({**there.scalars, **merged.there}, sets, there.taken)


def numbered(merged: Merge, rows: Mapping[str, Sequence[int]]) -> Merge:
    """Fill in the rows under which new values were stored here, in the order of the entries."""
    entries = dict(merged.entries)
    for name, new in rows.items():
        numbers = iter(new)
        entries[name] = tuple(
            replace(one, row=next(numbers)) if one.row is None and one.value is not None else one
            for one in entries[name]
        )
    return replace(merged, entries=entries)


def agree(
    schema: Schema,
    here: Mapping[str, str],
    merged: Merge,
    there: RemoteRecord,
    answer: RemoteRecord,
    primaries: Mapping[str, int],
    before: Shadow | None = None,
    pulled: bool = True,
    pushed: bool = True,
) -> Shadow:
    """Say what both sides agree on, after the merge was written.

    `here` are our scalars and `merged` carries the rows of new values, both as stored; `there` is
    the record that the merge was made for, and `answer` what the other side shows now. A difference
    in a field that we wrote is learnt: their service writes it its own way. In all others it is an
    edit that the next plan will find, so the shadow keeps what we had read.

    With `pulled` False our side was not written, since a person was faster, and with `pushed` False
    theirs was not: fields that should have been written there keep their old shadow.
    """
    before = before or Shadow({}, {}, {})
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    for scalar in schema.scalars:
        name = scalar.name
        if (name in merged.here and not pulled) or (name in merged.there and not pushed):
            if name in before.here or name in before.there:
                ours[name], theirs[name] = before.here.get(name, ""), before.there.get(name, "")
            continue
        ours[name] = here.get(name, "")
        seen = answer if name in merged.there else there
        theirs[name] = seen.scalars.get(name, "")

    pairs: dict[str, tuple[Pair, ...]] = {}
    for value_set in schema.sets:
        name = value_set.name
        if (name in merged.sets_here and not pulled) or (name in merged.sets_there and not pushed):
            if name in before.pairs:
                pairs[name] = before.pairs[name]
            continue
        written = name in merged.sets_there
        pairs[name] = _agree_set(
            value_set.canon, merged.entries[name], answer.sets.get(name, ()) if written else None
        )
    return Shadow(ours, theirs, pairs, dict(primaries))


def _agree_set(
    canon: Canon, entries: tuple[Entry, ...], answer: tuple[RemoteValue, ...] | None
) -> tuple[Pair, ...]:
    sent = [entry for entry in entries if entry.room is not None]
    if answer is None:
        return tuple(Pair(entry.local(), entry.remote()) for entry in sent)
    rest = list(answer)
    found: dict[int, RemoteValue] = {}
    for index, entry in enumerate(sent):
        text = None if entry.text is None else canon(entry.text)
        _claim(
            found, rest, index, [o for o in rest if o.room == entry.room and canon(o.value) == text]
        )
    for index, entry in enumerate(sent):
        if index not in found:
            _claim(found, rest, index, [one for one in rest if one.room == entry.room])
    pairs = [Pair(entry.local(), found.get(index)) for index, entry in enumerate(sent)]
    return (*pairs, *(Pair(None, one) for one in rest))


def _claim(
    found: dict[int, RemoteValue], rest: list[RemoteValue], index: int, fitting: list[RemoteValue]
) -> None:
    if fitting:
        found[index] = fitting[0]
        rest.remove(fitting[0])
