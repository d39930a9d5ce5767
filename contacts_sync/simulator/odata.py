"""The query options contacts understand: $select, $filter, $orderby, $expand, paging."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from contacts_sync.simulator.errors import GraphError
from contacts_sync.simulator.extended import property_key
from contacts_sync.simulator.fields import PROPERTIES, Fields

_STRING = r"'((?:[^']|'')*)'"
_MARK = re.compile(
    r"^singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq "
    + _STRING
    + r" and (?:\1/value eq "
    + _STRING
    + r"|\1/value ne null)\s*\)$",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"^emailAddresses/any\(\s*(\w+)\s*:\s*\1/address eq " + _STRING + r"\s*\)$", re.IGNORECASE
)
_COMPARE = re.compile(r"^(\w+) (eq|ne|gt|ge|lt|le) (?:" + _STRING + r"|(null|[\w:.+-]+))$")
_CALL = re.compile(r"^(startswith|contains)\(\s*(\w+)\s*,\s*" + _STRING + r"\s*\)$")
_EXPAND = re.compile(
    r"^singleValueExtendedProperties(?:\(\$filter=id eq " + _STRING + r"\))?$", re.IGNORECASE
)

Test = Callable[[Fields], bool]


class MarkFilter(NamedTuple):
    """Contacts that carry a property, with this value or (None) with any."""

    key: str
    value: str | None


def read_select(text: str | None) -> frozenset[str] | None:
    if not text:
        return None
    names = frozenset(name.strip() for name in text.split(","))
    for name in names - PROPERTIES:
        raise GraphError(
            400,
            "RequestBroker--ParseUri",
            f"Could not find a property named '{name}' on type "
            "'Microsoft.OutlookServices.Contact'.",
        )
    return names


def read_filter(text: str) -> tuple[MarkFilter | None, list[Test]]:
    """Split a filter into the part an index answers and the tests for the rest."""
    mark: MarkFilter | None = None
    tests: list[Test] = []
    for clause in _clauses(text.strip()):
        if found := _MARK.match(clause):
            value = found[3]
            mark = MarkFilter(
                property_key(_plain(found[2])), None if value is None else _plain(value)
            )
        else:
            tests.append(_test(clause))
    return mark, tests


def _clauses(text: str) -> Iterable[str]:
    """Split at the `and`s that are outside of quotes and brackets."""
    depth, quoted, start, index = 0, False, 0, 0
    while index < len(text):
        letter = text[index]
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if depth == 0 and text[index : index + 5].lower() == " and ":
                yield text[start:index].strip()
                start = index + 5
        index += 1
    yield text[start:].strip()


def _test(clause: str) -> Test:
    if found := _EMAIL.match(clause):
        wanted = _plain(found[2]).casefold()
        return lambda record: any(
            email.get("address", "").casefold() == wanted for email in record["emailAddresses"]
        )
    if found := _CALL.match(clause):
        call, name, text = found[1], _scalar(found[2]), _plain(found[3]).casefold()
        if call == "startswith":
            return lambda record: (record[name] or "").casefold().startswith(text)
        return lambda record: text in (record[name] or "").casefold()
    if found := _COMPARE.match(clause):
        name, operator = _scalar(found[1]), found[2]
        wanted_value = _plain(found[3]) if found[3] is not None else found[4]
        return _comparison(name, operator, "" if wanted_value == "null" else wanted_value)
    raise invalid_filter()


def _comparison(name: str, operator: str, wanted: str) -> Test:
    wanted = wanted.casefold()
    compare: dict[str, Callable[[str], bool]] = {
        "eq": lambda value: value == wanted,
        "ne": lambda value: value != wanted,
        "gt": lambda value: value > wanted,
        "ge": lambda value: value >= wanted,
        "lt": lambda value: value < wanted,
        "le": lambda value: value <= wanted,
    }
    test = compare[operator]
    return lambda record: test((record[name] or "").casefold())


def _scalar(name: str) -> str:
    if name not in PROPERTIES or name in ("emailAddresses", "businessPhones", "homePhones"):
        raise invalid_filter()
    return name


def _plain(text: str) -> str:
    return text.replace("''", "'")


def invalid_filter() -> GraphError:
    return GraphError(
        400,
        "ErrorInvalidUrlQueryFilter",
        "The query filter contains one or more invalid nodes.",
    )


def read_expand(text: str | None) -> frozenset[str] | None:
    """Give the keys of the extended properties to show, or None for none."""
    if not text:
        return None
    found = _EXPAND.match(text.strip())
    if not found:
        raise GraphError(
            400, "ErrorInvalidUrlQuery", f"The expand expression '{text}' is not supported."
        )
    if found[1] is None:
        return frozenset()
    return frozenset({property_key(_plain(found[1]))})


def order(records: list[Any], text: str, value: Callable[[Any, str], Any]) -> list[Any]:
    """Sort by `$orderby`, the last criterion first so that the first one decides."""
    for criterion in reversed(text.split(",")):
        name, _, direction = criterion.strip().partition(" ")
        if name not in PROPERTIES:
            raise GraphError(
                400, "RequestBroker--ParseUri", f"Could not find a property named '{name}'."
            )
        records = sorted(
            records,
            key=lambda record: str(value(record, name) or "").casefold(),
            reverse=direction.strip().lower() == "desc",
        )
    return records


def page_bounds(options: dict[str, str], preferred: int | None) -> tuple[int, int]:
    """Give skip and top; the default page is 10, the largest 1000."""
    try:
        skip = int(options.get("$skip") or 0)
        top = int(options.get("$top") or preferred or 10)
    except ValueError:
        raise GraphError(400, "ErrorInvalidUrlQuery", "A paging option is no number.") from None
    if skip < 0 or not 1 <= top <= 1000:
        raise GraphError(
            400, "ErrorInvalidUrlQuery", "The limit of '1000' for Top query has been exceeded."
        )
    return skip, top


def next_link(base: str, options: dict[str, str], skip: int, top: int) -> str:
    kept = {name: text for name, text in options.items() if name not in ("$skip", "$top")}
    kept |= {"$top": str(top), "$skip": str(skip)}
    return base + "?" + "&".join(f"{quote(name)}={quote(text)}" for name, text in kept.items())
