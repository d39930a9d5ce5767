"""Two contacts of the firm's list become one, and so do their copies in every mailbox."""

from __future__ import annotations

import pytest

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions, undo
from contacts_sync.run.merging import merge_contacts
from contacts_sync.store import distinct, duplicates
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


@pytest.mark.parametrize("which", ["merge", "delete"])
def test_a_merge_is_undone_whole_from_either_record(world, alice, which):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anna", "Ash", ["anna@home.example"], job_title="Judge")
    world.start()
    merge_contacts(keep, drop, alice)
    world.run()

    undo.undo(SyncChange.objects.get(reason__startswith="merged", action=which), alice)
    world.run()

    keep.refresh_from_db()
    drop.refresh_from_db()
    assert (keep.job_title, len(values(keep, "emails")), drop.deleted_at) == ("", 1, None)
    assert sorted(one.get("jobTitle") or "" for one in world.contacts()) == ["", "Judge"]
    assert not any(world.run().counts.values())
    for change in SyncChange.objects.filter(reason__startswith="merged"):
        assert undo.foresee(change).text == "This change was undone already."


def test_an_undone_merge_gives_a_copy_back_to_whom_it_was(world, alice):
    drop = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    remote_id = world.outlook()["id"]
    keep = person("Anna", "Ashe", ["anna@home.example"])
    merge = merge_contacts(keep, drop, alice)
    world.run()

    undo.undo(merge, alice)
    world.run()

    assert ExternalLink.objects.get(contact=drop).remote_id == remote_id
    assert world.outlook(surname="Ash")["id"] == remote_id
    assert [each["address"] for each in world.outlook(surname="Ash")["emailAddresses"]] == [
        "anna@example.com"
    ]
    assert world.outlook(surname="Ashe")["id"] != remote_id
    assert not any(world.run().counts.values())


def test_an_undone_merge_brings_nothing_back_that_was_removed_in_outlook(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anne", "Ash", ["anne@example.com"])
    world.start()
    world.run()
    world.mailbox.remove(world.outlook(givenName="Anna")["id"])
    world.run()
    merge = merge_contacts(keep, drop, alice)
    world.run()

    undo.undo(merge, alice)
    world.run()

    assert [one["givenName"] for one in world.contacts()] == ["Anne"]
    assert ExternalLink.objects.get(contact=keep).state == "gone"
    assert not any(world.run().counts.values())


def test_an_undone_merge_of_companies_gives_back_their_own_people(world, alice):
    keep = Contact.objects.create(kind="company", name="Ash Ltd")
    drop = Contact.objects.create(kind="company", name="Ash Limited")
    anna = person("Anna", "Ash", ["anna@example.com"], company=drop)
    ben = person("Ben", "Birch", ["ben@example.com"], company=keep)
    merge = merge_contacts(keep, drop, alice)

    undo.undo(merge, alice)

    anna.refresh_from_db()
    ben.refresh_from_db()
    assert (anna.company, ben.company) == (drop, keep)


def test_what_was_edited_since_a_merge_stays_when_it_is_undone(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anna", "Ash", ["anna@home.example"], job_title="Judge")
    merge = merge_contacts(keep, drop, alice)
    Contact.objects.filter(pk=keep.pk).update(job_title="President")

    record = undo.undo(merge, alice)

    keep.refresh_from_db()
    assert keep.job_title == "President"
    assert record.reason == "undone, but edited since: job_title"


def test_a_merge_whose_second_contact_is_gone_is_not_undone(world, alice):
    keep = person("Anna", "Ash", ["anna@example.com"])
    drop = person("Anna", "Ash", ["anna@home.example"])
    merge = merge_contacts(keep, drop, alice)
    Contact.objects.filter(pk=drop.pk).purge()

    with pytest.raises(decisions.NotPossible):
        undo.undo(merge, alice)


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


def test_who_was_told_apart_is_no_duplicate_any_more(db, alice):
    anna, anne, ann = (person(name, "Ash", ["office@example.com"]) for name in ("A", "B", "C"))
    distinct.tell_apart(anne, anna, alice)
    assert [group.contacts for group in duplicates.find()] == [(anna.pk, anne.pk, ann.pk)]

    distinct.tell_apart(ann, anna, alice)
    assert [group.contacts for group in duplicates.find()] == [(anne.pk, ann.pk)]

    distinct.tell_apart(ann, anne, alice)
    assert duplicates.find() == []


def test_duplicates_are_found_in_as_many_queries_however_long_the_list(
    db, django_assert_num_queries
):
    for number in range(1200):
        person(f"P{number}", "Poe", [f"p{number // 2}@example.com"], [f"212-555-{number:04}"])

    with django_assert_num_queries(4):
        assert len(duplicates.find()) == 500
