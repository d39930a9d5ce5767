"""The phases of the benchmark: each is a run of the real runner, measured from outside."""

from __future__ import annotations

import json
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
from contacts_sync.demo.outlook import card
from contacts_sync.importing import creating
from contacts_sync.models import Connection, Contact, ExternalLink, SyncRun
from contacts_sync.providers.base import Update
from contacts_sync.run import starting
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.store import records

EMPTY, FULL, FAULTY = "empty@firm.example", "full@firm.example", "faulty@firm.example"
ACCOUNTS = (EMPTY, FULL, FAULTY)
"""Mailboxes of the simulator: one to fill, one that is full, and one where one write in ten fails."""

BATCH, PAGE, LANES = 20, 200, 4
CHUNK = 1000

UPLOAD, ECHO, UNCHANGED, CHANGED = "first upload", "echo of the upload", "unchanged", "1 % changed"
EXPIRED, FAULTS, DOWNLOAD, LINK = "expired cursor", "10 % faults", "first download", "link all"
PHASES = (UPLOAD, ECHO, UNCHANGED, CHANGED, EXPIRED, FAULTS, DOWNLOAD, LINK)
"""What is measured, in this order. The first five go on from each other, as days do."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one phase took.

    `least` is the smallest number of requests that could do it, and `ideal` how many seconds those
    take when Graph is never kept waiting: a batch of 20 is worked off four at a time.
    """

    phase: str
    contacts: int
    items: int
    requests: int
    least: int
    seconds: float
    ideal: float
    cpu: float
    queries: int
    peak_mb: float
    outcome: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Bench:
    """A firm's list of `count` contacts, mailboxes, and the phases in their order.

    `latency` is what the simulator takes for a request, in seconds.
    """

    def __init__(
        self, count: int, seed: int, latency: float, tell: Callable[[Figures], None]
    ) -> None:
        self.count, self.seed, self.latency, self.tell = count, seed, latency, tell
        self.owner = get_user_model().objects.create_user("bench", EMPTY)
        self.few = max(1, count // 100)
        self.pages, self.batches = -(-count // PAGE), -(-count // BATCH)

    def run(self, phases: tuple[str, ...]) -> None:
        """Go through the phases that are wanted, and what they need."""
        quiet = [one for one in phases if one in PHASES[:5]]
        if quiet or FAULTS in phases:
            self._fill()
        if quiet:
            self._quiet_days(phases)
        if FAULTS in phases:
            self._faults()
        if DOWNLOAD in phases or LINK in phases:
            self._fill_mailbox()
            self._purge()
        if DOWNLOAD in phases:
            self._connect(FULL)
            self._phase(DOWNLOAD, self.count, self.pages + 3, 0, self._preview_and_start)
            self._retire()
        if LINK in phases:
            self._purge()  # records would name again whom the download brought
            self._fill()
            self._connect(FULL)
            self._phase(LINK, self.count, self.pages + 3, 0, self._preview_and_start)
            self._retire()

    def _quiet_days(self, phases: tuple[str, ...]) -> None:
        """Upload everything, then live on: nothing new, a little new, and everything read again."""
        self._connect(EMPTY)
        days: dict[str, tuple[int, int, int, Callable[[], SyncRun]]] = {
            UPLOAD: (self.count, 3, self.batches, self._preview_and_start),
            ECHO: (0, self.pages, 0, self._sync),
            UNCHANGED: (0, 1, 0, self._sync),
            CHANGED: (2 * self.few, -(-self.few // PAGE), -(-self.few // BATCH), self._sync),
            EXPIRED: (0, self.pages + 1, 0, self._sync),
        }
        last = max(PHASES.index(one) for one in phases if one in days)
        for name, (items, reads, writes, act) in list(days.items())[: last + 1]:
            if name == CHANGED:
                self._change()
            if name == EXPIRED:
                self._simulator("expire", username=EMPTY)
            self._phase(name, items, reads, writes, act)
        self._retire()

    def _faults(self) -> None:
        """Upload while one write in twenty is turned away, and one in twenty done without an answer."""
        self._connect(FAULTY)
        fault = {"method": "POST", "path": "contacts$", "times": "", "every": "20"}
        self._simulator("add-fault", kind="reply", status="429", retry_after="0", nth="10", **fault)
        self._simulator("add-fault", kind="acted, then reply", status="503", nth="20", **fault)
        self._phase(FAULTS, self.count, 3, self.batches, self._until_settled)
        self._simulator("clear-faults")
        self._retire()

    def _until_settled(self) -> SyncRun:
        run = self._preview_and_start()
        for _attempt in range(10):
            if not ExternalLink.objects.filter(connection=self.connection, open=True).exists():
                break
            run = self._sync()
        return run

    def _fill(self) -> None:
        drafts = make(self.count, self.seed)
        while some := list(islice(drafts, CHUNK)):
            with transaction.atomic():
                creating.create(some, reason="benchmark")

    def _fill_mailbox(self) -> None:
        drafts = make(self.count, self.seed)
        while some := list(islice(drafts, CHUNK)):
            cards = json.dumps([card(draft) for draft in some])
            self._simulator("fill", username=FULL, contacts=cards)

    def _purge(self) -> None:
        """Empty the list, a piece at a time: a purge collects what it deletes."""
        while pks := list(Contact.objects.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            Contact.objects.filter(pk__in=pks).purge()

    def _connect(self, account: str) -> None:
        """Sign in as a person does, on the simulator's own pages."""
        flow = connections.begin_authorization("http://localhost/callback/")
        form = {"account": account, "decision": "accept"}
        answer = requests.post(flow["auth_uri"], form, allow_redirects=False, timeout=30)
        query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        self.connection: Connection = connections.finish_authorization(self.owner, flow, query)

    def _retire(self) -> None:
        connections.retire(self.connection)

    def _simulator(self, verb: str, **form: str) -> None:
        address = f"{settings.MICROSOFT_SIMULATOR_URL}/simulator/{verb}"
        requests.post(address, form, timeout=600, allow_redirects=False).raise_for_status()

    def _preview_and_start(self) -> SyncRun:
        self._run(SyncRun.Kind.PREVIEW)
        with transaction.atomic():
            starting.start(self.connection, SyncRun.Trigger.COMMAND)
        return self._sync()

    def _sync(self) -> SyncRun:
        return self._run(SyncRun.Kind.SYNC)

    def _run(self, kind: SyncRun.Kind) -> SyncRun:
        self.connection.refresh_from_db()
        run, _new = request_run(self.connection, kind, trigger=SyncRun.Trigger.COMMAND)
        while run.is_open:
            run = run_slice(run, connections.open_provider)
        return run

    def _change(self) -> None:
        """Edit one contact in a hundred here, and another one in a hundred there."""
        pks = list(Contact.objects.order_by("pk").values_list("pk", flat=True)[: 2 * self.few])
        Contact.objects.filter(pk__in=pks[: self.few]).update(department="Tax")
        self.connection.refresh_from_db()
        provider = connections.open_provider(self.connection)
        links = self.connection.links.filter(contact__in=pks[self.few :])
        chosen = list(links.select_related("mirror"))
        for start in range(0, len(chosen), BATCH):
            provider.write([_edit(link) for link in chosen[start : start + BATCH]])

    def _phase(
        self, name: str, items: int, reads: int, writes: int, act: Callable[[], SyncRun]
    ) -> None:
        sent = _requests_sent()
        with _counted_queries() as queries:
            wall, cpu = time.perf_counter(), time.process_time()
            run = act()
            seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        self.tell(
            Figures(
                name,
                self.count,
                items,
                _requests_sent() - sent,
                reads + writes,
                round(seconds, 4),
                round(self.latency * (reads + writes * BATCH / LANES), 4),
                round(used, 4),
                queries[0],
                round(_peak_mb(), 1),
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
