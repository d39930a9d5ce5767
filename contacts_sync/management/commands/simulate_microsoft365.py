"""Run a Microsoft 365 stand-in on this machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contacts_sync.simulator.server import serve


class Command(BaseCommand):
    help = "Run a Microsoft 365 stand-in: sign-in, Graph contacts, and mailboxes at /people/."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--state", default="var/simulator.sqlite3", metavar="FILE")
        parser.add_argument("--latency", type=int, default=0, metavar="MS")
        parser.add_argument("--origin", default="", help="the address browsers use")

    def handle(self, **options: Any) -> None:
        serve(
            options["host"],
            options["port"],
            options["state"],
            options["latency"] / 1000,
            options["origin"],
            ready=lambda address: self.stdout.write(f"Simulated Microsoft 365 at {address}"),
        )
