"""Reading a CSV file of contacts by the table of its dialect."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contacts_sync.contact import (
    ADDRESS_PARTS,
    ADDRESSES,
    COMPANY,
    EMAILS,
    MESSENGERS,
    PHONES,
    SETS,
    kind_of,
)
from contacts_sync.files import text, values
from contacts_sync.files.dates import order_of, read_local
from contacts_sync.files.draft import (
    BadRow,
    Draft,
    DraftValue,
    Source,
    Unread,
    distinct,
    shorten,
    with_sets,
)
from contacts_sync.files.table import (
    AddressPart,
    Date,
    Dialect,
    Echo,
    Entry,
    NoField,
    Role,
    Text,
    key,
)

NO_FIELD = "the list has no field for it"
UNKNOWN_COLUMN = "is a column that {} does not have"

_GUARDED = re.compile("'+[=+\\-@\t\r]")
"""An apostrophe that a writer put before a cell which a spreadsheet would take for a formula."""

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

# One limit for the whole process, there is no other way; larger than Python's, never smaller.
csv.field_size_limit(max(csv.field_size_limit(), 10 * text.LIMIT))


class NotACsv(ValueError):
    """The file is no CSV file at all."""


class UnknownTable(ValueError):
    """The file is a CSV file, but not with the headings of a table that is known."""


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: its dialect, its text, and what its heading row says."""

    dialect: Dialect
    text: str
    delimiter: str
    headings: tuple[str, ...]
    odd: str = ""


@dataclass(slots=True)
class _Row:
    """A row while it is read."""

    scalars: dict[str, str] = field(default_factory=dict)
    sets: dict[str, list[DraftValue]] = field(default_factory=lambda: {name: [] for name in SETS})
    parts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def note(self, what: str, value: str, why: str) -> None:
        self.unread.append(Unread(what, shorten(value), why))


def open_table(data: bytes, dialects: Sequence[Dialect]) -> Table:
    """Find out which of the dialects a file is written in, by its headings.

    Raises `NotACsv` and `UnknownTable` with a sentence for the person who chose the file.
    """
    expected = " or ".join(dialect.title for dialect in dialects)
    plain = text.plain_bytes(data)
    found, odd = text.decode(plain)
    line = found.lstrip("\r\n")
    best: Table | None = None
    most = 0
    for delimiter in ",;\t":
        headings = _first_row(line, delimiter)
        for dialect in dialects:
            score = _score(headings, dialect)
            if score > most:
                best, most = Table(dialect, line, delimiter, headings, odd), score
    if best is None:
        _refuse_others(plain, expected)
        shown = ", ".join(filter(None, _first_row(line, ",")[:5]))
        raise UnknownTable(
            f"This is not {expected}: the first row should hold its English headings, such as "
            f"“First Name” and “E-mail Address”, but reads “{shorten(shown)}”."
        )
    return best


def _refuse_others(plain: bytes, expected: str) -> None:
    head = plain[:4096].lstrip()
    if not head:
        raise NotACsv(f"The file is empty. Expected was {expected}.")
    if re.match(rb"(?i)BEGIN[ \t]*:[ \t]*VCARD", head):
        raise NotACsv(f"This is a vCard file. Expected was {expected}.")
    if head.startswith(b"PK\x03\x04"):
        raise NotACsv(f"This is an Excel workbook or a ZIP archive. Expected was {expected}.")
    if head.startswith((b"{", b"[", b"<")):
        raise NotACsv(f"This is a JSON, XML or HTML file. Expected was {expected}.")
    if len(_BINARY.findall(head)) > len(head) // 20:
        raise NotACsv(f"This is not a text file. Expected was {expected}.")


def _first_row(found: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(_lines(found), delimiter=delimiter), []))
    except csv.Error:
        return ()


def _score(headings: tuple[str, ...], dialect: Dialect) -> int:
    keys = {key(heading) for heading in headings}
    marks = {key(mark) for mark in dialect.marks}
    known = len(keys & set(dialect.roles))
    return known if known >= dialect.least and keys & marks else 0


def _lines(found: str) -> io.StringIO:
    return io.StringIO(found, newline="")


