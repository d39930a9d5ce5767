"""Recognise strangers as one and the same: pair what matches, hold what is not one-to-one.

A missed match leaves a visible duplicate, a wrong match destroys a record: so only an identical key
pairs, and a key that is not unique on both sides pairs nothing by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from contacts_sync.engine.records import Side

Key = Hashable
Member = tuple[Side, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record without a living counterpart: its keys, not its contents.

    `twin` tells records apart that share a key: records with the same one are equal in every synced
    field. `near` are weaker keys, by which a person may want to link before a duplicate is made.
    """

    id: int
    keys: frozenset[Key]
    twin: str = ""
    near: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Records that match, but not one-to-one: a person has to say who is who."""

    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """Who is whom."""

    pairs: tuple[tuple[int, int], ...]
    groups: tuple[Group, ...]

    @property
    def ours(self) -> frozenset[int]:
        """All of ours that are paired or held."""
        return frozenset(
            [here for here, _ in self.pairs] + [one for group in self.groups for one in group.ours]
        )

    @property
    def theirs(self) -> frozenset[int]:
        """All of theirs that are paired or held."""
        return frozenset(
            [there for _, there in self.pairs]
            + [one for group in self.groups for one in group.theirs]
        )


def match(ours: Iterable[Candidate], theirs: Iterable[Candidate]) -> Matching:
    """Pair the records that share a key and have nobody else; hold the others that do.

    Records are connected when they share a key. In a connected group that is not one-to-one, twins
    that are equal in every synced field are paired in order, and the rest is held. A key that
    occurs on one side only connects nothing.
    """
    here = {one.id: one for one in ours}
    there = {one.id: one for one in theirs}
    pairs: list[tuple[int, int]] = []
    groups: list[Group] = []
    for members in _components(here, there):
        mine = sorted(pk for side, pk in members if side is Side.HERE)
        yours = sorted(pk for side, pk in members if side is Side.THERE)
        if len(mine) > 1 or len(yours) > 1:
            twins = list(_twins(mine, yours, here, there))
            pairs += twins
            mine = [pk for pk in mine if pk not in {a for a, _ in twins}]
            yours = [pk for pk in yours if pk not in {b for _, b in twins}]
            if mine or yours:
                groups.append(Group(tuple(mine), tuple(yours)))
        else:
            pairs.append((mine[0], yours[0]))
    return Matching(tuple(sorted(pairs)), tuple(groups))


def near_pairs(
    ours: Iterable[Candidate], theirs: Iterable[Candidate]
) -> list[tuple[int, int, Key]]:
    """Name the pairs that share a weaker key: they may be the same, and are not linked."""
    index: dict[Key, list[int]] = defaultdict(list)
    for one in ours:
        for key in one.near:
            index[key].append(one.id)
    found: dict[tuple[int, int], Key] = {}
    for one in theirs:
        for key in sorted(one.near, key=repr):
            for pk in index.get(key, ()):
                found.setdefault((pk, one.id), key)
    return [(here, there, key) for (here, there), key in found.items()]


def _components(
    here: Mapping[int, Candidate], there: Mapping[int, Candidate]
) -> Iterable[list[Member]]:
    by_key: dict[Key, list[Member]] = defaultdict(list)
    theirs = {key for one in there.values() for key in one.keys}
    ours = {key for one in here.values() for key in one.keys}
    for side, records in ((Side.HERE, here), (Side.THERE, there)):
        for pk, one in records.items():
            for key in one.keys:
                if key in ours and key in theirs:
                    by_key[key].append((side, pk))

    parent: dict[Member, Member] = {}
    for members in by_key.values():
        for member in members:
            _join(parent, members[0], member)
    components: dict[Member, list[Member]] = defaultdict(list)
    for member in parent:
        components[_root(parent, member)].append(member)
    return components.values()


def _root(parent: dict[Member, Member], member: Member) -> Member:
    while parent.setdefault(member, member) != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return member


def _join(parent: dict[Member, Member], one: Member, other: Member) -> None:
    parent[_root(parent, other)] = _root(parent, one)


def _twins(
    mine: list[int],
    yours: list[int],
    here: Mapping[int, Candidate],
    there: Mapping[int, Candidate],
) -> Iterable[tuple[int, int]]:
    waiting: dict[str, list[int]] = defaultdict(list)
    for pk in yours:
        waiting[there[pk].twin].append(pk)
    for pk in mine:
        twin = here[pk].twin
        if twin and waiting.get(twin):
            yield pk, waiting[twin].pop(0)
