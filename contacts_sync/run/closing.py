"""Close a slice: how it ended, what a person should know, and when the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.store import lease as leases
from contacts_sync.store import runs
from contacts_sync.store.lease import Lease

INTERVAL = timedelta(minutes=60)
"""The next run starts so long after the last one ended (R13)."""

JITTER = timedelta(minutes=6)
"""Spread over so long, so that mailboxes do not all come at once."""

SOON = timedelta(seconds=settings.CREATE_SETTLE_SECONDS + 60)
"""What has no answer yet can be settled for certain after so long."""

BACKOFF, LONGEST_BACKOFF = timedelta(minutes=5), timedelta(hours=6)
"""After a failure the next try comes sooner, and then ever later."""

PASSING = (Connection.Problem.UNAVAILABLE, Connection.Problem.FAILING)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a slice ended. `wait` seconds before the next one; `seen` when everything was looked at."""

    status: SyncRun.Status
    message: str = ""
    problem: Connection.Problem = Connection.Problem.NONE
    wait: float = 0.0
    seen: int | None = None


def close(
    run: SyncRun,
    lease: Lease,
    ending: Ending,
    requests: int,
    now: datetime,
    jitter: float,
    lately: list[list[int]] | None = None,
) -> None:
    """Write down how a slice ended, in one transaction with the connection's state.

    `lately` is what the service still counts of our requests.
    """
    with transaction.atomic():
        leases.hold(lease, now)
        run.refresh_from_db()
        run.requests += requests
        run.status, run.message = ending.status, ending.message
        connection = Connection.objects.get(pk=run.connection_id)
        if lately is not None:
            connection.sent_lately = lately
        unsettled = runs.unsettled(connection) if run.status == SyncRun.Status.DONE else 0
        if run.status == SyncRun.Status.DONE:
            _done(run, connection, unsettled)
        if run.status != SyncRun.Status.CONTINUES:
            run.step, run.finished_at = SyncRun.Step.CLOSED, now
        run.not_before = now + timedelta(seconds=ending.wait) if ending.wait else None
        run.crashes = 0  # what kills a worker again and again never comes this far
        run.save(
            update_fields=[
                "requests",
                "status",
                "step",
                "message",
                "finished_at",
                "held",
                "crashes",
                "not_before",
            ]
        )
        _update(connection, run, ending, now, jitter, unsettled)


def _done(run: SyncRun, connection: Connection, unsettled: int) -> None:
    run.held = SyncChange.objects.filter(
        connection=connection, status=SyncChange.Status.HELD
    ).count()
    if run.held and run.kind != SyncRun.Kind.PREVIEW:
        run.status = SyncRun.Status.HELD
    if run.kind != SyncRun.Kind.PREVIEW:
        run.message = summary(run, unsettled)


def summary(run: SyncRun, unsettled: int = 0) -> str:
    """Say in a sentence what a run did."""
    parts = [
        ngettext("%d added here", "%d added here", run.added_here) % run.added_here,
        ngettext("%d added to Microsoft 365", "%d added to Microsoft 365", run.added_there)
        % run.added_there,
        ngettext("%d linked", "%d linked", run.linked) % run.linked,
        ngettext("%d updated here", "%d updated here", run.updated_here) % run.updated_here,
        ngettext("%d updated in Microsoft 365", "%d updated in Microsoft 365", run.updated_there)
        % run.updated_there,
        ngettext("%d deleted in Microsoft 365", "%d deleted in Microsoft 365", run.deleted_there)
        % run.deleted_there,
        ngettext("%d removed in Outlook", "%d removed in Outlook", run.gone) % run.gone,
    ]
    counts = (
        run.added_here,
        run.added_there,
        run.linked,
        run.updated_here,
        run.updated_there,
        run.deleted_there,
        run.gone,
    )
    told = [part for part, count in zip(parts, counts, strict=True) if count]
    if told:
        text = ", ".join(told) + "."
    else:
        text = "" if unsettled or run.held else _("Everything was in step.")
    if unsettled:
        text += (
            " "
            + ngettext(
                "%d contact is not settled yet; the next run goes on with it in a few minutes.",
                "%d contacts are not settled yet; the next run goes on with them in a few minutes.",
                unsettled,
            )
            % unsettled
        )
    if run.held:
        text += (
            " "
            + ngettext(
                "%d change waits for your decision.", "%d changes wait for your decision.", run.held
            )
            % run.held
        )
    if run.problems:
        text += (
            " "
            + ngettext(
                "%d contact was refused; see why and what to do.",
                "%d contacts were refused; see why and what to do.",
                run.problems,
            )
            % run.problems
        )
    return text.strip()


def _update(
    connection: Connection,
    run: SyncRun,
    ending: Ending,
    now: datetime,
    jitter: float,
    unsettled: int,
) -> None:
    fields = ["failures", "problem", "problem_text", "problem_since", "next_run_at", "sent_lately"]
    if run.status == SyncRun.Status.CONTINUES:
        connection.next_run_at = now + timedelta(seconds=ending.wait)
        connection.save(update_fields=["next_run_at", "sent_lately"])
        return
    if ending.problem:
        if connection.problem != ending.problem:
            connection.problem_since = now
        connection.problem, connection.problem_text = ending.problem, ending.message
        connection.failures += 1
    elif run.status in (SyncRun.Status.DONE, SyncRun.Status.HELD):
        connection.problem, connection.problem_text, connection.problem_since = "", "", None
        connection.failures = 0
        if run.kind != SyncRun.Kind.PREVIEW:
            connection.synced_at = now
            fields.append("synced_at")
            if ending.seen is not None:
                connection.seen = ending.seen
                fields.append("seen")
    due = _next(connection, ending, now, jitter)
    if due is not None and not ending.problem:
        if run.kind == SyncRun.Kind.PREVIEW and connection.synced_at is not None:
            due = max(now, connection.synced_at + INTERVAL)  # a look puts off nothing
        soon = [now + SOON] if unsettled else []
        due = min([due, *soon, *runs.tries(connection, now)])
    connection.next_run_at = due
    connection.save(update_fields=fields)


def _next(connection: Connection, ending: Ending, now: datetime, jitter: float) -> datetime | None:
    """Say when the next run is due; None for a connection that is not on, or waits for a person."""
    if connection.state != Connection.State.ON:
        return None
    if ending.problem in PASSING or ending.problem == Connection.Problem.CONFIGURATION:
        doubled: timedelta = BACKOFF * 2 ** min(connection.failures - 1, 10)
        return now + min(doubled, LONGEST_BACKOFF)
    if ending.problem:
        return None
    return now + INTERVAL + JITTER * (jitter - 0.5)
