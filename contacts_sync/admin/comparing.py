"""Two contacts side by side: what a merge keeps of each, and what it does in every mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts_sync.models import Connection, Contact, ExternalLink
from contacts_sync.store import records
from contacts_sync.wording.changes import field_name, say_entry

State = ExternalLink.State


@dataclass(frozen=True, slots=True)
class Field:
    """A single-valued field of both contacts. A blank gives way to a value."""

    name: str
    title: str
    ours: str
    theirs: str
    differs: bool
    suggested: str


@dataclass(frozen=True, slots=True)
class Value:
    """One of many values after the merge."""

    title: str
    text: str
    added: bool
    """Whether the kept contact gets it from the other one."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What the next run does in one mailbox."""

    account: str
    text: str
    goes: bool
    """Whether a copy is deleted there."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the merge page tells. `state` changes whenever one of the two does."""

    fields: list[Field]
    values: list[Value]
    mailboxes: list[Mailbox]
    people: int
    state: str

    @property
    def copies_go(self) -> int:
        return sum(mailbox.goes for mailbox in self.mailboxes)


def compare(keep: Contact, drop: Contact) -> Comparison:
    """Compare two contacts, of which the first is kept, as `merging.merge_contacts` merges them."""
    rows = records.load_contacts([keep.pk, drop.pk])
    return Comparison(
        list(_fields(rows[keep.pk], rows[drop.pk])),
        list(_values(rows[keep.pk], rows[drop.pk])),
        list(_mailboxes(keep, drop)),
        Contact.objects.filter(company=drop).count() if drop.kind == Contact.Kind.COMPANY else 0,
        f"{rows[keep.pk].revision}-{rows[drop.pk].revision}",
    )


def _fields(keep: Contact, drop: Contact) -> Iterator[Field]:
    ours, theirs = records.local_scalars(keep), records.local_scalars(drop)
    for one in records.schema(keep.kind).scalars:
        here, there = ours.get(one.name, ""), theirs.get(one.name, "")
        if not one.canon(here) and not one.canon(there):
            continue
        differs = one.canon(here) != one.canon(there)
        suggested = "ours" if one.canon(here) else "theirs"
        yield Field(one.name, field_name(one.name), here, there, differs, suggested)


def _values(keep: Contact, drop: Contact) -> Iterator[Value]:
    ours, theirs = records.local_record(keep), records.local_record(drop)
    for field in records.schema(keep.kind).sets:
        known = set()
        for added, record in ((False, ours), (True, theirs)):
            for one in record.sets.get(field.name, ()):
                if added and field.canon(one.value) in known:
                    continue
                known.add(field.canon(one.value))
                text = say_entry([one.label, one.value, one.primary and not added])
                yield Value(field_name(field.name), text, added)


def _mailboxes(keep: Contact, drop: Contact) -> Iterator[Mailbox]:
    links = ExternalLink.objects.filter(contact__in=[keep, drop])
    links = links.exclude(connection__state=Connection.State.RETIRED).select_related("connection")
    links = links.defer(
        "local_shadow", "remote_shadow", "connection__credential", "connection__cursor"
    )
    by_mailbox: dict[int, dict[int | None, ExternalLink]] = {}
    for link in links.order_by("connection__username", "pk"):
        by_mailbox.setdefault(link.connection_id, {})[link.contact_id] = link
    for pair in by_mailbox.values():
        ours, theirs = pair.get(keep.pk), pair.get(drop.pk)
        account = str(next(iter(pair.values())).connection)
        yield _mailbox(account, ours.state if ours else None, theirs.state if theirs else None)


def _mailbox(account: str, ours: str | None, theirs: str | None) -> Mailbox:
    living = (State.LINKED, State.CREATING)
    if theirs in living and ours in living:
        text = _("Holds both: the copy of the second goes to Deleted Items, the first is updated.")
        return Mailbox(account, text, goes=True)
    if theirs == State.LINKED and ours in (None, State.GONE, State.HELD):
        return Mailbox(account, _("The copy of the second becomes that of the first."), goes=False)
    if theirs in living:
        return Mailbox(account, _("The copy of the second goes to Deleted Items."), goes=True)
    if ours in living:
        return Mailbox(account, _("The copy of the first is updated."), goes=False)
    return Mailbox(account, _("Nothing is written."), goes=False)
