"""Requests and answers inside the simulator, apart from any web server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(slots=True)
class Request:
    """One request; header names are lower case, the path is decoded, the query is not."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_path: str = ""
    parsed: Any = None
    """The JSON body where a batch has read it already."""

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def options(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True)) if self.query else {}

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def form_pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(slots=True)
class Answer:
    """One answer. `payload` is a JSON value until somebody needs the bytes.

    A batch puts the payloads of its items into its own without encoding them
    twice. Pages and broken bodies are given as bytes.
    """

    status: int = 200
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown"

    def encode(self) -> bytes:
        if self.payload is None:
            return b""
        if isinstance(self.payload, bytes):
            return self.payload
        self.headers.setdefault("Content-Type", JSON_TYPE)
        try:
            return _encode(self.payload).encode()
        except UnicodeEncodeError:
            # Half a surrogate pair, which only an escape can carry.
            return json.dumps(self.payload).encode()


def page(html: str, status: int = 200, **headers: str) -> Answer:
    return Answer(status, html.encode("utf-8", "replace"), {"Content-Type": HTML_TYPE, **headers})


def redirect(location: str) -> Answer:
    return Answer(302, b"", {"Location": location, "Cache-Control": "no-store"})


class ConnectionLost(Exception):
    """The caller gets no answer; whether the request was acted on is not said."""

    def __init__(self, timed_out: bool = False) -> None:
        super().__init__("timed out" if timed_out else "connection reset")
        self.timed_out = timed_out
