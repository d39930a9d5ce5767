"""What the list has already: found for a chunk of a file, without reading the whole list."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Lower

from contacts_sync import contact as shape
from contacts_sync.engine.records import LocalRecord
from contacts_sync.models import Contact, EmailAddress
from contacts_sync.store import records, search

Key = tuple[str, ...]
Fact = tuple[str, Hashable]

ODD_ADDRESS = "[^!-~]"
ODD_NAME = "[^ -~]|^ |  | $"
"""Texts that a database lower-cases or trims otherwise than we do: they are looked at here."""


@dataclass(frozen=True, slots=True)
class Look:
    """A contact as it is compared: its keys, and everything it says."""

    kind: str
    record: LocalRecord
    uid: str = ""

    @property
    def addresses(self) -> list[str]:
        return [str(one.value) for one in self.record.sets.get(shape.EMAILS, ())]

    @property
    def name(self) -> Key:
        """The key by which contacts of the same name, or last name, are found."""
        text = {name: shape.fold(text).casefold() for name, text in self.record.scalars.items()}
        if self.kind == shape.COMPANY:
            return (self.kind, text.get("name", ""))
        last, first = text.get("last_name", ""), text.get("first_name", "")
        return (self.kind, last) if last else (self.kind, "", first)

    @property
    def keys(self) -> frozenset[Key]:
        return shape.match_keys(self.kind, self.record.scalars, self.addresses)

    @property
    def near(self) -> frozenset[Key]:
        phones = (str(one.value) for one in self.record.sets.get(shape.PHONES, ()))
        return shape.near_keys(
            self.kind, self.record.scalars, self.addresses, map(records.phone_key, phones)
        )

    @property
    def facts(self) -> frozenset[Fact]:
        """Everything it says, in canonical form; labels aside."""
        fields, record = records.schema(self.kind), self.record
        texts = {(one.name, one.canon(record.scalars.get(one.name, ""))) for one in fields.scalars}
        values = {
            (one.name, one.canon(value.value))
            for one in fields.sets
            for value in record.sets.get(one.name, ())
        }
        return frozenset(fact for fact in texts if fact[1]) | values

    @property
    def handles(self) -> tuple[Hashable, ...]:
        """What whoever says at least as much has as well, the rarest first.

        A contact stands under each of its handles. Who says all that this one says stands under the
        first of these: by that, a file of addresses without names is not compared each with each.
        """
        values = sorted(
            (fact for fact in self.facts if fact[0] in (shape.EMAILS, shape.PHONES)), key=repr
        )
        return (*((self.kind, *fact) for fact in values), self.name)


@dataclass(frozen=True, slots=True)
class Someone:
    """A contact as it is named to a person; one of the same file has no number."""

    name: str
    pk: int = 0


@dataclass(slots=True)
class Known:
    """Contacts that drafts may be, by their keys."""

    _uids: dict[uuid.UUID | None, Someone] = field(default_factory=dict)
    _keys: dict[Key, Someone] = field(default_factory=dict)
    _near: dict[Key, dict[Someone, None]] = field(default_factory=dict)
    _facts: dict[Hashable, list[tuple[frozenset[Fact], Someone]]] = field(default_factory=dict)

    def load(self, looks: Iterable[Look]) -> None:
        """Read from the list whatever may be one of these, or look like one."""
        looks = list(looks)
        wanted = _by_address(looks) | _by_name(looks) | _by_uid(looks)
        for some in search.chunks(wanted):
            for contact in records.load_contacts(some).values():
                if contact.deleted_at is None:
                    record = records.local_record(contact)
                    look = Look(contact.kind, record, str(contact.uid))
                    self.add(look, Someone(str(contact), contact.pk))

    def add(self, look: Look, one: Someone) -> None:
        """Remember a contact."""
        if uid := _as_uuid(look.uid):
            self._uids.setdefault(uid, one)
        for key in look.keys:
            self._keys.setdefault(key, one)
        for key in look.near:
            self._near.setdefault(key, {})[one] = None
        facts = look.facts
        for handle in look.handles:
            self._facts.setdefault(handle, []).append((facts, one))

    def same(self, look: Look) -> Someone | None:
        """Give the contact that this one is; None when the list does not have it."""
        uid = _as_uuid(look.uid)
        if uid in self._uids:
            return self._uids[uid]
        for key in look.keys:
            if key in self._keys:
                return self._keys[key]
        said = look.facts
        found = self._facts.get(look.handles[0], ())
        return next((one for facts, one in found if said <= facts), None)

    def near(self, look: Look) -> dict[Someone, str]:
        """Give the contacts that look like this one, each with the reason."""
        found: dict[Someone, str] = {}
        for key in sorted(look.near):
            for one in self._near.get(key, ()):
                found.setdefault(one, key[0])
        return found


def _by_address(looks: Iterable[Look]) -> set[int]:
    wanted = {shape.fold_address(address) for look in looks for address in look.addresses}
    if not wanted:
        return set()
    rows = EmailAddress.objects.filter(contact__deleted_at=None).annotate(low=Lower("address"))
    rows = rows.filter(Q(low__in=wanted) | Q(address__regex=ODD_ADDRESS)).order_by()
    return {
        pk
        for pk, address in rows.values_list("contact", "address")
        if shape.fold_address(address) in wanted
    }


def _by_name(looks: Iterable[Look]) -> set[int]:
    """Find who has the same name. An address without a name is found by the address."""
    wanted = {look.name for look in looks if any(look.name[1:]) or not look.addresses}
    texts = {
        kind: {key[1] for key in wanted if key[0] == kind} for kind in (shape.PERSON, shape.COMPANY)
    }
    people = Q(last__in=texts[shape.PERSON]) | Q(last_name__regex=ODD_NAME)
    companies = Q(whole__in=texts[shape.COMPANY]) | Q(name__regex=ODD_NAME)
    rows = Contact.objects.alive().annotate(last=Lower("last_name"), whole=Lower("name"))
    rows = rows.filter(people & Q(kind=shape.PERSON) | companies & Q(kind=shape.COMPANY)).order_by()
    columns = ("first_name", "last_name", "name")
    return {
        pk
        for pk, kind, *found in rows.values_list("pk", "kind", *columns)
        if Look(kind, _named(dict(zip(columns, found, strict=True)))).name in wanted
    }


def _named(scalars: Mapping[str, str]) -> LocalRecord:
    return LocalRecord(scalars, {})


def _by_uid(looks: Iterable[Look]) -> set[int]:
    wanted = {uid for look in looks if (uid := _as_uuid(look.uid))}
    return set(Contact.objects.alive().filter(uid__in=wanted).values_list("pk", flat=True))


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
