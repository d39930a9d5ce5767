"""Edits on both sides: who wins, and where the loser is kept (R7, law 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync.models import Connection, Contact, SyncChange
from tests.scenarios.worlds import at_request, card, meanwhile, person, texts


def both_edit(world, contact, ours="Judge", theirs="Clerk"):
    Contact.objects.filter(pk=contact.pk).update(job_title=ours)
    world.edit(contact, jobTitle=theirs)


def set_winner(world, winner):
    Connection.objects.filter(pk=world.connection.pk).update(winner=winner)
    world.connection.refresh_from_db()


@pytest.fixture
def contact(world):
    contact = person("Anna", "Ash", ["anna@example.com"], job_title="Usher")
    world.start()
    return contact


def test_the_firms_list_wins_by_default(world, contact):
    both_edit(world, contact)

    run = world.run()

    contact.refresh_from_db()
    assert (contact.job_title, world.shown(contact)["jobTitle"]) == ("Judge", "Judge")
    assert run.conflicts == 1
    change = SyncChange.objects.exclude(conflict=[]).get()
    assert change.conflict == [
        {"field": "job_title", "here": "Judge", "there": "Clerk", "winner": "here"}
    ]
    assert world.is_quiet()


def test_outlook_wins_where_it_was_chosen(world, contact):
    set_winner(world, "there")
    both_edit(world, contact)

    run = world.run()

    contact.refresh_from_db()
    assert (contact.job_title, world.shown(contact)["jobTitle"]) == ("Clerk", "Clerk")
    assert run.conflicts == 1
    change = SyncChange.objects.exclude(conflict=[]).get()
    assert (change.before, change.conflict[0]["here"]) == ({"job_title": "Judge"}, "Judge")
    assert world.is_quiet()


@pytest.mark.parametrize(("minutes", "wins"), [(-10, "Judge"), (10, "Clerk")])
def test_the_newest_edit_wins_where_it_was_chosen(early, minutes, wins):
    world, contact = early
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    edit_beside_now(world, contact, minutes, jobTitle="Clerk")

    world.run()

    contact.refresh_from_db()
    assert (contact.job_title, world.shown(contact)["jobTitle"]) == (wins, wins)


@pytest.mark.parametrize(("minutes", "wins"), [(-10, "+49 30 2"), (10, "+49 30 3")])
def test_the_newest_edit_of_a_number_wins_too(early, minutes, wins):
    world, contact = early
    contact.phones.update(number="+49 30 2")
    edit_beside_now(world, contact, minutes, businessPhones=["+49 30 3"])

    world.run()

    assert texts(contact, "phones") == [wins]
    assert world.shown(contact)["businessPhones"] == [wins]


def test_what_another_mailbox_brought_is_as_old_as_it_was_there(early, other):
    world, contact = early
    other.run()
    edit_beside_now(other, contact, -30, jobTitle="Judge")
    edit_beside_now(world, contact, -10, jobTitle="Clerk")

    other.run()
    world.run()

    contact.refresh_from_db()
    assert (contact.job_title, world.shown(contact)["jobTitle"]) == ("Clerk", "Clerk")


@pytest.fixture
def early(world):
    """A contact linked half a day ago, so that either side's edit can be the newer one."""
    world.clock.shift -= timedelta(hours=12)
    set_winner(world, "newest")
    contact = Contact.objects.create(first_name="Anna", last_name="Muster")
    contact.phones.create(number="+49 30 1", label="Work")
    world.run()
    long_ago = world.now() - timedelta(hours=1)
    Contact.objects.filter(pk=contact.pk).update(updated_at=long_ago, edited_at=long_ago)
    return world, contact


def edit_beside_now(world, contact, minutes, **fields):
    """Edit a contact in Outlook so many minutes from now, by the clock of the list."""
    world.clock.shift = timedelta(minutes=minutes)
    world.edit(contact, **fields)
    world.clock.shift = timedelta()


