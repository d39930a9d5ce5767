"""Rows to engine records and back: contacts, mirror rows, and the shadows of a link."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from contacts_sync import contact as shape
from contacts_sync.engine.merge import NOTHING_THERE, merge, standing
from contacts_sync.engine.records import (
    LocalRecord,
    LocalValue,
    Pair,
    RemoteRecord,
    RemoteValue,
    Shadow,
)
from contacts_sync.engine.schema import Schema, Value
from contacts_sync.models import Contact, ContactValue, ExternalLink, RemoteContact
from contacts_sync.models.contact import VALUE_MODELS

TEXTS = (*shape.NAME_PARTS, "job_title", "department")
VALUE_FIELD = {
    shape.EMAILS: "address",
    shape.PHONES: "number",
    shape.MESSENGERS: "address",
    shape.WEBSITES: "url",
}


def schema(kind: str) -> Schema:
    """Give the fields of a kind of contact, for this installation's phone region."""
    return shape.schema(kind, settings.DEFAULT_PHONE_REGION)


def phone_key(number: str) -> str:
    """Give the canonical form of a phone number, for this installation's region."""
    return shape.fold_phone(number, settings.DEFAULT_PHONE_REGION)


def load_contacts(pks: Iterable[int]) -> dict[int, Contact]:
    """Load contacts with all their values, in a constant number of queries.

    The contact, and with it its revision, is read before its values: newer values under an older
    revision are only looked at once more.
    """
    wanted = list(pks)
    rows = Contact.objects.filter(pk__in=wanted).select_related("company").order_by()
    contacts = {row.pk: row for row in rows}
    for contact in contacts.values():
        contact.held = dict.fromkeys(VALUE_MODELS, ())
    for name in VALUE_MODELS:
        for pk, values in _load_values(name, wanted).items():
            if pk in contacts and (held := contacts[pk].held) is not None:
                held[name] = tuple(values)
    return contacts


def _load_values(name: str, contacts: list[int]) -> dict[int, list[LocalValue]]:
    """Read one value set of many contacts, the oldest value first, without an object a row."""
    many = name == shape.ADDRESSES
    every: QuerySet[ContactValue] = VALUE_MODELS[name]._default_manager.all()
    rows = every.filter(contact__in=contacts).order_by()  # type: ignore[misc]  # abstract model
    found: dict[int, list[LocalValue]] = {}
    for pk, contact, label, primary, *parts in sorted(
        rows.values_list("pk", "contact_id", "label", "primary", *columns(name))
    ):
        value = tuple(parts) if many else parts[0]
        found.setdefault(contact, []).append(LocalValue(pk, label, value, primary))
    return found


def local_record(contact: Contact) -> LocalRecord:
    """Read a contact and its loaded values."""
    return LocalRecord(
        local_scalars(contact), {name: local_values(contact, name) for name in VALUE_MODELS}
    )


def local_scalars(contact: Contact) -> dict[str, str]:
    """Read the single-valued fields of a contact."""
    scalars = {name: getattr(contact, name) for name in TEXTS}
    scalars["birthday"] = contact.birthday.isoformat() if contact.birthday else ""
    if contact.kind == shape.COMPANY:
        scalars["name"] = contact.name
    else:
        scalars["company"] = contact.company.name if contact.company else ""
    return scalars


def local_values(contact: Contact, name: str) -> tuple[LocalValue, ...]:
    """Read one value set of a contact, the oldest value first."""
    if contact.held is not None:
        return contact.held[name]
    rows = sorted(getattr(contact, name).all(), key=lambda row: row.pk)
    return tuple(LocalValue(row.pk, row.label, row_value(row, name), row.primary) for row in rows)


def row_value(row: ContactValue, name: str) -> Value:
    """Read the value of a row."""
    if name == shape.ADDRESSES:
        return tuple(getattr(row, part) for part in shape.ADDRESS_PARTS)
    value: str = getattr(row, VALUE_FIELD[name])
    return value


def columns(name: str) -> tuple[str, ...]:
    """Name the columns that hold a value of a set."""
    return shape.ADDRESS_PARTS if name == shape.ADDRESSES else (VALUE_FIELD[name],)


