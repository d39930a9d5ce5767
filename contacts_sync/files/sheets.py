"""From the bytes of a table to its rows of texts, whether it is a CSV file or an Excel workbook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from contacts_sync.files import text, workbook
from contacts_sync.files.draft import Source, shorten
from contacts_sync.files.limits import DEFAULT, Limits, Refused, check_rows, check_size
from contacts_sync.files.table import Dialect, Role, key

DELIMITERS = ",;\t|"
HEAD = 15
"""How many rows are looked at for the one with the headings: some programs write lines before it."""

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_KINDS = (
    (re.compile(rb"(?i)BEGIN[ \t]*:[ \t]*VCARD"), "a vCard file"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office file (save it as .xlsx or CSV)"),
    (re.compile(rb"!BDN"), "an Outlook data file (export a CSV file from it)"),
    (re.compile(rb"%PDF"), "a PDF file"),
    (re.compile(rb"[{\[<]"), "a JSON, XML or HTML file"),
)

# One limit for the whole process, there is no other way; larger than Python's, never smaller.
csv.field_size_limit(max(csv.field_size_limit(), 100 * text.LIMIT))

Row = tuple[Source, list[str] | str]
"""The cells of a row, or the sentence that says why they cannot be read."""


class NotACsv(Refused):
    """The file is no table at all."""


class UnknownTable(Refused):
    """The file is a table, but not with the headings of one that is known."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows that can be read again and again, and what was odd about their encoding."""

    rows: Callable[[], Iterator[Row]]
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: its rows from behind `start`, and what each of its columns holds."""

    title: str
    sheet: Sheet
    headings: tuple[str, ...]
    roles: tuple[Role | None, ...]
    start: int = 1
    separator: str = ""
    dialect: Dialect | None = None


def open_table(
    data: bytes, dialects: Sequence[Dialect], limits: Limits = DEFAULT, expected: str = ""
) -> Table:
    """Find out which of the dialects a file is written in, by its headings.

    Raises `NotACsv`, `UnknownTable` and `TooLarge` with a sentence for the person who chose it.
    """
    expected = expected or " or ".join(dialect.title for dialect in dialects)
    best: Table | None = None
    most = 0
    sheets = open_sheets(data, limits)
    for sheet in sheets:
        for source, cells in islice(sheet.rows(), HEAD):
            headings = tuple(cells) if isinstance(cells, list) else ()
            keys = frozenset(map(key, headings))
            for dialect in dialects:
                if len(headings) < 2 or keys.isdisjoint(dialect.mark_keys):
                    continue
                roles = dialect.resolve(headings)
                score = _score(keys, roles, dialect)
                if score > most:
                    start, mark = source.number, dialect.separator
                    best = Table(dialect.title, sheet, headings, roles, start, mark, dialect)
                    most = score
    if best is not None:
        return best
    refuse_others(data, expected)
    row = next((cells for _, cells in sheets[0].rows()), [])
    shown = ", ".join(filter(None, row[:5])) if isinstance(row, list) else row
    raise UnknownTable(
        f"This is not {expected}: one of the first rows should hold its headings, such as "
        f"“{dialects[0].columns[1].heading}”, but the first reads “{shorten(shown)}”."
    )


def _score(keys: frozenset[str], roles: tuple[Role | None, ...], dialect: Dialect) -> int:
    """Count the headings that the dialect knows; 0 if too few for a file that is written in it."""
    known = sum(role is not None for role in roles)
    return known if known >= dialect.least and known >= 0.75 * len(keys - {""}) else 0


def open_sheets(data: bytes, limits: Limits = DEFAULT) -> list[Sheet]:
    """Open a file: a workbook is one sheet, a text is one for each way to take its cells apart."""
    check_size(len(data), limits)
    if workbook.is_workbook(data):
        measure = workbook.measure(data)
        check_rows(measure.rows - 1, limits)
        return [Sheet(partial(workbook.rows, data, measure.bare))]
    plain = text.plain_bytes(data)
    codec, odd = text.codec_of(plain)
    sheets = [Sheet(partial(_rows, plain, codec, mark), odd) for mark in DELIMITERS]
    if plain.count(b"\n") + plain.count(b"\r") > limits.rows:
        check_rows(sum(1 for _, cells in sheets[0].rows() if any(cells)) - 1, limits)
    return sheets


def refuse_others(data: bytes, expected: str) -> None:
    """Refuse what is no table, and say what it is."""
    if workbook.is_workbook(data):
        return
    head = text.plain_bytes(data[:4096]).lstrip()
    if not head:
        raise NotACsv(f"The file is empty. Expected was {expected}.")
    for mark, kind in _KINDS:
        if mark.match(head):
            raise NotACsv(f"This is {kind}. Expected was {expected}.")
    if len(_BINARY.findall(head)) > len(head) // 20:
        raise NotACsv(f"This is not a text file. Expected was {expected}.")


def _lines(data: bytes, codec: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), codec, errors="replace", newline="")


def _rows(data: bytes, codec: str, delimiter: str) -> Iterator[Row]:
    """Read a text. A quotation mark that is never closed swallows the rest; that row is refused."""
    lines = sum(1 for _ in _lines(data, codec)) if data.count(b'"') % 2 else 0
    reader = csv.reader(_lines(data, codec), delimiter=delimiter)
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
