"""Make contacts of the rows that a person chose: a chunk is a transaction, and no row is made twice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from contacts_sync.importing import uploads
from contacts_sync.importing.creating import create
from contacts_sync.importing.drafts import record_of, restored
from contacts_sync.importing.known import Known, Look, Someone
from contacts_sync.importing.reading import CHUNK
from contacts_sync.importing.slices import Overtaken
from contacts_sync.models import ContactImport, ImportRow
from contacts_sync.store import bulk, writing

Step, Outcome = ContactImport.Step, ImportRow.Outcome


def waiting(file: ContactImport) -> QuerySet[ImportRow]:
    """Find the rows that were chosen and are not imported yet."""
    return file.rows.filter(chosen=True, outcome=Outcome.NONE, verdict__in=ImportRow.CHOOSABLE)


def begin(file: ContactImport) -> bool:
    """Turn to importing what is chosen; False when the file is not read, or nothing is chosen."""
    planned = waiting(file).count()
    fits = ContactImport.objects.filter(pk=file.pk, step__in=[Step.READY, Step.DONE])
    with transaction.atomic():
        if not planned or not fits.update(
            step=Step.CREATING,
            turn=F("turn") + 1,
            tries=0,
            planned=F("done") + planned,
            message="",
            touched_at=timezone.now(),
            finished_at=None,
        ):
            return False
        uploads.forget(file)  # its rows hold all that is wanted of it
    file.refresh_from_db()
    return True


def take_slice(file: ContactImport, ends_at: datetime) -> bool:
    """Import chunk after chunk; False when there is more to do."""
    while _take_chunk(file):
        if timezone.now() >= ends_at:
            return False
    return True


def _take_chunk(file: ContactImport) -> bool:
    """Import some rows, companies first, so that people find the company they name.

    What came into the list since the file was read is left alone, as `bring_in` does.
    """
    with transaction.atomic():
        writing.lock_list()
        mine = ContactImport.objects.filter(pk=file.pk, turn=file.turn, step=Step.CREATING)
        if mine.select_for_update().first() is None:
            raise Overtaken
        rows = list(waiting(file).order_by("kind", "number")[:CHUNK])
        if not rows:
            mine.update(step=Step.DONE, finished_at=timezone.now(), touched_at=timezone.now())
            return False
        _make(file, rows)
        mine.update(done=F("done") + len(rows), tries=0, touched_at=timezone.now())
    return True


def _make(file: ContactImport, rows: list[ImportRow]) -> None:
    drafts = [restored(row.draft) for row in rows]
    looks = [Look(one.kind, record_of(one), one.uid) for one in drafts]
    known, new = Known(), []
    known.load(looks)
    for at, (row, look) in enumerate(zip(rows, looks, strict=True)):
        same = known.same(look)
        if same is None:
            row.outcome = Outcome.CREATED
            new.append(at)
            known.add(look, Someone(row.name))
        else:
            row.outcome, row.contact_id = Outcome.KNOWN, same.pk or None
    reason = f"imported from {file.file_name}"
    made = create([drafts[at] for at in new], reason=reason, actor=file.actor, brought_by=file)
    for at, contact in zip(new, made, strict=True):
        rows[at].contact_id = contact.pk
    bulk.update(rows, ["outcome", "contact"])
