"""Apply: carry out a plan, a batch of requests and a transaction at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from itertools import islice

from django.db import connections
from django.db.models import F

from contacts_sync.engine.merge import after_there
from contacts_sync.engine.plan import Action, Do
from contacts_sync.models import SyncRun
from contacts_sync.providers.base import Create, Delete, Outcome, Result, Update, Write
from contacts_sync.providers.errors import ProviderError, Throttled
from contacts_sync.run.context import LONGEST_WAIT, Slice, SliceOver
from contacts_sync.run.pull import pull
from contacts_sync.store import items as in_hand
from contacts_sync.store import lease as leases
from contacts_sync.store import marking, settling
from contacts_sync.store.items import Item
from contacts_sync.store.lease import Stopped

PULL_AGE = timedelta(minutes=1)
"""When the last pull is older than this, what changed there is read before anything is written."""

CHUNK = 100
"""How many actions are loaded at once."""


def apply(work: Slice, actions: Sequence[Action], checked: int) -> None:
    """Carry out the actions.

    A batch goes out while the next one is prepared and the last one stored; never two at once.
    `checked` is the revision up to which arriving contacts were matched with the list. Sets
    `work.again` when something turned out to have changed and has to be planned once more.
    """
    _Lane(work, checked).carry_out(actions)


class _Lane:
    """The one lane to a mailbox: what is in flight, and what waits for its turn."""

    def __init__(self, work: Slice, checked: int) -> None:
        self.work, self.checked = work, checked
        self.flight: tuple[list[Item], Future[list[Outcome]]] | None = None
        self.size = work.provider.batch_size

    def carry_out(self, actions: Sequence[Action]) -> None:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane") as self.sender:
            try:
                waiting: list[Item] = []
                for number, some in enumerate(_cut(actions, CHUNK)):
                    if number and self.work.is_over:
                        raise SliceOver  # never before the first: each slice gets something done
                    self._look_first()
                    loaded = in_hand.load(self.work.connection, some)
                    self._store([item for item in loaded if not item.writes_there])
                    waiting += [item for item in loaded if item.writes_there]
                    while len(waiting) >= self.size:
                        if self.work.stopping():
                            raise SliceOver
                        self._send(waiting[: self.size])
                        del waiting[: self.size]
                if waiting:
                    self._send(waiting)
            finally:
                self._land()
                self.sender.submit(connections.close_all).result()

    def _look_first(self) -> None:
        """Read what changed there, when that was a while ago."""
        work = self.work
        if work.pulled_at is None or work.now() - work.pulled_at > PULL_AGE:
            self._land()
            pull(work)

    def _send(self, batch: list[Item]) -> None:
        """Mark a batch as sent, let the last one land, let this one go, and store the last one."""
        work = self.work
        self._wait_for_quota(len(batch))
        batch = marking.mark_sent(
            work.run, work.lease, batch, work.now(), work.provider.time_there()
        )
        writes = [_write(item) for item in batch]
        landed, error = self._wait()
        if not batch:
            self._keep(landed, error)
            return
        if error is not None or _patience(landed):
            # What waits for its turn goes with the next plan: first we are patient.
            self._keep(landed + _not_sent(batch), error)
            return
        try:
            leases.hold_to_send(work.lease, work.now())
        except Stopped:
            self._store(landed + _not_sent(batch))
            raise
        # What is logged over there belongs to this run too.
        here = copy_context()
        self.flight = (batch, self.sender.submit(here.run, work.provider.write, writes))
        self._keep(landed, error)

    def _wait_for_quota(self, count: int) -> None:
        """Wait before anything is marked, rather than send what would be turned away."""
        if self.work.pause(count + self.size):
            self._land()  # perhaps it is not counted yet
        if pause := self.work.pause(count):
            self._be_patient(pause)

    def _land(self) -> None:
        self._keep(*self._wait())

    def _wait(self) -> tuple[list[Item], ProviderError | None]:
        """Wait for what is in flight. An error of the whole batch means: nothing was carried out.

        Any other exception leaves the marks as they are, and the next slice settles them.
        """
        if self.flight is None:
            return [], None
        (batch, future), self.flight = self.flight, None
        try:
            outcomes = future.result()
        except ProviderError as error:
            return _not_sent(batch, str(error)), error
        for item, outcome in zip(batch, outcomes, strict=True):
            item.outcome = outcome
        return batch, None

    def _keep(self, batch: list[Item], error: ProviderError | None) -> None:
        self._store(batch)
        if isinstance(error, Throttled):
            self.work.again = self.work.late = True
            self._be_patient(error.retry_after or LONGEST_WAIT)
        elif error is not None:
            raise error
        results = [item.outcome for item in batch if item.outcome is not None]
        if any(one.result in AGAIN for one in results):
            self.work.again = True
        late = _patience(batch)
        if late and not isinstance(error, Throttled):
            self.work.late = True
            self._be_patient(late)

    def _be_patient(self, wait: float) -> None:
        if wait > LONGEST_WAIT:
            raise SliceOver(wait)
        self.work.sleep(wait)
        if self.work.stopping():
            raise SliceOver(wait)  # perhaps it was cut short; the next worker is patient

    def _store(self, batch: list[Item]) -> None:
        if not batch:
            return
        work = self.work
        self.checked, left = settling.commit(work.run, work.lease, batch, work.now(), self.checked)
        work.again = work.again or left > 0
        SyncRun.objects.filter(pk=work.run.pk).update(done=F("done") + len(batch))


AGAIN = (Result.CHANGED, Result.GONE, Result.LATER)
"""Outcomes after which a contact is planned again in the same run."""


def _not_sent(batch: list[Item], reason: str = "") -> list[Item]:
    for item in batch:
        item.outcome = Outcome(Result.LATER, reason=reason, retry_after=0.0)
    return batch


def _patience(batch: list[Item]) -> float:
    """Say how many seconds the answers of a batch ask us to wait."""
    late = [one.outcome for one in batch if one.outcome and one.outcome.result is Result.LATER]
    return max((1.0 if one.retry_after is None else one.retry_after for one in late), default=0.0)


def _cut(actions: Iterable[Action], size: int) -> Iterator[list[Action]]:
    source = iter(actions)
    while some := list(islice(source, size)):
        yield some


def _write(item: Item) -> Write:
    link, mirror = item.link, item.mirror
    key = (link.client_key if link else "") or ""
    if item.do is Do.CREATE_THERE:
        return Create(key, after_there(item.there, item.merged))
    remote_id = (link.remote_id if link else "") or (mirror.remote_id if mirror else "")
    version = mirror.version if mirror else ""
    if item.do is Do.DELETE_THERE:
        return Delete(remote_id, version)
    return Update(
        remote_id,
        version,
        key,
        item.there,
        after_there(item.there, item.merged),
        mirror.extras if mirror else {},
    )
