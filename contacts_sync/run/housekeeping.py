"""Tidy up: purge what has been in the trash long enough, old records, and what nobody needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts_sync import connections
from contacts_sync.models import (
    Connection,
    Contact,
    ContactImport,
    ExternalLink,
    ImportPart,
    ImportRow,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.models.run import COUNTS

TRASH = timedelta(days=settings.RETENTION_TRASH_DAYS)
ECHO = timedelta(days=30)
FAILED_JOB = timedelta(days=30)
AT_ONCE = 500

WAITING = (ExternalLink.State.CREATING, ExternalLink.State.LINKED, ExternalLink.State.DELETING)
"""Links that still have something to do for a contact in the trash."""

CLOSED = (
    SyncChange.Status.DONE,
    SyncChange.Status.FAILED,
    SyncChange.Status.UNKNOWN,
    SyncChange.Status.DISMISSED,
)
"""Changes that nobody will act on any more."""


def tidy(now: datetime) -> int:
    """Purge a bounded number of rows, and say how many. Once an hour old records are looked at too.

    A contact stays while a link waits for it, or people name it.
    """
    purged = _trash(now) + _echoes(now)
    return purged + _records(now) if now.minute == 0 else purged


def tidy_all(now: datetime) -> int:
    """Purge everything that is due, and say how many rows that were."""
    purged = 0
    while count := _trash(now) + _echoes(now) + _records(now):
        purged += count
    return purged


def _trash(now: datetime) -> int:
    links = ExternalLink.objects.filter(contact=OuterRef("pk"), state__in=WAITING)
    people = Contact.objects.alive().filter(company=OuterRef("pk"))
    due = Contact.objects.filter(deleted_at__lte=now - TRASH).filter(
        ~Exists(links), ~Exists(people)
    )
    pks = list(due.values_list("pk", flat=True)[:AT_ONCE])
    if pks:
        # What was left out in Outlook stays left out: without its link it would come back as new.
        links_due = ExternalLink.objects.filter(contact__in=pks)
        links_due.exclude(state=ExternalLink.State.APART, mirror__present=True).delete()
        Contact.objects.filter(pk__in=pks).purge()
    return len(pks)


def _echoes(now: datetime) -> int:
    return _some(RemoteContact.objects.filter(deleted_at__lte=now - ECHO, link=None))


def _records(now: datetime) -> int:
    """Purge old changes, runs, sessions and failed jobs, and let go of mailboxes long disconnected."""
    old = now - timedelta(days=settings.RETENTION_AUDIT_DAYS)
    quiet = now - timedelta(days=settings.RETENTION_QUIET_RUN_DAYS)
    idle = SyncRun.objects.filter(
        ~Exists(SyncChange.objects.filter(run=OuterRef("pk"))),
        finished_at__lt=quiet,
        status=SyncRun.Status.DONE,
        **dict.fromkeys(COUNTS, 0),
    )
    undecided = SyncChange.objects.filter(run=OuterRef("pk")).exclude(status__in=CLOSED)
    purged = _some(SyncChange.objects.filter(at__lt=old, status__in=CLOSED))
    purged += _some(SyncRun.objects.filter(~Exists(undecided), finished_at__lt=old))
    purged += _imports(now) + _some(idle) + _some(Session.objects.filter(expire_date__lt=now))
    known = Session.objects.filter(session_key=OuterRef("session_key"))
    purged += _some(_rows("usersessions", "UserSession").filter(~Exists(known)))
    jobs = _rows("django_q", "Task").filter(success=False, stopped__lt=now - FAILED_JOB)
    return purged + _some(jobs) + _release(now)


def _imports(now: datetime) -> int:
    """Purge what was read of files that nobody has touched for long; that there was one stays on record."""
    old = now - timedelta(days=settings.RETENTION_IMPORT_DAYS)
    purged = _some(ImportPart.objects.filter(file__touched_at__lt=old))
    purged += _some(ImportRow.objects.filter(file__touched_at__lt=old))
    audit = now - timedelta(days=settings.RETENTION_AUDIT_DAYS)
    return purged + _some(ContactImport.objects.filter(touched_at__lt=audit, changes=None))


def _release(now: datetime) -> int:
    """Let go of mailboxes that were disconnected so long ago that nobody comes back."""
    if not settings.RETENTION_DISCONNECTED_DAYS:
        return 0
    since = now - timedelta(days=settings.RETENTION_DISCONNECTED_DAYS)
    recent = SyncRun.objects.filter(connection=OuterRef("pk"), finished_at__gte=since)
    gone = Connection.objects.filter(
        ~Exists(recent),
        Q(synced_at=None) | Q(synced_at__lt=since),  # quiet runs are purged before
        state=Connection.State.DISCONNECTED,
        created_at__lt=since,
    )
    chosen = list(gone[:AT_ONCE])
    for connection in chosen:
        connections.retire(connection)
    return len(chosen)


def _rows(app: str, model: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model(app, model)._default_manager.all()
    return rows


def _some(rows: QuerySet[Any]) -> int:
    """Delete a bounded number of rows."""
    pks = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if pks:
        rows.model._default_manager.filter(pk__in=pks).delete()
    return len(pks)
