"""What one side refuses is set aside, and stops no other (R16, law 15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync.models import Contact, SyncChange
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import person

BODY = {"error": {"code": "ErrorInvalidProperty", "message": "No such thing."}}


def refuse(world, method, times=None, nth=1):
    fault = Fault("reply", method, times=times, nth=nth, status=400, body=BODY, where="item")
    world.graph.faults = [fault]
    return fault


@pytest.fixture
def contact(world):
    contact = person("Anna", "Ash")
    world.start()
    return contact


def test_a_refused_creation_is_set_aside_with_its_reason_and_the_others_go_on(world):
    world.start()
    people = [person(f"P{number}", "Poe") for number in range(5)]
    refuse(world, "POST", nth=3, times=1)

    run = world.run()

    assert (run.added_there, run.problems, run.status) == (4, 1, "done")
    link = world.link(people[2])
    assert "No such thing." in link.problem
    assert SyncChange.objects.get(status="failed").contact == people[2]
    assert world.run().added_there == 1
    assert world.link(people[2]).problem == ""
    assert world.is_quiet()


def test_it_is_tried_again_after_fifteen_minutes_doubling_to_a_day(world, contact):
    fault = refuse(world, "PATCH")
    Contact.objects.update(job_title="Judge")
    delays = []
    for _try in range(9):
        world.run()
        delays.append(world.link(contact).next_try_at - world.now())
        world.clock.shift += max(delays[-1] - timedelta(minutes=59), timedelta(0))

    minutes = [round(delay.total_seconds() / 60) for delay in delays]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert fault.happened == 9


def test_a_refused_contact_waits_until_it_is_due(world, contact):
    fault = refuse(world, "PATCH")
    Contact.objects.update(job_title="Judge")
    for _try in range(4):
        world.run()
    tried = fault.happened

    run = world.run()

    assert (fault.happened, run.requests) == (tried, 1)


@pytest.mark.parametrize("side", ["here", "there"])
def test_it_is_tried_at_once_when_either_side_changes(world, contact, side):
    fault = refuse(world, "PATCH")
    Contact.objects.update(job_title="Judge")
    for _try in range(4):
        world.run()
    tried = fault.happened

    if side == "here":
        Contact.objects.update(job_title="Bailiff")
    else:
        world.edit(contact, department="Probate")
    world.run()

    assert fault.happened == tried + 1
    world.graph.faults = []
    world.clock.shift += timedelta(days=2)
    world.run()
    assert world.is_quiet()


def test_a_refused_write_does_not_cost_the_other_sides_edit(world, contact):
    refuse(world, "PATCH")
    Contact.objects.update(job_title="Judge")
    world.edit(contact, department="Probate")

    run = world.run()

    contact.refresh_from_db()
    assert (run.updated_here, run.updated_there, run.problems) == (1, 0, 1)
    assert contact.department == "Probate"
    assert world.link(contact).problem_count == 1
    world.run()
    assert world.link(contact).problem_count == 2, "our own write is no edit of the contact"


def test_a_refused_deletion_is_tried_again_later(world, contact):
    refuse(world, "DELETE", times=1)
    contact.delete()

    assert world.run().problems == 1
    assert world.run().deleted_there == 1
    assert world.is_quiet()


def test_a_contact_set_aside_may_be_trashed(world):
    world.start()
    contact = person("Anna", "Ash")
    refuse(world, "POST")
    world.run()
    contact.delete()

    world.run()

    assert not contact.links.exists()
    assert world.is_quiet()


def test_a_contact_that_cannot_be_read_stops_no_other(world, contact):
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    ben = person("Ben", "Birch")
    world.graph.faults = [Fault("reply", "GET", times=None, status=503, where="item")]

    run = world.run()

    assert (run.status, run.added_there) == ("done", 1)
    assert world.link(ben).state == "linked"
