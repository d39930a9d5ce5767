"""The quota of a mailbox: as much as it allows, as fast as it allows, and nothing turned away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts_sync.run.quota import Quota
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator import Behaviour, Microsoft365
from tests.scenarios.worlds import Clock, World, many

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


class StillClock(Clock):
    """A clock that only goes on when somebody lets it."""

    def now(self):
        return START + self.shift

    def wait(self, seconds):
        self.shift += timedelta(seconds=seconds)


class Patient(World):
    """A world in which whoever waits lets time go by."""

    def sleep(self, seconds):
        self.clock.wait(seconds)


def upload(owner, monkeypatch, contacts, quota, latency=0.1):
    """Upload contacts in virtual time; returns the world and how many seconds that took."""
    clock = StillClock()
    graph = Microsoft365(
        clock=clock.timestamp,
        behaviour=Behaviour(latency=latency, quota=quota),
        sleep=clock.wait,
        log_size=100_000,
    )
    monkeypatch.setattr(
        "contacts_sync.providers.microsoft365.contacts.Microsoft365Contacts.quota", quota
    )
    world = Patient(graph, clock).join(owner, "alice@contoso.example")
    many(contacts)
    begun = clock.shift + timedelta(hours=1)  # `run` lets an hour go by
    run = world.run()
    assert (run.status, run.added_there) == ("done", contacts)
    assert len(world.contacts()) == contacts
    return world, (clock.shift - begun).total_seconds()


def turned_away(graph):
    return [part for entry in graph.log for part in [entry, *entry.parts] if part[2] == 429]


@pytest.mark.parametrize(("contacts", "quota"), [(240, 200), (610, 200)])
def test_more_than_the_quota_is_written_in_the_least_possible_time(
    db, alice, monkeypatch, contacts, quota
):
    world, seconds = upload(alice, monkeypatch, contacts, quota)

    assert not turned_away(world.graph)
    windows = contacts // quota
    rest = contacts - windows * quota
    least = windows * 600 + rest / 4 * 0.1
    assert least <= seconds <= least + 15 * windows


def test_what_an_earlier_run_sent_still_counts(db, alice, monkeypatch):
    world, _seconds = upload(alice, monkeypatch, 190, 200)
    many(40, start=1000)

    run, _new = request_run(world.connection, "sync", trigger="command")
    run = run_slice(run, world.provider, now=world.now, sleep=world.sleep)

    assert run.status == "continues"
    assert run.not_before > world.now() + timedelta(minutes=9)
    assert not turned_away(world.graph)


def test_a_quota_asks_for_no_pause_while_there_is_room():
    quota = Quota(100, 600)

    quota.note(START, 80)

    assert quota.pause(START, 20) == 0
    assert quota.pause(START, 21) == 600
    assert quota.pause(START + timedelta(seconds=600), 100) == 0


def test_a_quota_frees_what_was_sent_first_and_is_remembered():
    quota = Quota(100, 600)
    quota.note(START, 40)
    quota.note(START + timedelta(seconds=300), 100)
    later = START + timedelta(seconds=301)

    again = Quota(100, 600, quota.lately(later))

    assert again.pause(later, 40) == 299
    assert again.pause(later, 41) == 599
