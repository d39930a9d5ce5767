"""Run a Microsoft 365 stand-in on this machine: one process, many threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from gunicorn.app.base import BaseApplication

from contacts_sync.simulator import Behaviour, Microsoft365, application
from contacts_sync.simulator.wsgi import Application

THREADS = 32


class Command(BaseCommand):
    help = "Run a Microsoft 365 stand-in: sign-in, Graph contacts, and mailboxes at /people/."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument(
            "--state", default="var/simulator.sqlite3", metavar="FILE", help="empty: kept nowhere"
        )
        parser.add_argument("--latency", type=int, default=0, metavar="MS")
        parser.add_argument("--origin", default="", help="the address browsers use")

    def handle(self, **options: Any) -> None:
        """Serve until SIGTERM or SIGINT, then finish what is in flight and close the state."""
        host, port = options["host"], options["port"]
        local = host in {"127.0.0.1", "0.0.0.0", "::"}  # noqa: S104  # asks, binds nothing
        address = options["origin"] or f"http://{'localhost' if local else host}:{port}"

        def make() -> Microsoft365:
            behaviour = Behaviour(latency=options["latency"] / 1000)
            return Microsoft365(options["state"] or None, behaviour=behaviour, origin=address)

        def say(_server: object) -> None:
            self.stdout.write(f"Simulated Microsoft 365 at {address}")
            self.stdout.flush()

        _Server({**_SERVING, "bind": f"{host}:{port}", "when_ready": say}, make).run()


_SERVING = {
    "workers": 1,  # The state is in this one's memory.
    "worker_class": "gthread",
    "threads": THREADS,
    "keepalive": 75,
    "graceful_timeout": 5,
    "timeout": 0,
    "limit_request_line": 8190,  # Sign-in requests and filters are long.
    "loglevel": "warning",
    "control_socket_disable": True,
}


class _Server(BaseApplication):
    def __init__(self, serving: dict[str, Any], make: Callable[[], Microsoft365]) -> None:
        self._serving, self._make = serving, make
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._serving.items():
            self.cfg.set(name, value)
        self.cfg.set("worker_exit", self._close)

    def load(self) -> Application:
        # Called in the worker: threads and database handles must not cross a fork.
        self._sim = self._make()
        return application(self._sim)

    def _close(self, _server: object, _worker: object) -> None:
        self._sim.close()
