"""The file formats that can be read, found out from a file's content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contacts_sync.files import csv_read, vcard
from contacts_sync.files.csv_read import NotACsv, UnknownTable
from contacts_sync.files.draft import BadCard, BadRow, Draft
from contacts_sync.files.outlook_tables import DIALECTS
from contacts_sync.files.table import Dialect
from contacts_sync.files.text import plain_bytes

Reader = Callable[[bytes], Iterator[Draft | BadCard | BadRow]]

_VCARD = re.compile(rb"(?im)^\W{0,8}BEGIN[ \t]*:[ \t]*VCARD")
_HEAD = 100_000


class UnknownFormat(ValueError):
    """The file is in no format that can be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its key, its name for people, and how to read a file of it."""

    name: str
    title: str
    read: Reader


def _table(dialect: Dialect) -> Format:
    def read(data: bytes) -> Iterator[Draft | BadRow]:
        return csv_read.rows(csv_read.open_table(data, (dialect,)))

    return Format(dialect.name, dialect.title, read)


VCARD = Format("vcard", "vCard", vcard.read)
FORMATS = (VCARD, *(_table(dialect) for dialect in DIALECTS))
"""Every format, a CSV dialect is one. A new dialect is a row in `outlook_tables.DIALECTS`."""


def detect(name: str, data: bytes) -> Format:
    """Say which format a file is in, by its content; its name only decides about an empty file.

    Raises `UnknownFormat` with a sentence for the person who chose the file.
    """
    if _VCARD.search(plain_bytes(data)[:_HEAD].replace(b"\r", b"\n")):
        return VCARD
    if name.lower().endswith((".vcf", ".vcard")) and not plain_bytes(data).strip(b"\x00 \t\r\n"):
        return VCARD
    try:
        dialect = csv_read.open_table(data, DIALECTS).dialect
    except (NotACsv, UnknownTable) as error:
        raise UnknownFormat(
            f"“{name}” is no vCard file, and no CSV file of a known kind. {error}"
        ) from None
    return next(known for known in FORMATS if known.name == dialect.name)


def read(name: str, data: bytes) -> Iterator[Draft | BadCard | BadRow]:
    """Read a file in whatever known format it is. Raises `UnknownFormat` at once if in none."""
    return detect(name, data).read(data)
