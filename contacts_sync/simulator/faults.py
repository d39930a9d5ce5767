"""Faults as data: what goes wrong, for which request, and how often."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from contacts_sync.simulator.messages import HTML_TYPE, Answer, ConnectionLost

Kind = Literal[
    "reply",
    "lost",
    "timeout",
    "acted, then reply",
    "acted, then lost",
    "acted, then timeout",
    "garbled",
    "truncated",
    "html",
    "empty",
    "left out",
    "call",
]
_ACTING = {"acted, then reply", "acted, then lost", "acted, then timeout", "garbled", "truncated"}


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    `method` and `path` (a regular expression searched in the path and query)
    choose requests, single batch items included unless `where` says otherwise.
    `nth` skips earlier matches (1 is the first), then it happens to one in
    `every`; `times` is how often it happens (None: always).

    - reply: `status`, `headers`, `body` at once, nothing is acted on
    - lost, timeout: no answer, nothing is acted on
    - acted, then reply / lost / timeout: the write happens, its answer does not arrive
    - garbled, truncated: acted on, and the JSON of the answer is broken
    - html, empty: a page with status 200, an empty answer with `status`; not acted on
    - left out: a batch item that is acted on and missing among the answers
    - call: `action` runs before the request is acted on, which then goes on
    """

    kind: Kind = "reply"
    method: str = ""
    path: str = ""
    nth: int = 1
    every: int = 1
    times: int | None = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    where: Literal["any", "request", "item"] = "any"
    action: Callable[[], object] | None = None
    seen: int = 0
    happened: int = 0

    @property
    def spent(self) -> bool:
        return self.times is not None and self.happened >= self.times

    @property
    def acts(self) -> bool:
        return self.kind in _ACTING

    def strikes(self, method: str, target: str, item: bool) -> bool:
        """Say whether it happens to this request, and count it."""
        if self.kind == "left out" and not item:
            return False
        if self.spent or (self.where != "any" and (self.where == "item") != item):
            return False
        if self.method and self.method != method:
            return False
        if self.path and not re.search(self.path, target):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.seen - self.nth) % self.every:
            return False
        self.happened += 1
        return True


def throttled(retry_after: str | None = "5", **choose: Any) -> Fault:
    """Give a 429 with this Retry-After: whole, fractional, huge, or None."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    body = {"error": {"code": "TooManyRequests", "message": "Please retry again later."}}
    return Fault("reply", status=429, headers=headers, body=body, **choose)


def first_fault(faults: Iterable[Fault], method: str, target: str, item: bool) -> Fault | None:
    """Find the fault that strikes; `call` faults run their action and let the next one look."""
    for fault in faults:
        if not fault.strikes(method, target, item):
            continue
        if fault.kind != "call":
            return fault
        if fault.action:
            fault.action()
    return None


def spoil(fault: Fault, acted: Answer | None) -> Answer:
    """Turn what the service did (None: nothing) into what the caller gets."""
    match fault.kind:
        case "lost" | "acted, then lost":
            raise ConnectionLost
        case "timeout" | "acted, then timeout":
            raise ConnectionLost(timed_out=True)
        case "garbled":
            return Answer(acted.status if acted else 200, b'{"value": [}{', _json_type())
        case "truncated":
            whole = acted.encode() if acted else b""
            return Answer(acted.status if acted else 200, whole[: len(whole) // 2], _json_type())
        case "html":
            page = b"<html><body><h1>Sign in to the network</h1></body></html>"
            return Answer(200, page, {"Content-Type": HTML_TYPE})
        case "empty":
            return Answer(fault.status, b"", dict(fault.headers))
        case _:
            return Answer(fault.status, fault.body, dict(fault.headers))


def _json_type() -> dict[str, str]:
    return {"Content-Type": "application/json"}
