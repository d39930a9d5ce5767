"""Start everything on this machine: the site, its worker, and a stand-in for Microsoft 365."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone
from django_q.tasks import async_task

from contacts_sync.demo import environment, processes, seeding
from contacts_sync.demo.environment import HOST, SIMULATOR
from contacts_sync.demo.processes import Failed, Process, Stopping, answers, manage
from contacts_sync.models import Connection, Heartbeat
from contacts_sync.tasks import WORKER


class Command(BaseCommand):
    help = "Run the whole application on this machine, with SQLite and a simulated Microsoft 365."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        environment.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        if not environment.is_set_up(options["simulator_port"]):
            _begin_anew(options)
        stopping = Stopping().listen()
        try:
            with processes.claim():
                self._run(stopping, options)
        except Failed as error:
            raise CommandError(str(error)) from error
        self._say("Stopped. What the demo holds is kept in var/demo; --reset forgets it.")

    def _run(self, stopping: Stopping, options: dict[str, Any]) -> None:
        port, simulator_port = options["port"], options["simulator_port"]
        processes.check_port(port, "--port")
        processes.check_port(simulator_port, "--simulator-port")
        if options["reset"]:
            environment.forget()
        self._prepare(fill=not options["no_seed"])
        logging.getLogger("django-q").setLevel(logging.WARNING)
        async_task("contacts_sync.tasks.dispatch")  # tells us that the worker works
        connections.close_all()
        self._say("Starting the site, the worker and the simulated Microsoft 365 …")
        processes.run(
            _processes(port, simulator_port), stopping, lambda: self._welcome(port, simulator_port)
        )

    def _prepare(self, fill: bool) -> None:
        self._say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        seeding.prepare(fill)
        # Whoever held a lease was of an earlier start, and is gone: its run goes on at once.
        Connection.objects.update(lease_until=None, lease_owner="")
        environment.write_down(dict(os.environ))

    def _welcome(self, port: int, simulator_port: int) -> None:
        site, outlook = f"http://{HOST}:{port}", f"http://localhost:{simulator_port}"
        people = [f"{one.email:<24}{one.what}" for one in seeding.PEOPLE]
        accounts = [f"{username:<24}{what}" for username, _name, what in seeding.ACCOUNTS]
        lines = [
            "Contact Sync is running.",
            "",
            f"Settings   {site}/settings/",
            f"Admin      {site}/admin/",
            f"Outlook    {outlook}/people/",
            "",
            f"Sign in with one of these, and the password {seeding.PASSWORD}",
            *(f"  {line}" for line in people),
            "",
            "Then set up the sync, and choose one of these Microsoft accounts",
            *(f"  {line}" for line in accounts),
            "",
            "Logs are in var/demo. Ctrl-C stops everything, and the next start goes on.",
        ]
        self._say(_boxed(lines))

    def _say(self, text: str) -> None:
        try:
            text.encode(getattr(self.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            text = text.translate(PLAIN)
        self.stdout.write(text)
        self.stdout.flush()


PLAIN = str.maketrans("┌┐└┘─│…", "++++-|.")
"""For a terminal that knows nothing but ASCII."""


def _begin_anew(options: dict[str, Any]) -> None:
    """Start again with the demo's environment: the settings are read already, with another one."""
    environment.set_up(["--simulator-port", str(options["simulator_port"])])
    given = [f"--{name.replace('_', '-')}={options[name]}" for name in ("port", "simulator_port")]
    given += [f"--{name.replace('_', '-')}" for name in ("no_seed", "reset") if options[name]]
    os.environ["DJANGO_SETTINGS_MODULE"] = "syncsite.settings"
    sys.stdout.flush()
    command = manage("demo", *given)
    os.execv(command[0], command)  # noqa: S606  this very program


def _processes(port: int, simulator_port: int) -> list[Process]:
    """Name the processes; the simulator last, for a worker that stops finishes what it is at."""
    since = timezone.now()

    def worker_answers() -> bool:
        found = Heartbeat.objects.filter(name=WORKER, at__gte=since).exists()
        connections.close_all()
        return found

    simulator = manage("simulate_microsoft365", "--host", HOST, "--port", str(simulator_port))
    return [
        Process("site", _gunicorn(port), answers(f"http://{HOST}:{port}/healthz")),
        Process("worker", manage("qcluster"), worker_answers),
        Process(
            "simulator",
            [*simulator, "--state", str(SIMULATOR)],
            answers(f"http://{HOST}:{simulator_port}/people/"),
        ),
    ]


def _gunicorn(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "syncsite.wsgi", "--chdir", str(environment.HOME)),
        *("--bind", f"{HOST}:{port}", "--worker-class", "gthread", "--threads", "8"),
        *("--graceful-timeout", "3", "--no-control-socket", "--access-logfile", "-"),
    ]


def _boxed(lines: list[str]) -> str:
    width = max(map(len, lines))
    edge = "─" * (width + 2)
    return "\n".join([f"┌{edge}┐", *(f"│ {line:<{width}} │" for line in lines), f"└{edge}┘"])
