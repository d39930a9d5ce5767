"""The rows of runs: begin a slice, show the step, and end what a killed worker left behind."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from contacts_sync.models import Connection, ExternalLink, RemoteContact, SyncChange, SyncRun
from contacts_sync.store import lease as leases
from contacts_sync.store.lease import Lease

CRASHES = 3
"""After so many killed slices a run is given up: something in it kills the worker."""


def begin(pk: int, lease: Lease, now: datetime) -> SyncRun | None:
    """Begin a slice of a run; None when the run has ended, or Microsoft has asked it to wait.

    A run that is still marked as running had its worker killed: we hold the lease, so nobody works
    on it.
    """
    with transaction.atomic():
        leases.hold(lease, now)
        run = SyncRun.objects.select_related("connection").get(pk=pk)
        if run.status not in SyncRun.OPEN or (run.not_before and now < run.not_before):
            return None
        if run.status == SyncRun.Status.RUNNING:
            run.crashes += 1
        if run.crashes >= CRASHES:
            _give_up(run, now)
            return None
        run.status, run.slices = SyncRun.Status.RUNNING, run.slices + 1
        run.save(update_fields=["status", "slices", "crashes"])
    return run


def _give_up(run: SyncRun, now: datetime) -> None:
    run.status, run.step, run.finished_at = SyncRun.Status.FAILED, SyncRun.Step.CLOSED, now
    run.message = (
        "The background process was killed three times while it worked on this run, so it was "
        "given up. Nothing was lost. Please tell your administrator."
    )
    run.save(update_fields=["status", "step", "finished_at", "message", "crashes"])
    Connection.objects.filter(pk=run.connection_id).update(
        problem=Connection.Problem.FAILING, problem_text=run.message, problem_since=now
    )


def step(run: SyncRun, name: str) -> None:
    """Show what the run is doing."""
    run.step = name
    SyncRun.objects.filter(pk=run.pk).update(step=name)


def plan(run: SyncRun, count: int) -> None:
    """Show how much there is to do: what is done already, and this plan."""
    SyncRun.objects.filter(pk=run.pk).update(planned=F("done") + count)


def unsettled(connection: Connection) -> int:
    """Count contacts whose last write has no answer, or has to be planned again."""
    states = ExternalLink.State
    rows = ExternalLink.objects.filter(connection=connection, open=True, problem="")
    open_ones = rows.filter(
        Q(state__in=[states.CREATING, states.DELETING]) | Q(state=states.LINKED, pending=True)
    )
    held = SyncChange.objects.filter(link=OuterRef("pk"), status=SyncChange.Status.HELD)
    return open_ones.filter(~Exists(held)).count()


def tries(connection: Connection, now: datetime) -> list[datetime]:
    """Say when the first of the contacts that were set aside is due, if any is."""
    rows = ExternalLink.objects.filter(connection=connection, open=True, next_try_at__gt=now)
    first = rows.order_by("next_try_at").values_list("next_try_at", flat=True).first()
    return [first] if first else []


def look_at_everything(connection: Connection) -> None:
    """Let every link be merged again: the map of fields has changed."""
    ExternalLink.objects.filter(connection=connection, state=ExternalLink.State.LINKED).update(
        pending=True
    )
    RemoteContact.objects.filter(connection=connection, present=True, skip="").exclude(
        link=None
    ).update(settled="")
