"""Serve a simulator over HTTP with gunicorn: one process, many threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from .behaviour import Behaviour
from .microsoft365 import Microsoft365
from .wsgi import Application, application

THREADS = 32


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no annotations.
    def __init__(self, options: dict[str, Any], make: Callable[[], Microsoft365]) -> None:
        self._options, self._make = options, make
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)
        self.cfg.set("worker_exit", self._close)

    def load(self) -> Application:
        # Called in the worker: threads and database handles must not cross a fork.
        self._sim = self._make()
        return application(self._sim)

    def _close(self, _server: object, _worker: object) -> None:
        self._sim.close()


def serve(
    host: str = "127.0.0.1",
    port: int = 9000,
    path: str | None = None,
    latency: float = 0.0,
    origin: str = "",
    ready: Callable[[str], object] = print,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight and close the state.

    `origin` is the address browsers use, if it is not made of host and port.
    `ready` is told once requests are taken.
    """
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "") else host
    address = origin or f"http://{shown}:{port}"

    def make() -> Microsoft365:
        return Microsoft365(path, behaviour=Behaviour(latency=latency), origin=address)

    options: dict[str, Any] = {
        "bind": f"{host}:{port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "keepalive": 75,
        "graceful_timeout": 5,
        "timeout": 0,
        "limit_request_line": 8190,
        "loglevel": "warning",
        "control_socket_disable": True,
        "when_ready": lambda _server: ready(address),
    }
    _Server(options, make).run()
