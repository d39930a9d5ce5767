"""Pull: bring the mirror up to date, page by page, and never believe a removal unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta

from django.conf import settings
from django.db import connections
from django.db.models import F

from contacts_sync.models import SyncRun
from contacts_sync.providers.base import Outcome, Page, Result, Tombstone
from contacts_sync.providers.errors import CursorExpired, Throttled, Unavailable
from contacts_sync.run.context import Slice, SliceOver
from contacts_sync.store import lease as leases
from contacts_sync.store import mirror

EXPIRIES = 3
"""How often one pull begins anew: a cursor may also expire in the middle of a list."""

LOOK_UPS = 200
"""How many contacts are looked up before the answers are stored."""

PAGE = timedelta(minutes=3)
"""Longer than the first page of a round takes, waits included: a clock that jumps says more."""

LISTING_AGE = timedelta(days=7)
"""A complete listing now and then repairs what the list of changes has missed."""


def pull(work: Slice) -> None:
    """Read what changed there into the mirror.

    Each page commits together with the cursor behind it. When the cursor has expired everything is
    read again; only such a complete listing may conclude that something is gone.
    """
    connection = work.connection
    if not connection.folder_id:
        connection.folder_id = work.provider.folder_id()
        connection.save(update_fields=["folder_id"])
    if connection.listed_at and work.now() - connection.listed_at > LISTING_AGE:
        connection.full_wanted = True
    for expiries in range(EXPIRIES + 1):
        try:
            _read_round(work)
            break
        except CursorExpired:
            if expiries == EXPIRIES:
                raise
            mirror.forget_cursor(connection, work.lease, work.now())
    _look_again(work)
    _ask_for_unreported(work)
    work.pulled_at = work.now()


def _read_round(work: Slice) -> None:
    connection = work.connection
    began = work.now()
    mirror.begin_round(connection, work.lease, began)
    pages = work.provider.changes(connection.cursor)
    with _Reader() as reader:
        page = next(pages, None)
        while page is not None:
            verified = _verify(work, page)
            started = work.provider.time_there() - min(max(work.now() - began, timedelta()), PAGE)
            # The next page is on its way while this one is stored; nothing else is in flight then.
            halt = None if page.last else _halt(work)
            coming = None if page.last or halt else reader.read(pages)
            mirror.save_page(connection, work.lease, page, verified, work.now(), started)
            if page.changes:
                SyncRun.objects.filter(pk=work.run.pk).update(read=F("read") + len(page.changes))
            if halt is not None:
                raise halt
            page = coming.result() if coming else None


def _halt(work: Slice) -> Exception | None:
    """Say why no further page may be asked for."""
    try:
        leases.hold_to_send(work.lease, work.now())
    except leases.Stopped as stopped:
        return stopped
    return SliceOver() if work.is_over else None


class _Reader:
    """Reads pages in a thread of its own, which begins with the first of them."""

    def __init__(self) -> None:
        self.thread: ThreadPoolExecutor | None = None

    def __enter__(self) -> _Reader:
        return self

    def read(self, pages: Iterator[Page]) -> Future[Page | None]:
        """Begin to read the next page; None when there is none."""
        if self.thread is None:
            self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages")
        here = copy_context()  # what is logged over there belongs to this run too
        return self.thread.submit(here.run, lambda: next(pages, None))

    def __exit__(self, *_exception: object) -> None:
        if self.thread is not None:
            self.thread.submit(connections.close_all).result()
            self.thread.shutdown()


def _verify(work: Slice, page: Page) -> Mapping[str, Outcome]:
    """Look up by id what is said to have left, if it is linked, and what had left and is back."""
    removed = [one.remote_id for one in page.changes if isinstance(one, Tombstone)]
    received = [one.remote_id for one in page.changes if not isinstance(one, Tombstone)]
    unsure = mirror.linked_ids(work.connection, removed) if removed else []
    unsure += mirror.left_ids(work.connection, received) if received else []
    return _read(work, unsure) if unsure else {}


def _read(work: Slice, remote_ids: Sequence[str]) -> Mapping[str, Outcome]:
    """Look contacts up by id. What cannot be read now is looked up again: it decides nothing."""
    try:
        return work.provider.read(remote_ids)
    except Throttled:
        raise
    except Unavailable as error:
        return dict.fromkeys(remote_ids, Outcome(Result.LATER, reason=str(error)))


def _ask_for_unreported(work: Slice) -> None:
    """Look for creations of ours that no round has shown: they may be deleted already."""
    settled = work.provider.time_there() - timedelta(seconds=settings.CREATE_SETTLE_SECONDS)
    unreported = mirror.unreported_ids(work.connection, settled)
    if unreported:
        answers = _read(work, unreported)
        mirror.save_doubtful(work.connection, work.lease, answers, work.now())


def _look_again(work: Slice) -> None:
    """Look up by id what is doubtful: removals that could not be verified, and a list's gaps."""
    doubtful = mirror.doubtful_ids(work.connection)
    for start in range(0, len(doubtful), LOOK_UPS):
        leases.hold_to_send(work.lease, work.now())
        answers = _read(work, doubtful[start : start + LOOK_UPS])
        mirror.save_doubtful(work.connection, work.lease, answers, work.now())
