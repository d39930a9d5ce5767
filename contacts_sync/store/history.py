"""Change records: the values before and after, of writes by a run and by people."""

from __future__ import annotations

from typing import Any

from contacts_sync.engine.merge import Merge, standing
from contacts_sync.engine.records import LocalRecord, RemoteRecord
from contacts_sync.models import Contact, SyncChange
from contacts_sync.store import records

Fields = dict[str, Any]
"""Values by field, as they stand in a change record."""


def snapshot(contact: Contact) -> Fields:
    """Read all values of a contact, as they go into a change record. Blank ones are left out."""
    fresh = records.load_contacts([contact.pk]).get(contact.pk)
    return {} if fresh is None else local_fields(records.local_record(fresh))


def record_admin_change(
    contact: Contact,
    *,
    action: str,
    before: Fields,
    after: Fields,
    actor: Any,
    reason: str = "",
) -> SyncChange:
    """Record what a person changed in the firm's list: only the fields that differ."""
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return SyncChange.objects.create(
        contact=contact,
        contact_uid=contact.uid,
        name=str(contact),
        side=SyncChange.Side.HERE,
        action=action,
        status=SyncChange.Status.DONE,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
        reason=reason,
        actor=actor,
    )


def local_fields(record: LocalRecord) -> Fields:
    """Show a record of ours: texts, and lists of [label, value, primary]."""
    fields: Fields = {name: text for name, text in record.scalars.items() if text}
    for name, values in record.sets.items():
        if values:
            fields[name] = [[one.label, one.value, one.primary] for one in values]
    return fields


def remote_fields(record: RemoteRecord) -> Fields:
    """Show a record of theirs: texts, and lists of [room, value]."""
    fields: Fields = {name: text for name, text in record.scalars.items() if text}
    for name, values in record.sets.items():
        if values:
            fields[name] = [[one.room, one.value] for one in values]
    return fields


def changes_here(before: LocalRecord, merged: Merge) -> tuple[Fields, Fields]:
    """Show what a merge changes on our side."""
    old: Fields = {name: before.scalars.get(name, "") for name in merged.here}
    new: Fields = dict(merged.here)
    for name in merged.sets_here:
        old[name] = [[one.label, one.value, one.primary] for one in before.sets.get(name, ())]
        new[name] = [
            [one.label, one.value, one.primary]
            for one in merged.entries[name]
            if one.value is not None
        ]
    return old, new


def changes_there(before: RemoteRecord, merged: Merge) -> tuple[Fields, Fields]:
    """Show what a merge changes on their side."""
    old: Fields = {name: before.scalars.get(name, "") for name in merged.there}
    new: Fields = dict(merged.there)
    for name in merged.sets_there:
        old[name] = [[one.room, one.value] for one in before.sets.get(name, ())]
        new[name] = [[one.room, one.value] for one in standing(merged.entries[name])]
    return old, new


def conflicts_of(merged: Merge) -> list[dict[str, Any]]:
    """Show the conflicts of a merge: the field, both values, and whose counted."""
    return [
        {"field": one.name, "here": one.here, "there": one.there, "winner": str(one.winner)}
        for one in merged.conflicts
    ]
