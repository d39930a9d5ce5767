"""Translate contacts of Microsoft Graph into records and back: pure, and one table (DESIGN.md, 3).

What is not in the table is never read and never written (rule R17): notes, categories, photos,
extended properties other than our own key. Facts about Graph's contacts are from
https://learn.microsoft.com/graph/api/resources/contact unless another source is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from contacts_sync.contact import (
    ADDRESSES,
    ANY,
    EMAILS,
    HOME,
    MESSENGERS,
    MOBILE,
    NO_BIRTH_YEARS,
    OTHER,
    PHONES,
    WEBSITES,
    WORK,
    is_empty,
)
from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.engine.schema import Value
from contacts_sync.providers.base import Create, RemoteContact, Update
from contacts_sync.providers.microsoft365 import mark, names

Json = Mapping[str, Any]

TEXTS = (
    ("prefix", "title"),
    ("first_name", "givenName"),
    ("middle_name", "middleName"),
    ("last_name", "surname"),
    ("suffix", "generation"),
    ("company", "companyName"),
    ("job_title", "jobTitle"),
    ("department", "department"),
)
LISTS = (
    (PHONES, WORK, "businessPhones"),
    (PHONES, HOME, "homePhones"),
    (MESSENGERS, ANY, "imAddresses"),
)
SINGLES = (
    (PHONES, MOBILE, "mobilePhone"),
    (WEBSITES, ANY, "businessHomePage"),
)
PLACES = (
    (WORK, "businessAddress"),
    (HOME, "homeAddress"),
    (OTHER, "otherAddress"),
)
PLACE_PARTS = ("street", "city", "state", "postalCode", "countryOrRegion")
"""In the order of `contact.ADDRESS_PARTS`."""

BIRTHDAY, MAILS = "birthday", "emailAddresses"
SHOWN, FILED = "displayName", "fileAs"

CLEARED_PLACE: dict[str, Any] = dict.fromkeys(PLACE_PARTS)
"""How an address is cleared: each part as null.