def test_the_same_edit_on_both_sides_is_no_conflict_and_no_write(world, contact):
    both_edit(world, contact, "Judge", "Judge")

    assert not any(world.run().counts.values())

    world.edit(contact, jobTitle="Clerk")
    assert world.run().conflicts == 0
    contact.refresh_from_db()
    assert contact.job_title == "Clerk"


def test_one_conflict_does_not_cost_the_other_fields(world, contact):
    both_edit(world, contact)
    Contact.objects.filter(pk=contact.pk).update(department="Probate")
    world.edit(contact, givenName="Anne")

    world.run()

    contact.refresh_from_db()
    assert (contact.first_name, contact.job_title) == ("Anne", "Judge")
    assert world.shown(contact)["department"] == "Probate"
    assert world.is_quiet()


def test_values_added_on_both_sides_are_all_kept(world, contact):
    contact.emails.create(address="here@example.com", label="Home")
    world.edit(
        contact,
        emailAddresses=[{"address": "anna@example.com"}, {"address": "there@example.com"}],
    )

    run = world.run()

    assert run.conflicts == 0
    everything = {"anna@example.com", "here@example.com", "there@example.com"}
    assert set(texts(contact, "emails")) == everything
    assert {one["address"] for one in world.shown(contact)["emailAddresses"]} == everything


def test_a_value_edited_on_both_sides_is_a_conflict_that_keeps_the_loser(world, contact):
    contact.emails.update(address="here@example.com")
    world.edit(contact, emailAddresses=[{"address": "there@example.com"}])

    run = world.run()

    assert run.conflicts == 1
    assert texts(contact, "emails") == ["here@example.com"]
    assert SyncChange.objects.exclude(conflict=[]).get().conflict == [
        {
            "field": "emails",
            "here": "here@example.com",
            "there": "there@example.com",
            "winner": "here",
        }
    ]
    assert world.is_quiet()


def test_at_first_link_a_blank_yields_to_a_value_and_a_difference_is_a_conflict(world):
    contact = person("Anna", "Ash", ["anna@example.com"], job_title="Judge")
    world.mailbox.put(
        card("Anna", "Ash", "anna@example.com", jobTitle="Clerk", department="Probate")
    )

    run = world.start()

    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == ("Judge", "Probate")
    assert world.shown(contact)["jobTitle"] == "Judge"
    assert (run.linked, run.conflicts) == (1, 1)
    assert world.is_quiet()


def test_an_edit_here_during_the_run_is_not_overwritten(world, contact):
    world.edit(contact, jobTitle="Clerk", department="Probate")
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")

    with meanwhile(lambda: Contact.objects.filter(pk=contact.pk).update(job_title="Judge")):
        world.run()
    contact.refresh_from_db()
    assert contact.job_title == "Judge"
    world.run()

    contact.refresh_from_db()
    assert (contact.first_name, contact.job_title, contact.department) == (
        "Anne",
        "Judge",
        "Probate",
    )
    assert world.shown(contact)["jobTitle"] == "Judge"
    assert SyncChange.objects.exclude(conflict=[]).exists(), "the loser is kept"
    assert world.is_quiet()


def test_an_edit_in_outlook_during_the_run_is_not_overwritten(world, contact):
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    remote_id = world.remote_id(contact)
    world.before_request = at_request(
        2, lambda: world.mailbox.put({"department": "Probate"}, remote_id)
    )

    run = world.run()

    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == ("Judge", "Probate")
    assert (run.updated_here, run.updated_there) == (1, 1)
    world.before_request = lambda: None
    assert world.is_quiet()


def test_an_edit_in_outlook_during_the_run_survives_a_service_without_if_match(world, contact):
    world.graph.behaviour.if_match = "ignored"
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    remote_id = world.remote_id(contact)
    world.before_request = at_request(
        2, lambda: world.mailbox.put({"department": "Probate"}, remote_id)
    )

    world.run()
    world.before_request = lambda: None
    world.run()

    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == ("Judge", "Probate")
    assert world.shown(contact)["jobTitle"] == "Judge"
    assert world.is_quiet()
