"""Ask for a run: its row is there at once, so that a page can show it."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from contacts_sync.models import Connection, SyncRun


def request_run(
    connection: Connection,
    kind: SyncRun.Kind,
    *,
    trigger: SyncRun.Trigger,
    actor: Any = None,
    first: bool = False,
) -> tuple[SyncRun, bool]:
    """Make the row of a run that shall begin soon; returns it, and whether it is new.

    When a run is open already, that one is returned: a second one would find the lease taken.
    """
    first = first or _first_goes_on(connection, kind)
    open_run = SyncRun.objects.filter(connection=connection, status__in=SyncRun.OPEN).first()
    if open_run is not None:
        return open_run, False
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(
                connection=connection,
                kind=kind,
                trigger=trigger,
                actor=actor,
                first=first,
                status=SyncRun.Status.CONTINUES,
            )
            # Whoever asks for a new run takes back an earlier Stop: no run is open that it was for.
            Connection.objects.filter(pk=connection.pk).update(stop_requested=False)
    except IntegrityError:
        return SyncRun.objects.get(connection=connection, status__in=SyncRun.OPEN), False
    return run, True


def _first_goes_on(connection: Connection, kind: SyncRun.Kind) -> bool:
    """Say whether the last run was a first sync that did not come to its end: this one goes on."""
    if kind == SyncRun.Kind.PREVIEW:
        return False
    runs = SyncRun.objects.filter(connection=connection).exclude(kind=SyncRun.Kind.PREVIEW)
    last = runs.order_by("-pk").first()
    ended = (SyncRun.Status.DONE, SyncRun.Status.HELD)
    return last is not None and last.first and last.status not in ended
