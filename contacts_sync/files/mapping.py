"""What a person says the columns of a table hold, as data that a page can show and remember.

A mapping is JSON: for each column name a role and how certain it is, from 0 to 1. `TITLES` lists the
roles with their names for people, in the order in which a page should offer them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from contacts_sync.contact import (
    ADDRESS_LABELS,
    ADDRESS_PARTS,
    ADDRESSES,
    EMAIL_LABELS,
    EMAILS,
    MESSENGER_LABELS,
    MESSENGERS,
    PHONE_LABELS,
    PHONES,
    WEBSITE_LABELS,
    WEBSITES,
)
from contacts_sync.files.table import (
    AddressPart,
    Date,
    DatePart,
    Entry,
    NoField,
    Notes,
    Role,
    Text,
    WholeName,
)

NONE = "none"
"""The role of a column that the list has no field for; its values are listed with each contact."""


class Guess(TypedDict):
    """One column of a mapping. A person's own choice is certain: 1."""

    role: str
    certainty: float


Mapping = dict[str, Guess]

_SCALARS: dict[str, tuple[str, Role]] = {
    "name": ("Name (whole)", WholeName()),
    "prefix": ("Prefix", Text("prefix")),
    "first_name": ("First name", Text("first_name")),
    "middle_name": ("Middle name", Text("middle_name")),
    "last_name": ("Last name", Text("last_name")),
    "suffix": ("Suffix", Text("suffix")),
    "company": ("Company", Text("company")),
    "job_title": ("Job title", Text("job_title")),
    "department": ("Department", Text("department")),
    "birthday": ("Birthday", Date("birthday")),
    "birthday.year": ("Birthday: year", DatePart("birthday", "year")),
    "birthday.month": ("Birthday: month", DatePart("birthday", "month")),
    "birthday.day": ("Birthday: day", DatePart("birthday", "day")),
}
_SETS = (
    (EMAILS, "E-mail", EMAIL_LABELS),
    (PHONES, "Phone", PHONE_LABELS),
    (MESSENGERS, "Messenger", MESSENGER_LABELS),
    (WEBSITES, "Web site", WEBSITE_LABELS),
)
_PARTS = {
    "street": "street",
    "city": "city",
    "region": "state or province",
    "postal_code": "postal code",
    "country": "country",
}

_ROLES: dict[str, tuple[str, Role]] = (
    _SCALARS
    | {
        f"{kind}.{label}": (f"{noun} ({label})", Entry(kind, label))
        for kind, noun, labels in _SETS
        for label in labels
    }
    | {
        f"{ADDRESSES}.{label}.{part}": (
            f"Address ({label}): {_PARTS[part]}",
            AddressPart(label, part),
        )
        for label in ADDRESS_LABELS
        for part in ADDRESS_PARTS
    }
    | {NONE: ("(nothing in the list)", NoField())}
)

TITLES = {role: title for role, (title, _) in _ROLES.items()}
_NAMES = {role: name for name, (_, role) in _ROLES.items()}
_SINGLE = frozenset(_SCALARS)


def role_of(name: str) -> Role:
    """Give the role of that name; an unknown one (of a later version) has no field."""
    return _ROLES.get(name, _ROLES[NONE])[1]


def name_of(role: Role) -> str:
    """Give the name of a role, or "" if a mapping cannot say it."""
    match role:
        case Entry(set=kind, label=label):
            return f"{kind}.{label}"
        case AddressPart(label=label, part=part):
            return f"{ADDRESSES}.{label}.{part}"
        case NoField() | Notes():
            return NONE
    return _NAMES.get(role, "")


def is_single(name: str) -> bool:
    """Say whether a table can have only one column of this role."""
    return name in _SINGLE


def column_names(headings: Sequence[str]) -> tuple[str, ...]:
    """Give each column a name of its own: a heading that stands there twice gets a number."""
    seen: dict[str, int] = {}
    names = []
    for index, heading in enumerate(headings):
        name = " ".join(heading.split()).strip("\ufeff'\"") or f"Column {index + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
