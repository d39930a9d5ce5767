"""Google's CSV files: read as before and since 2024, written as since 2024."""

from __future__ import annotations

from collections.abc import Iterator

from contacts_sync.files import google_write, table_read
from contacts_sync.files.draft import BadRow, Draft
from contacts_sync.files.google_tables import DIALECTS, GOOGLE, GOOGLE_OLD
from contacts_sync.files.sheets import open_table

__all__ = ["DIALECTS", "GOOGLE", "GOOGLE_OLD", "read", "write"]

write = google_write.write


def read(data: bytes) -> Iterator[Draft | BadRow]:
    """Read the rows of a file in its order; see `outlook_csv.read`."""
    return table_read.rows(open_table(data, DIALECTS))