def rows(table: Table) -> Iterator[Draft | BadRow]:
    """Read the rows of a table, one at a time. Never raises: a bad row is reported.

    Rows of blank cells are passed over. A quotation mark that is never closed swallows the rest of
    the file; that row is refused.
    """
    roles = [table.dialect.roles.get(key(heading)) for heading in table.headings]
    order = order_of(_dates(table, roles))
    for source, cells in _cells(table):
        if isinstance(cells, str):
            yield BadRow(source, cells)
        elif source.number > 1 and any(cell.strip() for cell in cells):
            yield _read_row(table, roles, cells, order, source)


def _cells(table: Table) -> Iterator[tuple[Source, list[str] | str]]:
    """Read the cells of each row, or say why a row cannot be read."""
    lines = sum(1 for _ in _lines(table.text)) if table.text.count('"') % 2 else 0
    reader = csv.reader(_lines(table.text), delimiter=table.delimiter)
    number = 0
    while True:
        number += 1
        source = Source("row", number, reader.line_num + 1)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield source, f"The row cannot be read ({error})."
            continue
        if lines and reader.line_num >= lines and (source.line < lines or number == 1):
            yield source, "A quotation mark in this row is never closed."
        else:
            yield source, cells


def _dates(table: Table, roles: list[Role | None]) -> Iterator[str]:
    at = [index for index, role in enumerate(roles) if isinstance(role, Date)]
    for _, cells in _cells(table) if at else ():
        if not isinstance(cells, str):
            yield from (cells[index] for index in at if index < len(cells))


def _read_row(
    table: Table, roles: list[Role | None], cells: list[str], order: str, source: Source
) -> Draft | BadRow:
    row = _Row()
    for index, cell in enumerate(cells):
        heading = table.headings[index].strip() if index < len(table.headings) else ""
        heading = heading.strip("\ufeff'\"") or f"Column {index + 1}"
        if content := _content(row, heading, cell):
            role = roles[index] if index < len(roles) else None
            _place(row, heading, role, content, order, table)
    _addresses(row)
    if not row.scalars and not any(row.sets.values()):
        return BadRow(source, "The row holds nothing that the list could hold.")
    if table.odd and "\ufffd" in "".join(cells):
        row.note("Row", "", table.odd)
    return _draft(row, source)


def _content(row: _Row, heading: str, cell: str) -> str:
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
    row: _Row, heading: str, role: Role | None, content: str, order: str, table: Table
) -> None:
    match role:
        case Text(name):
            row.scalars[name] = content
        case Date(name):
            found, why = read_local(content, order)
            row.scalars |= {name: found} if found else {}
            if why:
                row.note(heading, content, why)
        case Entry(set=kind, label=label):
            _entries(row, heading, kind, label, content)
        case AddressPart(label, part):
            row.parts.setdefault(label, {}).setdefault(part, []).append(content)
        case NoField(unset, sizes_only):
            if content.casefold() not in unset:
                row.note(
                    heading, f"({len(content):,} characters)" if sizes_only else content, NO_FIELD
                )
        case Echo():
            pass
        case None:
            row.note(heading, content, UNKNOWN_COLUMN.format(table.dialect.title))


def _entries(row: _Row, heading: str, kind: str, label: str, content: str) -> None:
    found, odd = [content], ""
    if kind == EMAILS:
        found, odd = values.read_emails(content)
    elif kind == PHONES and values.is_voice_over_ip(content):
        kind, label = MESSENGERS, "Other"
    elif kind == PHONES:
        found, odd = values.read_phones(content)
    row.sets[kind] += [DraftValue(label, value) for value in found if value]
    if odd:
        row.note(heading, content, odd)


def _addresses(row: _Row) -> None:
    for label, parts in row.parts.items():
        address = tuple("\n".join(parts.get(part, ())) for part in ADDRESS_PARTS)
        row.sets[ADDRESSES].append(DraftValue(label, address))


def _draft(row: _Row, source: Source) -> Draft:
    kind = kind_of(row.scalars)
    if kind == COMPANY:
        row.scalars["name"] = row.scalars.pop("company")
    sets = {name: distinct(entries) for name, entries in row.sets.items()}
    draft = Draft(kind, row.scalars, source=source, unread=tuple(row.unread))
    return with_sets(draft, sets)
