"""Our key on a contact: a single-value extended property, and how to ask for it.

It survives moves between folders, and a copy that a person makes carries it too. Delta cannot show
it. One constant name, because a mailbox can hold few different ones
(https://learn.microsoft.com/graph/api/resources/extended-properties-overview).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROPERTY = "String {7f4a1d0e-52c3-4b6b-9c0d-3e8f6a21b954} Name ContactSyncKey"
EXTENDED = "singleValueExtendedProperties"


def body(key: str) -> dict[str, Any]:
    """Give the part of a request body that puts our key on a contact; nothing without a key."""
    return {EXTENDED: [{"id": PROPERTY, "value": key}]} if key else {}


def read(contact: Mapping[str, Any]) -> str:
    """Read our key off a contact that was asked for with `expand()`; empty without one."""
    found = contact.get(EXTENDED)
    for extended in found if isinstance(found, list) else ():
        if str(extended.get("id")).casefold() == PROPERTY.casefold():
            return str(extended.get("value") or "")
    return ""


def expand() -> str:
    """Give the `$expand` that shows our key."""
    return f"{EXTENDED}($filter=id eq '{PROPERTY}')"


def carries(key: str = "") -> str:
    """Give the `$filter` for contacts that carry this key, or any key of ours.

    Only `eq`, `ne`, `contains` and `startswith` work on text values
    (https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get).
    """
    quoted = key.replace("'", "''")
    test = f"eq '{quoted}'" if key else "ne null"
    return f"{EXTENDED}/Any(ep: ep/id eq '{PROPERTY}' and ep/value {test})"
