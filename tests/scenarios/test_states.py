"""Cells of the table of link states (DESIGN.md, section 4) that no other story tells."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync import connections
from contacts_sync.models import Contact, ExternalLink
from contacts_sync.run import decisions, housekeeping, merging
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import card, firm, person

EMAIL = "anna@example.com"


def trashed_and_back(world, contact):
    """Trash a contact, run, restore it, run: nothing is written or deleted in Outlook."""
    before = len(world.graph.writes())
    contact.delete()
    world.run()
    Contact.objects.filter(pk=contact.pk).restore()
    world.run()
    assert len(world.graph.writes()) == before
    return world.link(contact).state


def test_trashed_and_restored_what_is_gone_stays_gone_and_a_purge_closes_it(world):
    anna = person("Anna", "Ash", [EMAIL])
    world.start()
    world.mailbox.remove(world.remote_id(anna))
    world.run()

    assert trashed_and_back(world, anna) == "gone"
    anna.refresh_from_db()
    anna.delete()
    housekeeping.tidy_all(world.now() + timedelta(days=31))
    world.run()
    assert not ExternalLink.objects.exists()
    assert world.is_quiet()


def test_trashed_and_restored_what_is_left_out_stays_left_out(world, alice):
    anna = person("Anna", "Ash", [EMAIL])
    world.start()
    decisions.leave_out(world.connection, contact_id=anna.pk, actor=alice)

    assert trashed_and_back(world, anna) == "apart"
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_a_group_forms_anew_when_one_of_it_is_trashed(world):
    """Two of ours match one of theirs; with one in the trash the other is its match."""
    one, other = (person("Anna", "Ash", [EMAIL], job_title=title) for title in ("Judge", "Clerk"))
    world.mailbox.put(card("Anna", "Ash", EMAIL))
    world.start()
    assert ExternalLink.objects.filter(state="held").count() == 3
    one.delete()

    world.run()

    assert world.link(other).state == "linked"
    assert len(world.contacts()) == Contact.objects.alive().count() == 1
    assert world.is_quiet()


def test_a_held_contact_that_is_merged_drops_its_question(world, alice):
    one, other = (person("Anna", "Ash", [EMAIL], job_title=title) for title in ("Judge", "Clerk"))
    world.mailbox.put(card("Anna", "Ash", EMAIL))
    world.start()

    merging.merge_contacts(one, other, alice)
    world.run()

    assert world.link(one).state == "linked"
    assert not ExternalLink.objects.filter(state="held").exists()
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_what_was_under_way_at_a_stop_is_settled_at_the_next_start(world):
    world.start()
    anna = person("Anna", "Ash", [EMAIL])
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    world.run()
    connections.stop(world.connection)
    assert world.link(anna).state == "creating"

    world.start_again()

    assert world.link(anna).state == "linked"
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_what_is_left_out_stays_so_when_it_leaves_the_folder_and_comes_back(world, alice):
    anna = person("Anna", "Ash", [EMAIL])
    world.start()
    remote_id = world.remote_id(anna)
    decisions.leave_out(world.connection, contact_id=anna.pk, actor=alice)
    world.mailbox.move(remote_id, "Clients")
    world.run()
    world.mailbox.move(remote_id, "contacts")
    world.run()

    assert world.link(anna).state == "apart"
    assert Contact.objects.count() == len(world.contacts()) == 1
    assert world.is_quiet()


def test_a_contact_whose_copy_is_being_deleted_is_not_merged(world, alice):
    keep = person("Anna", "Ash", [EMAIL])
    drop = person("Anne", "Ash", ["anne@example.com"])
    world.start()
    drop.delete()
    world.graph.faults = [Fault("lost", "POST", r"batch")]
    world.run(slices=1)
    assert world.link(drop).state == "deleting"

    with pytest.raises(decisions.NotPossible):
        merging.merge_contacts(keep, drop, alice)

    world.run()
    assert [one["givenName"] for one in world.contacts()] == ["Anna"]
    assert world.is_quiet()


def test_a_company_renamed_while_creations_have_no_answer_is_pushed_by_the_next_run(world):
    world.start()
    ash = firm("Ash Ltd", ["info@ash.example"])
    anna = person("Anna", "Ash", [EMAIL], company=ash)
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    world.run()
    assert {link.state for link in ExternalLink.objects.all()} == {"creating"}

    Contact.objects.filter(pk=ash.pk).update(name="Oak Ltd")
    world.run()

    assert [world.shown(one)["companyName"] for one in (ash, anna)] == ["Oak Ltd"] * 2
    assert len(world.contacts()) == Contact.objects.count() == 2
    assert world.is_quiet()
