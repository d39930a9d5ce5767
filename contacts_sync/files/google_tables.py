"""Google's tables: before and since 2024. Both are read, the newer one is written.

Values stand in numbered groups of columns (“E-mail 1 - Label”, “E-mail 1 - Value”), of which a file
has as many as its fullest contact needs. Several values of one label share a cell with “ ::: ”
between them; “* ” before a label marks the group with the primary value.
"""

from __future__ import annotations

from contacts_sync.contact import ADDRESSES, EMAILS, MESSENGERS, PHONES, WEBSITES
from contacts_sync.files.table import (
    Column,
    Date,
    Dialect,
    Echo,
    Member,
    NoField,
    Role,
    Text,
    WholeName,
)

SEPARATOR = " ::: "

_SYSTEM = frozenset({"mycontacts", "* mycontacts", "starred", "* starred", "* other contacts"})
"""Google's own groups, which say nothing about a contact."""

_ADDRESS = {
    "Formatted": "formatted",
    "Street": "street",
    "City": "city",
    "PO Box": "box",
    "Region": "region",
    "Postal Code": "postal_code",
    "Country": "country",
    "Extended Address": "extended",
}


def _group(heading: str, kind: str, label: str) -> tuple[Column, ...]:
    return (
        Column(f"{heading} {{n}} - {label}", Member(kind, "label")),
        Column(f"{heading} {{n}} - Value", Member(kind, "value")),
    )


def _addresses(label: str) -> tuple[Column, ...]:
    return (
        Column(f"Address {{n}} - {label}", Member(ADDRESSES, "label")),
        *(
            Column(f"Address {{n}} - {name}", Member(ADDRESSES, part))
            for name, part in _ADDRESS.items()
        ),
    )


def _plain(roles: dict[str, Role]) -> tuple[Column, ...]:
    return tuple(Column(heading, role) for heading, role in roles.items())


GROUPS = (
    *_group("E-mail", EMAILS, "Label"),
    *_group("Phone", PHONES, "Label"),
    *_addresses("Label"),
    *_group("Website", WEBSITES, "Label"),
    *_group("Custom Field", "", "Label"),
)
"""What is written; messengers are custom fields, since Google has no columns for them any more."""

GOOGLE = Dialect(
    "google-csv",
    "Google CSV",
    (
        *_plain(
            {
                "First Name": Text("first_name"),
                "Middle Name": Text("middle_name"),
                "Last Name": Text("last_name"),
                "Phonetic First Name": NoField(),
                "Phonetic Middle Name": NoField(),
                "Phonetic Last Name": NoField(),
                "Name Prefix": Text("prefix"),
                "Name Suffix": Text("suffix"),
                "Nickname": NoField(),
                "File As": Echo(),
                "Organization Name": Text("company"),
                "Organization Title": Text("job_title"),
                "Organization Department": Text("department"),
                "Birthday": Date("birthday"),
                "Notes": NoField(sizes_only=True),
                "Photo": NoField(),
                "Labels": NoField(_SYSTEM),
            }
        ),
        *GROUPS,
    ),
    frozenset({"Organization Name", "Labels", "E-mail 1 - Label", "Phone 1 - Label"}),
    encoding="utf-8",
    separator=SEPARATOR,
    also=(*_group("Event", "", "Label"), *_group("Relation", "", "Label")),
)

GOOGLE_OLD = Dialect(
    "google-csv-until-2023",
    "Google CSV (until 2023)",
    (
        *_plain(
            {
                "Name": WholeName(),
                "Given Name": Text("first_name"),
                "Additional Name": Text("middle_name"),
                "Family Name": Text("last_name"),
                "Name Prefix": Text("prefix"),
                "Name Suffix": Text("suffix"),
                "Initials": Echo(),
                "Birthday": Date("birthday"),
                "Notes": NoField(sizes_only=True),
                "Group Membership": NoField(_SYSTEM),
                "Organization {n} - Type": Echo(),
                "Organization {n} - Name": Text("company"),
                "Organization {n} - Title": Text("job_title"),
                "Organization {n} - Department": Text("department"),
                "IM {n} - Type": Member(MESSENGERS, "label"),
                "IM {n} - Service": Member(MESSENGERS, "service"),
                "IM {n} - Value": Member(MESSENGERS, "value"),
            }
        ),
        *_group("E-mail", EMAILS, "Type"),
        *_group("Phone", PHONES, "Type"),
        *_addresses("Type"),
        *_group("Website", WEBSITES, "Type"),
        *(
            column
            for heading in ("Custom Field", "Event", "Relation", "Jot", "External ID", "Calendar")
            for column in _group(heading, "", "Type")
        ),
        *(
            Column(heading, NoField())
            for heading in (
                *("Yomi Name", "Given Name Yomi", "Additional Name Yomi", "Family Name Yomi"),
                *("Nickname", "Short Name", "Maiden Name", "Gender", "Location", "Occupation"),
                *("Billing Information", "Directory Server", "Mileage", "Hobby", "Sensitivity"),
                *("Priority", "Subject", "Language", "Photo", "Organization {n} - Yomi Name"),
                *("Organization {n} - Symbol", "Organization {n} - Location"),
                "Organization {n} - Job Description",
            )
        ),
    ),
    frozenset({"Given Name", "Family Name", "Group Membership", "E-mail 1 - Type"}),
    encoding="utf-8",
    separator=SEPARATOR,
)

DIALECTS = (GOOGLE, GOOGLE_OLD)
