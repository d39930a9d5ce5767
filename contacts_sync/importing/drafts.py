"""Drafts as records, and contacts as drafts."""

from __future__ import annotations

from collections.abc import Iterator

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


def draft_of(contact: Contact) -> Draft:
    """Give a contact, loaded with its values, as files hold it."""
    record = records.local_record(contact)
    sets = {
        name: tuple(DraftValue(one.label, one.value, one.primary) for one in record.sets[name])
        for name in VALUE_MODELS
    }
    scalars = {name: text for name, text in record.scalars.items() if text}
    return with_sets(Draft(contact.kind, scalars, uid=str(contact.uid)), sets)


def all_drafts() -> Iterator[Draft]:
    """Give the whole list as drafts, the oldest contact first; some hundred are in memory."""
    pks = Contact.objects.alive().order_by("pk").values_list("pk", flat=True)
    for some in search.chunks(pks):
        loaded = records.load_contacts(some)
        yield from (draft_of(loaded[pk]) for pk in some if pk in loaded)
