"""Whoever dies, dies; the next run comes to the same end, and never makes a twin (laws 6 and 10)."""

from __future__ import annotations

from collections import Counter

import pytest

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions, starting
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import card, person


def act(world):
    """A bit of everything, to be synced by one run."""
    kept, changed, trashed = (person(first, "Old", job_title="Clerk") for first in "KCT")
    for first in "RLM":
        world.mailbox.put(card(first, "Old", f"{first}@example.com"))
    world.start()
    Contact.objects.filter(pk=changed.pk).update(job_title="Judge")
    trashed.delete()
    world.edit(kept, department="Probate")
    for first in "LR":
        remote_id = world.outlook(givenName=first)["id"]
        if first == "R":
            world.mailbox.remove(remote_id)
        else:
            world.mailbox.put({"jobTitle": "Usher", "companyName": "Elm Ltd"}, remote_id)
    person("New", "Here")
    person("Both", "Sides", ["both@example.com"], job_title="Judge")
    world.mailbox.put(card("New", "There", companyName="Oak Ltd"))
    world.mailbox.put(card("Both", "Sides", "both@example.com", department="Probate"))
    world.graph.forget_requests()


HERE = {
    ("K", "Old", "Clerk", "Probate", False),
    ("C", "Old", "Judge", "", False),
    ("T", "Old", "Clerk", "", True),
    ("R", "Old", "", "", False),
    ("L", "Old", "Usher", "", False),
    ("M", "Old", "", "", False),
    ("New", "Here", "", "", False),
    ("New", "There", "", "", False),
    ("Both", "Sides", "Judge", "Probate", False),
}
THERE = {
    ("K", "Old", "Clerk", "Probate"),
    ("C", "Old", "Judge", ""),
    ("L", "Old", "Usher", ""),
    ("M", "Old", "", ""),
    ("New", "Here", "", ""),
    ("New", "There", "", ""),
    ("Both", "Sides", "Judge", "Probate"),
}


def here():
    people = Contact.objects.filter(kind="person")
    rows = people.values_list("first_name", "last_name", "job_title", "department", "deleted_at")
    return Counter((*texts, moment is not None) for *texts, moment in rows)


def there(world):
    names = ("givenName", "surname", "jobTitle", "department")
    return Counter(tuple(one.get(name) or "" for name in names) for one in world.contacts())


def no_twins(world):
    assert max(Counter((first, last) for first, last, *_ in here()).values()) == 1
    assert max(Counter((first, last) for first, last, *_ in there(world)).values()) == 1
    assert all(count == 1 for count in (here() | there(world)).values())


def assert_the_end(world):
    assert (here(), there(world)) == (Counter(HERE), Counter(THERE))
    assert sorted(Contact.objects.filter(kind="company").values_list("name", flat=True)) == [
        "Elm Ltd",
        "Oak Ltd",
    ]
    assert not SyncChange.objects.filter(status="sent").exists()
    assert world.is_quiet()


