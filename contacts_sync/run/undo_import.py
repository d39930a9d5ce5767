"""Undo a whole import: its contacts go to the trash, and with them the copies that the sync made.

What was in Outlook before the import stays there and is left out. Contacts that somebody has edited
since stay, unless that was chosen; so do companies that others still name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from contacts_sync import contact as shape
from contacts_sync.models import (
    Connection,
    Contact,
    ContactImport,
    ExternalLink,
    SyncChange,
)
from contacts_sync.run import originals
from contacts_sync.store import history, records

Step, Link, Change = ContactImport.Step, ExternalLink, SyncChange

CHUNK = 200
KINDS = (shape.PERSON, shape.COMPANY)
"""People first, so that a company is free once nobody names it."""

SHOWN = 50
"""How many contacts that stay are named."""

LOOKED_AT = 2_000
"""How many contacts a page looks at before it answers; the others are looked at as they go."""


@dataclass(slots=True)
class Foreseen:
    """What undoing an import would do. `edited` and `named` say who stays, and how many those are."""

    contacts: int = 0
    edited: list[tuple[int, str]] = field(default_factory=list)
    edited_total: int = 0
    named: list[tuple[int, str]] = field(default_factory=list)
    named_total: int = 0
    gone: int = 0
    unseen: int = 0
    deleted: list[tuple[Connection, int]] = field(default_factory=list)
    kept: list[tuple[Connection, int]] = field(default_factory=list)


def undoable(file: ContactImport) -> QuerySet[SyncChange]:
    """Find what an import brought and nobody has undone or removed."""
    brought = file.changes.filter(
        action=Change.Action.ADD, side=Change.Side.HERE, status=Change.Status.DONE, undone_by=None
    )
    return brought.filter(contact__deleted_at=None).exclude(contact=None)


def foresee(file: ContactImport) -> Foreseen:
    """Say what undoing an import would do, here and in every mailbox."""
    told = Foreseen()
    leaving: set[int] = set()
    seen = 0
    for kind in KINDS:
        for some in _chunks(file, kind):
            if seen >= LOOKED_AT:
                told.unseen += len(some)
                continue
            seen += len(some)
            going, edited, named = _sort(some, leaving)
            leaving.update(going)
            told.contacts += len(going)
            told.edited_total += len(edited)
            told.named_total += len(named)
            told.edited += edited[: SHOWN - len(told.edited)]
            told.named += named[: SHOWN - len(told.named)]
    brought = file.changes.filter(action=Change.Action.ADD, side=Change.Side.HERE)
    told.gone = brought.count() - undoable(file).count()
    links = Link.objects.filter(
        contact__in=undoable(file).values("contact"), state=Link.State.LINKED
    )
    told.deleted = originals.by_mailbox(originals.copies(links))
    told.kept = originals.by_mailbox(originals.originals(links))
    return told


def begin(file: ContactImport, *, keep_edited: bool) -> bool:
    """Turn to undoing an import; False when it is not imported, even partly."""
    ways = [Step.DONE, Step.FAILED, Step.CREATING]
    begun = ContactImport.objects.filter(pk=file.pk, step__in=ways).update(
        step=Step.UNDOING,
        turn=F("turn") + 1,
        tries=0,
        keep_edited=keep_edited,
        planned=undoable(file).count(),
        done=0,
        message="",
        finished_at=None,
        touched_at=timezone.now(),
    )
    file.refresh_from_db()
    return bool(begun)


def undo_slice(file: ContactImport, actor: Any, ends_at: datetime) -> bool:
    """Undo chunk after chunk; False when there is more to do, or somebody else is at it."""
    stayed: list[str] = []
    number = 0
    mine = ContactImport.objects.filter(pk=file.pk, turn=file.turn, step=Step.UNDOING)
    for kind in KINDS:
        for some in _chunks(file, kind):
            with transaction.atomic():
                if mine.select_for_update().first() is None:
                    return False
                going, edited, named = _sort(some, set(), lock=True)
                if not file.keep_edited:
                    going, edited = [*going, *(pk for pk, _name in edited)], []
                _remove([one for one in some if one.contact_id in set(going)], actor, file)
                mine.update(done=F("done") + len(going), tries=0, touched_at=timezone.now())
            stayed += [name for _pk, name in (*edited, *named)][: SHOWN - len(stayed)]
            number += len(edited) + len(named)
            if timezone.now() >= ends_at:
                return False
    mine.update(
        step=Step.UNDONE,
        finished_at=timezone.now(),
        message=json.dumps({"stayed": number, "names": stayed}, ensure_ascii=False),
    )
    return True


def _chunks(file: ContactImport, kind: str) -> Iterable[list[SyncChange]]:
    """Give what can be undone, the last first. Rows that stay are passed by."""
    below: int | None = None
    while True:
        rows = undoable(file).filter(contact__kind=kind).order_by("-pk")
        rows = rows.filter(pk__lt=below) if below is not None else rows
        some = list(rows[:CHUNK])
        if not some:
            return
        yield some
        below = some[-1].pk


Named = list[tuple[int, str]]


def _sort(
    changes: list[SyncChange], leaving: set[int], *, lock: bool = False
) -> tuple[list[int], Named, Named]:
    """Tell who can go, who was edited since, and which companies others name."""
    pks = [one.contact_id for one in changes if one.contact_id]
    if lock:
        list(Contact.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    contacts = records.load_contacts(pks)
    touched = set(
        Link.objects.filter(contact__in=pks, state=Link.State.LINKED)
        .exclude(mirror=None)
        .exclude(mirror__fingerprint=F("mirror__settled"))
        .values_list("contact_id", flat=True)
    )
    firms = [pk for pk in pks if pk in contacts and contacts[pk].kind == shape.COMPANY]
    people = Contact.objects.alive().filter(company__in=firms).values_list("company_id", "pk")
    needed = {firm for firm, person in people if person not in leaving} if firms else set()
    going, edited, named = [], [], []
    for one in changes:
        contact = contacts.get(one.contact_id or 0)
        if contact is None:
            continue
        if contact.pk in needed:
            named.append((contact.pk, str(contact)))
        elif contact.pk in touched or _differs(contact, one.after):
            edited.append((contact.pk, str(contact)))
        else:
            going.append(contact.pk)
    return going, edited, named


def _differs(contact: Contact, after: history.Fields) -> bool:
    now = history.local_fields(records.local_record(contact))
    return bool(_plain(now) != _plain(after))


def _plain(fields: history.Fields) -> Any:
    """Give fields as JSON holds them. A company that was found may be spelled in another way."""
    folded = {
        name: shape.fold(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return json.loads(json.dumps(folded))


def _remove(changes: list[SyncChange], actor: Any, file: ContactImport) -> None:
    pks = [one.contact_id for one in changes if one.contact_id]
    if not pks:
        return
    originals.remove(pks)
    at = f"{timezone.now():%Y-%m-%d %H:%M}"
    Change.objects.bulk_create(
        Change(
            contact_id=one.contact_id,
            contact_uid=one.contact_uid,
            name=one.name,
            side=Change.Side.HERE,
            action=Change.Action.RESTORE,
            status=Change.Status.DONE,
            before={"deleted_at": ""},
            after={"deleted_at": at},
            reason="undone",
            undoes=one,
            brought_by=file,
            actor=actor,
        )
        for one in changes
    )
