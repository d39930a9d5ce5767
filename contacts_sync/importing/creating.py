"""Drafts to rows: contacts with their values, the companies they name, and a record of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from contacts_sync import contact as shape
from contacts_sync.files import Draft
from contacts_sync.importing.drafts import record_of
from contacts_sync.models import Contact, ContactImport, ContactValue, SyncChange
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store import history, records, writing


def create(
    drafts: Sequence[Draft],
    *,
    reason: str,
    actor: Any = None,
    brought_by: ContactImport | None = None,
) -> list[Contact]:
    """Create a contact for each draft, in a constant number of queries. Nothing is compared.

    Companies come first, so that people find the company they name. Runs inside the caller's
    transaction, which holds the lock of the list.
    """
    contacts = [_contact(draft) for draft in drafts]
    Contact.objects.bulk_create(one for one in contacts if one.kind == shape.COMPANY)
    people = [
        (one, name)
        for one, draft in zip(contacts, drafts, strict=True)
        if one.kind == shape.PERSON and (name := draft.scalars.get("company"))
    ]
    companies, made = writing.find_companies(name for _person, name in people)
    for person, name in people:
        person.company = companies.get(shape.fold(name))
    Contact.objects.bulk_create(one for one in contacts if one.kind == shape.PERSON)
    for name, model in VALUE_MODELS.items():
        model._default_manager.bulk_create(
            row
            for contact, draft in zip(contacts, drafts, strict=True)
            for row in _rows(contact, draft, name, model)
        )
    by = {"actor": actor, "brought_by": brought_by}
    written = zip(contacts, map(record_of, drafts), strict=True)
    SyncChange.objects.bulk_create(
        [
            *(_change(one, {"name": one.name}, "company of a contact", by) for one in made),
            *(_change(one, history.local_fields(now), reason, by) for one, now in written),
        ]
    )
    return contacts


def _contact(draft: Draft) -> Contact:
    texts = {name: draft.scalars.get(name, "") for name in records.TEXTS}
    contact = Contact(
        kind=draft.kind, birthday=writing.as_date(draft.scalars.get("birthday", "")), **texts
    )
    if draft.kind == shape.COMPANY:
        contact.name = draft.scalars.get("name", "")
    return contact


def _rows(
    contact: Contact, draft: Draft, name: str, model: type[ContactValue]
) -> Iterable[ContactValue]:
    for one in record_of(draft).sets[name]:
        row = model(primary=one.primary, **records.row_fields(name, one.label, one.value))
        row.contact = contact
        yield row


def _change(contact: Contact, after: history.Fields, reason: str, by: dict[str, Any]) -> SyncChange:
    return SyncChange(
        contact=contact,
        contact_uid=contact.uid,
        name=str(contact),
        side=SyncChange.Side.HERE,
        action=SyncChange.Action.ADD,
        status=SyncChange.Status.DONE,
        after=after,
        reason=reason,
        **by,
    )
