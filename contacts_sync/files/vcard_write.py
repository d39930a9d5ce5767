"""Contacts as vCards: 3.0 (RFC 2426), which every program reads, and 4.0 (RFC 6350)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from contacts_sync.contact import (
    ADDRESSES,
    COMPANY,
    EMAILS,
    MESSENGERS,
    PERSON,
    PHONES,
    WEBSITES,
    display_name,
    kind_of,
)
from contacts_sync.files.draft import Draft, DraftValue, sets_of
from contacts_sync.files.labels import TYPES
from contacts_sync.files.text import clean
from contacts_sync.files.values import SERVICES
from contacts_sync.files.vcard_reading import PRODUCT, URN

V3, V4 = "3.0", "4.0"
_WIDTH = 75
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BREAK = re.compile(r"\r\n?")
_PROPERTIES = {
    EMAILS: "EMAIL",
    PHONES: "TEL",
    ADDRESSES: "ADR",
    MESSENGERS: "IMPP",
    WEBSITES: "URL",
}
_SHOWN = frozenset({"Skype", "Billing"})
"""Labels that no vCard type stands for. An X-ABLabel beside it shows them in Apple and Google."""


def write(contacts: Iterable[Draft], version: str = V3) -> Iterator[bytes]:
    """Write contacts as one UTF-8 chunk each; see `vcard.write`."""
    for draft in contacts:
        yield b"".join(_fold(line) for line in _card(draft, version))


def _card(draft: Draft, version: str) -> Iterator[str]:
    scalars = draft.scalars
    yield "BEGIN:VCARD"
    yield f"VERSION:{version}"
    yield f"PRODID:{PRODUCT}"
    if draft.uid:
        yield _uid(draft.uid, version)
    yield from _kind(draft, version)
    yield f"FN:{_escape(_shown(draft))}"
    order = ("last_name", "first_name", "middle_name", "prefix", "suffix")
    yield "N:" + _join(scalars.get(part, "") for part in order)
    company, department = (
        scalars.get("name") or scalars.get("company", ""),
        scalars.get("department"),
    )
    if company or department:
        yield "ORG:" + _join((company, department) if department else (company,))
    if job_title := scalars.get("job_title"):
        yield f"TITLE:{_escape(job_title)}"
    if birthday := scalars.get("birthday"):
        # 4.0 has dates in the basic format of ISO 8601 (RFC 6350 4.3.1).
        yield f"BDAY:{_escape(birthday.replace('-', '') if version == V4 else birthday)}"
    yield from _values(draft, version)
    yield "END:VCARD"


def _kind(draft: Draft, version: str) -> Iterator[str]:
    if draft.kind == COMPANY:
        yield "KIND:org" if version == V4 else "X-ABShowAs:COMPANY"
    elif kind_of(draft.scalars) == COMPANY:
        yield "KIND:individual"  # else a card with nothing but ORG is a company


def _uid(uid: str, version: str) -> str:
    """Name the card: in 4.0 by a URI, or else by what is marked as a text (RFC 6350 6.7.6)."""
    if version == V3:
        return f"UID:{_escape(uid)}"
    return f"UID:{URN}{uid}" if _UUID.fullmatch(uid) else f"UID;VALUE=text:{_escape(uid)}"


def _shown(draft: Draft) -> str:
    """Give the text of FN, which 3.0 demands: a number or an address if there is no name."""
    name = display_name(draft.kind if draft.kind == COMPANY else PERSON, draft.scalars)
    entries = (*draft.emails, *draft.phones, *draft.messengers, *draft.websites)
    return name or next((str(entry.value) for entry in entries), "")


def _values(draft: Draft, version: str) -> Iterator[str]:
    item = 0
    for kind, name in _PROPERTIES.items():
        for entry in sets_of(draft)[kind]:
            head = name + _service(kind, entry) + _params(kind, entry, version)
            if entry.label not in _SHOWN:
                yield f"{head}:{_value(kind, entry)}"
                continue
            item += 1
            yield f"item{item}.{head}:{_value(kind, entry)}"
            yield f"item{item}.X-ABLabel:{entry.label}"


def _params(kind: str, entry: DraftValue, version: str) -> str:
    """Give label and primary; 4.0 has a parameter for the one, and fewer words for the other."""
    types = list(TYPES[kind].get(entry.label, ()))
    if version == V4:
        words = [word.lower() for word in types if word not in {"INTERNET", "POSTAL"}]
        return (";PREF=1" if entry.primary else "") + "".join(f";TYPE={word}" for word in words)
    types += ["PREF"] if entry.primary else []
    return "".join(f";TYPE={word}" for word in types)


def _service(kind: str, entry: DraftValue) -> str:
    """Name the service of a messenger for the programs that look there and not at the URI."""
    scheme, colon, _ = str(entry.value).partition(":")
    known = kind == MESSENGERS and colon and scheme in SERVICES.values()
    return f";X-SERVICE-TYPE={scheme.capitalize()}" if known else ""


def _value(kind: str, entry: DraftValue) -> str:
    if isinstance(entry.value, tuple):
        return _join(("", "", *entry.value))
    if kind in {WEBSITES, MESSENGERS}:  # URIs, in which commas and semicolons stand as they are
        return _BREAK.sub("\n", clean(entry.value)).replace("\\", "\\\\").replace("\n", "\\n")
    return _escape(entry.value)


def _join(parts: Iterable[str]) -> str:
    return ";".join(_escape(part) for part in parts)


def _escape(value: str) -> str:
    value = _BREAK.sub("\n", clean(value)).replace("\\", "\\\\").replace("\n", "\\n")
    return value.replace(",", "\\,").replace(";", "\\;")


def _fold(line: str) -> bytes:
    """Fold at 75 octets, never inside of a character (RFC 2426 2.6, RFC 6350 3.2)."""
    raw, pieces, width = line.encode(), [], _WIDTH
    while len(raw) > width:
        at = width
        while raw[at] & 0xC0 == 0x80:
            at -= 1
        pieces.append(raw[:at])
        raw, width = raw[at:], _WIDTH - 1
    return b"\r\n ".join([*pieces, raw]) + b"\r\n"
