"""SIGTERM: the worker stores what is in flight, ends soon, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from contacts_sync import connections, schedules, tasks
from contacts_sync.models import Connection, ExternalLink, SyncRun
from contacts_sync.run import stopping
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator import Microsoft365
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import Clock, World, many

HOUR = timedelta(hours=1)
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def world(db, alice):
    graph = Microsoft365(sleep=lambda seconds: None)
    yield World(graph, Clock()).join(alice, "alice@contoso.example")
    graph.close()


def sent(world):
    return sum(method == "POST" for method, *_rest in world.graph.writes())


def test_a_slice_ends_within_a_batch_and_the_next_worker_writes_the_rest_once(world):
    many(90)
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.COMMAND)

    run = run_slice(run, world.provider, now=world.now, stopping=lambda: sent(world) >= 20)

    assert (run.status, run.slices) == (SyncRun.Status.CONTINUES, 1)
    assert 20 <= sent(world) <= 40
    assert ExternalLink.objects.filter(state="linked").count() == sent(world)
    world.connection.refresh_from_db()
    assert world.connection.lease_until is None

    run = run_slice(run, world.provider, now=world.now)

    assert (run.status, run.added_there) == (SyncRun.Status.DONE, 90)
    assert sent(world) == 90


def test_a_job_that_was_fetched_already_is_left_to_the_next_worker(world):
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.COMMAND)
    stopping.ask()
    try:
        tasks.work(run.pk)
    finally:
        stopping.forget()

    run.refresh_from_db()
    assert (run.status, run.slices) == (SyncRun.Status.CONTINUES, 0)
    assert [task.task["args"] for task in OrmQ.objects.all()] == [(run.pk,)]


class Token:
    def __init__(self, world):
        self.world = world

    def __call__(self, refresh=False, claims=""):
        return self.world.graph.access_token(self.world.username)

    def tenant_id(self):
        return self.world.account.tenant_id


@pytest.mark.parametrize(("status", "where"), [(429, "batch"), (503, "delta"), (429, "delta")])
def test_no_worker_waits_for_microsoft_when_it_is_to_end(world, monkeypatch, status, where):
    many(3)
    monkeypatch.setattr(connections, "session", lambda: world.session)
    monkeypatch.setattr(connections.auth, "TokenSource", lambda *_arguments: Token(world))
    wait = {"Retry-After": "25"}
    throttled = Fault(path=where, times=None, status=status, headers=wait)
    world.graph.faults.append(throttled)
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.COMMAND)
    asks = threading.Thread(target=ask_once, args=[lambda: throttled.happened])
    asks.start()
    began = time.monotonic()
    try:
        tasks.work(run.pk)
    finally:
        asks.join()
        stopping.forget()

    assert time.monotonic() - began < 10
    assert throttled.happened == 1
    run.refresh_from_db()
    assert run.status == SyncRun.Status.CONTINUES
    assert run.not_before > timezone.now() + timedelta(seconds=10)

    world.graph.faults.clear()
    run = run_slice(run, world.provider, now=lambda: timezone.now() + HOUR)

    assert (run.status, run.added_there) == (SyncRun.Status.DONE, 3)


def ask_once(happened):
    wait(happened)
    stopping.ask()


def test_a_worker_that_starts_does_not_wait_for_the_hour_of_a_clock_that_was_ahead(world):
    now = timezone.now()
    Schedule.objects.update_or_create(name=schedules.NAME, defaults={"next_run": now + 2 * HOUR})
    in_order = {"lease_until": now + HOUR / 20, "next_run_at": now + HOUR}
    Connection.objects.update(**in_order)

    schedules.after_the_clock_went_back(now)

    assert Schedule.objects.get(name=schedules.NAME).next_run == now
    assert Connection.objects.filter(**in_order).exists()

    Connection.objects.update(lease_until=now + 2 * HOUR, next_run_at=now + 24 * HOUR)
    schedules.after_the_clock_went_back(now)

    assert Connection.objects.filter(lease_until=None, next_run_at=now).exists()


def until_asked(began: str, ended: str) -> None:
    """Be a job that goes on until the worker is asked to stop; runs in a worker's child."""
    Path(began).touch()
    while not stopping.asked():
        time.sleep(0.05)
    Path(ended).touch()


def test_a_real_worker_that_gets_sigterm_tells_what_runs_in_its_children(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    began, ended = tmp_path / "began", tmp_path / "ended"
    ask = f"""
from django.core.management import call_command
from django_q.tasks import async_task
call_command("migrate", verbosity=0)
async_task("tests.operations.test_stopping.until_asked", {str(began)!r}, {str(ended)!r})
"""
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "shell", "-c", ask], cwd=ROOT, env=environment, check=True)
    worker = subprocess.Popen(
        [*manage, "qcluster"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait(began.exists)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)

    assert ended.exists()


def wait(happened):
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("that did not happen in time")
