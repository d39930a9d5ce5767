"""What leaves: deletions here and there, the trash, folders, and what comes back (R2, R3, R10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync.models import Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.run import decisions, housekeeping
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import card, person


@pytest.fixture
def contact(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    return contact


@pytest.fixture
def gone(world, contact):
    world.mailbox.remove(world.remote_id(contact))
    assert world.run().gone == 1
    return contact


# --- Removed in Outlook -------------------------------------------------------------------------


def test_what_is_gone_stays_gone_after_edits_here(world, gone):
    Contact.objects.filter(pk=gone.pk).update(first_name="Anne")
    gone.emails.update(address="anne@example.com")

    assert not any(world.run().counts.values())
    assert world.contacts() == []
    assert world.link(gone).state == "gone"
    assert Contact.objects.alive().count() == 1


def test_put_back_creates_it_in_outlook_under_a_new_key(world, gone, alice):
    key = world.link(gone).client_key

    decisions.put_back(world.link(gone), alice)
    run = world.run()

    assert run.added_there == 1
    assert world.link(gone).state == "linked"
    assert world.link(gone).client_key != key
    assert world.is_quiet()


def test_put_back_is_refused_for_what_is_in_the_trash(world, gone, alice):
    gone.delete()

    with pytest.raises(decisions.NotPossible):
        decisions.put_back(world.link(gone), alice)


def test_a_full_match_that_turns_up_takes_the_place_of_what_is_gone(world, gone):
    remote_id = world.mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Judge"))

    run = world.run()

    gone.refresh_from_db()
    assert (run.linked, run.added_here) == (1, 0)
    assert (world.link(gone).state, world.link(gone).remote_id) == ("linked", remote_id)
    assert gone.job_title == "Judge"
    assert world.is_quiet()


def test_deleted_and_entered_anew_between_two_runs_is_one_contact(world, contact):
    world.mailbox.remove(world.remote_id(contact))
    remote_id = world.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    run = world.run()

    assert (run.linked, run.added_here, run.gone) == (1, 0, 0)
    assert world.link(contact).remote_id == remote_id
    assert Contact.objects.count() == 1
    assert world.is_quiet()


def test_put_back_and_entered_anew_at_once_is_one_contact(world, gone, alice):
    decisions.put_back(world.link(gone), alice)
    world.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    run = world.run()

    assert (run.linked, run.added_here, run.added_there) == (1, 0, 0)
    assert world.is_quiet()


def test_put_back_and_moved_back_at_once_goes_on_with_the_old_one(world, contact, alice):
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    world.run()
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    decisions.put_back(world.link(contact), alice)
    world.mailbox.move(remote_id, "contacts")

    run = world.run()

    assert (run.added_here, run.added_there) == (0, 0)
    assert world.remote_id(contact) == remote_id
    assert world.outlook()["givenName"] == "Anne"
    assert world.is_quiet()


def test_a_removal_that_cannot_be_verified_decides_nothing(world, contact):
    world.mailbox.remove(world.remote_id(contact))
    world.graph.faults = [Fault("reply", "GET", times=None, status=503, where="item")]
    run = world.run()
    assert run.gone == 0
    assert RemoteContact.objects.get(remote_id=world.remote_id(contact)).doubtful
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    assert not any(world.run().counts.values())

    world.graph.faults = []
    assert world.run().gone == 1
    assert world.is_quiet()


def test_an_edit_here_waits_while_a_removal_is_doubtful_and_is_not_forgotten(world, contact):
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    world.graph.faults = [Fault("reply", "GET", times=None, status=503, where="item")]
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    world.run()

    world.graph.faults = []
    world.mailbox.move(remote_id, "contacts")
    world.run()

    assert world.outlook()["givenName"] == "Anne"
    assert world.is_quiet()


def test_what_was_created_by_us_and_deleted_before_any_round_showed_it_is_gone(world):
    for first in ("Ben", "Cleo"):
        person(first, "Ash")
    world.start()
    contact = person("Anna", "Ash")
    world.run()
    world.mailbox.remove(world.remote_id(contact))
    world.mailbox.expire_delta_tokens()

    run = world.run()

    assert run.gone == 1
    assert world.is_quiet()


# --- Folders ------------------------------------------------------------------------------------


def test_moved_out_is_gone_and_moved_back_goes_on(world, contact):
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    assert world.run().gone == 1
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    world.mailbox.put({"department": "Probate"}, remote_id)
    assert world.is_quiet()

    world.mailbox.move(remote_id, "contacts")
    run = world.run()

    contact.refresh_from_db()
    assert (run.added_here, run.linked) == (0, 0)
    assert world.link(contact).state == "linked"
    assert (contact.department, world.shown(contact)["jobTitle"]) == ("Probate", "Judge")
    assert world.is_quiet()


@pytest.mark.parametrize("bug", [False, True])
def test_moved_out_and_back_between_two_runs_is_nothing(world, contact, bug):
    world.graph.behaviour.immutable_id_bug = bug
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    world.mailbox.move(remote_id, "contacts")

    assert not any(world.run().counts.values())
    assert world.link(contact).state == "linked"
    assert world.is_quiet()


def test_other_folders_take_no_part_and_what_is_moved_in_is_new(world):
    remote_id = world.mailbox.put(card("Anna", "Ash"), folder="Clients")
    assert world.start().added_here == 0

    world.mailbox.move(remote_id, "contacts")

    assert world.run().added_here == 1


def test_a_contact_that_is_moved_out_and_trashed_here_stays_where_it_is(world, contact):
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    contact.delete()

    run = world.run()

    assert run.deleted_there == 0
    assert list(world.mailbox.contacts_in("Clients")) == [remote_id]
    assert world.is_quiet()


def test_our_key_seen_again_goes_on_with_the_link(world):
    contact = person("Anna", "Ash")
    world.start()
    link = world.link(contact)
    again = world.mailbox.copy(str(link.remote_id))
    world.mailbox.move(again, "Clients")
    world.mailbox.remove(str(link.remote_id))
    assert world.run().gone == 1

    world.mailbox.move(again, "contacts")
    run = world.run()

    assert run.added_here == 0
    assert (world.link(contact).state, world.link(contact).remote_id) == ("linked", again)
    assert world.is_quiet()


# --- Deleted here -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["instance", "queryset"])
def test_deleting_puts_into_the_trash_and_deletes_there(world, contact, how):
    if how == "instance":
        contact.delete()
    else:
        Contact.objects.filter(pk=contact.pk).delete()

    run = world.run()

    assert run.deleted_there == 1
    assert Contact.objects.trashed().count() == 1
    assert len(world.mailbox.deleted) == 1, "in Deleted Items"
    assert not ExternalLink.objects.exists()
    assert world.is_quiet()


def test_what_was_edited_in_outlook_meanwhile_is_deleted_and_kept_in_the_record(world, contact):
    world.edit(contact, jobTitle="Judge")
    contact.delete()

    run = world.run()

    assert run.deleted_there == 1
    change = SyncChange.objects.get(action="delete", status="done")
    assert change.before["job_title"] == "Judge"
    assert Contact.objects.alive().count() == 0
    assert world.is_quiet()


def test_an_edit_in_outlook_at_the_moment_of_deletion_is_kept_in_the_record(world, contact):
    remote_id = world.remote_id(contact)
    contact.delete()
    asked = []

    def edit_once():
        asked.append(1)
        if len(asked) == 2:
            world.mailbox.put({"jobTitle": "Judge"}, remote_id)

    world.before_request = edit_once
    world.run()
    world.before_request = lambda: None

    assert world.contacts() == []
    change = SyncChange.objects.get(action="delete", status="done")
    assert change.before["job_title"] == "Judge"
    assert world.is_quiet()


def test_restored_before_the_run_is_as_if_nothing_had_happened(world, contact):
    contact.delete()
    Contact.objects.filter(pk=contact.pk).restore()

    assert world.is_quiet()
    assert len(world.contacts()) == 1


def test_restored_after_the_run_is_created_once(world, contact):
    contact.delete()
    world.run()
    Contact.objects.filter(pk=contact.pk).restore()

    assert world.run().added_there == 1
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_restored_while_the_deletion_has_no_answer_ends_up_once_on_both_sides(world, contact):
    contact.delete()
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    world.run()
    Contact.objects.filter(pk=contact.pk).restore()
    world.run()
    world.run()

    assert len(world.contacts()) == 1
    assert world.link(contact).state == "linked"
    assert world.is_quiet()


def test_trashed_before_it_was_sent_is_never_sent(world):
    world.start()
    contact = person("Anna", "Ash")
    contact.delete()

    assert world.is_quiet()


def test_removed_on_both_sides_closes_the_link(world, contact):
    world.mailbox.remove(world.remote_id(contact))
    contact.delete()

    run = world.run()

    assert (run.gone, run.deleted_there) == (0, 0)
    assert not ExternalLink.objects.exists()
    assert world.is_quiet()


def test_remove_here_and_leave_in_outlook(world, contact, alice):
    decisions.remove_here_only(Contact.objects.filter(pk=contact.pk), alice)

    assert world.is_quiet()
    assert len(world.contacts()) == 1
    world.clock.shift += timedelta(days=40)
    housekeeping.tidy(world.now())
    assert not Contact.objects.exists()
    world.mailbox.put({"jobTitle": "Judge"}, world.outlook()["id"])
    assert world.is_quiet()
    assert not Contact.objects.exists(), "it does not come back by itself"


def test_the_number_of_copies_that_will_go_is_told(world, contact):
    assert decisions.copies(Contact.objects.all()) == [(world.connection, 1)]


def test_rows_are_purged_after_thirty_days_when_no_link_waits(world, contact):
    contact.delete()
    housekeeping.tidy(world.now() + timedelta(days=31))
    assert Contact.objects.count() == 1, "Outlook has not been told yet"

    world.run()
    housekeeping.tidy(world.now() + timedelta(days=29))
    assert Contact.objects.count() == 1
    housekeeping.tidy(world.now() + timedelta(days=31))

    assert Contact.objects.count() == 0
    assert world.is_quiet()


def test_a_purged_row_still_deletes_its_copy(world, contact):
    Contact.objects.filter(pk=contact.pk).purge()

    run = world.run()

    assert run.deleted_there == 1
    assert world.contacts() == []
    assert world.is_quiet()


def test_purged_while_a_creation_is_under_way_deletes_the_copy(world):
    world.start()
    contact = person("Anna", "Ash")
    world.graph.faults = [Fault("acted, then lost", "POST", r"batch")]
    world.run()
    Contact.objects.filter(pk=contact.pk).purge()

    world.run()

    assert world.contacts() == []
    assert not Contact.objects.exists()
    assert world.is_quiet()


# --- Echoes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stale", [False, True])
def test_rows_that_come_again_or_late_change_nothing(world, contact, stale):
    world.graph.behaviour.replayed_rows = 20
    world.graph.behaviour.replayed_stale = stale
    ben = person("Ben", "Birch", job_title="Clerk")
    world.run()
    world.edit(ben, jobTitle="Judge")
    world.run()
    contact.delete()
    world.run()

    assert world.is_quiet()
    ben.refresh_from_db()
    assert ben.job_title == "Judge"
    assert world.shown(ben)["jobTitle"] == "Judge"
    assert Contact.objects.count() == 2


def test_the_echo_of_a_deleted_contact_does_not_bring_it_back(world, contact):
    world.graph.behaviour.delta_lag_seconds = 7200
    world.edit(contact, jobTitle="Judge")
    contact.delete()

    for _hour in range(5):
        world.run()

    assert Contact.objects.count() == 1
    assert not Contact.objects.alive().exists()
    assert world.contacts() == []


def test_what_a_person_restores_from_deleted_items_is_new_here(world, contact):
    person("Ben", "Birch")
    world.run()
    remote_id = world.remote_id(contact)
    contact.delete()
    world.run()

    world.mailbox.move(remote_id, "contacts")

    assert world.run().added_here == 1
    assert world.is_quiet()


def test_whoever_left_before_a_doubt_was_settled_is_gone_all_the_same(world):
    contact = person("Anna", "Ash")
    world.start()
    RemoteContact.objects.update(doubtful=True)
    world.preview()
    world.mailbox.remove(world.remote_id(contact))

    run = world.run()

    assert run.gone == 1
    assert world.link(contact).state == "gone"
    assert world.is_quiet()
