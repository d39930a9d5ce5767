"""What a contact is: its fields, their canonical forms, and the key by which contacts match.

This is the one table of what is synced (DESIGN.md, section 3). Canonical forms are computed when
two values are compared and never stored, so that a new version of `phonenumbers` or another region
is no mass change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import phonenumbers

from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.engine.schema import Room, Scalar, Schema, Value, ValueSet

MAPPING_VERSION = 1
"""Raise it when the table below changes: fields without a shadow then follow the first-link rule."""

PERSON, COMPANY = "person", "company"
EMAILS, PHONES, MESSENGERS = "emails", "phones", "messengers"
ADDRESSES, WEBSITES = "addresses", "websites"
SETS = (EMAILS, PHONES, MESSENGERS, ADDRESSES, WEBSITES)

NAME_PARTS = ("prefix", "first_name", "middle_name", "last_name", "suffix")
ADDRESS_PARTS = ("street", "city", "region", "postal_code", "country")

WORK, HOME, MOBILE, OTHER = "Work", "Home", "Mobile", "Other"
PHONE_LABELS = (WORK, HOME, MOBILE, "Fax", "Pager", "Skype", OTHER)
EMAIL_LABELS = (WORK, HOME, OTHER)
MESSENGER_LABELS = (WORK, HOME, OTHER)
ADDRESS_LABELS = (WORK, HOME, "Billing", OTHER)
WEBSITE_LABELS = (WORK, HOME, OTHER)

ANY = "any"
"""The room of sets in which Outlook knows no labels."""

NO_BIRTH_YEARS = frozenset({1, 1604})
"""Years that stand for "none": Exchange's empty date, and Apple's birthday without a year."""


def fold(text: str) -> str:
    """Trim, fold inner white space and compose (NFC): the canonical form of a plain text."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def fold_address(text: str) -> str:
    """Give the canonical form of an e-mail address: trimmed and case-folded."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


@lru_cache(maxsize=65_536)
def fold_phone(text: str, region: str) -> str:
    """Give the canonical form of a phone number.

    E.164 with its extension where `phonenumbers` finds the number valid, else its digits (with a
    leading plus), else the folded text. A number that is not valid is not interpreted: "0049…" read
    in the United States would become another number.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return _digits(text) or fold(text).casefold()
    if not phonenumbers.is_valid_number(number):
        return _digits(text) or fold(text).casefold()
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};{number.extension}" if number.extension else plain


def _digits(text: str) -> str:
    digits = "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit())
    return f"+{digits}" if digits and text.lstrip().startswith("+") else digits


def fold_website(text: str) -> str:
    """Give the canonical form of a web address: trimmed, without a closing slash."""
    return fold(text).rstrip("/")


@lru_cache(maxsize=64)
def schema(kind: str, region: str) -> Schema:
    """Declare the synced fields of a kind of contact, with what Outlook has room for.

    A company carries its name in `name` instead of `company`. It has name parts too, so that
    nothing is lost when somebody enters them in Outlook.
    """

    def phone(value: Value) -> str:
        return fold_phone(str(value), region)

    company = "name" if kind == COMPANY else "company"
    texts = (*NAME_PARTS, company, "job_title", "department", "birthday")
    return Schema(
        scalars=tuple(Scalar(name, fold) for name in texts),
        sets=(
            ValueSet(EMAILS, (Room(ANY, 3, OTHER),), lambda value: fold_address(str(value))),
            ValueSet(
                PHONES,
                (
                    Room(WORK, 2, WORK, frozenset({WORK})),
                    Room(HOME, 2, HOME, frozenset({HOME})),
                    Room(MOBILE, 1, MOBILE, frozenset({MOBILE})),
                ),
                phone,
            ),
            ValueSet(MESSENGERS, (Room(ANY, 3, OTHER),), lambda value: fold(str(value))),
            ValueSet(
                ADDRESSES,
                tuple(Room(label, 1, label, frozenset({label})) for label in (WORK, HOME, OTHER)),
                lambda value: tuple(fold(part) for part in value),
            ),
            ValueSet(WEBSITES, (Room(ANY, 1, WORK),), lambda value: fold_website(str(value))),
        ),
    )


