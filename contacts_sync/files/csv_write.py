"""Writing contacts as a CSV file by the table of a dialect."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable, Iterator

from contacts_sync.contact import (
    ADDRESS_PARTS,
    ADDRESSES,
    COMPANY,
    EMAILS,
    MESSENGERS,
    PHONES,
    WEBSITES,
    kind_of,
)
from contacts_sync.files.draft import Draft, DraftValue, Unread, sets_of, shorten
from contacts_sync.files.table import AddressPart, Column, Date, Dialect, Entry, Text
from contacts_sync.files.text import clean

Report = Callable[[Draft, Unread], None]
"""Is told what of a draft has no column."""


def ignore(draft: Draft, unread: Unread) -> None:
    """Report to nobody."""


NO_COLUMN = "has no column in {}"
NOT_SAID = "{} cannot say it; read back, the contact is a {}"

NOUNS = {
    EMAILS: "E-mail",
    PHONES: "Phone",
    MESSENGERS: "Messenger",
    ADDRESSES: "Address",
    WEBSITES: "Web site",
}

_FORMULA = re.compile("'*[=+\\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"[+\-][\d ().\-/]*")
_BREAK = re.compile(r"\r\n?")


def write(contacts: Iterable[Draft], dialect: Dialect, report: Report) -> Iterator[bytes]:
    """Write the heading row, then each contact as a chunk of its own."""
    encoding = dialect.encoding
    yield row_of([column.heading for column in dialect.columns]).encode(encoding)
    encoding = encoding.removesuffix("-sig")  # one byte order mark is enough
    for draft in contacts:
        cells, left = _fill(draft, dialect)
        yield row_of(cells).encode(encoding, "replace")
        for item in left:
            report(draft, item)


def guard(content: str, *, number: bool = False) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    A contact's name can come from a stranger's mailbox, and Excel runs "=HYPERLINK(...)" of a file
    that somebody opens (https://owasp.org/www-community/attacks/CSV_Injection). Reading takes the
    apostrophe off again. In phone columns a plain number stays as it is, also with a plus: it can
    call nothing, and Outlook would import "'+1 604 ..." with the apostrophe.
    """
    if not _FORMULA.match(content) or (number and _NUMBER.fullmatch(content)):
        return content
    return f"'{content}"


def row_of(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _fill(draft: Draft, dialect: Dialect) -> tuple[list[str], list[Unread]]:
    texts = company_texts(draft)
    left: list[Unread] = []
    check_kind(draft, texts, dialect, left)
    entries = {name: primary_first(entries) for name, entries in sets_of(draft).items()}
    cells = [_cell(column, texts, entries, dialect) for column in dialect.columns]
    _fill_addresses(cells, dialect, entries[ADDRESSES], left)
    left += texts_left(texts, dialect)
    for name, rest in entries.items():
        left += [value_left(name, entry, dialect) for entry in rest]
    return cells, left


def texts_left(texts: dict[str, str], dialect: Dialect) -> list[Unread]:
    """List the texts that a dialect has no column for."""
    return [
        Unread(name, shorten(text), NO_COLUMN.format(dialect.title))
        for name, text in texts.items()
        if text and not _has_text(dialect, name)
    ]


def value_left(name: str, entry: DraftValue, dialect: Dialect) -> Unread:
    """List a value that a dialect has no column for."""
    shown = ", ".join(filter(None, entry.value)) if isinstance(entry.value, tuple) else entry.value
    what = f"{NOUNS[name]} ({entry.label})"
    return Unread(what, shorten(shown), NO_COLUMN.format(dialect.title))


def company_texts(draft: Draft) -> dict[str, str]:
    """Give the texts of a draft, with a company's name where tables have it."""
    texts = dict(draft.scalars)
    if draft.kind == COMPANY:
        texts["company"] = texts.pop("name", "")
    return texts


def check_kind(draft: Draft, texts: dict[str, str], dialect: Dialect, left: list[Unread]) -> None:
    """Report a contact of which the columns there are will not say whether it is a company."""
    read_back = kind_of({name: text for name, text in texts.items() if _has_text(dialect, name)})
    if read_back != draft.kind:
        left.append(Unread("Kind", draft.kind, NOT_SAID.format(dialect.title, read_back)))


def primary_first(entries: tuple[DraftValue, ...]) -> list[DraftValue]:
    """Order values as they get the columns. That is all the file can say about a primary."""
    return sorted(entries, key=lambda entry: not entry.primary)


def _has_text(dialect: Dialect, name: str) -> bool:
    return any(
        isinstance(column.role, Text | Date) and column.role.name == name
        for column in dialect.columns
    )


def _cell(
    column: Column, texts: dict[str, str], entries: dict[str, list[DraftValue]], dialect: Dialect
) -> str:
    match column.role:
        case Text(name):
            return guard(plain(texts.get(name, "")))
        case Date(name):
            return date_of(texts.get(name, ""), dialect)
        case Entry(set=kind, takes=takes) if takes:
            found = next((entry for entry in entries[kind] if entry.label in takes), None)
            if found is not None:
                entries[kind].remove(found)
                return guard(plain(str(found.value)), number=kind == PHONES)
    return ""


def date_of(iso: str, dialect: Dialect) -> str:
    """Write a date as the dialect does."""
    try:
        day = datetime.date.fromisoformat(iso)
    except ValueError:
        return guard(iso)
    # Not strftime: its %Y has no leading zeros on Linux.
    year = f"{day.year:04}"
    return (
        dialect.date_format.replace("%Y", year)
        .replace("%m", f"{day:%m}")
        .replace("%d", f"{day:%d}")
    )


def _fill_addresses(
    cells: list[str], dialect: Dialect, entries: list[DraftValue], left: list[Unread]
) -> None:
    """Write the first address of each label; what is written leaves the list."""
    for label in {entry.label: None for entry in entries}:
        first = next(entry for entry in entries if entry.label == label)
        columns = [
            (index, column.role)
            for index, column in enumerate(dialect.columns)
            if isinstance(column.role, AddressPart) and column.role.label == label
        ]
        for part, text in zip(ADDRESS_PARTS, first.value, strict=False):
            at = [index for index, role in columns if role.part == part and role.written]
            for index, line in zip(at, _lines(plain(text), len(at)), strict=False):
                cells[index] = guard(line)
            if text and columns and not at:
                what = f"{NOUNS[ADDRESSES]} ({label}), {part}"
                left.append(Unread(what, shorten(text), NO_COLUMN.format(dialect.title)))
        if columns:
            entries.remove(first)


def _lines(text: str, room: int) -> list[str]:
    """Spread lines over columns, or leave them in one cell if they would come back changed."""
    lines = text.split("\n")
    spread = len(lines) <= room and all(line and line == line.strip() for line in lines)
    return lines if spread else [text]


def plain(text: str) -> str:
    return _BREAK.sub("\n", clean(text))
