"""The shape of what is synced: scalars, and value sets with limited room on the other side."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

Value = str | tuple[str, ...]
"""One value of a value set: a text, or the parts of a postal address in a fixed order."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field that holds one text on both sides."""

    name: str
    canon: Callable[[str], Hashable]


@dataclass(frozen=True, slots=True)
class Room:
    """A place on the other side that holds up to `capacity` values.

    `labels` are the labels of ours that belong there; None admits every label. What arrives from
    there gets the label `arrival`.
    """

    name: str
    capacity: int
    arrival: str
    labels: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A field that holds many values here, and as many as its rooms take on the other side."""

    name: str
    rooms: tuple[Room, ...]
    canon: Callable[[Value], Hashable]

    def room_for(self, label: str) -> Room | None:
        """Find the room of a label; None means that values with this label stay home."""
        for room in self.rooms:
            if room.labels is None or label in room.labels:
                return room
        return None

    def room(self, name: str) -> Room:
        """Find a room by its name."""
        return next(room for room in self.rooms if room.name == name)


@dataclass(frozen=True, slots=True)
class Schema:
    """All fields of one kind of record."""

    scalars: tuple[Scalar, ...]
    sets: tuple[ValueSet, ...]
