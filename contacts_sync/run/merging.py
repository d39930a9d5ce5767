"""Merge two contacts of the firm's list that are the same, in every mailbox too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run.decisions import NotPossible
from contacts_sync.store import history, linking, records, rewriting

State = ExternalLink.State


def merge_contacts(
    keep: Contact, drop: Contact, actor: Any, chosen: Mapping[str, str] | None = None
) -> SyncChange:
    """Merge `drop` into `keep`; returns the record.

    `keep` takes every value that it does not have; of single-valued fields its own counts unless it
    is blank or `chosen` says otherwise (field name to text). `drop` goes to the trash, where it keeps
    its values. A copy in a mailbox that holds both is deleted there; else it becomes that of `keep`.
    """
    if keep.pk == drop.pk or keep.kind != drop.kind or keep.deleted_at or drop.deleted_at:
        raise NotPossible(_("Only two living contacts of the same kind can be merged."))
    with transaction.atomic():
        pks = sorted([keep.pk, drop.pk])
        list(Contact.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        before = history.snapshot(keep)
        _take_values(keep, drop, chosen or {})
        if drop.kind == Contact.Kind.COMPANY:
            Contact.objects.filter(company=drop).update(company=keep)
        for link in ExternalLink.objects.filter(contact=drop).select_related("mirror"):
            _merge_link(keep, link)
        drop.delete()
        after = history.snapshot(keep)
        names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        for contact, reason in ((keep, "merged with another"), (drop, "merged into another")):
            change = SyncChange.objects.create(
                contact=contact,
                contact_uid=contact.uid,
                name=str(contact),
                side=SyncChange.Side.HERE,
                action=SyncChange.Action.UPDATE if contact == keep else SyncChange.Action.DELETE,
                status=SyncChange.Status.DONE,
                before={n: before[n] for n in names if n in before} if contact == keep else {},
                after={n: after[n] for n in names if n in after} if contact == keep else {},
                reason=reason,
                actor=actor,
            )
            if contact == keep:
                kept = change
    return kept


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


def _merge_link(keep: Contact, theirs: ExternalLink) -> None:
    """Give a link of the dropped contact to the kept one, unless that has a living one there.

    A link that stays with the dropped contact follows it into the trash: its copy is deleted.
    """
    ours = ExternalLink.objects.filter(connection=theirs.connection, contact=keep).first()
    if theirs.state == State.HELD:
        linking.close([theirs.pk])
        return
    if theirs.state == State.CREATING and theirs.sent_at is None:
        linking.close([theirs.pk])
        return
    if theirs.state not in (State.LINKED, State.GONE):
        return
    if ours is not None and not (theirs.state == State.LINKED and _gives_way(ours)):
        return
    if ours is not None:
        linking.close([ours.pk])
    theirs.contact, theirs.pending, theirs.name = keep, True, str(keep)
    theirs.local_revision = 0
    linking.save([theirs])
