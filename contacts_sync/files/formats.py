"""The file formats that can be read and written; which one a file is in shows in its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from contacts_sync.files import (
    clio_csv,
    google_csv,
    google_tables,
    other_tables,
    outlook_csv,
    sheets,
    table_read,
    vcard,
)
from contacts_sync.files.csv_write import Report, ignore
from contacts_sync.files.draft import BadCard, BadRow, Draft
from contacts_sync.files.limits import DEFAULT, Limits, Refused, check_rows, check_size
from contacts_sync.files.mapping import Mapping
from contacts_sync.files.outlook_csv import OUTLOOK, OUTLOOK_WEB
from contacts_sync.files.sheets import NotACsv, UnknownTable
from contacts_sync.files.table import Dialect
from contacts_sync.files.table_guess import Look, look
from contacts_sync.files.text import plain_bytes

Results = Iterator[Draft | BadCard | BadRow]
Writer = Callable[[Iterable[Draft], Report], Iterator[bytes]]

_VCARD = re.compile(rb"(?im)^\W{0,8}BEGIN[ \t]*:[ \t]*VCARD")
_HEAD = 100_000
DIALECTS = (*outlook_csv.DIALECTS, *google_tables.DIALECTS, *other_tables.DIALECTS)
EXPECTED = "a vCard file, a CSV file or an Excel workbook (.xlsx) of contacts"


class UnknownFormat(Refused):
    """The file is in no format that can be read."""


class NeedsMapping(UnknownFormat):
    """The file is a table of a kind nobody knows. `look` shows it, with a guess to correct."""

    def __init__(self, message: str, shown: Look) -> None:
        super().__init__(message)
        self.look = shown

    @property
    def mapping(self) -> Mapping:
        return self.look.mapping


class Reader(Protocol):
    """Reads a file; raises `Refused` at once, and nothing after that."""

    def __call__(self, data: bytes, limits: Limits = DEFAULT) -> Results: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its key, its name for people, and how to read a file of it."""

    name: str
    title: str
    read: Reader


@dataclass(frozen=True, slots=True)
class Export:
    """A format that is written. `write` reports what it has no place for, value by value.

    `cannot` is a sentence about what the format never says, and so is not reported each time.
    """

    name: str
    title: str
    suffix: str
    content_type: str
    write: Writer
    cannot: str = ""


def _table(dialect: Dialect) -> Format:
    def read(data: bytes, limits: Limits = DEFAULT) -> Results:
        return iter(table_read.rows(sheets.open_table(data, (dialect,), limits)))

    return Format(dialect.name, dialect.title, read)


def _cards(version: str, contacts: Iterable[Draft], report: Report = ignore) -> Iterator[bytes]:
    return vcard.write(contacts, version)  # which has a place for everything


def _outlook(
    dialect: Dialect, contacts: Iterable[Draft], report: Report = ignore
) -> Iterator[bytes]:
    return outlook_csv.write(contacts, dialect, report)


def _read_cards(data: bytes, limits: Limits = DEFAULT) -> Results:
    check_size(len(data), limits)
    check_rows(len(_VCARD.findall(plain_bytes(data))), limits)
    return vcard.read(data)


VCARD = Format("vcard", "vCard", _read_cards)
FORMATS = (VCARD, *(_table(dialect) for dialect in DIALECTS))
"""Every format that is known by its content; a dialect of CSV and Excel tables is one."""

_NOT_OUTLOOK = (
    "Outlook's file does not say which value is the primary one (it stands first), nor the labels of "
    "e-mails, messengers and web sites."
)
_NOT_GOOGLE = "Google's file groups values by their labels, so that their order can change."
_NOT_CLIO = (
    "Clio's template takes one e-mail address, one phone number and one work address for each "
    "contact, and no labels."
)
_CARD, _CSV = "text/vcard; charset=utf-8", "text/csv; charset=utf-8"
EXPORTS = (
    Export("vcard", "vCard 3.0", ".vcf", _CARD, partial(_cards, vcard.V3)),
    Export("vcard-4", "vCard 4.0", ".vcf", _CARD, partial(_cards, vcard.V4)),
    Export("outlook-csv", "Outlook CSV", ".csv", _CSV, partial(_outlook, OUTLOOK), _NOT_OUTLOOK),
    Export(
        "outlook-web-csv",
        "Outlook CSV (web)",
        ".csv",
        _CSV,
        partial(_outlook, OUTLOOK_WEB),
        _NOT_OUTLOOK,
    ),
    Export("google-csv", "Google CSV", ".csv", _CSV, google_csv.write, _NOT_GOOGLE),
    Export("clio-csv", "Clio CSV", ".csv", _CSV, clio_csv.write, _NOT_CLIO),
)


def detect(name: str, data: bytes, limits: Limits = DEFAULT) -> Format:
    """Say which format a file is in, by its content; its name only decides about an empty file.

    Raises `TooLarge`, `NeedsMapping` (a table of unknown kind: ask what its columns hold, then
    `read_table`) or `UnknownFormat`, each with a sentence for the person who chose the file.
    """
    check_size(len(data), limits)
    plain = plain_bytes(data)
    if _VCARD.search(plain[:_HEAD].replace(b"\r", b"\n")):
        return VCARD
    if name.lower().endswith((".vcf", ".vcard")) and not plain.strip(b"\x00 \t\r\n"):
        return VCARD
    try:
        dialect = sheets.open_table(data, DIALECTS, limits, EXPECTED).dialect
    except UnknownTable:
        raise _unknown(name, data, limits) from None
    except NotACsv as error:
        raise UnknownFormat(f"“{name}” cannot be read. {error}") from None
    return next(known for known in FORMATS if dialect and known.name == dialect.name)


def _unknown(name: str, data: bytes, limits: Limits) -> UnknownFormat:
    shown = look(data, limits)
    if len(shown.headings) < 2 and not any("@" in cell for row in shown.samples for cell in row):
        return UnknownFormat(f"“{name}” holds no table of contacts. Expected was {EXPECTED}.")
    return NeedsMapping(
        f"“{name}” is a table of a kind that is not known. Say what its columns hold.", shown
    )


def read(name: str, data: bytes, limits: Limits = DEFAULT) -> Results:
    """Read a file in whatever known format it is. Raises as `detect` does, at once."""
    return detect(name, data, limits).read(data, limits)
