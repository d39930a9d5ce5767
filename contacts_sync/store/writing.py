"""Change the firm's list: contacts, their values, and the companies they name, in bulk."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection as database
from django.db.models import Q
from django.utils import timezone

from contacts_sync import contact as shape
from contacts_sync.engine.entries import Entry
from contacts_sync.engine.merge import Merge
from contacts_sync.engine.records import LocalValue
from contacts_sync.models import Contact, ContactValue
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store import bulk, records

ODD_SPACE = r"^\s|\s$|\s\s|[\t\n\r\u00a0\u2000-\u200a\u202f\u3000]"
"""White space that folding changes."""

LIST_LOCK = 0xC017AC75
"""The number of the advisory lock: any constant of our own will do."""


@dataclass(slots=True)
class LocalWrite:
    """One contact to be written here. `rows` receives the numbers of its new values, by set."""

    contact: Contact
    merged: Merge
    rows: dict[str, list[int]] = field(default_factory=dict)


def lock_list() -> None:
    """Let nobody else add contacts by a run until this transaction ends.

    Two mailboxes that pull the same new person at the same moment make one contact. SQLite has one
    writer anyway.
    """
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIST_LOCK])


def write(writes: Iterable[LocalWrite]) -> list[Contact]:
    """Write contacts with their values; returns the companies that were made on the way.

    Runs inside the caller's transaction. Contacts without a number are added.
    """
    work = list(writes)
    # Companies first, so that the people who arrive with them find them.
    firms = [one for one in work if one.contact.kind == shape.COMPANY]
    for one in firms:
        set_scalars(one.contact, one.merged.here, {})
    added = [one.contact for one in firms if one.contact.pk is None]
    Contact.objects.bulk_create(added)
    renamed = [one.contact for one in firms if one.merged.here and one.contact not in added]
    bulk.update(renamed, ["name", "updated_at"])
    wanted = {one.merged.here["company"] for one in work if one.merged.here.get("company")}
    companies, made = find_companies(wanted)
    people = [one for one in work if one.contact.kind != shape.COMPANY]
    for one in people:
        set_scalars(one.contact, one.merged.here, companies)
    new = [one.contact for one in people if one.contact.pk is None]
    Contact.objects.bulk_create(new)
    added += new
    changed = [one.contact for one in work if one.merged.here and one.contact not in added]
    bulk.update(changed, [*records.TEXTS, "name", "company", "birthday", "updated_at"])
    for name, model in VALUE_MODELS.items():
        _write_values(name, model, [one for one in work if name in one.merged.sets_here])
    return made


def set_scalars(
    contact: Contact, scalars: Mapping[str, str], companies: Mapping[str, Contact]
) -> None:
    """Put single-valued fields into a contact, which the caller stores."""
    for name, text in scalars.items():
        if name == "birthday":
            contact.birthday = as_date(text)
        elif name == "company":
            contact.company = _company(contact, text, companies)
        else:
            setattr(contact, name, text)
    contact.updated_at = timezone.now()


def _company(contact: Contact, name: str, companies: Mapping[str, Contact]) -> Contact | None:
    present = contact.company
    if present and shape.fold(present.name) == shape.fold(name) and present.deleted_at is None:
        return present
    return companies.get(shape.fold(name))


def as_date(text: str) -> date | None:
    """Read a date; None for what is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def find_companies(names: Iterable[str]) -> tuple[dict[str, Contact], list[Contact]]:
    """Find the company of each name by its folded name: the oldest alive one, else a new one."""
    wanted = {shape.fold(name) for name in names} - {""}
    found = known_companies(wanted)
    made = [
        Contact(kind=shape.COMPANY, name=key, from_company_name=True)
        for key in sorted(wanted - found.keys())
    ]
    Contact.objects.bulk_create(made)
    rows = Contact.objects.in_bulk([*found.values(), *(one.pk for one in made)])
    companies = {key: rows[pk] for key, pk in found.items()}
    companies |= {shape.fold(one.name): rows[one.pk] for one in made}
    return companies, [rows[one.pk] for one in made]


def known_companies(names: Iterable[str]) -> dict[str, int]:
    """Tell which companies are in the list, by folded name. Never one from the trash."""
    keys = {shape.fold(name) for name in names}
    rows = Contact.objects.alive().filter(kind=shape.COMPANY)
    if not keys:
        return {}
    decomposed = {unicodedata.normalize("NFD", key) for key in keys}
    # Also names that were typed with other white space, or composed in another way.
    alike = Q(name__in=keys | decomposed) | Q(name__regex=ODD_SPACE)
    candidates = rows.filter(alike).order_by("-pk").values_list("name", "pk")
    return {folded: pk for name, pk in candidates if (folded := shape.fold(name)) in keys}


def _write_values(name: str, model: type[ContactValue], writes: list[LocalWrite]) -> None:
    news: list[tuple[LocalWrite, ContactValue]] = []
    changed: list[ContactValue] = []
    dropped: list[int] = []
    for one in writes:
        rows = {value.row: value for value in (one.contact.held or {}).get(name, ())}
        wanted = {entry.row: entry for entry in one.merged.entries[name] if entry.row is not None}
        dropped += [pk for pk in rows if pk not in wanted]
        changed += [
            _numbered(model(**records.row_fields(name, entry.label, entry.value)), pk)
            for pk, entry in wanted.items()
            if pk in rows and entry.value is not None and _differs(rows[pk], entry)
        ]
        for entry in one.merged.entries[name]:
            if entry.row is None and entry.value is not None:
                fields = records.row_fields(name, entry.label, entry.value)
                row = model(**fields)
                row.contact = one.contact
                news.append((one, row))
    if dropped:
        model._default_manager.filter(pk__in=dropped).delete()
    if changed:
        columns = ["label", *records.columns(name)]
        bulk.update(changed, columns)
    model._default_manager.bulk_create([row for _, row in news])
    for one in writes:
        one.rows.setdefault(name, [])
    for one, row in news:
        one.rows[name].append(row.pk)


def _numbered(row: ContactValue, pk: int) -> ContactValue:
    row.pk = pk
    return row


def _differs(value: LocalValue, entry: Entry) -> bool:
    return value.value != entry.value or value.label != entry.label


def revisions(pks: Iterable[int]) -> dict[int, int]:
    """Read the revisions of contacts from the database: the triggers have raised them."""
    rows = Contact.objects.filter(pk__in=list(pks)).order_by()
    return dict(rows.values_list("pk", "revision"))


def lock_contacts(pks: Iterable[int]) -> dict[int, tuple[int, bool]]:
    """Lock contacts until the transaction ends; returns revision and whether alive, by number."""
    rows = Contact.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=list(pks))
    return {
        pk: (revision, deleted_at is None)
        for pk, revision, deleted_at in rows.order_by("pk").values_list(
            "pk", "revision", "deleted_at"
        )
    }
