"""Keep the simulator's state in one SQLite file, so that it survives a restart.

The structures in memory are what answers are made from. A write appends one
group of statements here, and `flush` commits all waiting groups in a single
transaction before its answer leaves. WAL without a sync per commit keeps that
at some ten microseconds a write; killing the process loses nothing that was
answered.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Statement = tuple[str, tuple[Any, ...]]

_SCHEMA = """
create table if not exists accounts (username text primary key, data text not null);
create table if not exists grants (token text primary key, data text not null);
create table if not exists settings (name text primary key, value text not null);
create table if not exists folders (
    mailbox text, id text, data text not null, primary key (mailbox, id));
create table if not exists items (
    mailbox text, id text, data text not null, primary key (mailbox, id));
create table if not exists changes (
    mailbox text, folder text, item text, moves integer, seq integer not null,
    time real not null, kind text not null,
    primary key (mailbox, folder, item, moves)) without rowid;
"""


class Journal:
    """Collects writes; without a path it forgets them."""

    def __init__(self, path: str | None) -> None:
        self._waiting: deque[tuple[Statement, ...]] = deque()
        self._lock = threading.Lock()
        self._held = 0
        self._database: sqlite3.Connection | None = None
        if path is None:
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.executescript(_SCHEMA)
        self._database = database

    @property
    def keeps(self) -> bool:
        return self._database is not None

    def write(self, *statements: Statement) -> None:
        """Queue statements that belong together; they are committed together."""
        if self._database is not None:
            self._waiting.append(statements)

    def flush(self) -> None:
        """Commit what waits, in order. Returns after everything queued before is durable."""
        if self._database is None or self._held:
            return
        if not self._waiting and not self._lock.locked():
            return
        with self._lock:
            if not self._waiting:
                return
            self._database.execute("begin immediate")
            while self._waiting:
                for sql, parameters in self._waiting.popleft():
                    self._database.execute(sql, parameters)
            self._database.execute("commit")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Commit once at the end: for filling mailboxes, where nobody waits for single writes."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.flush()

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        with self._lock:
            return self._database.execute(sql, parameters).fetchall()

    def close(self) -> None:
        self.flush()
        if self._database is not None:
            with self._lock:
                self._database.close()
                self._database = None
