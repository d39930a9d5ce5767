"""Tables: which column of a CSV file holds what. A dialect is a value, not code."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar of the draft."""

    name: str


@dataclass(frozen=True, slots=True)
class Date:
    """A scalar of the draft that is a date."""

    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a value set. `takes` are the labels written here; without any, it is only read."""

    set: str
    label: str
    takes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AddressPart:
    """A part of the one postal address with this label; columns of the same part are its lines."""

    label: str
    part: str
    written: bool = True


@dataclass(frozen=True, slots=True)
class NoField:
    """Something the list has no field for. Values that a program writes unasked are not listed."""

    unset: frozenset[str] = frozenset()
    sizes_only: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """Something that the program computed from other columns."""


Role = Text | Date | Entry | AddressPart | NoField | Echo


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it holds, and other headings that mean the same."""

    heading: str
    role: Role
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """A table that a program writes.

    `columns` stand in the order in which they are written. A file is of this dialect if it has one
    of `marks` and `least` of the headings; of two dialects, the one with more headings in the file.
    `date_format` is that of `strftime`.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    marks: frozenset[str]
    date_format: str
    least: int = 2
    encoding: str = "utf-8-sig"
    roles: dict[str, Role] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        roles = {
            key(name): column.role
            for column in self.columns
            for name in (column.heading, *column.aliases)
        }
        object.__setattr__(self, "roles", roles)


def key(heading: str) -> str:
    """Give the form in which headings are compared."""
    return " ".join(heading.strip().strip("\ufeff'\"").casefold().split())
