"""Ways for a `requests.Session` to reach the simulator under Microsoft's host names."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict

from contacts_sync.simulator.messages import ConnectionLost
from contacts_sync.simulator.microsoft365 import Microsoft365
from contacts_sync.simulator.wsgi import IN_PROCESS, application

HOSTS = ("https://login.microsoftonline.com", "https://graph.microsoft.com")


class SimulatorAdapter(BaseAdapter):
    """Answers in this process, without sockets. Lost connections raise what requests raises."""

    def __init__(self, sim: Microsoft365) -> None:
        super().__init__()
        self._application = application(sim)

    def mount_on(self, session: requests.Session) -> requests.Session:
        return _mount(self, session)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        started: list[Any] = []
        environ = _environ(request)
        try:
            body = b"".join(
                self._application(
                    environ, lambda status, headers: started.extend((status, headers))
                )
            )
        except ConnectionLost as lost:
            kind = requests.ReadTimeout if lost.timed_out else requests.ConnectionError
            raise kind(str(lost), request=request) from None
        return _response(request, started[0], started[1], body)

    def close(self) -> None:
        """Nothing to close."""


class RerouteAdapter(HTTPAdapter):
    """Sends requests for Microsoft's hosts to a plain-http origin, paths unchanged.

    Requests and answers keep their real addresses for everybody else, so that
    links are checked and followed as in production.
    """

    def __init__(self, origin: str, **options: Any) -> None:
        super().__init__(**options)
        self._origin = origin.rstrip("/")

    def mount_on(self, session: requests.Session) -> requests.Session:
        return _mount(self, session)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        real = request.url or ""
        parts = urlsplit(real)
        request.url = self._origin + real[len(f"{parts.scheme}://{parts.netloc}") :]
        request.headers["X-Original-Host"] = parts.netloc
        try:
            # A proxy of the environment would not reach an origin on this machine.
            response = super().send(request, stream, timeout, verify, cert, None)
        finally:
            request.url = real
        response.url = real
        return response


def _mount(adapter: BaseAdapter, session: requests.Session) -> requests.Session:
    for host in HOSTS:
        session.mount(f"{host}/", adapter)
    return session


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": "",
        "RAW_URI": parts.path or "/",
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        IN_PROCESS: True,
    }
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        environ["HTTP_" + name.upper().replace("-", "_")] = text
    return environ


def _response(
    request: requests.PreparedRequest,
    status: str,
    headers: list[tuple[str, str]],
    body: bytes,
) -> requests.Response:
    response = requests.Response()
    code, _, response.reason = status.partition(" ")
    response.status_code = int(code)
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(body)
    response.url = request.url or ""
    response.request = request
    return response
