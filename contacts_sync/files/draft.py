"""What a file tells about a contact, before anybody decides what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contacts_sync.contact import (
    ADDRESSES,
    EMAILS,
    MESSENGERS,
    NAME_PARTS,
    PHONES,
    WEBSITES,
    fold,
)
from contacts_sync.engine.schema import Value
from contacts_sync.files.text import clean

SHORT = 60
"""The longest excerpt of a value that an `Unread` carries."""

SCALARS = (*NAME_PARTS, "company", "name", "job_title", "department", "birthday")
"""All scalars of a draft. A person has `company`, a company has `name`; a missing one is blank."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the file something stands: "card 3 (line 41)"."""

    place: str
    number: int
    line: int

    def __str__(self) -> str:
        return f"{self.place} {self.number} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that did not become part of the draft, or became part of it with a doubt.

    `what` names the thing as a person would, `value` is an excerpt, `why` continues the sentence.
    """

    what: str
    value: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.what} “{self.value}”: {self.why}" if self.value else f"{self.what}: {self.why}"
        )


@dataclass(frozen=True, slots=True)
class DraftValue:
    """One value of a value set. A postal address is the tuple of `contact.ADDRESS_PARTS`."""

    label: str
    value: Value
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as a file tells it.

    Texts are trimmed and hold no NUL and no lone surrogate; labels are those of `contact.py`;
    at most one value of a set is primary; no set holds the same label and value twice.
    """

    kind: str
    scalars: Mapping[str, str] = field(default_factory=dict)
    emails: tuple[DraftValue, ...] = ()
    phones: tuple[DraftValue, ...] = ()
    messengers: tuple[DraftValue, ...] = ()
    addresses: tuple[DraftValue, ...] = ()
    websites: tuple[DraftValue, ...] = ()
    uid: str = ""
    source: Source | None = None
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class BadCard:
    """A card that is no contact: why, in words for the person who imports."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no contact: why, in words for the person who imports."""

    source: Source
    reason: str


def with_sets(draft: Draft, sets: Mapping[str, tuple[DraftValue, ...]]) -> Draft:
    """Give a draft its value sets, by their names in `contact.SETS`."""
    return replace(
        draft,
        emails=sets[EMAILS],
        phones=sets[PHONES],
        messengers=sets[MESSENGERS],
        addresses=sets[ADDRESSES],
        websites=sets[WEBSITES],
    )


def sets_of(draft: Draft) -> dict[str, tuple[DraftValue, ...]]:
    """Give the value sets of a draft by name."""
    return {
        EMAILS: draft.emails,
        PHONES: draft.phones,
        MESSENGERS: draft.messengers,
        ADDRESSES: draft.addresses,
        WEBSITES: draft.websites,
    }


def shorten(text: str) -> str:
    """Fold white space, drop what is no text, and cut to an excerpt."""
    line = fold(clean(text[: SHORT * 4]))
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


def distinct(values: list[DraftValue]) -> tuple[DraftValue, ...]:
    """Drop repetitions and leave one primary, the first."""
    kept: dict[tuple[str, Value], DraftValue] = {}
    primary: tuple[str, Value] | None = None
    for entry in values:
        key = (entry.label, entry.value)
        kept.setdefault(key, replace(entry, primary=False))
        if entry.primary and primary is None:
            primary = key
    if primary is not None:
        kept[primary] = replace(kept[primary], primary=True)
    return tuple(kept.values())
