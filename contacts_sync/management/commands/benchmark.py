"""Measure the sync: requests against the least possible, items a second, CPU, queries, memory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection as database

from contacts_sync.benchmark.measuring import ACCOUNTS, PHASES, Bench, Figures
from contacts_sync.demo import environment
from contacts_sync.models import Contact


class Command(BaseCommand):
    help = (
        "Measure the sync on generated contacts against a simulated Microsoft 365, in a database of"
        " its own. Nothing of this installation is read or written."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contacts", type=int, default=1000)
        parser.add_argument("--latency", type=int, default=0, help="of a request, in milliseconds")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--database", default="", help="an empty one; default: SQLite, for now")
        parser.add_argument(
            "--phases", nargs="+", choices=PHASES, default=PHASES, metavar="PHASE", help=_WHICH
        )
        parser.add_argument("--json", action="store_true", help="print an object a line")

    def handle(self, **options: Any) -> None:
        if environment.MEASURING in os.environ:
            self._measure(options)
            return
        with tempfile.TemporaryDirectory() as folder:
            code = _run_outside(Path(folder), options)
        if code:
            raise CommandError("The benchmark did not come to its end.", returncode=code)

    def _measure(self, options: dict[str, Any]) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if Contact.objects.exists():
            raise CommandError("This database holds contacts. Name an empty one.")
        if not options["json"]:
            self.stdout.write(_HEADINGS)
        Bench(
            options["contacts"],
            options["seed"],
            options["latency"] / 1000,
            lambda figures: self._tell(figures, options),
        ).run(tuple(options["phases"]))

    def _tell(self, figures: Figures, options: dict[str, Any]) -> None:
        asked = {"latency": options["latency"], "database": database.vendor}
        text = json.dumps(asked | figures.as_dict()) if options["json"] else _line(figures)
        self.stdout.write(text)
        self.stdout.flush()


_WHICH = "measure only these, and what has to come before them: " + ", ".join(PHASES)

_HEADINGS = (
    f"{'phase':<20}{'items':>8}{'items/s':>10}{'seconds':>9}{'ideal':>8}{'CPU s':>8}{'requests':>10}"
    f"{'least':>7}{'queries':>9}{'peak MB':>9}  outcome"
)


def _line(one: Figures) -> str:
    rate = f"{one.items / one.seconds:,.0f}" if one.items else "–"
    return (
        f"{one.phase:<20}{one.items:>8,}{rate:>10}{one.seconds:>9.2f}{one.ideal:>8.2f}"
        f"{one.cpu:>8.2f}{one.requests:>10,}{one.least:>7,}{one.queries:>9,}{one.peak_mb:>9.0f}"
        f"  {one.outcome}"
    )


def _run_outside(folder: Path, options: dict[str, Any]) -> int:
    """Start the simulator and the measuring process, each with an environment of its own."""
    port = _free_port()
    variables = environment.variables(port) | {
        "DATABASE_URL": options["database"] or f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "syncsite.settings",
        environment.MEASURING: "1",
    }
    shared = {**os.environ, **variables}
    manage = [sys.executable, str(environment.HOME / "manage.py")]
    latency = str(options["latency"])
    simulator = subprocess.Popen(  # noqa: S603  our own command
        [
            *manage,
            "simulate_microsoft365",
            "--port",
            str(port),
            "--state",
            "",
            "--latency",
            latency,
        ],
        env=shared,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _prepare(f"http://127.0.0.1:{port}")
        given = [f"--{name}={options[name]}" for name in ("contacts", "seed", "latency")]
        given += ["--json"] if options["json"] else []
        given += ["--phases", *options["phases"]]
        return subprocess.run([*manage, "benchmark", *given], env=shared, check=False).returncode  # noqa: S603
    finally:
        simulator.terminate()
        simulator.wait(20)


def _prepare(origin: str) -> None:
    """Wait for the simulator, give it the mailboxes, and lift the quota, which is not measured here."""
    for _attempt in range(100):
        try:
            requests.get(f"{origin}/simulator/", timeout=5).raise_for_status()
            break
        except requests.RequestException:
            time.sleep(0.1)
    else:
        raise CommandError("The simulated Microsoft 365 did not start.")
    for account in ACCOUNTS:
        form = {"username": account, "name": account.partition("@")[0]}
        requests.post(f"{origin}/simulator/add-account", form, timeout=30).raise_for_status()
    requests.post(f"{origin}/simulator/behaviour", {"quota": "0"}, timeout=30).raise_for_status()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
