"""Contact files: vCard, CSV and Excel, read into drafts and written from them. No Django."""

from contacts_sync.files.draft import (
    BadCard,
    BadRow,
    Draft,
    DraftValue,
    Source,
    Unread,
)
from contacts_sync.files.encoding import CHOICES as ENCODINGS
from contacts_sync.files.encoding import encoding_of, recode, rough_count
from contacts_sync.files.formats import (
    EXPORTS,
    FORMATS,
    Export,
    Format,
    NeedsMapping,
    UnknownFormat,
    detect,
    read,
)
from contacts_sync.files.limits import Limits, Refused, TooLarge, check_size
from contacts_sync.files.mapping import TITLES, Mapping
from contacts_sync.files.table_guess import Look, look, read_table, table_guess

__all__ = [
    "ENCODINGS",
    "EXPORTS",
    "FORMATS",
    "TITLES",
    "BadCard",
    "BadRow",
    "Draft",
    "DraftValue",
    "Export",
    "Format",
    "Limits",
    "Look",
    "Mapping",
    "NeedsMapping",
    "Refused",
    "Source",
    "TooLarge",
    "UnknownFormat",
    "Unread",
    "check_size",
    "detect",
    "encoding_of",
    "look",
    "read",
    "read_table",
    "recode",
    "rough_count",
    "table_guess",
]
