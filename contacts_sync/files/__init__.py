"""Contact files: vCard and CSV, read into drafts and written from them. No Django, no database."""

from contacts_sync.files.draft import (
    BadCard,
    BadRow,
    Draft,
    DraftValue,
    Source,
    Unread,
)
from contacts_sync.files.formats import FORMATS, Format, UnknownFormat, detect, read

__all__ = [
    "FORMATS",
    "BadCard",
    "BadRow",
    "Draft",
    "DraftValue",
    "Format",
    "Source",
    "UnknownFormat",
    "Unread",
    "detect",
    "read",
]
