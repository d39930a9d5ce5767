"""Start a sync: what a person approved by pressing *Start Sync*."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.run.requests import request_run


def start(connection: Connection, trigger: SyncRun.Trigger, actor: Any = None) -> SyncRun:
    """Turn a connection on and ask for its first run, inside the caller's transaction.

    Deletions that the preview listed are approved with it.
    """
    now = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        state=Connection.State.ON,
        started_at=connection.started_at or now,
        stop_requested=False,
        next_run_at=now,
    )
    connection.refresh_from_db()
    SyncChange.objects.filter(
        connection=connection,
        status=SyncChange.Status.PLANNED,
        action=SyncChange.Action.DELETE,
    ).update(status=SyncChange.Status.APPROVED, decided_at=now, actor=actor)
    run, _new = request_run(connection, SyncRun.Kind.SYNC, trigger=trigger, actor=actor, first=True)
    return run
