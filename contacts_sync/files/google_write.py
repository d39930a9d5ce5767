"""Writing contacts as Google's CSV file (since 2024).

A contact has a group of columns for each of its labels, the primary value one of its own, and
values of one label share a cell, as Google writes them. So the number of columns is known before
the first contact is: the file is written while the contacts are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contacts_sync.contact import (
    ADDRESS_LABELS,
    ADDRESS_PARTS,
    ADDRESSES,
    EMAIL_LABELS,
    EMAILS,
    MESSENGER_LABELS,
    MESSENGERS,
    PHONE_LABELS,
    PHONES,
    WEBSITE_LABELS,
    WEBSITES,
)
from contacts_sync.files.csv_write import (
    Report,
    check_kind,
    company_texts,
    date_of,
    guard,
    ignore,
    plain,
    row_of,
    texts_left,
    value_left,
)
from contacts_sync.files.draft import Draft, DraftValue, Unread, sets_of
from contacts_sync.files.google_tables import GOOGLE, GROUPS, SEPARATOR
from contacts_sync.files.table import Column, Date, Member, Text

_ROOM = {
    EMAILS: len(EMAIL_LABELS) + 1,
    PHONES: len(PHONE_LABELS) + 1,
    ADDRESSES: len(ADDRESS_LABELS) + 1,
    WEBSITES: len(WEBSITE_LABELS) + 1,
    "": len(MESSENGER_LABELS) + 1,
}
_LABELS = {"Fax": "Work Fax"}
"""Google's own word for a label, where ours is none of its."""

_Group = list[DraftValue]


def write(contacts: Iterable[Draft], report: Report = ignore) -> Iterator[bytes]:
    """Write the heading row and each contact as a chunk of UTF-8.

    `report` is called with the draft for what Google has no place for. Read back, values stand in
    the order of their labels. Cells that a spreadsheet would run as a formula get an apostrophe.
    """
    columns = list(_columns())
    yield row_of([column.heading for column in columns]).encode()
    for draft in contacts:
        cells, left = _fill(draft, columns)
        yield row_of(cells).encode("utf-8", "replace")
        for item in left:
            report(draft, item)


def _columns() -> Iterator[Column]:
    yield from (column for column in GOOGLE.columns if column not in GROUPS)
    for kind, room in _ROOM.items():
        columns = [
            column
            for column in GROUPS
            if isinstance(column.role, Member) and column.role.set == kind
        ]
        for number in range(1, room + 1):
            for column in columns:
                yield Column(column.heading.replace("{n}", str(number)), column.role)


def _fill(draft: Draft, columns: list[Column]) -> tuple[list[str], list[Unread]]:
    texts, left = company_texts(draft), list[Unread]()
    check_kind(draft, texts, GOOGLE, left)
    left += texts_left(texts, GOOGLE)
    groups: dict[str, list[_Group]] = {}
    for kind, entries in sets_of(draft).items():
        kept = [entry for entry in entries if not _is_torn(entry)]
        left += [value_left(kind, entry, GOOGLE) for entry in entries if _is_torn(entry)]
        groups["" if kind == MESSENGERS else kind] = _groups(kept)
    cells: list[str] = []
    for column in columns:
        match column.role:
            case Text(name):
                if SEPARATOR.strip() in (text := texts.get(name, "")):
                    left.append(Unread(name, "", "holds “:::”, at which Google takes it apart"))
                cells.append(guard(plain(text)))
            case Date(name):
                cells.append(date_of(texts.get(name, ""), GOOGLE))
            case Member(kind, part) if found := groups.get(kind):
                cells.append(_cell(kind, part, found[0]))
                if column.heading.endswith(("Value", "Extended Address")):
                    found.pop(0)
            case _:
                cells.append("")
    return cells, left


def _is_torn(entry: DraftValue) -> bool:
    """Say whether a value would be taken apart at Google's separator."""
    parts = entry.value if isinstance(entry.value, tuple) else (entry.value,)
    return any(SEPARATOR.strip() in part for part in parts)


def _groups(entries: list[DraftValue]) -> list[_Group]:
    """Give the primary alone, then the others by label."""
    groups: dict[tuple[bool, str], _Group] = {}
    for entry in sorted(entries, key=lambda entry: not entry.primary):
        groups.setdefault((entry.primary, entry.label), []).append(entry)
    return list(groups.values())


def _cell(kind: str, part: str, group: _Group) -> str:
    first = group[0]
    if part == "label":
        label = _LABELS.get(first.label, first.label) if kind == PHONES else first.label
        label = label if kind else f"IM ({label})"
        return f"* {label}" if first.primary else label
    pieces = [_piece(entry, part) for entry in group]
    content = SEPARATOR.join(pieces) if any(pieces) else ""
    return guard(content, number=kind == PHONES and len(pieces) == 1)


def _piece(entry: DraftValue, part: str) -> str:
    if not isinstance(entry.value, tuple):
        return plain(entry.value)
    if part == "formatted":
        return "\n".join(filter(None, (plain(line) for line in entry.value)))
    at = ADDRESS_PARTS.index(part) if part in ADDRESS_PARTS else None
    return plain(entry.value[at]) if at is not None else ""
