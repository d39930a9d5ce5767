"""Undo: put back what a change did, from its record, and say first what that means in Outlook.

An undo is an edit like any other: it is recorded, and the next run carries it to every mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts_sync import contact as shape
from contacts_sync.models import Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.run import decisions, merging, originals
from contacts_sync.store import history, records, rewriting

Change, Link = SyncChange, ExternalLink
Act, Side = SyncChange.Action, SyncChange.Side


@dataclass(frozen=True, slots=True)
class Effect:
    """What undoing a change would do. `mailboxes` are those that the next run would write to."""

    possible: bool
    text: str
    mailboxes: tuple[str, ...] = ()


def foresee(change: SyncChange) -> Effect:
    """Say what undoing a change would do, here and in Outlook, or why it can not be undone."""
    if change.status != Change.Status.DONE:
        return Effect(False, _("Only what was carried out can be undone."))
    if change.pk and change.undone_by.exists():
        return Effect(False, _("This change was undone already."))
    contact = change.contact
    if contact is None:
        return Effect(False, _("The contact was removed for good; its values are shown above."))
    mailboxes = tuple(_mailboxes(contact))
    if (merge := merging.merge_of(change)) is not None:
        return _foresee_merge(merge, mailboxes)
    match (change.action, change.side):
        case (Act.UPDATE, _side) if contact.deleted_at is None:
            return Effect(
                True,
                _(
                    "The values before are written to the contact; the next run brings them to Outlook."
                ),
                mailboxes,
            )
        case (Act.ADD, Side.HERE) if contact.deleted_at is None:
            return _foresee_removal(contact)
        case (Act.ADD, Side.THERE):
            return _foresee_copy(change)
        case (Act.DELETE, _side) if contact.deleted_at is not None:
            return Effect(
                True, _("The contact is taken out of the trash, and created in Outlook once.")
            )
        case (Act.GONE, Side.THERE):
            return Effect(
                True,
                _("The contact is created in Outlook again."),
                (change.connection.username,) if change.connection else (),
            )
    return Effect(False, _("There is nothing left to undo."))


def _foresee_merge(merge: SyncChange, mailboxes: tuple[str, ...]) -> Effect:
    if merge.contact is None or merge.contact.deleted_at or merging.other_of(merge) is None:
        return Effect(
            False, _("Only while one of the two is in the list and the other one in the trash.")
        )
    text = _(
        "Both contacts are put back as they were: %(keep)s gets its values from before, %(drop)s comes"
        " back from the trash, and each has its own copy in Outlook again."
    )
    both = {
        "keep": f"{merge.contact} #{merge.contact.pk}",
        "drop": f"{merge.moved['name']} #{merge.moved['contact']}",
    }
    return Effect(True, text % both, tuple(sorted({*mailboxes, *_mailboxes(merge.contact)})))


def _foresee_removal(contact: Contact) -> Effect:
    links = Link.objects.filter(contact=contact, state=Link.State.LINKED)
    mailboxes = originals.copies(links).values_list("connection__username", flat=True)
    said = [_("The contact goes to the trash.")]
    if mailboxes:
        said.append(_("The copies that the sync made of it in Outlook are deleted."))
    if originals.originals(links).exists():
        said.append(_("What was in Outlook before stays there, and is left out."))
    return Effect(True, " ".join(said), tuple(sorted(mailboxes)))


def _foresee_copy(change: SyncChange) -> Effect:
    link = change.link
    if link is None or link.state != Link.State.LINKED or link.mirror is None:
        return Effect(False, _("There is no copy in Outlook any more."))
    if link.mirror.fingerprint != link.mirror.settled:
        return Effect(False, _("Somebody has edited the copy in Outlook, so it stays."))
    return Effect(
        True,
        _(
            "The copy in Outlook is deleted; the contact stays here and is left out of that mailbox."
        ),
        (link.connection.username,),
    )


def _mailboxes(contact: Contact) -> list[str]:
    links = Link.objects.filter(contact=contact, state=Link.State.LINKED)
    return sorted(links.values_list("connection__username", flat=True))


def undo(change: SyncChange, actor: Any) -> SyncChange:
    """Undo a change; returns the record of that.

    Values that somebody has edited since the change stay; the record's reason names them. Raises
    `decisions.NotPossible` with the sentence of `foresee`.
    """
    with transaction.atomic():
        effect = foresee(change)
        if not effect.possible or change.contact is None:
            raise decisions.NotPossible(effect.text)
        if (merge := merging.merge_of(change)) is not None:
            return merging.undo_merge(merge, actor)
        before = history.snapshot(change.contact)
        stayed = _carry_out(change, change.contact, actor)
        contact = Contact.objects.get(pk=change.contact.pk)
        after = history.snapshot(contact)
        names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        return Change.objects.create(
            contact=contact,
            contact_uid=contact.uid,
            connection=change.connection,
            name=str(contact),
            side=Side.HERE,
            action=Act.RESTORE,
            status=Change.Status.DONE,
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names if name in after},
            reason="undone" if not stayed else "undone, but edited since: " + ", ".join(stayed),
            undoes=change,
            actor=actor,
        )


def _carry_out(change: SyncChange, contact: Contact, actor: Any) -> list[str]:
    match (change.action, change.side):
        case (Act.UPDATE, _side):
            Contact.objects.select_for_update().get(pk=contact.pk)
            return rewriting.put_back(contact, change.before, change.after)
        case (Act.ADD, Side.HERE):
            originals.remove([contact.pk])
        case (Act.ADD, Side.THERE):
            Link.objects.filter(pk=change.link_id or 0).update(decision=Link.Decision.DROP)
        case (Act.DELETE, _side):
            Contact.objects.filter(pk=contact.pk).restore()
        case (Act.GONE, _side) if change.link is not None:
            decisions.put_back(change.link, actor)
    return []


def undo_run(run: SyncRun, actor: Any) -> tuple[int, list[str]]:
    """Undo what a run did, the last change first; returns how many, and why others stayed."""
    done, stayed = 0, []
    changes = run.changes.filter(status=Change.Status.DONE, undone_by=None)
    for change in changes.exclude(action=Act.LINK).order_by("-pk"):
        try:
            undo(change, actor)
            done += 1
        except decisions.NotPossible as error:
            stayed.append(f"{change.name}: {error}")
    return done, stayed


def choose_loser(change: SyncChange, number: int, actor: Any) -> SyncChange:
    """Let the loser of a conflict count after all: it is written here, and the next run brings it on.

    `number` is the position in the record's conflicts.
    """
    contact = change.contact
    if contact is None or contact.deleted_at is not None or number >= len(change.conflict):
        raise decisions.NotPossible(_("The contact is not in the list any more."))
    conflict = change.conflict[number]
    loser = conflict["there"] if conflict["winner"] == "here" else conflict["here"]
    winner = conflict[conflict["winner"]]
    with transaction.atomic():
        Contact.objects.select_for_update().get(pk=contact.pk)
        before = history.snapshot(contact)
        _write_value(contact, conflict["field"], winner, loser)
        after = history.snapshot(contact)
        name = conflict["field"]
        return Change.objects.create(
            contact=contact,
            contact_uid=contact.uid,
            connection=change.connection,
            name=str(contact),
            side=Side.HERE,
            action=Act.RESTORE,
            status=Change.Status.DONE,
            before={name: before.get(name, "")},
            after={name: after.get(name, "")},
            reason="the other value of a conflict",
            actor=actor,
        )


def _write_value(contact: Contact, name: str, winner: Any, loser: Any) -> None:
    fields = records.schema(contact.kind)
    if name in {one.name for one in fields.scalars}:
        rewriting.set_scalars(contact, {name: str(loser or "")})
        return
    label = _label_of(contact, name, winner)
    before = [[label, loser, False]] if loser is not None else []
    after = [[label, winner, False]] if winner is not None else []
    rewriting.put_back(contact, {name: before}, {name: after})


def _label_of(contact: Contact, name: str, value: Any) -> str:
    """Give the label of a value that the contact has, else the first one of the set."""
    fresh = records.load_contacts([contact.pk])[contact.pk]
    field = next(one for one in records.schema(contact.kind).sets if one.name == name)
    if value is not None:
        for one in records.local_values(fresh, name):
            if field.canon(one.value) == field.canon(shape.as_value(value)):
                return one.label
    return field.rooms[0].arrival
