"""Excel workbooks (.xlsx) as rows of texts: the values that Excel last showed, never a formula.

A workbook is a ZIP archive of XML files from somebody else's machine. Before it is opened, its real
size is measured and anything that could unfold into more is refused.
"""

from __future__ import annotations

import datetime
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import openpyxl

from contacts_sync.files.draft import Source
from contacts_sync.files.limits import Refused, TooLarge

UNPACKED: Final = 500_000_000
"""The most that a workbook may unfold to. 50,000 contacts with 92 columns are about 200 MB."""

ROWS, CELLS = 1_048_576, 2_000
"""Excel's own last row, and the most columns that are looked at in a row."""

BROKEN = (
    "This Excel workbook is damaged, or protected with a password. Save it as CSV and try again."
)
BOMB = "This Excel workbook unfolds to more than {:,.0f} MB, which is not read. Save it as CSV."
REST = "The sheet cannot be read from here on; the file is damaged."
BARE = (
    "Formulas whose values were never computed were read as blank ({:,}). Open the workbook in "
    "Excel, save it, and import again."
)
OTHER_SHEETS = "Only the first sheet of a workbook is read; {} not read: {}."

_BLOCK = 1 << 20
_ROW = re.compile(rb"<row[ >]")
_BARE = re.compile(rb"</f>(?:<v ?/>|<v></v>|</c>)")
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


class BadWorkbook(Refused):
    """The file is a workbook that cannot be opened."""


def is_workbook(data: bytes) -> bool:
    """Say whether a file is an Excel workbook: an archive with a workbook inside."""
    return data.startswith(b"PK\x03\x04") and b"xl/workbook.xml" in data


@dataclass(frozen=True, slots=True)
class Measure:
    """The rows of the largest sheet, and how many formulas have no value beside them."""

    rows: int = 0
    bare: int = 0


def measure(data: bytes) -> Measure:
    """Unfold a workbook once without keeping it, and refuse what is a danger to open."""
    found, unpacked = Measure(), 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.infolist():
                rows = 0
                for block in _blocks(archive, part):
                    unpacked += len(block)
                    if unpacked > UNPACKED:
                        raise TooLarge(BOMB.format(UNPACKED / 1e6))
                    if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
                        raise BadWorkbook(BROKEN)
                    if part.filename.startswith("xl/worksheets/"):
                        rows += len(_ROW.findall(block))
                        found = Measure(found.rows, found.bare + len(_BARE.findall(block)))
                found = Measure(max(found.rows, rows), found.bare)
    except Refused:
        raise
    except _DAMAGES as error:
        raise BadWorkbook(BROKEN) from error
    return found


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            yield block


def rows(data: bytes, bare: int = 0) -> Iterator[tuple[Source, list[str] | str]]:
    """Read the first sheet, one row at a time; say at its end what of the workbook was not read."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        first, *others = book.worksheets
        first.reset_dimensions()  # what the file says about its size may be wrong
    except Exception as error:  # whatever a broken file makes of the parser
        raise BadWorkbook(BROKEN) from error
    number = 0
    cells = iter(first.iter_rows(values_only=True))
    while number < ROWS:
        number += 1
        try:
            values = next(cells)
        except StopIteration:
            break
        except Exception:
            yield Source("row", number, number), REST
            break
        yield Source("row", number, number), _texts(values)
    named = [str(sheet.title) for sheet in others if _holds_something(sheet)]
    book.close()
    if bare:
        yield Source("row", number, number), BARE.format(bare)
    if named:
        verb = "this was" if len(named) == 1 else "these were"
        yield Source("row", number, number), OTHER_SHEETS.format(verb, ", ".join(named))


def _holds_something(sheet: Any) -> bool:
    try:
        sheet.reset_dimensions()
        return any(
            value is not None
            for _, values in zip(range(100), sheet.iter_rows(values_only=True), strict=False)
            for value in values
        )
    except Exception:
        return True


def _texts(values: Iterable[Any]) -> list[str]:
    texts = [_text(value) for _, value in zip(range(CELLS), values, strict=False)]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(value: Any) -> str:
    """Write a value as a person would: a number typed as a phone number has no decimal point."""
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float() if value.is_integer() and abs(value) < 1e18:
            return str(int(value))
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else str(value)
    return str(value)
