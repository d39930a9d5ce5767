"""`$batch`: up to twenty requests in one, worked four at a time like the real mailbox."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from contacts_sync.simulator.errors import GraphError, answer_error
from contacts_sync.simulator.faults import Fault, first_fault, spoil
from contacts_sync.simulator.graph import act
from contacts_sync.simulator.messages import JSON_TYPE, Answer, Request
from contacts_sync.simulator.throttle import Throttle

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365

MOST = 20
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
Item = dict[str, Any]


def read_items(request: Request) -> list[Item]:
    """Read the requests of a batch. Raises 400 for anything but a well-formed one."""
    try:
        items = json.loads(request.body)["requests"]
    except (ValueError, KeyError, TypeError):
        raise _malformed("Invalid batch payload format.") from None
    if not isinstance(items, list) or not items:
        raise _malformed("Invalid batch payload format.")
    if len(items) > MOST:
        raise _malformed(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    seen: set[str] = set()
    for item in items:
        _check_item(item, seen)
        seen.add(item["id"])
    _check_order(items)
    return items


def _check_order(items: list[Item]) -> None:
    """Refuse dependencies on unknown items and circles before anything is acted on."""
    left = {item["id"]: set(item.get("dependsOn") or ()) for item in items}
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        if not free or any(left[name] - {item["id"] for item in items} for name in free):
            raise _malformed("The dependencies of the batch are circular or unknown.")
        for name in free:
            del left[name]


def _check_item(item: Any, seen: set[str]) -> None:
    if not isinstance(item, dict) or not all(
        isinstance(item.get(name), str) and item[name] for name in ("id", "method", "url")
    ):
        raise _malformed("Invalid batch payload format: id, method and url are required.")
    if item["id"] in seen:
        raise _malformed(f"Duplicate request id '{item['id']}' in the batch.")
    if item["method"].upper() not in _METHODS:
        raise _malformed(f"Method '{item['method']}' is not allowed in a batch.")
    if item.get("body") is not None and not _header(item, "content-type"):
        raise _malformed(
            f"Write request id : {item['id']} does not contain Content-Type header or body."
        )


def work(sim: Microsoft365, request: Request, items: list[Item], throttle: Throttle) -> Answer:
    """Work all items in waves of one latency each, and answer in any order."""
    waiting = {item["id"]: item for item in items}
    done: dict[str, Answer | None] = {}
    while waiting:
        wave = _ready(waiting, done, sim.behaviour.lanes or len(waiting))
        for item in wave:
            del waiting[item["id"]]
        _work_wave(sim, request, wave, done, throttle)
    answers = [_shape(name, answer) for name, answer in done.items() if answer is not None]
    if sim.behaviour.shuffle_batch:
        random.Random(len(sim.log)).shuffle(answers)  # noqa: S311  # any order, but the same
    return Answer(200, {"responses": answers})


def _ready(waiting: dict[str, Item], done: dict[str, Answer | None], most: int) -> list[Item]:
    ready = []
    for item in waiting.values():
        if all(name in done for name in item.get("dependsOn") or ()):
            ready.append(item)
            if len(ready) == most:
                break
    return ready


def _work_wave(
    sim: Microsoft365,
    outer: Request,
    wave: list[Item],
    done: dict[str, Answer | None],
    throttle: Throttle,
) -> None:
    entered = []
    for item in wave:
        if any(_failed(done[name]) for name in item.get("dependsOn") or ()):
            done[item["id"]] = _dependency_failed(outer, sim)
        elif refusal := throttle.enter():
            done[item["id"]] = answer_error(refusal, outer, sim.clock())
        else:
            entered.append(item)
    try:
        if entered and sim.behaviour.latency:
            sim.sleep(sim.behaviour.latency)
        for item in entered:
            done[item["id"]] = _work_item(sim, _as_request(outer, item))
    finally:
        for _ in entered:
            throttle.leave()


def _work_item(sim: Microsoft365, request: Request) -> Answer | None:
    fault = first_fault(sim.faults, request.method, request.target, item=True)
    if fault is None:
        return act(sim, request)
    acted = act(sim, request) if fault.acts or fault.kind == "left out" else None
    return _spoil_item(fault, acted)


def _spoil_item(fault: Fault, acted: Answer | None) -> Answer | None:
    """Break one item; a broken body inside of JSON is text, and a lost one is missing."""
    if fault.kind in ("left out", "lost", "timeout", "acted, then lost", "acted, then timeout"):
        return None
    answer = spoil(fault, acted)
    if isinstance(answer.payload, bytes):
        answer.payload = answer.payload.decode("utf-8", "replace") or None
    return answer


def _as_request(outer: Request, item: Item) -> Request:
    path, _, query = item["url"].partition("?")
    headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers.setdefault("authorization", outer.header("authorization"))
    return Request(
        item["method"].upper(),
        "/v1.0/" + unquote(path).lstrip("/"),
        query,
        headers,
        raw_path=path,
        parsed=item.get("body"),
    )


def _shape(name: str, answer: Answer) -> dict[str, Any]:
    headers = {"Cache-Control": "private", **answer.headers}
    if answer.payload is not None:
        headers.setdefault("Content-Type", JSON_TYPE)
    return {"id": name, "status": answer.status, "headers": headers, "body": answer.payload}


def _failed(answer: Answer | None) -> bool:
    return answer is None or answer.status >= 400


def _dependency_failed(request: Request, sim: Microsoft365) -> Answer:
    error = GraphError(
        424, "FailedDependency", "The request failed because a request it depends on failed."
    )
    return answer_error(error, request, sim.clock())


def _header(item: Item, name: str) -> str:
    headers = item.get("headers") or {}
    return next((str(v) for k, v in headers.items() if str(k).lower() == name), "")


def _malformed(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
