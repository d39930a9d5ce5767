"""Tables: which column of a CSV file or a sheet holds what. A dialect is a value, not code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar of the draft."""

    name: str


@dataclass(frozen=True, slots=True)
class Date:
    """A scalar of the draft that is a date."""

    name: str


@dataclass(frozen=True, slots=True)
class DatePart:
    """The year, month or day of a date that stands in three columns."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class WholeName:
    """The name in one text. It is taken apart only where no part of it has a column of its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a value set. `takes` are the labels written here; without any, it is only read."""

    set: str
    label: str
    takes: frozenset[str] = frozenset()
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A part of a numbered value of a set: its label, its value, its service, a part of its address.

    The label stands in a column of its own, so that one column holds values of any label. Without a
    set, label and value are of something the list has no field for.
    """

    set: str
    part: str


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
class Notes:
    """Free text, which the list has no field for, but in which values may stand."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Something that the program computed from other columns."""


Role = Text | Date | DatePart | WholeName | Entry | Member | AddressPart | NoField | Notes | Echo


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what it holds, and other headings that mean the same.

    "{n}" in a heading stands for any number.
    """

    heading: str
    role: Role
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """A table that a program writes.

    `columns` stand in the order in which they are written. A file is of this dialect if it has one
    of `marks` and `least` of the headings, and three of four of its headings are known; of two
    dialects, the one with more headings in the file. `date_format` is that of `strftime`;
    `separator` stands between several values in one cell. Columns in `also` are only read.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    marks: frozenset[str]
    date_format: str = "%Y-%m-%d"
    least: int = 2
    encoding: str = "utf-8-sig"
    separator: str = ""
    also: tuple[Column, ...] = ()
    roles: dict[str, list[Role]] = field(init=False, repr=False, compare=False)
    mark_keys: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        roles: dict[str, list[Role]] = {}
        for column in (*self.columns, *self.also):
            for name in (column.heading, *column.aliases):
                roles.setdefault(key(name), []).append(column.role)
        object.__setattr__(self, "roles", roles)
        object.__setattr__(self, "mark_keys", frozenset(map(key, self.marks)))

    def resolve(self, headings: Sequence[str]) -> tuple[Role | None, ...]:
        """Give the role of each heading. One that stands there twice has its second role then."""
        seen: dict[str, int] = {}
        found: list[Role | None] = []
        for heading in headings:
            name = key(heading)
            seen[name] = seen.get(name, 0) + 1
            found.append(self._role(name, seen[name]))
        return tuple(found)

    def _role(self, name: str, time: int) -> Role | None:
        if roles := self.roles.get(name):
            return roles[min(time, len(roles)) - 1]
        return next(iter(self.roles.get(_NUMBER.sub("{n}", name, count=1), ())), None)


def key(heading: str) -> str:
    """Give the form in which headings are compared."""
    return " ".join(heading.strip().strip("\ufeff'\"").casefold().split())