Clients send `{}` or `null`, and Microsoft documents neither. A service that merges address objects
would keep everything on `{}`; five nulls clear it whether the service merges or replaces.
"""

CONTACT_TYPE = "#microsoft.graph.contact"


# --- Reading ------------------------------------------------------------------------------------


def read_contact(contact: Json) -> RemoteContact:
    """Read a contact as Graph shows it, in mirror form (a company name is `company`).

    Texts stay as received, except that line breaks in addresses are normalised, and NUL and half
    surrogate pairs, which no database keeps, are left out with a note. E-mail entries without a
    usable address are counted in `taken` and kept in `extras`, so that a write sends them back.
    """
    clean, notes = _cleaned(contact)
    mails, kept = _mails(clean)
    record = RemoteRecord(
        scalars=_scalars(clean, notes),
        sets=_sets(clean, mails),
        taken={EMAILS: {ANY: len(kept)}} if kept else {},
    )
    notes += [_why_kept(entry) for entry in kept]
    return RemoteContact(
        remote_id=_text(clean.get("id")),
        version=_version(clean),
        modified=_moment(clean.get("lastModifiedDateTime")),
        folder_id=_text(clean.get("parentFolderId")),
        record=record,
        extras={name: clean[name] for name in (SHOWN, FILED, MAILS) if clean.get(name) is not None},
        notes=tuple(notes),
        skip=_skip(clean, record),
    )


def _skip(contact: Json, record: RemoteRecord) -> str:
    """Say why a contact takes no part in the sync; empty when it does."""
    kind = contact.get("@odata.type")
    if kind and _text(kind).casefold() != CONTACT_TYPE:
        return "This is not a contact but, for instance, a contact group."
    if is_empty(record.scalars, record.sets):
        return "This contact holds nothing that is synced."
    return ""


def _version(contact: Json) -> str:
    """The etag is the change key in quotes (docs and live listings agree); samples lack the etag."""
    etag, change_key = _text(contact.get("@odata.etag")), _text(contact.get("changeKey"))
    return etag or (f'W/"{change_key}"' if change_key else "")


def _scalars(contact: Json, notes: list[str]) -> dict[str, str]:
    texts = {name: _text(contact.get(source)) for name, source in TEXTS}
    texts[BIRTHDAY] = _birthday(contact.get(BIRTHDAY), notes)
    return {name: text for name, text in texts.items() if text.strip()}


def _birthday(value: Any, notes: list[str]) -> str:
    """Read the date part: Exchange keeps 11:59 UTC beside it, other programs keep midnight."""
    text = _text(value)[:10]
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        notes.append("The birthday could not be read and is left as it is in Outlook.")
        return ""
    return "" if day.year in NO_BIRTH_YEARS else day.isoformat()


def _sets(contact: Json, mails: list[str]) -> dict[str, tuple[RemoteValue, ...]]:
    found: dict[str, list[RemoteValue]] = {}

    def add(name: str, room: str, value: Value) -> None:
        found.setdefault(name, []).append(RemoteValue(room, value))

    for address in mails:
        add(EMAILS, ANY, address)
    for name, room, source in LISTS:
        for text in filter(None, map(_filled, _items(contact.get(source)))):
            add(name, room, text)
    for name, room, source in SINGLES:
        if text := _filled(contact.get(source)):
            add(name, room, text)
    for room, source in PLACES:
        place = contact.get(source)
        place = place if isinstance(place, Mapping) else {}
        parts = tuple(_lines(_text(place.get(part))) for part in PLACE_PARTS)
        if any(part.strip() for part in parts):
            add(ADDRESSES, room, parts)
    return {name: tuple(values) for name, values in found.items()}


def _mails(contact: Json) -> tuple[list[str], list[Json]]:
    """Divide the e-mail entries into addresses to read and entries to keep as they are."""
    entries = _entries(contact.get(MAILS))
    addresses = [_text(entry.get("address")) for entry in entries if _readable(entry)]
    return addresses, [entry for entry in entries if not _readable(entry)]


def _entries(mails: Any) -> list[Json]:
    return [entry for entry in _items(mails) if isinstance(entry, Mapping) and any(entry.values())]


def _readable(entry: Json) -> bool:
    """Refuse X.500 addresses of colleagues, and what Exchange kept of a text that is no address.

    The second is an entry with a name only (microsoftgraph/microsoft-graph-docs#2186).
    """
    address = _text(entry.get("address")).strip()
    return bool(address) and not address.casefold().startswith("/o=")


def _why_kept(entry: Json) -> str:
    if _text(entry.get("address")).strip():
        return "An address of Exchange's own kind (/o=…) is no e-mail address and stays in Outlook."
    return "An e-mail entry without an address stays in Outlook."


def _cleaned(contact: Json) -> tuple[Json, list[str]]:
    notes: list[str] = []

    def clean(value: Any, source: str) -> Any:
        if isinstance(value, str):
            kept = storable(value)
            if kept != value:
                notes.append(f"Characters that cannot be kept were left out of {source}.")
            return kept
        if isinstance(value, Mapping):
            return {name: clean(part, source) for name, part in value.items()}
        if isinstance(value, list):
            return [clean(part, source) for part in value]
        return value

    return {name: clean(contact[name], name) for name in contact if name in _READ}, notes


_READ = frozenset(
    {"@odata.type", "@odata.etag", "id", "changeKey", "lastModifiedDateTime", "parentFolderId"}
    | {BIRTHDAY, MAILS, SHOWN, FILED}
    | {source for _, source in (*TEXTS, *PLACES)}
    | {source for _, _, source in (*LISTS, *SINGLES)}
)


def storable(text: str) -> str:
    """Leave out NUL, which PostgreSQL refuses, and half surrogate pairs, which UTF-8 does."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _filled(value: Any) -> str:
    text = _text(value)
    return text if text.strip() else ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year > 1 else None


# --- Writing ------------------------------------------------------------------------------------


def create_body(create: Create) -> dict[str, Any]:
    """Give the JSON of a new contact. `givenName` is always sent: it was once required.

    (microsoftgraph/msgraph-sdk-dotnet#247)
    """
    sheet = names.sheet(create.record)
    shown, filed = names.compose(sheet)
    body = {name: value for name, value in _properties(create.record).items() if value}
    body |= {"givenName": body.get("givenName", ""), SHOWN: shown, FILED: filed}
    for _, source in PLACES:
        if body.get(source) == CLEARED_PLACE:
            del body[source]
    if addresses := _addresses(create.record):
        body[MAILS] = [{"address": address, "name": shown} for address in addresses]
    return body | mark.body(create.key)


def update_body(update: Update) -> dict[str, Any] | None:
    """Give the JSON of a change: only properties whose text differs; None when nothing does.

    Collections and addresses go whole, since Graph replaces them. `displayName` is always sent,
    because Exchange composes it anew when it is missing (Microsoft's page on `contact` says so),
    and `fileAs` for the same reason; `givenName` goes with them.
    """
    before, after = _properties(update.before), _properties(update.after)
    changed = {name: after[name] for name in after if _differs(before[name], after[name])}
    old, new = names.sheet(update.before), names.sheet(update.after)
    old_shown = _text(update.extras.get(SHOWN))
    shown = names.shown_after(old_shown, old, new)
    mails = _mails_after(update, names.Renaming(old_shown, old, shown))
    if mails is not None:
        changed[MAILS] = mails
    if not changed:
        return None
    body = {"givenName": after["givenName"], **changed}
    if shown:
        body[SHOWN] = shown
    if isinstance(filed := update.extras.get(FILED), str):
        body[FILED] = names.filed_after(filed, old, new)
    return body | mark.body(update.key)


def _properties(record: RemoteRecord) -> dict[str, Any]:
    """Give every mapped property but the e-mail addresses, blank ones as Graph wants them cleared."""
    scalars = names.texts(record)
    properties: dict[str, Any] = {
        source: storable(scalars.get(name, "")) or None for name, source in TEXTS
    }
    day = scalars.get(BIRTHDAY, "")
    properties[BIRTHDAY] = f"{day}T11:59:00Z" if day else None
    for name, room, source in LISTS:
        properties[source] = _values(record, name, room)
    for name, room, source in SINGLES:
        properties[source] = next(iter(_values(record, name, room)), None)
    for room, source in PLACES:
        properties[source] = _place(record, room)
    return properties


def _values(record: RemoteRecord, name: str, room: str) -> list[str]:
    values = (value.value for value in record.sets.get(name, ()) if value.room == room)
    return [storable(value) for value in values if isinstance(value, str)]


def _place(record: RemoteRecord, room: str) -> dict[str, Any]:
    """Outlook parts the lines of a street by CR LF."""
    for entry in record.sets.get(ADDRESSES, ()):
        if entry.room == room:
            parts = (storable(_lines(part)).replace("\n", "\r\n") or None for part in entry.value)
            return dict(zip(PLACE_PARTS, parts, strict=True))
    return CLEARED_PLACE


def _addresses(record: RemoteRecord) -> list[str]:
    return _values(record, EMAILS, ANY)


def _differs(before: Any, after: Any) -> bool:
    """The order of a collection is no difference: writing it alone would move people's numbers."""
    if isinstance(before, list):
        return sorted(before) != sorted(after)
    return bool(before != after)


def _mails_after(update: Update, renaming: names.Renaming) -> list[dict[str, Any]] | None:
    """Give all e-mail entries if any is to change, those that are not ours to read included."""
    addresses = _addresses(update.after)
    entries = _entries(update.extras.get(MAILS))
    known = {_text(entry.get("address")): entry for entry in entries if _readable(entry)}
    mails = [_mail(address, known.get(address), renaming) for address in addresses]
    renamed = any(
        mail.get("name") != known[mail["address"]].get("name")
        for mail in mails
        if mail["address"] in known
    )
    if not renamed and not _differs(_addresses(update.before), addresses):
        return None
    for position, entry in enumerate(entries):
        if not _readable(entry):
            mails.insert(position, dict(entry))
    return mails


def _mail(address: str, known: Json | None, renaming: names.Renaming) -> dict[str, Any]:
    if known is None:
        return {"address": address, "name": renaming.shown}
    name = known.get("name")
    if name is None:
        return {"address": address}
    return {"address": address, "name": renaming.of(_text(name))}
