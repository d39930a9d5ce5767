"""What people decide is kept, closes what waited for it, and is carried out by the next run."""

from __future__ import annotations

import pytest

from contacts_sync import connections
from contacts_sync.models import Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.run import decisions, starting
from tests.scenarios.worlds import person

HELD = SyncChange.Status.HELD


def two_annas(world):
    """One contact here that matches two in Outlook."""
    contact = person("Anna", "Ash", ["anna@example.com"])
    for title in ("Judge", "Clerk"):
        world.mailbox.put(
            {
                "givenName": "Anna",
                "surname": "Ash",
                "jobTitle": title,
                "emailAddresses": [{"address": "anna@example.com"}],
            }
        )
    return contact


def test_a_restart_after_stop_shows_a_new_preview(world, small_pages):
    person("Anna", "Ash", ["anna@example.com"])
    world.start()
    connections.stop(world.connection)
    for first in ("Ben", "Cleo", "Dora"):
        world.mailbox.put({"givenName": first, "surname": "Birch"})
    world.mailbox.expire_delta_tokens()

    preview = world.preview()

    assert preview.status == SyncRun.Status.DONE
    starting.start(world.connection, SyncRun.Trigger.OWNER)
    assert world.run().status == SyncRun.Status.DONE
    assert len(world.contacts()) == 4


def test_what_waits_is_closed_by_the_decision_about_it(world, alice):
    contact = two_annas(world)
    world.preview()
    assert SyncChange.objects.filter(status=HELD).exclude(link=None).count() == 3

    remote_id = world.outlook(jobTitle="Judge")["id"]
    decisions.link_pair(world.connection, contact.pk, remote_id, alice)
    other = ExternalLink.objects.get(state="held")
    decisions.leave_out(world.connection, remote_id=other.remote_id, actor=alice)

    assert not SyncChange.objects.filter(status=HELD).exists()
    run = world.run()
    assert (run.status, run.held) == (SyncRun.Status.DONE, 0)
    contact.refresh_from_db()
    assert contact.job_title == "Judge"


def test_approved_arrivals_are_taken_in_and_dismissed_ones_left_out(world, alice):
    world.start()
    for number in range(260):
        world.mailbox.put({"givenName": "New", "surname": f"Person {number}"})

    run = world.run()
    assert run.status == SyncRun.Status.HELD
    held = SyncChange.objects.filter(status=HELD, guard="arrivals", action="add")
    assert (run.held, held.count()) == (260, 260)
    some = list(held.order_by("pk").values_list("pk", flat=True)[:100])
    decisions.approve(held.filter(pk__in=some), alice)
    decisions.dismiss(held.all(), alice)

    run = world.run()

    assert (run.status, run.added_here, run.held) == (SyncRun.Status.DONE, 100, 0)
    assert Contact.objects.count() == 100
    assert not any(world.run().counts.values())


def test_a_contact_that_is_gone_and_matches_two_is_shown_with_them(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    world.mailbox.remove(world.outlook()["id"])
    world.run()
    two_annas_there = [
        world.mailbox.put(
            {
                "givenName": "Anna",
                "surname": "Ash",
                "jobTitle": title,
                "emailAddresses": [{"address": "anna@example.com"}],
            }
        )
        for title in ("Judge", "Clerk")
    ]

    world.run()

    link = ExternalLink.objects.get(contact=contact)
    group = ExternalLink.objects.filter(group=link.group)
    assert link.state == "gone"
    assert {one.remote_id for one in group if one.contact_id is None} == set(two_annas_there)


def test_linking_with_a_contact_from_the_trash_is_refused_with_a_sentence(world, alice):
    contact = two_annas(world)
    world.preview()
    contact.delete()

    with pytest.raises(decisions.NotPossible):
        decisions.link_pair(
            world.connection, contact.pk, world.outlook(jobTitle="Judge")["id"], alice
        )


def test_a_preview_shows_what_an_update_changes(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    connections.stop(world.connection)
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")

    run = world.preview()

    row = SyncChange.objects.get(run=run, action="update")
    assert (row.side, row.before, row.after) == ("there", {"job_title": ""}, {"job_title": "Judge"})


def test_a_pair_that_takes_part_again_goes_on_as_a_pair(world, alice):
    contact = person("Anna", "Ash", job_title="Clerk")
    world.start()
    decisions.leave_out(world.connection, contact_id=contact.pk, actor=alice)
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    world.edit(contact, jobTitle="Judge")
    world.run()

    decisions.take_back_in(world.link(contact), alice)
    world.run()

    contact.refresh_from_db()
    assert (contact.first_name, contact.job_title) == ("Anne", "Judge")
    assert Contact.objects.count() == len(world.contacts()) == 1
    assert world.outlook()["givenName"] == "Anne"
    assert world.is_quiet()


def test_putting_back_is_recorded_and_only_for_what_was_removed(world, alice):
    anna = person("Anna", "Ash")
    world.start()
    with pytest.raises(decisions.NotPossible):
        decisions.put_back(world.link(anna), alice)
    world.mailbox.remove(world.remote_id(anna))
    world.run()

    decisions.put_back(world.link(anna), alice)

    record = SyncChange.objects.get(action="restore")
    assert (record.contact, record.actor, record.side) == (anna, alice, "there")
    assert (record.status, record.reason) == ("done", "put back in Outlook")


def test_trying_again_hurries_those_that_were_refused_and_no_others(world):
    people = [person(first, "Ash") for first in ("Anna", "Ben")]
    world.start()
    later = world.now()
    refused, fine = (world.link(one) for one in people)
    ExternalLink.objects.update(next_try_at=later)
    ExternalLink.objects.filter(pk=refused.pk).update(problem="No such thing.")

    assert decisions.try_again(ExternalLink.objects.all()) == 1

    refused.refresh_from_db()
    fine.refresh_from_db()
    assert (refused.next_try_at, refused.pending) == (None, True)
    assert (fine.next_try_at, fine.pending) == (later, False)
