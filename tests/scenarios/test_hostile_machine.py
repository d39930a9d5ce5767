"""A hostile machine: a database that is locked, full, read-only or cut off.

The story of `test_crashes` is told again: whatever the database refuses, and from whichever request
on, the next runs come to the same end, and a person can read what happened.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, OperationalError, connection

from contacts_sync.models import Connection, SyncRun
from contacts_sync.simulator.faults import Fault
from contacts_sync.store import settling
from tests.scenarios.test_crashes import act, assert_the_end, no_twins
from tests.scenarios.worlds import World, person

sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="is about SQLite")
postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="is about PostgreSQL")

BROKEN = (
    "Our own database could not be written: it may be full, locked, read-only or cut off. "
    "Nothing was lost; the next run goes on."
)


@pytest.fixture
def real(transactional_db, tmp_path, graph, clock, alice):
    """Alice's mailbox beside a database as it is in production: real commits, and a real file."""
    with _in_a_file(tmp_path / "db.sqlite3"):
        yield World(graph, clock).join(alice, "alice@contoso.example")


@contextmanager
def _in_a_file(path):
    if connection.vendor != "sqlite":
        yield
        return
    memory, name = connection.connection, connection.settings_dict["NAME"]
    with sqlite3.connect(path) as copy:
        memory.backup(copy)
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    try:
        connection.ensure_connection()
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = memory, name


def from_request(world, number, refuse):
    """Let something happen ahead of a request, as the simulator gets it."""
    world.graph.faults = [Fault("call", nth=number, where="request", action=refuse)]


def run(world):
    """Run as a worker does; says what left the run, if anything did."""
    try:
        world.run()
    except DatabaseError as error:
        return error
    return None


def goes_on(world):
    """What the dispatcher does a few minutes later, and again an hour later."""
    world.graph.faults = []
    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


def _told_or_still_open(world, error, may_be_done):
    """How the run ended is on the page; or nothing can be written, and the run is taken up later."""
    ended = SyncRun.objects.latest("pk")
    world.connection.refresh_from_db()
    if error is not None:
        assert (ended.status, world.connection.problem) == ("running", "")
    elif ended.status == "failed" or not may_be_done:
        assert (ended.status, ended.message) == ("failed", BROKEN)
        assert (world.connection.problem, world.connection.problem_text) == ("failing", BROKEN)


# --- A commit that raises -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_raises(world, monkeypatch, number, when):
    act(world)
    commit, count = settling.commit, []

    def raising(*arguments):
        count.append(1)
        if when == "after" or len(count) != number:
            done = commit(*arguments)
        if len(count) == number:
            raise OperationalError("disk I/O error")
        return done

    monkeypatch.setattr(settling, "commit", raising)
    failed = world.run()

    assert (failed.status, failed.message) == ("failed", BROKEN)
    assert (world.connection.problem, world.connection.problem_text) == ("failing", BROKEN)
    monkeypatch.undo()
    goes_on(world)
    assert world.connection.problem == ""


# --- SQLite -------------------------------------------------------------------------------------


@sqlite
@pytest.mark.parametrize("number", range(1, 6))
def test_another_writer_holds_the_database_longer_than_anybody_waits(real, number):
    act(real)
    other = sqlite3.connect(
        connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False
    )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")
    from_request(real, number, lambda: other.execute("BEGIN IMMEDIATE"))

    error = run(real)

    assert "locked" in str(error) or number > 4
    assert Connection.objects.count() == 1, "pages can be read all the while"
    locked = other.in_transaction
    other.close()
    assert locked or number > 4
    goes_on(real)


@sqlite
@pytest.mark.parametrize("pragma", ["max_page_count = 1", "query_only = 1"])
@pytest.mark.parametrize("number", range(1, 6))
def test_the_disk_is_full_or_read_only(real, number, pragma):
    act(real)
    raw = connection.connection
    raw.execute("VACUUM")
    struck = []

    def strike():
        struck.append(raw.execute(f"PRAGMA {pragma}"))  # no fewer pages than there are

    from_request(real, number, strike)
    error = run(real)

    assert struck or number > 4
    _told_or_still_open(real, error, number > 2)
    raw.execute("PRAGMA max_page_count = 1000000")
    raw.execute("PRAGMA query_only = 0")
    goes_on(real)


# --- PostgreSQL ---------------------------------------------------------------------------------


@contextmanager
def _another_session():
    """A second session of the database, which commits by itself, and for any thread."""
    other = connection.copy()
    other.ensure_connection()
    try:
        yield other.connection
    finally:
        other.close()


@postgresql
@pytest.mark.parametrize("number", range(1, 6))
def test_the_connection_to_the_database_is_cut(real, number):
    act(real)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with _another_session() as other:

        def cut():
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

        from_request(real, number, cut)
        error = run(real)

    assert error is None, "it was opened anew, to write down how the run ended"
    _told_or_still_open(real, error, number > 4)
    goes_on(real)


@postgresql
@pytest.mark.parametrize("number", range(1, 6))
def test_a_table_stays_locked_longer_than_anybody_waits(real, number):
    act(real)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 50")
    with _another_session() as other:

        def lock():
            other.execute("BEGIN")
            other.execute("LOCK contacts_sync_externallink IN EXCLUSIVE MODE")

        from_request(real, number, lock)
        error = run(real)

    assert error is None
    _told_or_still_open(real, error, number > 4)
    goes_on(real)


@postgresql
def test_of_two_that_wait_for_each_other_the_run_gives_way(real):
    real.start()
    contact = person("Anna", "Ash", ["anna@example.com"])
    real.run()
    real.edit(contact, jobTitle="Judge")
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = 500")
    with _another_session() as other:
        ready = threading.Event()

        def cross():
            other.execute("SET deadlock_timeout = '10s'")
            other.execute("BEGIN")
            other.execute("UPDATE contacts_sync_contact SET department = 'Probate'")
            ready.set()
            time.sleep(0.2)  # the run has come as far as waiting for us
            other.execute("UPDATE contacts_sync_connection SET account_name = 'Alice'")
            other.execute("COMMIT")

        thread = threading.Thread(target=cross)

        def begin():
            thread.start()
            assert ready.wait(5)

        from_request(real, 1, begin)
        error = run(real)
        thread.join(20)

    assert error is None
    _told_or_still_open(real, error, may_be_done=False)
    real.graph.faults = []
    real.run()
    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == ("Judge", "Probate")
    assert real.outlook()["department"] == "Probate"
    assert real.is_quiet()
