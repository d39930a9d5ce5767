"""The phases of the benchmark: each is one run of the real runner, measured from outside."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.db import transaction

from contacts_sync import connections
from contacts_sync.benchmark.contacts import make
from contacts_sync.importing import creating
from contacts_sync.models import Contact, SyncRun
from contacts_sync.providers.base import Update
from contacts_sync.run import starting
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.store import records

ACCOUNT = "bench@firm.example"
BATCH, PAGE = 20, 200


@dataclass(frozen=True, slots=True)
class Figures:
    """What one phase took. `least` is the smallest number of requests that could do it."""

    phase: str
    items: int
    requests: int
    least: int
    seconds: float
    cpu: float
    queries: int
    peak_mb: float
    outcome: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Bench:
    """A firm's list of `count` contacts, a mailbox, and the phases in their order."""

    def __init__(self, count: int, seed: int, tell: Callable[[Figures], None]) -> None:
        self.count, self.seed, self.tell = count, seed, tell
        self.owner = get_user_model().objects.create_user("bench", ACCOUNT)

    def run_all(self) -> None:
        """Upload everything, go through the quiet days, read everything back, and link it."""
        pages = -(-self.count // PAGE)
        self._fill()
        self._connect()
        self._phase("preview", self.count, 3, self._preview)
        self._phase("first upload", self.count, 1 + -(-self.count // BATCH), self._start)
        self._phase("echo of the upload", 0, pages, self._sync)
        self._phase("unchanged", 0, 1, self._sync)
        self._change(max(1, self.count // 100))
        self._phase("1 % changed", 2 * max(1, self.count // 100), *self._changed())
        self._simulator("expire")
        self._phase("expired cursor", 0, pages + 1, self._sync)
        self._begin_anew(purge=True)
        self._phase("first download", self.count, pages + 3, self._preview_and_start)
        self._begin_anew(purge=False)
        self._phase("link all", self.count, pages + 3, self._preview_and_start)

    def _fill(self) -> None:
        drafts = make(self.count, self.seed)
        while some := list(islice(drafts, 1000)):
            with transaction.atomic():
                creating.create(some, reason="benchmark")

    def _connect(self) -> None:
        """Sign in as a person does, on the simulator's own pages."""
        flow = connections.begin_authorization("http://localhost/callback/")
        form = {"account": ACCOUNT, "decision": "accept"}
        answer = requests.post(flow["auth_uri"], form, allow_redirects=False, timeout=30)
        query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        self.connection = connections.finish_authorization(self.owner, flow, query)

    def _begin_anew(self, purge: bool) -> None:
        connections.retire(self.connection)
        if purge:
            Contact.objects.all().purge()
        self._connect()

    def _simulator(self, verb: str) -> None:
        address = f"{settings.MICROSOFT_SIMULATOR_URL}/simulator/{verb}"
        requests.post(address, {"username": ACCOUNT}, timeout=30).raise_for_status()

    def _preview(self) -> SyncRun:
        return self._run(SyncRun.Kind.PREVIEW)

    def _start(self) -> SyncRun:
        with transaction.atomic():
            starting.start(self.connection, SyncRun.Trigger.COMMAND)
        return self._sync()

    def _preview_and_start(self) -> SyncRun:
        self._preview()
        return self._start()

    def _sync(self) -> SyncRun:
        return self._run(SyncRun.Kind.SYNC)

    def _run(self, kind: SyncRun.Kind) -> SyncRun:
        self.connection.refresh_from_db()
        run, _new = request_run(self.connection, kind, trigger=SyncRun.Trigger.COMMAND)
        while run.is_open:
            run = run_slice(run, connections.open_provider)
        return run

    def _change(self, number: int) -> None:
        """Edit one contact in a hundred here, and another one in a hundred there."""
        pks = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        Contact.objects.filter(pk__in=pks[:number]).update(department="Tax")
        self.connection.refresh_from_db()
        provider = connections.open_provider(self.connection)
        links = self.connection.links.filter(contact__in=pks[number : 2 * number])
        chosen = list(links.select_related("mirror"))
        for start in range(0, len(chosen), BATCH):
            provider.write([_edit(link) for link in chosen[start : start + BATCH]])

    def _changed(self) -> tuple[int, Callable[[], SyncRun]]:
        number = max(1, self.count // 100)
        return 1 + -(-number // PAGE) + -(-number // BATCH), self._sync

    def _phase(self, name: str, items: int, least: int, act: Callable[[], SyncRun]) -> None:
        sent = _requests_sent()
        with _counted_queries() as queries:
            wall, cpu = time.perf_counter(), time.process_time()
            run = act()
            seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        self.tell(
            Figures(
                name,
                items,
                _requests_sent() - sent,
                least,
                seconds,
                used,
                queries[0],
                _peak_mb(),
                run.status,
            )
        )


def _edit(link: Any) -> Update:
    before = records.remote_record(link.mirror, link.contact.kind)
    after = type(before)({**before.scalars, "department": "Estates"}, before.sets, before.taken)
    mirror = link.mirror
    return Update(
        mirror.remote_id, mirror.version, link.client_key or "", before, after, mirror.extras
    )


def _requests_sent() -> int:
    return sum(SyncRun.objects.values_list("requests", flat=True))


@contextmanager
def _counted_queries() -> Iterator[list[int]]:
    count = [0]

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count[0] += 1
        return execute(sql, params, many, context)

    with database.execute_wrapper(counting):
        yield count


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
