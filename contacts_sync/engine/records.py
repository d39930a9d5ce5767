"""The nouns of the engine: what each side holds, and what both held when they last agreed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from contacts_sync.engine.schema import Value


class Side(enum.StrEnum):
    """One of the two lists: ours, or the other service's."""

    HERE = "here"
    THERE = "there"


@dataclass(frozen=True, slots=True)
class LocalValue:
    """One value of ours. `row` identifies it as long as it lives; a larger row is younger."""

    row: int
    label: str
    value: Value
    primary: bool = False


@dataclass(frozen=True, slots=True)
class RemoteValue:
    """One value of theirs, and the room it stands in."""

    room: str
    value: Value


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """A record of ours. A missing scalar is blank, a missing set is empty."""

    scalars: Mapping[str, str]
    sets: Mapping[str, tuple[LocalValue, ...]]


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A record of theirs, as received.

    `taken` counts, by set and room, what stands there and is not ours to read: it takes room.
    """

    scalars: Mapping[str, str]
    sets: Mapping[str, tuple[RemoteValue, ...]]
    taken: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same value on both sides, as each side wrote it when both last agreed.

    One half is None when only the other side holds it: a value the other side dropped on write,
    or one that it made up.
    """

    here: LocalValue | None
    there: RemoteValue | None


@dataclass(frozen=True, slots=True)
class Shadow:
    """What each side held when both last agreed.

    A field that is missing here was never agreed on: the first-link rule holds for it.
    `primaries` remembers which row was primary, by set.
    """

    here: Mapping[str, str]
    there: Mapping[str, str]
    pairs: Mapping[str, tuple[Pair, ...]]
    primaries: Mapping[str, int] = field(default_factory=dict)
