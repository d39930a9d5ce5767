"""Merge two contacts of the firm's list that are the same, in every mailbox too, and undo that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run.decisions import NotPossible
from contacts_sync.store import distinct, history, linking, records, rewriting

Action, Side, State = SyncChange.Action, SyncChange.Side, ExternalLink.State

CLOSED = (
    "connection_id",
    "remote_id",
    "name",
    "state",
    "local_shadow",
    "remote_shadow",
    "local_revision",
)
"""What is kept of a link that gives way, so that an undo can make it again."""


def merge_contacts(
    keep: Contact, drop: Contact, actor: Any, chosen: Mapping[str, str] | None = None
) -> SyncChange:
    """Merge `drop` into `keep`; returns the record.

    `keep` takes every value that it does not have; of single-valued fields its own counts unless it
    is blank or `chosen` says otherwise (field name to text). `drop` goes to the trash, where it keeps
    its values. A copy in a mailbox that holds both is deleted there; else it becomes that of `keep`.
    Whoever was told apart from `drop` is told apart from `keep`.
    """
    if keep.pk == drop.pk or keep.kind != drop.kind or keep.deleted_at or drop.deleted_at:
        raise NotPossible(_("Only two living contacts of the same kind can be merged."))
    with transaction.atomic():
        _lock(keep.pk, drop.pk)
        before = history.snapshot(keep)
        _take_values(keep, drop, chosen or {})
        people = list(Contact.objects.filter(company=drop).order_by("pk"))
        Contact.objects.filter(pk__in=[one.pk for one in people]).update(company=keep)
        told_apart = distinct.hand_on(drop, keep)
        links, closed = [], []
        for link in ExternalLink.objects.filter(contact=drop).select_related("mirror"):
            moved, gave_way = _merge_link(keep, link)
            links += [link.pk] if moved else []
            closed += [gave_way] if gave_way else []
        drop.delete()
        record = _record(
            keep,
            Action.MERGE,
            actor,
            before,
            reason="merged with another",
            moved={
                "contact": drop.pk,
                "name": str(drop),
                "people": [one.pk for one in people],
                "links": links,
                "closed": closed,
                "told_apart": told_apart,
            },
        )
        _record(
            drop, Action.DELETE, actor, reason="merged into another", moved={"merge": record.pk}
        )
    return record


def _lock(*pks: int) -> None:
    list(Contact.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def _record(
    contact: Contact,
    action: str,
    actor: Any,
    before: history.Fields | None = None,
    *,
    reason: str,
    moved: dict[str, Any] | None = None,
    undoes: SyncChange | None = None,
) -> SyncChange:
    """Record what became of a contact; of its values, those that differ from `before`."""
    after = history.snapshot(contact) if before is not None else {}
    before = before or {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return SyncChange.objects.create(
        contact=contact,
        contact_uid=contact.uid,
        name=str(contact),
        side=Side.HERE,
        action=action,
        status=SyncChange.Status.DONE,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
        moved=moved,
        reason=reason,
        undoes=undoes,
        actor=actor,
    )


def _take_values(keep: Contact, drop: Contact, chosen: Mapping[str, str]) -> None:
    rows = records.load_contacts([keep.pk, drop.pk])
    ours, others = records.local_record(rows[keep.pk]), records.local_record(rows[drop.pk])
    fields = records.schema(keep.kind)
    scalars = {
        one.name: others.scalars.get(one.name, "")
        for one in fields.scalars
        if not one.canon(ours.scalars.get(one.name, ""))
        and one.canon(others.scalars.get(one.name, ""))
    }
    rewriting.set_scalars(rows[keep.pk], {**scalars, **chosen})
    for field in fields.sets:
        known = {field.canon(one.value) for one in ours.sets.get(field.name, ())}
        for one in others.sets.get(field.name, ()):
            if field.canon(one.value) not in known:
                known.add(field.canon(one.value))
                rewriting.add_value(keep, field.name, (one.label, one.value))


def _gives_way(link: ExternalLink) -> bool:
    """Say whether nothing stands behind a link in Outlook, and nothing is on its way there."""
    if link.state == State.CREATING:
        return link.sent_at is None
    return link.state in (State.GONE, State.HELD)


def _merge_link(keep: Contact, theirs: ExternalLink) -> tuple[bool, dict[str, Any] | None]:
    """Give a link of the dropped contact to the kept one, unless that has a living one there.

    A link that stays with the dropped contact follows it into the trash: its copy is deleted. Returns
    whether it was given, and what a link was like that gave way to it.
    """
    ours = ExternalLink.objects.filter(connection=theirs.connection, contact=keep).first()
    unsent = theirs.state == State.CREATING and theirs.sent_at is None
    if theirs.state == State.HELD or unsent:
        linking.close([theirs.pk])
        return False, None
    if theirs.state not in (State.LINKED, State.GONE):
        return False, None
    if ours is not None and not (theirs.state == State.LINKED and _gives_way(ours)):
        return False, None
    gave_way = None
    if ours is not None:
        if ours.state == State.GONE:
            gave_way = {name: getattr(ours, name) for name in CLOSED}
        linking.close([ours.pk])
    _give(theirs, keep)
    return True, gave_way


def _give(link: ExternalLink, contact: Contact) -> None:
    """Let a link be another contact's; the next run compares the two anew."""
    link.contact, link.pending, link.name = contact, True, str(contact)
    link.local_revision = 0
    linking.save([link])


