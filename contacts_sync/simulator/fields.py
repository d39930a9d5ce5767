"""What a Graph contact holds: reading request bodies, refusing like the service, showing.

Stored fields are sparse: an empty property is no key. `emailAddresses` is
stored by slot, with None for an empty slot in front of a filled one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.errors import (
    GraphError,
    too_many_values,
    unknown_property,
    unreadable_value,
)

Fields = dict[str, Any]

SCALARS = (
    "assistantName", "businessHomePage", "companyName", "department", "displayName", "fileAs",
    "generation", "givenName", "initials", "jobTitle", "manager", "middleName", "mobilePhone",
    "nickName", "officeLocation", "personalNotes", "profession", "spouseName", "surname",
    "title", "yomiCompanyName", "yomiGivenName", "yomiSurname",
)  # fmt: skip
PHONES = {"businessPhones": 2, "homePhones": 2, "imAddresses": 3}
LISTS = ("categories", "children")
ADDRESSES = ("businessAddress", "homeAddress", "otherAddress")
PARTS = ("street", "city", "state", "postalCode", "countryOrRegion")
SLOTS = ("primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress")
READ_ONLY = ("id", "changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId")
NAME_PARTS = ("givenName", "middleName", "surname", "title", "generation", "companyName")
EXTENDED = "singleValueExtendedProperties"

PROPERTIES = frozenset(
    (*SCALARS, *PHONES, *LISTS, *ADDRESSES, *SLOTS, *READ_ONLY, "birthday", "emailAddresses")
)
_EMPTY_LISTS = (*PHONES, *LISTS, "emailAddresses")
_EMPTY: Fields = {
    **{name: [] for name in _EMPTY_LISTS},
    **{name: {} for name in ADDRESSES},
    "birthday": None,
}
_PLAIN: Fields = {**dict.fromkeys(SCALARS), **_EMPTY}
# Seen live: unset text comes back as null and as "", mixed within one contact.
_MIXED = tuple(
    {
        **{name: "" if index % 2 == turn else None for index, name in enumerate(SCALARS)},
        **_EMPTY,
        "personalNotes": "",
    }
    for turn in (0, 1)
)
_ADDRESS = re.compile(r"^(/o=.*|[^\s@<>,;()]+@[^\s@<>,;()]+)$", re.IGNORECASE)


def read_body(
    body: Any, behaviour: Behaviour, name_of: Callable[[str], str | None] = lambda _: None
) -> Fields:
    """Turn a request body into stored values by name; None clears a property.

    Raises GraphError as the service would: unknown names, wrong types, more
    values than there are slots. Read-only properties are ignored.
    """
    if not isinstance(body, Mapping):
        raise GraphError(400, "RequestBodyRead", "The request body is not a JSON object.")
    fields: Fields = {}
    for name, value in body.items():
        if name in READ_ONLY or name == EXTENDED or name.startswith("@") or "@odata." in name:
            continue
        fields[name] = _read_value(name, value, behaviour)
    if fields.get("emailAddresses"):
        fields["emailAddresses"] = [_email(e, name_of) for e in fields["emailAddresses"]]
    for slot in SLOTS:
        if fields.get(slot):
            fields[slot] = _email(fields[slot], name_of)
    return fields


def _read_value(name: str, value: Any, behaviour: Behaviour) -> Any:
    if name in SCALARS:
        return _text(name, value, behaviour)
    if name in PHONES:
        return _texts(name, value, behaviour, PHONES[name])
    if name in LISTS:
        return _texts(name, value, behaviour, None)
    if name == "emailAddresses":
        return _emails(value)
    if name in SLOTS:
        return None if not value else _email_parts(name, value)
    if name in ADDRESSES:
        return _address(name, value, behaviour)
    if name == "birthday":
        return _birthday(value)
    raise unknown_property(name, "Contact")


def _text(name: str, value: Any, behaviour: Behaviour) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise unreadable_value(name, "a string")
    if behaviour.strip_whitespace:
        value = value.strip()
    if behaviour.crlf and "\n" in value:
        value = value.replace("\r\n", "\n").replace("\n", "\r\n")
    return value or None


def _texts(name: str, value: Any, behaviour: Behaviour, most: int | None) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise unreadable_value(name, "a collection of strings")
    texts = [_text(name, entry, behaviour) for entry in value]
    if most is not None and len(texts) > most:
        raise too_many_values(name, len(texts), most)
    return [text for text in texts if text] or None


def _emails(value: Any) -> list[Any] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise unreadable_value("emailAddresses", "a collection")
    if len(value) > len(SLOTS):
        raise too_many_values("emailAddresses", len(value), len(SLOTS))
    entries = [_email_parts("emailAddresses", entry) for entry in value]
    return [entry for entry in entries if entry] or None


def _email_parts(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise unreadable_value(name, "an object")
    parts: dict[str, str] = {}
    for key, text in value.items():
        if key not in ("name", "address"):
            raise unknown_property(key, "EmailAddress")
        if text is not None and not isinstance(text, str):
            raise unreadable_value(f"{name}/{key}", "a string")
        if text:
            parts[key] = text
    return parts


def _email(parts: dict[str, str], name_of: Callable[[str], str | None]) -> dict[str, str]:
    address = parts.get("address", "")
    if not _ADDRESS.match(address.strip()):
        # Not an address for Exchange: the text survives as the name only.
        return {"name": parts.get("name") or address}
    address = address.strip()
    name = name_of(address.casefold()) or parts.get("name") or address
    return {"name": name, "address": address}


def _address(name: str, value: Any, behaviour: Behaviour) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise unreadable_value(name, "an object")
    parts: dict[str, str] = {}
    for part, text in value.items():
        if part not in PARTS:
            raise unknown_property(part, "PhysicalAddress")
        kept = _text(f"{name}/{part}", text, behaviour)
        if kept:
            parts[part] = kept
    return parts or None


def _birthday(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise unreadable_value("birthday", "a date and time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise unreadable_value("birthday", "a date and time") from None
    if moment.tzinfo and moment.year > 1:
        moment = moment.astimezone(UTC)
    return moment.date().isoformat()


def merge(old: Fields, new: Fields) -> Fields:
    """Give the fields after a write; collections and addresses are replaced whole."""
    fields = {**old, **{name: value for name, value in new.items() if name not in SLOTS}}
    if any(slot in new for slot in SLOTS):
        slots: list[Any] = [*(fields.get("emailAddresses") or ()), None, None, None][:3]
        for index, slot in enumerate(SLOTS):
            if slot in new:
                slots[index] = new[slot]
        while slots and not slots[-1]:
            slots.pop()
        fields["emailAddresses"] = slots
    return {name: value for name, value in fields.items() if value}


def compose_display_name(fields: Fields) -> str | None:
    """Compose as the service does when nobody gave a display name."""
    parts = [fields.get(name) for name in ("givenName", "middleName", "surname")]
    words = " ".join(part for part in parts if part)
    return words or fields.get("companyName") or _first_address(fields)


def compose_file_as(fields: Fields) -> str | None:
    given = " ".join(p for p in (fields.get("givenName"), fields.get("middleName")) if p)
    words = ", ".join(part for part in (fields.get("surname"), given) if part)
    return words or fields.get("companyName") or _first_address(fields)


def _first_address(fields: Fields) -> str | None:
    for email in fields.get("emailAddresses") or ():
        if email:
            return str(email.get("address") or email["name"])
    return None


def show(fields: Fields, turn: int, notes_cut: int = 0) -> Fields:
    """Give the fields as the service answers them, with its mixed kinds of emptiness.

    For encoding only: empty collections are shared between records.
    """
    record = {**_MIXED[turn & 1], **fields}
    _complete(record, fields)
    if notes_cut and len(record["personalNotes"]) > notes_cut:
        record["personalNotes"] = record["personalNotes"][:notes_cut]
    return record


def show_plainly(fields: Fields) -> Fields:
    """Give a copy of the fields with None, [] and {} for what is empty, for people and tests."""
    record = deepcopy({**_PLAIN, **fields})
    _complete(record, fields)
    return record


def _complete(record: Fields, fields: Fields) -> None:
    """Add what is derived: the e-mail slots, and the time of day of a birthday."""
    if emails := fields.get("emailAddresses"):
        record.update((slot, email) for slot, email in zip(SLOTS, emails, strict=False) if email)
        record["emailAddresses"] = [email for email in emails if email]
    if birthday := fields.get("birthday"):
        time = "00:00:00" if birthday == "0001-01-01" else "11:59:00"
        record["birthday"] = f"{birthday}T{time}Z"
