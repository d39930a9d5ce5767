"""Held changes: record what a guard holds, and remember what people approved or dismissed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from contacts_sync.engine.guard import Guard, Totals
from contacts_sync.engine.plan import Action, Do, State
from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.store import lease as leases
from contacts_sync.store import records
from contacts_sync.store.lease import Lease

APPROVAL = timedelta(days=7)
"""An approval covers exactly the listed changes, for so long."""

Mark = tuple[str, int | None, str]
"""What a held change is about: its action, the contact, and the remote id."""

ACTIONS = {
    Do.CREATE_HERE: (SyncChange.Action.ADD, SyncChange.Side.HERE),
    Do.CREATE_THERE: (SyncChange.Action.ADD, SyncChange.Side.THERE),
    Do.UPDATE: (SyncChange.Action.UPDATE, SyncChange.Side.BOTH),
    Do.DELETE_THERE: (SyncChange.Action.DELETE, SyncChange.Side.THERE),
    Do.MARK_GONE: (SyncChange.Action.GONE, SyncChange.Side.THERE),
}
"""How a guarded action is called in a change record."""


def totals(run: SyncRun) -> Totals:
    """Count what the shares of the guards refer to."""
    connection = run.connection
    links = ExternalLink.objects.filter(connection=connection, state=State.LINKED)
    preview = _preview(run) if run.first else None
    return Totals(
        links=links.count(),
        records=Contact.objects.alive().count(),
        previewed=None if preview is None else preview.added_here + preview.added_there,
        made=0 if preview is None else _made(run, preview),
        listing_shrunk=connection.listing_shrunk,
    )


def _preview(run: SyncRun) -> SyncRun | None:
    previews = SyncRun.objects.filter(
        connection=run.connection, kind=SyncRun.Kind.PREVIEW, status=SyncRun.Status.DONE
    )
    return previews.order_by("-pk").first()


def _made(run: SyncRun, preview: SyncRun) -> int:
    """Count what was created since the preview, slice after slice, and that it had not shown."""
    contacts, remote = _shown(run)
    since = SyncChange.objects.filter(run__connection=run.connection_id, run__gt=preview.pk)
    made = since.filter(action=SyncChange.Action.ADD).filter(
        status__in=[SyncChange.Status.DONE, SyncChange.Status.SENT, SyncChange.Status.UNKNOWN]
    )
    there = made.filter(side=SyncChange.Side.THERE).values_list("contact_id", flat=True)
    here = made.filter(side=SyncChange.Side.HERE).exclude(remote_id="")
    return sum(pk not in contacts for pk in there) + sum(
        remote_id not in remote for remote_id in here.values_list("remote_id", flat=True)
    )


def _shown(run: SyncRun) -> tuple[set[int], set[str]]:
    rows = SyncChange.objects.filter(
        connection=run.connection,
        status=SyncChange.Status.PLANNED,
        action=SyncChange.Action.ADD,
    )
    shown = set(rows.values_list("contact_id", "remote_id"))
    contacts = {contact for contact, remote_id in shown if contact and not remote_id}
    return contacts, {remote_id for _, remote_id in shown if remote_id}


def previewed(run: SyncRun) -> Callable[[Action], bool]:
    """Say of an action whether the approved preview has shown it."""
    if not run.first:
        return lambda action: False
    contacts, remote = _shown(run)
    rows = RemoteContact.objects.filter(connection=run.connection).values_list("pk", "remote_id")
    mirrors = {pk for pk, remote_id in rows if remote_id in remote}
    planned = SyncChange.objects.filter(
        connection=run.connection,
        status=SyncChange.Status.PLANNED,
        action=SyncChange.Action.UPDATE,
        guard="",
    )
    links = set(planned.values_list("link_id", flat=True)) - {None}

    def was_shown(action: Action) -> bool:
        if action.do is Do.UPDATE:
            return action.link in links
        return action.contact in contacts or action.mirror in mirrors

    return was_shown


def approved(connection: Connection, now: datetime) -> Callable[[Action], bool]:
    """Say of an action whether a person has approved it, not too long ago.

    So it is when somebody has said whose values count for a contact.
    """
    decided = set(
        ExternalLink.objects.filter(connection=connection, open=True)
        .exclude(decision__in=["", ExternalLink.Decision.KEEP])
        .values_list("pk", flat=True)
    )
    rows = SyncChange.objects.filter(
        connection=connection, status=SyncChange.Status.APPROVED, decided_at__gte=now - APPROVAL
    )
    marks = _still_meant(connection, rows.values_list("action", "contact_id", "remote_id", "mark"))
    if not marks:
        return lambda action: action.link in decided
    ids = dict(
        RemoteContact.objects.filter(
            connection=connection, remote_id__in={remote_id for _, _, remote_id in marks}
        ).values_list("pk", "remote_id")
    )

    def is_approved(action: Action) -> bool:
        kind = ACTIONS.get(action.do)
        if kind is None:
            return False
        remote_id = ids.get(action.mirror, "") if action.mirror else ""
        return action.link in decided or (kind[0], action.contact, remote_id) in marks

    return is_approved


def _still_meant(
    connection: Connection, rows: Iterable[tuple[str, int | None, str, str]]
) -> set[Mark]:
    """Leave out approvals of contents that are no longer the same, on either side."""
    listed = list(rows)
    revisions = dict(
        Contact.objects.filter(pk__in={pk for _, pk, _, _ in listed if pk}).values_list(
            "pk", "revision"
        )
    )
    fingerprints = dict(
        RemoteContact.objects.filter(
            connection=connection, remote_id__in={remote_id for _, _, remote_id, _ in listed}
        ).values_list("remote_id", "fingerprint")
    )
    return {
        (action, contact, remote_id)
        for action, contact, remote_id, mark in listed
        if not mark
        or mark == records.contents(revisions.get(contact or 0, 0), fingerprints.get(remote_id, ""))
    }


def waiting(connection: Connection) -> Callable[[Action], str]:
    """Name the guard that holds an action since an earlier run."""
    rows = SyncChange.objects.filter(connection=connection, status=SyncChange.Status.HELD)
    held = {
        (action, link): guard
        for action, link, guard in rows.exclude(guard="").values_list("action", "link_id", "guard")
    }

    def held_by(action: Action) -> str:
        kind = ACTIONS.get(action.do)
        return held.get((kind[0], action.link), "") if kind and action.link else ""

    return held_by


def stands(connection: Connection, actions: Iterable[Action]) -> Callable[[Action], bool]:
    """Say of an action whether it holds what is held already, as it was, and waits for a decision."""
    if not any(one.do is Do.HOLD and one.link for one in actions):
        return lambda action: False
    asked = SyncChange.objects.filter(link=OuterRef("pk"), status=SyncChange.Status.HELD)
    as_held = (Q(contact=None) | Q(contact__revision=F("local_revision"))) & (
        Q(mirror=None) | Q(mirror__fingerprint=F("mirror__settled"))
    )
    rows = ExternalLink.objects.filter(
        as_held, Exists(asked), connection=connection, open=True, state=State.HELD, decision=""
    )
    held = {pk: (group, reason) for pk, group, reason in rows.values_list("pk", "group", "reason")}
    return lambda action: (
        action.do is Do.HOLD and held.get(action.link or 0) == (action.group, action.reason)
    )


def hold(run: SyncRun, lease: Lease, held: Iterable[tuple[Action, Guard]], now: datetime) -> None:
    """Record held changes of links, once each; they stay open until a person decides.

    Creations are held as links of their own, by the ordinary way of held contacts.
    """
    work = list(held)
    links = ExternalLink.objects.select_related("contact", "mirror").in_bulk(
        [action.link for action, _ in work if action.link]
    )
    known = set(
        SyncChange.objects.filter(
            connection=run.connection, status=SyncChange.Status.HELD
        ).values_list("action", "link_id")
    )
    changes = []
    for action, guard in work:
        link = links.get(action.link) if action.link else None
        kind = ACTIONS[action.do]
        if link is None or (kind[0], link.pk) in known:
            continue
        changes.append(
            SyncChange(
                run=run,
                connection=run.connection,
                contact=link.contact,
                contact_uid=link.contact.uid if link.contact else None,
                link=link,
                remote_id=link.remote_id or "",
                name=str(link),
                side=kind[1],
                action=kind[0],
                status=SyncChange.Status.HELD,
                guard=guard.name,
                mark=_mark(link) if action.do is Do.UPDATE else "",
            )
        )
    with transaction.atomic():
        leases.hold(lease, now)
        ExternalLink.objects.filter(pk__in=links).update(pending=True)
        SyncChange.objects.bulk_create(changes)
        # What the short listing was about is held now; what vanishes later is counted anew.
        Connection.objects.filter(pk=run.connection_id).update(listing_shrunk=False)
        run.connection.listing_shrunk = False


def _mark(link: ExternalLink) -> str:
    return records.contents(
        link.contact.revision if link.contact else 0, link.mirror.fingerprint if link.mirror else ""
    )


def dissolve(connection: Connection, actions: Iterable[Action]) -> None:
    """Drop held changes that are no longer due: the contact came back, or somebody undid it."""
    due = {(ACTIONS[one.do][0], one.link) for one in actions if one.do in ACTIONS and one.link}
    rows = SyncChange.objects.filter(
        connection=connection, status=SyncChange.Status.HELD, action__in=_LINKED
    ).exclude(guard="")
    stale = [
        pk
        for pk, action, link in rows.values_list("pk", "action", "link_id")
        if (action, link) not in due
    ]
    SyncChange.objects.filter(pk__in=stale).update(
        status=SyncChange.Status.DISMISSED, reason="no longer due"
    )


_LINKED = (SyncChange.Action.UPDATE, SyncChange.Action.DELETE, SyncChange.Action.GONE)
