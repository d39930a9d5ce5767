"""Outlook's CSV files, desktop and web: which columns, read and written.

What the format cannot say: which value is primary (the primary gets the first column), the labels
of e-mails, messengers and web sites, a second fax's kind. Written with English headings, as they
are most widely read; read also with German, French and Italian ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contacts_sync.files import csv_write, outlook_languages, outlook_tables, table_read
from contacts_sync.files.csv_write import Report, ignore
from contacts_sync.files.draft import BadRow, Draft
from contacts_sync.files.outlook_tables import OUTLOOK, OUTLOOK_WEB
from contacts_sync.files.sheets import NotACsv, UnknownTable, open_table
from contacts_sync.files.table import Dialect

DIALECTS = (*outlook_tables.DIALECTS, *outlook_languages.DIALECTS)

__all__ = ["DIALECTS", "OUTLOOK", "OUTLOOK_WEB", "NotACsv", "UnknownTable", "read", "write"]


def read(data: bytes) -> Iterator[Draft | BadRow]:
    """Read the rows of a file in its order, holding one contact at a time.

    Raises `NotACsv`, `UnknownTable` or `TooLarge` at once if the file is none, with a sentence that says what
    was expected. After that nothing raises: a bad row becomes a `BadRow`, and reading goes on. The
    encoding is found out (UTF-8 and UTF-16 with or without a mark, else a code page of Windows), so are the
    delimiter and the order of day and month. Columns may be missing or stand in any order.
    """
    return table_read.rows(open_table(data, DIALECTS, expected="Outlook CSV"))


def write(
    contacts: Iterable[Draft], dialect: Dialect = OUTLOOK, report: Report = ignore
) -> Iterator[bytes]:
    """Write the heading row and each contact as a chunk of UTF-8 with a byte order mark.

    `report` is called with the draft for everything that has no column: a fourth e-mail, a Skype
    name, a billing address. Cells that a spreadsheet would run as a formula get an apostrophe,
    which `read` takes off again.
    """
    return csv_write.write(contacts, dialect, report)