def kind_of(scalars: Mapping[str, str]) -> str:
    """Tell a company from a person: only a company name and no name part is a company."""
    named = any(fold(scalars.get(part, "")) for part in NAME_PARTS)
    return COMPANY if fold(scalars.get("company", "")) and not named else PERSON


def match_keys(
    kind: str, scalars: Mapping[str, str], addresses: Iterable[str]
) -> frozenset[tuple[str, ...]]:
    """Give the keys by which a contact matches another: one for each e-mail address.

    First name, last name and an address for a person; name and an address for a company. Names are
    compared with their case, blank equals blank. Without an address there is no key.
    """
    if kind == COMPANY:
        name: tuple[str, ...] = (fold(scalars.get("name") or scalars.get("company", "")),)
    else:
        name = (fold(scalars.get("first_name", "")), fold(scalars.get("last_name", "")))
    return frozenset(
        (kind, *name, fold_address(address)) for address in addresses if address.strip()
    )


def near_keys(
    kind: str, scalars: Mapping[str, str], addresses: Iterable[str], phones: Iterable[str]
) -> frozenset[tuple[str, ...]]:
    """Give the keys by which two contacts may be the same without matching.

    The same name, the same e-mail address, or the same last name and phone number (given in its
    canonical form).
    """
    keys = {("same e-mail", fold_address(address)) for address in addresses if address.strip()}
    if kind == COMPANY:
        name = fold(scalars.get("name") or scalars.get("company", "")).casefold()
        names = {("same name", name)} if name else set()
        return frozenset(keys | names)
    first, last = (fold(scalars.get(part, "")).casefold() for part in ("first_name", "last_name"))
    whole: set[tuple[str, ...]] = {("same name", first, last)} if first and last else set()
    if last:
        whole |= {("same phone and last name", last, phone) for phone in phones}
    return frozenset(keys | whole)


def is_empty(scalars: Mapping[str, str], sets: Mapping[str, Iterable[Any]]) -> bool:
    """Say whether a contact holds nothing at all."""
    return not any(fold(text) for text in scalars.values()) and not any(map(tuple, sets.values()))


def remote_record(values: Mapping[str, Any], kind: str) -> RemoteRecord:
    """Read the values of a mirror row, as seen by a contact of the given kind."""
    scalars = dict(values["scalars"])
    if kind == COMPANY:
        scalars["name"] = scalars.pop("company", "")
    return RemoteRecord(
        scalars=scalars,
        sets={
            name: tuple(RemoteValue(room, as_value(value)) for room, value in entries)
            for name, entries in values["sets"].items()
        },
        taken=values.get("taken", {}),
    )


def remote_values(record: RemoteRecord) -> dict[str, Any]:
    """Write a record as the values of a mirror row: the inverse of `remote_record`."""
    scalars = {name: text for name, text in record.scalars.items() if text}
    if "name" in scalars:
        scalars["company"] = scalars.pop("name")
    return {
        "scalars": scalars,
        "sets": {
            name: [[entry.room, entry.value] for entry in entries]
            for name, entries in record.sets.items()
            if entries
        },
        "taken": {name: dict(rooms) for name, rooms in record.taken.items()},
    }


def as_value(stored: str | list[str] | tuple[str, ...]) -> Value:
    """Turn a value read from JSON into a hashable one."""
    return stored if isinstance(stored, str) else tuple(stored)


def display_name(kind: str, scalars: Mapping[str, str]) -> str:
    """Compose the name under which a contact is shown, as Outlook composes it."""
    if kind == COMPANY and fold(scalars.get("name", "")):
        return scalars["name"]
    parts = (scalars.get(part, "") for part in NAME_PARTS)
    return " ".join(part for part in parts if part) or scalars.get("company", "")
