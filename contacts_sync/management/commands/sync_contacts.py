"""Sync in this process, without the queue: slice after slice, until the run ends."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection as database
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts_sync import connections, logs
from contacts_sync.models import Connection, SyncRun
from contacts_sync.models.run import COUNTS
from contacts_sync.run import starting
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice

State, Kind, Status = Connection.State, SyncRun.Kind, SyncRun.Status

ALREADY_RUNNING = "already_running"
EXIT_CODES = {
    Status.DONE: 0,
    Status.FAILED: 1,
    Status.CONTINUES: 1,
    ALREADY_RUNNING: 1,
    Status.HELD: 2,
    Status.NEEDS_SIGN_IN: 2,
    Status.REFUSED: 2,
}
"""By what became of a connection. Of several connections, a failure counts most, then a person."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one connection."""

    connection: Connection
    status: str
    text: str
    run: SyncRun | None = None

    def as_dict(self) -> dict[str, Any]:
        counts = self.run.counts if self.run else dict.fromkeys(COUNTS, 0)
        return {
            "connection": self.connection.pk,
            "run": self.run.pk if self.run else None,
            "status": str(self.status),
            "requests": self.run.requests if self.run else 0,
            **counts,
        }


class Command(BaseCommand):
    help = (
        "Sync mailboxes now, in this process. Exit code 0: done; 1: failed, or somebody else is"
        " running it; 2: a person is needed, because something is held, refused or not authorized."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--connection", type=int, metavar="ID")
        which.add_argument("--user", metavar="NAME", help="the owner's name or e-mail address")
        which.add_argument("--all", action="store_true", help="every mailbox whose sync is on")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--preview", action="store_true", help="compare, and write nothing")
        how.add_argument("--start", action="store_true", help="do what Start Sync does")
        parser.add_argument("--full", action="store_true", help="read everything again (Resync)")
        parser.add_argument("--json", action="store_true", help="print an array of objects")

    def handle(self, **options: Any) -> None:
        self._json = options["json"]
        reports = []
        for connection in _chosen(options):
            report = self._sync(connection, options)
            reports.append(report)
            self._say(f"{connection} (connection {connection.pk}): {report.text}")
        if self._json:
            self.stdout.write(json.dumps([one.as_dict() for one in reports], indent=2))
        elif not reports:
            self.stdout.write("There is no mailbox to sync.")
        codes = {EXIT_CODES[one.status] for one in reports}
        if code := 1 if 1 in codes else max(codes, default=0):
            raise SystemExit(code)

    def _say(self, text: str) -> None:
        """Tell a person. With --json, standard output belongs to the program that reads it."""
        (self.stderr if self._json else self.stdout).write(text)

    def _sync(self, connection: Connection, options: dict[str, Any]) -> Report:
        if refusal := _refusal(connection, options):
            return refusal
        if options["full"]:
            Connection.objects.filter(pk=connection.pk).update(full_wanted=True, seen=0)
        if options["preview"]:
            return self._run(connection, Kind.PREVIEW)
        if not options["start"] or connection.state == State.ON:
            return self._run(connection, Kind.RESYNC if options["full"] else Kind.SYNC)
        return self._start(connection)

    def _start(self, connection: Connection) -> Report:
        """Start as a person does: with a look at the preview, which may ask for a second look."""
        preview = connection.runs.first()
        if preview is None or preview.kind != Kind.PREVIEW or preview.status != Status.DONE:
            report = self._run(connection, Kind.PREVIEW)
            if report.run is None or report.status != Status.DONE:
                return report
            self._say(f"{connection}: {report.text}")
            if warning := report.run.warning:
                text = f"{warning} To start nevertheless, use --start again."
                return Report(connection, Status.REFUSED, text, report.run)
        with transaction.atomic():
            starting.start(connection, SyncRun.Trigger.COMMAND)
        return self._run(connection, Kind.SYNC)

    def _run(self, connection: Connection, kind: SyncRun.Kind) -> Report:
        """Run until it ends. A run of another kind that is open already is finished first."""
        while True:
            run, _new = request_run(connection, kind, trigger=SyncRun.Trigger.COMMAND)
            report = self._finish(connection, run)
            if run.kind == kind or report.status not in (Status.DONE, Status.HELD):
                return report

    def _finish(self, connection: Connection, run: SyncRun) -> Report:
        while True:
            slices = run.slices
            with logs.about(run=run.pk, connection=connection.pk):
                run = run_slice(run, connections.open_provider)
            if run.status == Status.RUNNING or (run.is_open and run.slices == slices):
                text = "Another process is working on it."
                return Report(connection, ALREADY_RUNNING, text, run)
            if not run.is_open:
                return _report(connection, run)
            self._wait(connection)

    def _wait(self, connection: Connection) -> None:
        connection.refresh_from_db()
        due = connection.next_run_at
        seconds = (due - timezone.now()).total_seconds() if due else 0
        if seconds > 0:
            self._say(f"{connection}: goes on in {math.ceil(seconds)} s.")
            time.sleep(seconds)
            if not database.in_atomic_block:
                database.close()  # the server may have hung up meanwhile


def _chosen(options: dict[str, Any]) -> list[Connection]:
    living = Connection.objects.exclude(state=State.RETIRED)
    if options["connection"] is not None:
        return _one(living.filter(pk=options["connection"]), f"no. {options['connection']}")
    if name := options["user"]:
        owner = Q(owner__username=name) | Q(owner__email__iexact=name) | Q(username__iexact=name)
        return _one(living.filter(owner), f"of {name}")
    if options["all"]:
        return list(living.filter(_takes_part(options)).order_by("pk"))
    return _one(living, "") if living.count() == 1 else _ask(living)


def _takes_part(options: dict[str, Any]) -> Q:
    """Say who is meant by *all*: a sync that its owner stopped is not started again in bulk."""
    if options["preview"]:
        return ~Q(credential="")
    states = [State.ON, State.AUTHORIZED] if options["start"] else [State.ON]
    return Q(state__in=states)


def _one(found: QuerySet[Connection], which: str) -> list[Connection]:
    rows = list(found)
    if not rows:
        raise CommandError(f"There is no connection {which}.")
    return rows


def _ask(living: QuerySet[Connection]) -> list[Connection]:
    rows = [f"  {one.pk}  {one}  ({one.get_state_display()})" for one in living.order_by("pk")]
    known = "\n".join(rows) or "  (there is none: somebody has to authorize a mailbox first)"
    raise CommandError(f"Say which: --connection ID, --user NAME or --all.\n{known}")


def _refusal(connection: Connection, options: dict[str, Any]) -> Report | None:
    if not connection.signed_in:
        text = "It is not authorized. Its owner authorizes Office 365 access on the Settings page."
        return Report(connection, Status.NEEDS_SIGN_IN, text)
    if options["preview"] or options["start"] or connection.state == State.ON:
        return None
    if connection.started_at:
        text = "Its sync is stopped. --start starts it again."
    else:
        text = "Its sync was never started. --preview shows what it would do, --start starts it."
    return Report(connection, Status.REFUSED, text)


def _report(connection: Connection, run: SyncRun) -> Report:
    if run.kind == Kind.PREVIEW and run.status == Status.DONE:
        counted = [f"{run.counts[name]} {text}" for name, text in PREVIEWED if run.counts[name]]
        text = "Preview: " + (", ".join(counted) or "nothing to do") + "."
        return Report(connection, Status.DONE, " ".join(filter(None, (text, run.warning))), run)
    # Whoever stopped it is the person who has to start it again.
    status = Status.REFUSED if run.status == Status.STOPPED else Status(run.status)
    return Report(connection, status, run.message, run)


PREVIEWED = (
    ("added_here", "would be added here"),
    ("added_there", "would be added to Microsoft 365"),
    ("linked", "would be linked"),
    ("updated_here", "would be updated here"),
    ("updated_there", "would be updated in Microsoft 365"),
    ("deleted_there", "would be deleted in Outlook"),
    ("gone", "were removed in Outlook"),
    ("held", "would wait for a decision"),
)