# --- undo ---


def merge_of(change: SyncChange) -> SyncChange | None:
    """Find the merge that a change is a record of: the kept contact's, which knows what was moved."""
    if change.action == Action.MERGE:
        return change
    number = (change.moved or {}).get("merge")
    return SyncChange.objects.filter(pk=number).first() if number else None


def other_of(merge: SyncChange) -> Contact | None:
    """Find the contact that a merge put into the trash, while it is there."""
    return Contact.objects.trashed().filter(pk=(merge.moved or {}).get("contact") or 0).first()


def undo_merge(merge: SyncChange, actor: Any) -> SyncChange:
    """Put both contacts back as they were, inside the caller's transaction.

    The second one leaves the trash, and gets back its people and its copies in Outlook; a copy that
    was deleted is created again by the next run. Values that somebody has edited since the merge stay;
    the record's reason names them.
    """
    keep, drop = merge.contact, other_of(merge)
    if keep is None or drop is None:
        raise NotPossible(_("One of the two was removed for good."))
    _lock(keep.pk, drop.pk)
    before = history.snapshot(keep)
    moved = merge.moved
    Contact.objects.filter(pk=drop.pk).restore()
    Contact.objects.filter(pk__in=moved["people"], company=keep).update(company=drop)
    for link in ExternalLink.objects.filter(pk__in=moved["links"], contact=keep):
        if not ExternalLink.objects.filter(connection=link.connection_id, contact=drop).exists():
            _give(link, drop)
    stayed = rewriting.put_back(keep, merge.before, merge.after)
    distinct.take_back(moved["told_apart"])
    for closed in moved["closed"]:
        _open_again(keep, closed)
    half = SyncChange.objects.filter(contact=drop, action=Action.DELETE, moved__merge=merge.pk)
    _record(drop, Action.RESTORE, actor, reason="undone", undoes=half.first())
    fresh = Contact.objects.get(pk=keep.pk)
    reason = "undone" if not stayed else "undone, but edited since: " + ", ".join(stayed)
    return _record(fresh, Action.RESTORE, actor, before, reason=reason, undoes=merge)


def _open_again(keep: Contact, closed: dict[str, Any]) -> None:
    """Make a link again that says that a contact was removed in Outlook: it stays removed."""
    link = ExternalLink(contact=keep, **closed)
    taken = ExternalLink.objects.filter(connection=link.connection_id)
    if taken.filter(contact=keep).exists():
        return
    if link.remote_id and taken.filter(remote_id=link.remote_id).exists():
        link.remote_id = None
    linking.save([link])