def row_fields(name: str, label: str, value: Value) -> dict[str, str]:
    """Give the columns of a row for a value."""
    if name == shape.ADDRESSES:
        return {"label": label, **dict(zip(shape.ADDRESS_PARTS, value, strict=True))}
    return {"label": label, VALUE_FIELD[name]: str(value)}


def remote_record(mirror: RemoteContact | None, kind: str) -> RemoteRecord:
    """Read a mirror row as a contact of that kind; nothing when there is none."""
    if mirror is None or not mirror.present:
        return NOTHING_THERE
    return shape.remote_record(mirror.values, kind)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Tell the values of a mirror row apart, as received."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def contents(revision: int, fingerprint: str) -> str:
    """Mark what both sides hold: what was decided or refused is for these contents only."""
    return f"{revision}:{fingerprint}"


def twin_here(contact: Contact) -> str:
    """Digest what Outlook would show of a contact, in canonical form."""
    fields = schema(contact.kind)
    here = local_record(contact)
    entries = merge(fields, here, NOTHING_THERE).entries
    shown = RemoteRecord(here.scalars, {name: standing(values) for name, values in entries.items()})
    return twin_there(shown, contact.kind)


def shows_nothing(contact: Contact) -> bool:
    """Say whether Outlook would show an empty contact."""
    here = local_record(contact)
    entries = merge(schema(contact.kind), here, NOTHING_THERE).entries
    shown = {name: standing(values) for name, values in entries.items()}
    return shape.is_empty(here.scalars, shown)


def twin_there(record: RemoteRecord, kind: str) -> str:
    """Digest the values of a record of theirs, in canonical form."""
    fields = schema(kind)
    scalars = [(one.name, one.canon(record.scalars.get(one.name, ""))) for one in fields.scalars]
    sets = [
        (
            one.name,
            sorted((v.room, repr(one.canon(v.value))) for v in record.sets.get(one.name, ())),
        )
        for one in fields.sets
    ]
    return hashlib.blake2b(repr((scalars, sets)).encode(), digest_size=16).hexdigest()


def primaries(contact_values: Mapping[str, Iterable[LocalValue]]) -> dict[str, int]:
    """Say which row is primary, by set."""
    return {
        name: one.row for name, values in contact_values.items() for one in values if one.primary
    }


def shadow_of(link: ExternalLink | None) -> Shadow | None:
    """Read the two shadows of a link; None when both sides never agreed."""
    if link is None or link.local_shadow is None or link.remote_shadow is None:
        return None
    ours, theirs = link.local_shadow, link.remote_shadow
    return Shadow(
        here=ours["scalars"],
        there=theirs["scalars"],
        pairs={
            name: tuple(
                Pair(_local_half(mine), _remote_half(yours))
                for mine, yours in zip(halves, theirs["sets"][name], strict=True)
            )
            for name, halves in ours["sets"].items()
        },
        primaries=ours.get("primaries", {}),
    )


def keep_shadow(link: ExternalLink, shadow: Shadow) -> None:
    """Put the two shadows into a link. They are as received; nothing is canonical."""
    link.local_shadow = {
        "scalars": dict(shadow.here),
        "sets": {
            name: [
                pair.here and [pair.here.row, pair.here.label, pair.here.value] for pair in pairs
            ]
            for name, pairs in shadow.pairs.items()
        },
        "primaries": dict(shadow.primaries),
    }
    link.remote_shadow = {
        "scalars": dict(shadow.there),
        "sets": {
            name: [pair.there and [pair.there.room, pair.there.value] for pair in pairs]
            for name, pairs in shadow.pairs.items()
        },
    }


def _local_half(stored: list[Any] | None) -> LocalValue | None:
    return LocalValue(stored[0], stored[1], shape.as_value(stored[2])) if stored else None


def _remote_half(stored: list[Any] | None) -> RemoteValue | None:
    return RemoteValue(stored[0], shape.as_value(stored[1])) if stored else None


def twin_sent(sent: Shadow, kind: str) -> str:
    """Digest what a creation has sent, in canonical form."""
    shown = RemoteRecord(
        sent.here,
        {
            name: tuple(pair.there for pair in pairs if pair.there)
            for name, pairs in sent.pairs.items()
        },
    )
    return twin_there(shown, kind)
