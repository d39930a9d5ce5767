"""Reading the rows of a table by what its columns hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from contacts_sync.files import text
from contacts_sync.files.dates import order_of, read_local
from contacts_sync.files.draft import BadRow, Draft, Source
from contacts_sync.files.noted import noted_values
from contacts_sync.files.row import NO_FIELD, Row
from contacts_sync.files.sheets import Table
from contacts_sync.files.table import (
    AddressPart,
    Date,
    DatePart,
    Echo,
    Entry,
    Member,
    NoField,
    Notes,
    Role,
    Text,
    WholeName,
)

UNKNOWN_COLUMN = "is a column that {} does not have"
NOTHING = "The row holds nothing that the list could hold."

FOR_DATES = 10_000
"""How many rows are looked through for whether the day or the month comes first."""

_GUARDED = re.compile("'+[=+\\-@＝＋－＠\t\r\n]")
"""An apostrophe that a writer put before a cell which a spreadsheet would take for a formula."""


def rows(table: Table) -> Iterator[Draft | BadRow]:
    """Read the rows of a table, one at a time. Never raises: a bad row is reported.

    Rows of blank cells are passed over.
    """
    order = order_of(_dates(table))
    headings = [_heading(index, name) for index, name in enumerate(table.headings)]
    for source, cells in table.sheet.rows():
        if isinstance(cells, str):
            yield BadRow(source, cells)
        elif source.number > table.start and any(cell.strip() for cell in cells):
            yield _read_row(table, headings, cells, order, source)


def _heading(index: int, heading: str) -> str:
    return heading.strip().strip("\ufeff'\"") or f"Column {index + 1}"


def _dates(table: Table) -> Iterator[str]:
    at = [index for index, role in enumerate(table.roles) if isinstance(role, Date)]
    for source, cells in islice(table.sheet.rows(), FOR_DATES) if at else ():
        if not isinstance(cells, str) and source.number > table.start:
            yield from (cells[index] for index in at if index < len(cells) and cells[index])


def _read_row(
    table: Table, headings: list[str], cells: list[str], order: str, source: Source
) -> Draft | BadRow:
    row = Row()
    for index, cell in enumerate(cells):
        if not cell:
            continue
        heading = headings[index] if index < len(headings) else f"Column {index + 1}"
        if content := _content(row, heading, cell):
            role = table.roles[index] if index < len(table.roles) else None
            _place(row, heading, role, content, order, table)
    if table.sheet.odd and "\ufffd" in "".join(cells):
        row.note("Row", "", table.sheet.odd)
    return row.draft(source) or BadRow(source, NOTHING)


def _content(row: Row, heading: str, cell: str) -> str:
    if len(cell) > text.LIMIT:
        row.note(heading, "", text.TOO_LONG)
        return ""
    content = text.clean(cell)
    if content != cell:
        row.note(heading, content, text.DROPPED)
    content = content.replace("\r\n", "\n").replace("\r", "\n") if "\r" in content else content
    content = content.strip()
    return content[1:] if _GUARDED.match(content) else content


def _place(
    row: Row, heading: str, role: Role | None, content: str, order: str, table: Table
) -> None:
    match role:
        case Text(name):
            row.add_text(name, heading, _pieces(content, table.separator))
        case Entry(set=kind, label=label, primary=primary):
            row.add_entry(kind, label, heading, content, primary=primary)
        case AddressPart(label, part):
            row.addresses.setdefault(label, {}).setdefault(part, []).append(content)
        case Member(kind, part):
            # "Custom Field 1" and "Event 1" have no set, so that their heading tells them apart.
            group = heading.rpartition(" - ")[0] or heading
            pieces = _pieces(content, table.separator) if part != "label" else [content]
            row.members.setdefault((kind, group), {})[part] = pieces
        case Date(name):
            found, why = read_local(content, order)
            row.scalars |= {name: found} if found else {}
            if why:
                row.note(heading, content, why)
        case DatePart(name, part):
            row.dates.setdefault(name, {})[part] = content
        case WholeName():
            row.whole_names.append((heading, content))
        case NoField(unset, sizes_only):
            _leave(row, heading, content, unset, table.separator, sizes_only=sizes_only)
        case Notes():
            row.note(heading, f"({len(content):,} characters)", NO_FIELD)
            for kind, label, value in noted_values(content):
                row.noted.append((kind, label, heading, value))
        case Echo():
            pass
        case None:
            row.note(heading, content, UNKNOWN_COLUMN.format(table.title))


def _pieces(content: str, separator: str) -> list[str]:
    """Take several values of one cell apart; a blank one keeps its place among its neighbours."""
    if not separator or separator.strip() not in content:
        return [content]
    return [piece.strip() for piece in f" {content} ".split(separator)]


def _leave(
    row: Row, heading: str, content: str, unset: frozenset[str], separator: str, *, sizes_only: bool
) -> None:
    pieces = _pieces(content, separator) if not sizes_only else [content]
    kept = [piece for piece in pieces if piece.casefold() not in unset]
    if kept:
        shown = f"({len(content):,} characters)" if sizes_only else ", ".join(kept)
        row.note(heading, shown, NO_FIELD)
