"""Clio's import template: eleven columns, read and written.

What it cannot say: a middle name, a suffix, a department, a birthday, a country, a second e-mail,
phone or address, and any label. Clio takes the rest in by hand or through its API.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contacts_sync.files import csv_write, table_read
from contacts_sync.files.csv_write import Report, ignore
from contacts_sync.files.draft import BadRow, Draft
from contacts_sync.files.other_tables import CLIO
from contacts_sync.files.sheets import open_table


def read(data: bytes) -> Iterator[Draft | BadRow]:
    """Read the rows of a file in its order; see `outlook_csv.read`."""
    return table_read.rows(open_table(data, (CLIO,)))


def write(contacts: Iterable[Draft], report: Report = ignore) -> Iterator[bytes]:
    """Write the heading row and each contact as a chunk of UTF-8.

    `report` is called with the draft for everything that has no column. The primary e-mail and
    phone are taken, else the first; of the addresses only the one labelled Work.
    """
    return csv_write.write(contacts, CLIO, report)
