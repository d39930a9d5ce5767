"""The simulator as a WSGI application, for any server and for requests without one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from contacts_sync.simulator.messages import ConnectionLost, Request
from contacts_sync.simulator.microsoft365 import Microsoft365

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
IN_PROCESS = "simulator.in_process"


def application(sim: Microsoft365) -> Application:
    """Give the WSGI callable of a simulator. It may be called by several threads at once."""

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            result = sim.handle(_read(environ))
        except ConnectionLost:
            if environ.get(IN_PROCESS):
                raise
            return _hang_up(environ, start_response)
        body = result.encode()
        headers = [(name, value) for name, value in result.headers.items()]
        if result.status != 204:
            headers.append(("Content-Length", str(len(body))))
        start_response(f"{result.status} {result.reason}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer


def _read(environ: dict[str, Any]) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    raw_path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")[0]
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return Request(
        environ["REQUEST_METHOD"],
        unquote(raw_path) if raw_path.startswith("/") else path,
        environ.get("QUERY_STRING", ""),
        headers,
        environ["wsgi.input"].read(length) if length else b"",
        raw_path,
    )


def _hang_up(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Drop the connection where the server lets us, else answer as a gateway would."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    start_response("504 Gateway Timeout", [("Content-Length", "0"), ("Connection", "close")])
    return []
