"""Two contacts of the firm's list become one, and so do their copies in every mailbox."""

from __future__ import annotations

import pytest

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions, undo
from contacts_sync.run.merging import merge_contacts
from contacts_sync.store import duplicates
from tests.scenarios.worlds import person, values


def test_the_kept_contact_takes_what_it_lacks_and_one_copy_remains(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"])
    drop = person("Anna", "Ash", ["anna@home.example"], ["(212) 555-0101"], job_title="Judge")
    world.start()

    merge_contacts(keep, drop, alice)
    world.run()

    keep.refresh_from_db()
    assert keep.job_title == "Judge"
    assert [address for _, address, _ in values(keep, "emails")] == [
        "anna@example.com",
        "anna@home.example",
    ]
    assert len(values(keep, "phones")) == 1
    outlook = world.outlook()
    assert outlook["jobTitle"] == "Judge"
    assert len(outlook["emailAddresses"]) == 2
    assert not any(world.run().counts.values())


def test_a_copy_of_the_dropped_contact_becomes_that_of_the_kept_one(world, alice):
    drop = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    remote_id = world.outlook()["id"]
    keep = person("Anna", "Ashe", ["anna@home.example"])

    merge_contacts(keep, drop, alice)
    world.run()

    assert world.outlook()["id"] == remote_id
    assert world.outlook()["surname"] == "Ashe"
    assert ExternalLink.objects.get(contact=keep).remote_id == remote_id
    assert not any(world.run().counts.values())


def test_a_living_copy_replaces_one_that_was_removed_in_outlook(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anne", "Ash", ["anne@example.com"])
    world.start()
    world.run()
    world.mailbox.remove(world.outlook(givenName="Anna")["id"])
    world.run()

    merge_contacts(keep, drop, alice)
    world.run()

    assert world.outlook()["givenName"] == "Anna"
    assert ExternalLink.objects.get(contact=keep).state == "linked"


def test_people_of_a_merged_company_move_with_it(world, alice):
    keep = Contact.objects.create(kind="company", name="Ash Ltd")
    drop = Contact.objects.create(kind="company", name="Ash Limited")
    anna = person("Anna", "Ash", ["anna@example.com"], company=drop)
    world.start()

    merge_contacts(keep, drop, alice)
    world.run()

    anna.refresh_from_db()
    assert anna.company == keep
    assert world.outlook(givenName="Anna")["companyName"] == "Ash Ltd"


def test_a_merge_is_undone_by_its_two_records(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anna", "Ash", ["anna@home.example"], job_title="Judge")
    world.start()
    merge_contacts(keep, drop, alice)
    world.run()

    for change in SyncChange.objects.filter(reason__startswith="merged"):
        undo.undo(change, alice)
    world.run()

    keep.refresh_from_db()
    assert (keep.job_title, len(values(keep, "emails"))) == ("", 1)
    assert len(world.contacts()) == 2
    assert not any(world.run().counts.values())


def test_only_living_contacts_of_one_kind_are_merged(world, alice):
    anna = person("Anna", "Ash")
    company = Contact.objects.create(kind="company", name="Ash Ltd")

    for other in (anna, company):
        with pytest.raises(decisions.NotPossible):
            merge_contacts(anna, other, alice)


def test_duplicates_are_found_exactly_and_nearly(db):
    one = person("Anna", "Ash", ["anna@example.com"])
    two = person("Anna", "Ash", ["ANNA@example.com"])
    three = person("Anne", "Ash", phones=["212-555-0101"])
    four = person("A.", "Ash", phones=["(212) 555-0101"])
    person("Ben", "Birch", ["ben@example.com"])

    found = duplicates.find()

    assert [(set(one.contacts), one.exact) for one in found] == [
        ({one.pk, two.pk}, True),
        ({three.pk, four.pk}, False),
    ]
