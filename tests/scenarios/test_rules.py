"""The rules of DESIGN.md, section 2, one by one, as a person would notice them."""

from __future__ import annotations

from contacts_sync.models import Contact, ExternalLink, SyncRun
from tests.scenarios.worlds import person, values

DONE = SyncRun.Status.DONE


def test_contacts_of_either_side_are_created_on_the_other(world):
    person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"], company="Ash Ltd")
    world.mailbox.put({"givenName": "Ben", "surname": "Birch", "mobilePhone": "212-555-0102"})

    run = world.start()

    assert run.status == DONE
    assert (run.added_there, run.added_here) == (2, 1)
    anna = world.outlook(givenName="Anna")
    assert anna["companyName"] == "Ash Ltd"
    assert anna["businessPhones"] == ["212-555-0101"]
    ben = Contact.objects.get(first_name="Ben")
    assert values(ben, "phones") == [("Mobile", "212-555-0102", False)]


def test_an_unchanged_run_asks_once_and_writes_nothing(world):
    person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put({"givenName": "Ben", "surname": "Birch"})
    world.start()

    before = len(world.graph.requests())
    run = world.run()

    assert len(world.graph.requests()) - before == 1
    assert run.requests == 1
    assert not any(run.counts.values())


def test_edits_to_different_fields_meet_on_both_sides(world):
    contact = person("Anna", "Ash", ["anna@example.com"], job_title="Clerk")
    world.start()

    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    remote_id = world.outlook(surname="Ash")["id"]
    world.mailbox.put({"jobTitle": "Judge"}, remote_id)
    run = world.run()

    contact.refresh_from_db()
    assert (contact.first_name, contact.job_title) == ("Anne", "Judge")
    assert world.outlook(surname="Ash")["givenName"] == "Anne"
    assert (run.updated_here, run.updated_there, run.conflicts) == (1, 1, 0)
    assert not any(world.run().counts.values())


def test_deleting_in_outlook_never_deletes_here_and_nothing_comes_back(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    world.mailbox.remove(world.outlook()["id"])

    run = world.run()
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    world.run()

    assert run.gone == 1
    assert Contact.objects.alive().filter(pk=contact.pk).exists()
    assert world.contacts() == []
    assert ExternalLink.objects.get(contact=contact).state == "gone"


def test_deleting_here_deletes_in_outlook(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    person("Ben", "Birch", ["ben@example.com"])
    world.start()
    contact.delete()

    run = world.run()

    assert run.deleted_there == 1
    assert [one["givenName"] for one in world.contacts()] == ["Ben"]
    assert not any(world.run().counts.values())


def test_identical_first_name_last_name_and_e_mail_are_linked(world):
    contact = person("Anna", "Ash", ["Anna@Example.com"], ["212-555-0101"])
    world.mailbox.put(
        {
            "givenName": " Anna",
            "surname": "Ash",
            "emailAddresses": [{"address": "anna@example.com"}],
            "jobTitle": "Judge",
        }
    )

    run = world.start()

    contact.refresh_from_db()
    assert (run.linked, run.added_here, run.added_there) == (1, 0, 0)
    assert contact.job_title == "Judge"
    assert world.outlook()["businessPhones"] == ["212-555-0101"]
    assert not any(world.run().counts.values())
