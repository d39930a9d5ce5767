"""Single-value extended properties: ids, values, and the index that finds their contacts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contacts_sync.simulator.errors import GraphError

_NAMED = re.compile(
    r"^(?P<type>[A-Za-z]+)\s+\{(?P<guid>[0-9A-Fa-f-]{36})\}\s+(?P<kind>Name|Id)\s+(?P<name>.+)$",
    re.IGNORECASE,
)
_TAG = re.compile(r"^(?P<type>[A-Za-z]+)\s+(?P<tag>0x[0-9A-Fa-f]+)$")


class Mark(NamedTuple):
    """One property on one contact: the id as it was written, and the value."""

    id: str
    value: str


Marks = dict[str, Mark]


def property_key(text: str) -> str:
    """Normalise a property id: type and GUID ignore case, the name does not."""
    if named := _NAMED.match(text):
        name = named["name"] if named["kind"].lower() == "name" else named["name"].lower()
        return f"{named['type'].lower()} {named['guid'].lower()} {named['kind'].lower()} {name}"
    if tag := _TAG.match(text):
        return f"{tag['type'].lower()} {tag['tag'].lower()}"
    raise GraphError(
        400, "ErrorInvalidProperty", f"The extended property id '{text}' is not valid."
    )


def read_marks(entries: Any) -> Marks:
    """Read what a request body says; an empty value removes the property."""
    if entries is None:
        return {}
    if not isinstance(entries, list):
        raise GraphError(400, "RequestBodyRead", "A collection of properties was expected.")
    marks: Marks = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("id"), str):
            raise GraphError(400, "RequestBodyRead", "An extended property needs an id.")
        value = entry.get("value")
        marks[property_key(entry["id"])] = Mark(entry["id"], "" if value is None else str(value))
    return marks


class MarkIndex:
    """Which contacts of a mailbox carry a property, by value and at all; each in write order."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[str, str], dict[str, float]] = {}
        self._present: dict[str, dict[str, float]] = {}

    def put(self, item: str, key: str, value: str, now: float) -> None:
        self._by_value.setdefault((key, value.casefold()), {})[item] = now
        self._present.setdefault(key, {})[item] = now

    def drop(self, item: str, key: str, value: str) -> None:
        self._by_value.get((key, value.casefold()), {}).pop(item, None)
        self._present.get(key, {}).pop(item, None)

    def find(self, key: str, value: str | None, until: float) -> Iterator[str]:
        """Give the contacts marked no later than `until`; without a value, all that carry it."""
        found = (
            self._present.get(key) if value is None else self._by_value.get((key, value.casefold()))
        )
        return (item for item, written in (found or {}).items() if written <= until)
