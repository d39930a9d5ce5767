"""Start a sync: what a person approved by pressing *Start Sync*."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from contacts_sync.engine.plan import BY_A_PERSON
from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.run.requests import request_run
from contacts_sync.store import recording


def start(connection: Connection, trigger: SyncRun.Trigger, actor: Any = None) -> SyncRun:
    """Turn a connection on and ask for its first run, inside the caller's transaction.

    Deletions that the preview listed are approved with it, and pairs that somebody linked in the
    preview count as linked by this run, as its numbers said.
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
    _count_linked(run)
    return run


def _count_linked(run: SyncRun) -> None:
    previews = SyncRun.objects.filter(connection=run.connection_id, kind=SyncRun.Kind.PREVIEW)
    made = previews.order_by("-pk").values_list("started_at", flat=True).first()
    linked = SyncChange.objects.filter(
        connection=run.connection_id,
        run=None,
        action=SyncChange.Action.LINK,
        status=SyncChange.Status.DONE,
        reason=BY_A_PERSON,
    )
    linked = linked.filter(at__gte=made) if made else linked.none()
    linked.update(run=run)
    recording.tally(run.changes.filter(action=SyncChange.Action.LINK, reason=BY_A_PERSON))
    run.refresh_from_db()
