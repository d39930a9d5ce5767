"""Undo: any change can be put back, here and in every mailbox, and the next run agrees."""

from __future__ import annotations

import pytest

from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions, undo
from tests.scenarios.worlds import person, values


def change_of(run, **fields):
    return SyncChange.objects.get(run=run, **fields)


def test_an_edit_that_came_from_outlook_is_put_back_on_both_sides(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"], job_title="Clerk")
    world.start()
    world.mailbox.put(
        {"jobTitle": "Judge", "businessPhones": ["212-555-0199"]}, world.outlook()["id"]
    )
    change = change_of(world.run(), action="update", side="here")

    assert undo.foresee(change).mailboxes == ("alice@contoso.example",)
    record = undo.undo(change, alice)
    world.run()

    contact.refresh_from_db()
    assert contact.job_title == "Clerk"
    assert values(contact, "phones") == [("Work", "212-555-0101", True)]
    outlook = world.outlook()
    assert (outlook["jobTitle"], outlook["businessPhones"]) == ("Clerk", ["212-555-0101"])
    assert (record.undoes, record.actor) == (change, alice)
    assert not undo.foresee(change).possible
    assert not any(world.run().counts.values())


def test_what_was_edited_since_stays_and_is_named(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"], job_title="Clerk")
    world.start()
    world.mailbox.put({"jobTitle": "Judge", "department": "Tax"}, world.outlook()["id"])
    change = change_of(world.run(), action="update", side="here")
    Contact.objects.filter(pk=contact.pk).update(job_title="President")

    record = undo.undo(change, alice)

    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == ("President", "")
    assert "job_title" in record.reason


def test_undoing_what_was_added_here_leaves_the_original_in_outlook(world, alice):
    world.mailbox.put({"givenName": "Ben", "surname": "Birch"})
    run = world.start()

    undo.undo(change_of(run, action="add", side="here"), alice)
    world.run()

    assert Contact.objects.alive().count() == 0
    assert world.outlook()["givenName"] == "Ben"
    assert not any(world.run().counts.values())


def test_undoing_what_was_added_there_deletes_the_copy_and_leaves_the_contact_out(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    run = world.start()

    undo.undo(change_of(run, action="add", side="there"), alice)
    world.run()

    assert world.contacts() == []
    assert Contact.objects.alive().get() == contact
    assert ExternalLink.objects.get(contact=contact).state == "apart"
    assert not any(world.run().counts.values())


def test_a_copy_that_somebody_edited_in_outlook_is_not_deleted_by_an_undo(world, alice):
    person("Anna", "Ash", ["anna@example.com"])
    run = world.start()
    change = change_of(run, action="add", side="there")
    undo.undo(change, alice)
    world.mailbox.put({"jobTitle": "Judge"}, world.outlook()["id"])

    world.run()

    assert world.outlook()["jobTitle"] == "Judge"
    assert Contact.objects.get().job_title == "Judge"
    assert not any(world.run().counts.values())


def test_a_contact_restored_from_the_trash_comes_back_once(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    contact.delete()
    change = change_of(world.run(), action="delete", side="there")

    undo.undo(change, alice)
    world.run()

    assert world.outlook()["givenName"] == "Anna"
    assert not any(world.run().counts.values())


@pytest.mark.parametrize(("winner", "loser"), [("here", "Judge"), ("there", "Clerk")])
def test_the_loser_of_a_conflict_can_be_chosen_afterwards(world, alice, winner, loser):
    Connection.objects.update(winner=winner)
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    Contact.objects.filter(pk=contact.pk).update(job_title="Clerk")
    world.mailbox.put({"jobTitle": "Judge"}, world.outlook()["id"])
    run = world.run()
    assert run.conflicts == 1
    change = SyncChange.objects.filter(run=run).exclude(conflict=[]).get()

    undo.choose_loser(change, 0, alice)
    world.run()

    contact.refresh_from_db()
    assert contact.job_title == world.outlook()["jobTitle"] == loser


def test_the_losing_number_of_a_conflict_comes_back_in_its_place(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"])
    world.start()
    contact.phones.update(number="212-555-0111")
    world.mailbox.put({"businessPhones": ["212-555-0122"]}, world.outlook()["id"])
    run = world.run()
    change = SyncChange.objects.filter(run=run).exclude(conflict=[]).get()

    undo.choose_loser(change, 0, alice)
    world.run()

    assert values(contact, "phones") == [("Work", "212-555-0122", True)]
    assert world.outlook()["businessPhones"] == ["212-555-0122"]


def test_a_whole_run_is_undone_and_what_stays_says_why(world, alice):
    anna = person("Anna", "Ash", ["anna@example.com"], job_title="Clerk")
    ben = person("Ben", "Birch", ["ben@example.com"], job_title="Clerk")
    world.start()
    for first in ("Anna", "Ben"):
        world.mailbox.put({"jobTitle": "Judge"}, world.outlook(givenName=first)["id"])
    run = world.run()
    ben.delete()

    done, stayed = undo.undo_run(run, alice)

    anna.refresh_from_db()
    assert (done, anna.job_title) == (1, "Clerk")
    assert len(stayed) == 1 and stayed[0].startswith("Ben Birch")


def test_a_removal_in_outlook_is_undone_by_putting_it_back(world, alice):
    person("Anna", "Ash", ["anna@example.com"])
    world.start()
    world.run()
    world.mailbox.remove(world.outlook()["id"])
    change = change_of(world.run(), action="gone")

    undo.undo(change, alice)
    world.run()

    assert world.outlook()["givenName"] == "Anna"


def test_what_cannot_be_undone_says_so(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    contact.delete()
    run = world.run()
    Contact.objects.all().purge()
    change = change_of(run, action="delete", side="there")

    assert not undo.foresee(change).possible
    with pytest.raises(decisions.NotPossible):
        undo.undo(change, alice)