def test_without_a_death(world):
    act(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("number", range(1, 7))
def test_killed_ahead_of_any_request(world, number):
    act(world)
    came = world.dies(at_request=number)
    assert came or number > 4

    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("number", range(1, 14))
def test_killed_ahead_of_any_commit(world, number):
    act(world)
    came = world.dies(at_commit=number)
    assert came or number > 7

    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("number", range(1, 16, 2))
def test_a_first_sync_killed_anywhere(world, number):
    for letter in "ABC":
        person(letter, "Ash", [f"{letter}@example.com"])
    world.mailbox.put(card("A", "Ash", "A@example.com", jobTitle="Judge"))
    world.mailbox.put(card("D", "Ash", companyName="Ash Ltd"))
    world.preview()

    starting.start(world.connection, "owner")
    world.dies(at_commit=number)
    world.run()
    world.run()

    assert sorted(one["givenName"] for one in world.contacts()) == list("ABCD")
    assert Contact.objects.count() == 5
    assert ExternalLink.objects.filter(state="linked").count() == 4
    assert world.is_quiet()


@pytest.mark.parametrize("number", range(1, 8))
def test_killed_twice_in_a_row(world, number):
    act(world)
    world.dies(at_commit=number + 3)
    world.dies(at_commit=number)

    no_twins(world)
    world.run()
    world.run()
    assert_the_end(world)


# --- Lost answers -------------------------------------------------------------------------------


LOST = ["lost", "timeout", "acted, then lost", "acted, then timeout", "garbled", "truncated"]


@pytest.mark.parametrize("kind", LOST)
def test_an_answer_to_a_batch_that_is_lost(world, kind):
    act(world)
    world.graph.faults = [Fault(kind, "POST", r"batch", nth=2)]

    world.run()
    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


@pytest.mark.parametrize("kind", ["left out", "acted, then reply"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_an_answer_of_one_member_that_is_lost(world, kind, method):
    act(world)
    world.graph.faults = [Fault(kind, method, status=504, where="item")]

    world.run()
    no_twins(world)
    world.run()
    no_twins(world)
    world.run()
    assert_the_end(world)


def test_a_deletion_without_an_answer_counts_for_the_run_that_sent_it(world):
    contact = person("Anna", "Ash")
    world.start()
    contact.delete()
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    sent = world.run()
    assert sent.deleted_there == 0

    later = world.run()
    sent.refresh_from_db()

    assert (sent.deleted_there, later.deleted_there) == (1, 0)
    assert SyncChange.objects.get(action="delete", status="done").run == sent


@pytest.fixture
def lost(world):
    """A creation that was carried out, and whose answer never came."""
    world.start()
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    world.run()
    assert len(world.contacts()) == 1
    assert world.link(contact).state == "creating"
    return contact


def the_one(world, contact):
    assert len(world.contacts()) == 1
    assert world.link(contact).state == "linked"
    assert Contact.objects.count() == 1
    assert world.is_quiet()


def test_a_creation_without_an_answer_is_found_by_its_key(world, lost):
    run = world.run()

    assert run.added_there == 0, "it was added by the run that sent it"
    the_one(world, lost)
    assert SyncChange.objects.get(action="add", status="done").run.added_there == 1


def test_it_is_found_though_both_sides_were_edited_since(world, lost):
    Contact.objects.update(first_name="Anne")
    world.mailbox.put({"surname": "Oak", "jobTitle": "Judge"}, world.outlook()["id"])

    world.run()

    lost.refresh_from_db()
    assert (lost.first_name, lost.last_name, lost.job_title) == ("Anne", "Oak", "Judge")
    assert world.outlook()["givenName"] == "Anne"
    the_one(world, lost)


def test_it_is_not_taken_for_somebody_else_while_the_search_lags(world, lost, settings):
    settings.CREATE_SETTLE_SECONDS = 3 * 3600
    world.graph.behaviour.svep_filter_lag = 6000
    Contact.objects.update(first_name="Anne")
    world.mailbox.put({"surname": "Oak"}, world.outlook()["id"])

    world.run()
    assert Contact.objects.count() == len(world.contacts()) == 1
    world.run()

    the_one(world, lost)


def test_while_the_search_lags_it_is_recognised_by_its_contents(world, lost):
    world.graph.behaviour.svep_filter_lag = 10**9

    world.run()

    the_one(world, lost)


def test_it_was_found_and_the_contact_is_in_the_trash(world, lost):
    lost.delete()

    run = world.run()

    assert run.deleted_there == 1
    assert world.contacts() == []
    assert world.is_quiet()


def test_it_was_deleted_in_outlook_before_anybody_could_know(world, lost):
    world.mailbox.remove(world.outlook()["id"])

    world.run()
    world.run()

    assert len(world.contacts()) == 1, "nobody ever saw it: it is created again"
    the_one(world, lost)


def test_it_was_copied_before_anybody_could_know(world, lost):
    world.mailbox.copy(world.outlook()["id"])

    world.run()

    assert len(world.contacts()) == 2
    assert Contact.objects.count() == 1
    assert ExternalLink.objects.filter(state="linked").count() == 1
    assert ExternalLink.objects.get(state="held").reason == "copy"


def test_it_was_left_out_before_anybody_could_know(world, lost, alice):
    decisions.leave_out(world.connection, contact_id=lost.pk, actor=alice)

    world.run()
    world.run()

    assert world.link(lost).state == "apart"
    assert Contact.objects.count() == 1
    assert world.is_quiet()


def test_not_there_counts_only_after_a_round_that_began_late_enough(world, settings):
    settings.CREATE_SETTLE_SECONDS = 3 * 3600 - 60  # the service tells its time in whole seconds
    world.start()
    person("Anna", "Ash")
    world.graph.faults = [Fault("lost", "POST", r"batch")]
    world.run()

    for hour in range(1, 5):
        world.run()
        assert len(world.contacts()) == (1 if hour > 2 else 0), hour


def test_a_search_that_fails_decides_nothing(world, lost):
    world.mailbox.put({"surname": "Oak"}, world.outlook()["id"])
    world.graph.faults = [Fault("reply", "GET", r"filter", times=None, status=503, where="item")]

    run = world.run()

    assert run.status == "failed"
    assert len(world.contacts()) == 1
    world.graph.faults = []
    world.run()
    the_one(world, lost)
