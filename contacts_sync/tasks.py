"""What the queue calls: name the subject, and hand over.

Jobs are delivered at least once, and may come twice or late. The lease and the run's row decide who
works; a job that finds nothing to do returns at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from contacts_sync import alerts, logs, notices
from contacts_sync.connections import open_provider
from contacts_sync.models import Connection, ContactImport, Heartbeat, SyncRun
from contacts_sync.providers.base import ContactProvider
from contacts_sync.run import housekeeping, imports, starting, stopping, undo
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice

WORKER = "worker"
"""The name of the heartbeat: when the dispatcher last ran in a worker."""

RETRY = timedelta(minutes=5)
"""When a job that should work on a run has not come through, it is sent again."""


def enqueue(
    connection: Connection, kind: SyncRun.Kind, *, trigger: SyncRun.Trigger, actor: Any = None
) -> SyncRun:
    """Ask for a run soon. When one is open already, that one is hurried along and returned."""
    with transaction.atomic():
        run, _new = request_run(connection, kind, trigger=trigger, actor=actor)
        _send(run)
    return run


def start(connection: Connection, actor: Any = None) -> SyncRun:
    """Do what *Start Sync* does: turn the connection on, and carry out what was previewed."""
    with transaction.atomic():
        run = starting.start(connection, SyncRun.Trigger.OWNER, actor)
        _send(run)
    return run


def _send(run: SyncRun) -> None:
    """Send a job for a run, unless Microsoft has asked it to wait: then the dispatcher does."""
    if run.not_before and run.not_before > timezone.now():
        return
    Connection.objects.filter(pk=run.connection_id).update(next_run_at=timezone.now() + RETRY)
    async_task("contacts_sync.tasks.work", run.pk)


def enqueue_undo(run: SyncRun, actor: Any) -> None:
    """Ask for a run to be undone soon."""
    async_task("contacts_sync.tasks.undo_run", run.pk, actor.pk)


def undo_run(pk: int, actor_pk: int) -> str:
    """Undo what a run did. When the job comes twice, it goes on with what is left."""
    run = SyncRun.objects.filter(pk=pk).first()
    actor = get_user_model().objects.filter(pk=actor_pk).first()
    if run is None or actor is None:
        return "no such run or person"
    done, stayed = undo.undo_run(run, actor)
    return f"{done} undone, {len(stayed)} stayed"


def work(pk: int) -> str:
    """Work on a run for one slice, and see that it goes on if there is more to do."""
    run = SyncRun.objects.filter(pk=pk).first()
    if run is None:
        return "no such run"
    if stopping.asked():
        _send(run)  # fetched before we were asked to stop: for the next worker
        return run.status
    with logs.about(run=run.pk, connection=run.connection_id):
        run = run_slice(run, _opened, sleep=stopping.sleep, stopping=stopping.asked)
        notices.after_run(run)
    if run.status == SyncRun.Status.CONTINUES:
        due = Connection.objects.values_list("next_run_at", flat=True).get(pk=run.connection_id)
        if due is not None and due <= timezone.now():
            _send(run)
    return run.status


def _opened(connection: Connection) -> ContactProvider:
    """Open a mailbox for a worker, which waits for no service when it is to end."""
    return open_provider(connection, stopping.sleep, stopping.asked)


def enqueue_import(file: ContactImport) -> None:
    """Ask for the next slice of an import: reading it, creating its contacts, or undoing it."""
    async_task("contacts_sync.tasks.work_on_import", file.pk)


def work_on_import(pk: int) -> str:
    """Work on an import for one slice, and see that it goes on if there is more to do."""
    file = ContactImport.objects.filter(pk=pk).select_related("actor").first()
    if file is None:
        return "no such import"
    if imports.work(file):
        enqueue_import(file)
    file.refresh_from_db()
    return file.step


def dispatch() -> str:
    """Send a job for every connection that is due, and for every run that nobody works on."""
    now = timezone.now()
    before = Heartbeat.objects.filter(name=WORKER).values_list("at", flat=True).first()
    Heartbeat.objects.update_or_create(name=WORKER, defaults={"at": now})
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = Connection.objects.filter(free, state=Connection.State.ON, next_run_at__lte=now)
    count = 0
    for connection in due:
        enqueue(connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.SCHEDULE)
        count += 1
    idle = Q(connection__lease_until=None) | Q(connection__lease_until__lte=now)
    waiting = Q(connection__next_run_at=None) | Q(connection__next_run_at__lte=now)
    for run in SyncRun.objects.filter(
        idle, waiting, status__in=SyncRun.OPEN, started_at__lte=now - timedelta(minutes=1)
    ):
        _send(run)
        count += 1
    for file in imports.forsaken(now):
        enqueue_import(file)
        count += 1
    alerts.tell(before, now)
    housekeeping.tidy(now)
    return f"{count} sent"
