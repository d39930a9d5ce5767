"""Our clock is wrong, or jumps: what is waited for is waited for all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync import connections as mailboxes
from contacts_sync.models import Connection, Contact, SyncRun
from contacts_sync.run import housekeeping
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator.faults import Fault
from tests.scenarios.test_crashes import act, assert_the_end, no_twins
from tests.scenarios.worlds import at_request, many, meanwhile, person

DAY = timedelta(days=1)


def skewed(world, by):
    """Let our clock, and not Microsoft's, be wrong by so much."""
    world.now = lambda: world.clock.now() + by


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_clock_that_is_a_day_off(world, by):
    skewed(world, by)
    act(world)

    world.run()

    no_twins(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_clock_that_jumps_during_a_run(world, by, number):
    act(world)
    world.graph.faults = [
        Fault("call", nth=number, where="request", action=lambda: skewed(world, by))
    ]

    world.run()

    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("lost", ["lost", "acted, then lost"])
@pytest.mark.parametrize("by", [DAY, -DAY])
@pytest.mark.parametrize("before", [True, False])
def test_a_creation_without_an_answer_and_a_clock_that_is_set(world, by, before, lost):
    """It is a day off when the creation goes out and right after that, or the other way round."""
    world.start()
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.graph.faults = [Fault(lost, "POST", r"batch")]
    if before:
        skewed(world, by)
    world.run()
    skewed(world, timedelta() if before else by)

    for _hour in range(30):
        world.run()
        assert len(world.contacts()) <= 1
        assert Contact.objects.count() == 1
        if world.link(contact).state == "linked":
            break

    assert world.link(contact).state == "linked"
    assert len(world.contacts()) == 1
    assert world.is_quiet()


@pytest.mark.parametrize("by", [DAY, -DAY])
@pytest.mark.parametrize("before", [True, False])
def test_not_there_is_believed_by_microsofts_clock(world, by, before):
    """The search does not show it yet, it was edited since, and our clock is set in between."""
    world.start()
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    if before:
        skewed(world, by)
    world.run()
    world.mailbox.put({"surname": "Oak"}, world.outlook()["id"])
    world.graph.behaviour.svep_filter_lag = 250
    skewed(world, timedelta() if before else by)
    world.clock.shift -= timedelta(minutes=58)

    world.run()

    assert Contact.objects.count() == len(world.contacts()) == 1
    world.graph.behaviour.svep_filter_lag = 0
    for _hour in range(30):
        world.run()
    assert world.link(contact).state == "linked"
    assert Contact.objects.count() == len(world.contacts()) == 1
    assert world.is_quiet()


# --- Longer than the lease ----------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 5))
def test_a_run_that_is_paused_beyond_its_lease_while_another_one_works(world, number):
    act(world)
    others = []

    def pause():
        """The machine sleeps for ten minutes; a second worker takes the run over and ends it."""
        world.graph.faults = []
        Connection.objects.update(lease_until=world.now() - timedelta(minutes=5))
        open_run = SyncRun.objects.get(status="running")
        others.append(run_slice(open_run, world.provider, now=world.now, sleep=world.sleep))

    world.graph.faults = [Fault("call", nth=number, where="request", action=at_request(1, pause))]

    run = world.run()

    assert [one.status for one in others] == ["done"]
    assert run.counts == others[0].counts, "the one that has lost its lease adds nothing"
    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


# --- Disconnected in the middle -----------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3, "while the batch is out"])
def test_disconnected_in_the_middle_of_a_run(world, number):
    act(world)
    if number == "while the batch is out":
        with meanwhile(lambda: mailboxes.disconnect(world.connection)):
            run = world.run()
    else:
        action = at_request(1, lambda: mailboxes.disconnect(world.connection))
        world.graph.faults = [Fault("call", nth=number, where="request", action=action)]
        run = world.run()

    no_twins(world)
    assert run.status in ("stopped", "done"), run.message
    assert (world.connection.state, world.connection.credential) == ("disconnected", "")
    world.graph.faults = []
    Connection.objects.update(state="stopped", credential="x")
    world.connection.refresh_from_db()
    world.start_again()
    no_twins(world)
    world.run()
    assert_the_end(world)


def test_the_trash_waits_thirty_days_also_by_a_clock_that_jumps_back(world):
    many(2)
    world.start()
    Contact.objects.all().delete()
    skewed(world, -DAY)
    assert world.run().deleted_there == 2

    housekeeping.tidy(world.now())
    housekeeping.tidy(world.now() + 30 * DAY)
    assert Contact.objects.count() == 2, "29 days by the clock by which they were trashed"
    housekeeping.tidy(world.now() + 31 * DAY)

    assert Contact.objects.count() == 0
    assert world.is_quiet()
