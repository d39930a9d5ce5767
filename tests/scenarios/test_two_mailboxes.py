"""Two mailboxes and one list."""

from __future__ import annotations

import pytest

from contacts_sync.models import Contact, ExternalLink
from contacts_sync.run import decisions
from tests.scenarios.worlds import card, meanwhile, person


@pytest.fixture
def both(world, other):
    """A contact in both mailboxes."""
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    other.start()
    return contact


def test_an_edit_in_one_mailbox_reaches_the_other(world, other, both):
    world.edit(both, jobTitle="Judge")
    world.run()
    other.run()

    assert other.shown(both)["jobTitle"] == "Judge"
    assert world.is_quiet()
    assert other.is_quiet()


def test_edits_in_both_mailboxes_meet(world, other, both):
    world.edit(both, jobTitle="Judge")
    other.edit(both, department="Probate")
    for one in (world, other, world):
        one.run()

    for one in (world, other):
        shown = one.shown(both)
        assert (shown["jobTitle"], shown["department"]) == ("Judge", "Probate")
        assert one.is_quiet()


def test_deleting_here_deletes_in_every_mailbox(world, other, both):
    assert decisions.copies(Contact.objects.all()) == [
        (world.connection, 1),
        (other.connection, 1),
    ]
    both.delete()
    world.run()
    other.run()

    assert world.contacts() == other.contacts() == []
    assert world.is_quiet()
    assert other.is_quiet()


def test_deleting_in_one_mailbox_leaves_the_other_alone(world, other, both):
    world.mailbox.remove(world.remote_id(both))
    world.run()
    other.run()

    assert len(other.contacts()) == 1
    assert {link.state for link in ExternalLink.objects.all()} == {"gone", "linked"}


def test_the_same_new_person_in_both_mailboxes_is_one_contact(world, other):
    world.mailbox.put(card("Anna", "Ash", "anna@example.com"))
    other.mailbox.put(card("Anna", "Ash", "ANNA@example.com"))
    world.start()
    other.start()

    assert Contact.objects.count() == 1
    assert world.is_quiet()
    assert other.is_quiet()


def test_the_same_new_person_pulled_at_the_same_moment_is_one_contact(world, other):
    world.start()
    other.start()
    world.mailbox.put(card("Anna", "Ash", "anna@example.com"))
    other.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    with meanwhile(lambda: other.run()):
        run = world.run()

    assert (run.added_here, run.linked) == (0, 1)
    assert Contact.objects.count() == 1
    assert world.is_quiet()
    assert other.is_quiet()


def test_a_mailbox_that_others_have_linked_already_looks_like_a_shared_list(world, other):
    for number in range(3):
        person(f"P{number}", "Poe", [f"p{number}@example.com"])
        other.mailbox.put(card(f"P{number}", "Poe", f"p{number}@example.com"))
    world.start()

    preview = other.preview()

    assert world.connection.username in preview.warning
