"""Drafts as records, and contacts as drafts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contacts_sync.contact import as_value
from contacts_sync.engine.records import LocalRecord, LocalValue
from contacts_sync.files import Draft, DraftValue
from contacts_sync.files.draft import sets_of, with_sets
from contacts_sync.models import Contact
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store import records, search


def record_of(draft: Draft) -> LocalRecord:
    """Read a draft as a record of ours; its values have no rows yet."""
    return LocalRecord(
        draft.scalars,
        {
            name: tuple(LocalValue(0, one.label, one.value, one.primary) for one in entries)
            for name, entries in sets_of(draft).items()
        },
    )


def stored(draft: Draft) -> dict[str, Any]:
    """Write a draft as JSON; `restored` reads it. Where it stood and what was left over go apart."""
    sets = {
        name: [[one.label, one.value, one.primary] for one in entries]
        for name, entries in sets_of(draft).items()
        if entries
    }
    return {"kind": draft.kind, "scalars": dict(draft.scalars), "sets": sets, "uid": draft.uid}


def restored(kept: Mapping[str, Any]) -> Draft:
    """Read a draft that was kept by `stored`."""
    sets = {
        name: tuple(
            DraftValue(label, as_value(value), primary)
            for label, value, primary in kept["sets"].get(name, ())
        )
        for name in VALUE_MODELS
    }
    return with_sets(Draft(kept["kind"], kept["scalars"], uid=kept["uid"]), sets)


def draft_of(contact: Contact) -> Draft:
    """Give a contact, loaded with its values, as files hold it."""
    record = records.local_record(contact)
    sets = {
        name: tuple(DraftValue(one.label, one.value, one.primary) for one in record.sets[name])
        for name in VALUE_MODELS
    }
    scalars = {name: text for name, text in record.scalars.items() if text}
    return with_sets(Draft(contact.kind, scalars, uid=str(contact.uid)), sets)


def all_drafts(pks: Iterable[int] | None = None) -> Iterator[Draft]:
    """Give the list, or these of it, as drafts, the oldest contact first; some hundred are in memory."""
    if pks is None:
        pks = Contact.objects.alive().order_by("pk").values_list("pk", flat=True)
    for some in search.chunks(pks):
        loaded = records.load_contacts(some)
        yield from (draft_of(loaded[pk]) for pk in some if pk in loaded)
