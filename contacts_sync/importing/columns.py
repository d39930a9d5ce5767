"""What the columns of a table of an unknown kind hold: said once by a person, and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from contacts_sync import files
from contacts_sync.files.table import key
from contacts_sync.models import ContactImport, RememberedColumns

TITLE = "Table"

Columns = dict[str, str]
"""The role of each column, by its name."""


def digest(headings: Sequence[str]) -> str:
    """Tell one heading row from another; capitals and white space do not count."""
    text = json.dumps([key(heading) for heading in headings], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(headings: Sequence[str]) -> files.Mapping | None:
    """Give what somebody said of a table with these headings."""
    found = RememberedColumns.objects.filter(digest=digest(headings)).first()
    if found is None or set(found.columns) != set(headings):
        return None
    return mapping_of(found.columns)


def remember(file: ContactImport, columns: Columns, actor: Any) -> None:
    """Keep what a person said for the next file with the same headings.

    A table without headings is not remembered: any other with as many columns would seem the same.
    """
    if file.headings:
        RememberedColumns.objects.update_or_create(
            digest=digest(file.headings), defaults={"columns": columns, "actor": actor}
        )


def mapping_of(columns: Columns) -> files.Mapping:
    """Take what a person said as certain."""
    return {
        name: {"role": role if role in files.TITLES else "none", "certainty": 1.0}
        for name, role in columns.items()
    }
