"""Put values of a contact back, as a change record holds them.

Only what still is as the change left it is put back: what somebody has edited since stays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from contacts_sync import contact as shape
from contacts_sync.engine.schema import Value, ValueSet
from contacts_sync.models import Contact, ContactValue
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store import records, writing
from contacts_sync.store.history import Fields

Entry = tuple[str, Value]
"""A value of a set with its label."""


def put_back(contact: Contact, before: Fields, after: Fields) -> list[str]:
    """Write `before` over `after`, inside the caller's transaction; returns the fields that stayed.

    A set is put back value by value: what the change added goes, what it removed comes back, and
    one that it edited keeps its row, its label and whether it is primary.
    """
    fresh = records.load_contacts([contact.pk])[contact.pk]
    stayed: list[str] = []
    scalars: dict[str, str] = {}
    fields = {one.name: one.canon for one in records.schema(fresh.kind).scalars}
    now = records.local_scalars(fresh)
    for name, canon in fields.items():
        if name not in before and name not in after:
            continue
        if canon(now.get(name, "")) != canon(str(after.get(name, ""))):
            stayed.append(name)
        else:
            scalars[name] = str(before.get(name, ""))
    set_scalars(fresh, scalars)
    for field in records.schema(fresh.kind).sets:
        if field.name in before or field.name in after:
            old = _entries(field, before.get(field.name, []))
            new = _entries(field, after.get(field.name, []))
            if not _put_values_back(fresh, field, old, new):
                stayed.append(field.name)
    return stayed


def set_scalars(contact: Contact, scalars: dict[str, str]) -> None:
    """Write single-valued fields of a contact, and find or make the company they name."""
    if not scalars:
        return
    companies, _made = writing.find_companies([scalars.get("company", "")])
    writing.set_scalars(contact, scalars, companies)
    columns = [*(name for name in scalars if name != "company"), "updated_at"]
    contact.save(update_fields=[*columns, *(["company"] if "company" in scalars else [])])


def _entries(field: ValueSet, stored: list[list[Any]]) -> list[Entry]:
    """Read the values of a change record: [label, value, primary] of ours, [room, value] of theirs."""
    rooms = {room.name: room.arrival for room in field.rooms}
    return [
        (row[0] if len(row) > 2 else rooms.get(row[0], row[0]), shape.as_value(row[1]))
        for row in stored
    ]


def _put_values_back(
    contact: Contact, field: ValueSet, before: list[Entry], after: list[Entry]
) -> bool:
    """Undo the difference between two states of a set; says whether all of it could be undone."""
    added, removed = _without(after, before, field.canon), _without(before, after, field.canon)
    rows = list(getattr(contact, field.name).all())
    found = [row for entry in added if (row := _row_of(rows, field, entry))]
    if len(found) < len(added):
        return False
    for row, entry in zip(found, removed, strict=False):
        _rewrite(row, field.name, entry, keep_label=len(added) == len(removed) == 1)
    for row in found[len(removed) :]:
        row.delete()
    for entry in removed[len(found) :]:
        if _row_of(rows, field, entry) is None:
            add_value(contact, field.name, entry)
    return True


def _without(
    some: list[Entry], others: list[Entry], canon: Callable[[Value], Hashable]
) -> list[Entry]:
    known = {(label, canon(value)) for label, value in others}
    return [(label, value) for label, value in some if (label, canon(value)) not in known]


def _row_of(rows: list[ContactValue], field: ValueSet, entry: Entry) -> ContactValue | None:
    """Find a value among the rows: by label and value, else by its value."""
    equal = [
        row
        for row in rows
        if field.canon(records.row_value(row, field.name)) == field.canon(entry[1])
    ]
    exact = [row for row in equal if row.label == entry[0]]
    return next(iter(exact or equal), None)


def _rewrite(row: ContactValue, name: str, entry: Entry, keep_label: bool) -> None:
    label = row.label if keep_label else entry[0]
    for column, text in records.row_fields(name, label, entry[1]).items():
        setattr(row, column, text)
    row.save()


def add_value(contact: Contact, name: str, entry: Entry) -> None:
    """Add a value to a contact; it is never primary."""
    row = VALUE_MODELS[name](**records.row_fields(name, *entry))
    row.contact = contact
    row.save()
