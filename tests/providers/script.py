"""A service that answers what it is told to, in order, and remembers what it was asked."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from contacts_sync.providers.http import ApiClient, Session

GRAPH = "https://graph.microsoft.com/v1.0"


@dataclass
class Say:
    """One answer: `body` is JSON, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


def refusal(status: int, code: str, message: str = "", **headers: str) -> Say:
    body = {"error": {"code": code, "message": message}}
    return Say(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


class Script(BaseAdapter):
    def __init__(self, *answers: Say | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request, **options):
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.raw = io.BytesIO(answer.encoded())
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        """Nothing to close."""

    def session(self) -> Session:
        session = Session()
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.asked if request.body]


class Tokens:
    """A token source that counts, and says what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[bool, str]] = []
        self.current = "token-1"

    def __call__(self, refresh: bool = False, claims: str = "") -> str:
        if refresh or claims:
            self.asked.append((refresh, claims))
            self.current = f"token-{len(self.asked) + 1}"
        return self.current


def api(
    script: Script, sleeps: list[float] | None = None, tokens: Any = None, **options
) -> ApiClient:
    slept = sleeps if sleeps is not None else []
    return ApiClient(
        "Microsoft 365", GRAPH, script.session(), tokens or Tokens(), sleep=slept.append, **options
    )
