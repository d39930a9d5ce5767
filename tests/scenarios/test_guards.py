"""No accident spreads: each guard at its floor, and what approving and dismissing do (R15)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync import connections
from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions
from tests.scenarios.worlds import card, many, meanwhile, person, texts

HELD, DONE = "held", "done"


def held(name):
    return SyncChange.objects.filter(status="held", guard=name)


def arrive(world, count, start=0):
    with world.graph.seeding():
        for number in range(start, start + count):
            world.mailbox.put(card(f"N{number}", "New", f"n{number}@example.com"))


# --- Deletions ----------------------------------------------------------------------------------


@pytest.fixture
def fifteen(world):
    many(15)
    world.start()
    return list(Contact.objects.order_by("pk"))


def trash(contacts):
    Contact.objects.filter(pk__in=[one.pk for one in contacts]).delete()


def test_ten_deletions_go_and_eleven_are_held(world, fifteen):
    trash(fifteen[:10])
    assert world.run().deleted_there == 10


def test_eleven_deletions_are_held_and_the_rest_of_the_run_goes_on(world, fifteen):
    trash(fifteen[:11])
    person("Anna", "Ash")

    run = world.run()

    assert (run.status, run.deleted_there, run.added_there, run.held) == (HELD, 0, 1, 11)
    assert len(world.contacts()) == 16
    assert held("deletions").count() == 11
    assert world.is_quiet()
    assert held("deletions").count() == 11, "asked once"


def test_held_deletions_do_not_slip_through_when_they_have_become_fewer(world, fifteen):
    trash(fifteen[:11])
    world.run()
    Contact.objects.filter(pk__in=[one.pk for one in fifteen[:5]]).restore()

    run = world.run()

    assert (run.deleted_there, run.held) == (0, 6)
    assert held("deletions").count() == 6


def test_approved_deletions_are_sent_and_no_others(world, fifteen, alice):
    trash(fifteen[:11])
    world.run()
    decisions.approve(held("deletions"), alice)
    trash(fifteen[11:12])

    run = world.run()

    assert run.deleted_there == 12, "one more is no accident"
    assert run.status == DONE
    assert world.is_quiet()


def test_an_approval_lasts_seven_days(world, fifteen, alice):
    trash(fifteen[:11])
    world.run()
    decisions.approve(held("deletions"), alice)
    SyncChange.objects.filter(status="approved").update(decided_at=world.now() - timedelta(days=8))

    run = world.run()

    assert (run.deleted_there, run.status) == (0, HELD)


def test_dismissed_deletions_are_restored_from_the_trash(world, fifteen, alice):
    trash(fifteen[:11])
    world.run()

    decisions.dismiss(held("deletions"), alice)

    assert Contact.objects.alive().count() == 15
    assert world.is_quiet()
    assert len(world.contacts()) == 15


# --- Vanished -----------------------------------------------------------------------------------


def test_eleven_that_vanish_are_held(world, fifteen):
    for one in fifteen[:11]:
        world.mailbox.remove(world.remote_id(one))

    run = world.run()

    assert (run.status, run.gone, run.held) == (HELD, 0, 11)
    assert world.is_quiet()


def test_ten_that_vanish_are_gone(world, fifteen):
    for one in fifteen[:10]:
        world.mailbox.remove(world.remote_id(one))

    assert world.run().gone == 10


def test_a_listing_of_under_half_is_held_however_few(world, alice):
    many(3)
    world.start()
    first, second, third = Contact.objects.order_by("pk")
    for one in (first, second):
        world.mailbox.remove(world.remote_id(one))
    world.mailbox.expire_delta_tokens()

    run = world.run()

    assert (run.gone, run.held) == (0, 2)
    decisions.approve(held("vanished"), alice)
    assert world.run().gone == 2
    world.mailbox.remove(world.remote_id(third))
    assert world.run().gone == 1, "one that goes later is an ordinary one"


def test_approved_vanished_are_gone(world, fifteen, alice):
    for one in fifteen[:11]:
        world.mailbox.remove(world.remote_id(one))
    world.run()
    decisions.approve(held("vanished"), alice)

    run = world.run()

    assert (run.gone, run.status) == (11, DONE)
    assert ExternalLink.objects.filter(state="gone").count() == 11
    assert world.is_quiet()


def test_dismissed_vanished_are_put_back(world, fifteen, alice):
    for one in fifteen[:11]:
        world.mailbox.remove(world.remote_id(one))
    world.run()
    decisions.dismiss(held("vanished"), alice)

    run = world.run()

    assert run.added_there == 11
    assert len(world.contacts()) == 15
    assert world.is_quiet()


def test_the_question_goes_away_when_the_vanished_reappear(world, fifteen):
    ids = [world.remote_id(one) for one in fifteen[:11]]
    for remote_id in ids:
        world.mailbox.move(remote_id, "Clients")
    world.run()
    for remote_id in ids:
        world.mailbox.move(remote_id, "contacts")

    run = world.run()

    assert (run.status, run.held) == (DONE, 0)
    assert ExternalLink.objects.filter(state="linked").count() == 15
    assert world.is_quiet()


# --- Growth of a first sync ---------------------------------------------------------------------


def test_twenty_more_than_the_preview_showed_are_created(world):
    world.preview()
    arrive(world, 20)
    run = world.press_start()
    assert (run.added_here, run.status) == (20, DONE)


def test_twenty_one_more_than_the_preview_showed_are_held(world):
    many(3)
    world.preview()
    arrive(world, 21)

    run = world.press_start()

    assert (run.added_there, run.added_here, run.held) == (3, 0, 21)
    assert world.is_quiet(), "a later run does not take them either"


@pytest.mark.parametrize("approve", [True, False])
def test_held_growth_is_created_or_left_out(world, alice, approve):
    world.preview()
    arrive(world, 21)
    world.press_start()

    decide = decisions.approve if approve else decisions.dismiss
    decide(held("growth"), alice)
    run = world.run()

    assert (run.added_here, run.held) == (21 if approve else 0, 0)
    assert world.is_quiet()


def test_growth_is_counted_over_all_slices_of_a_first_sync(world):
    many(100)
    world.preview()
    arrive(world, 15)
    with meanwhile(lambda: arrive(world, 15, start=15)):
        run = world.press_start(length=timedelta(0))

    assert run.slices > 1
    assert (run.added_there, run.added_here, run.held) == (100, 15, 15)


# --- Arrivals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [200, 201])
def test_more_than_two_hundred_arrivals_in_a_later_round_are_held(world, count):
    world.start()
    arrive(world, count)

    run = world.run()

    assert (run.added_here, run.held) == ((200, 0) if count == 200 else (0, 201))


# --- Changed there, changed here ----------------------------------------------------------------


def edit_all(world, count, **fields):
    with world.graph.seeding():
        for link in ExternalLink.objects.order_by("pk")[:count]:
            world.mailbox.put(fields, str(link.remote_id))


@pytest.fixture
def sixty(world):
    many(60, job_title="Clerk")
    world.start()


def test_when_nearly_all_contacts_change_in_outlook_nothing_is_taken(world, sixty):
    edit_all(world, 55, jobTitle="Judge")

    run = world.run()

    assert (run.updated_here, run.held) == (0, 55)
    assert not Contact.objects.filter(job_title="Judge").exists()
    assert world.is_quiet()


def test_when_many_but_not_nearly_all_change_they_are_taken(world, sixty):
    edit_all(world, 54, jobTitle="Judge")

    assert world.run().updated_here == 54


def test_approved_changes_of_outlook_are_taken(world, sixty, alice):
    edit_all(world, 55, jobTitle="Judge")
    world.run()
    decisions.approve(held("changed_there"), alice)

    assert world.run().updated_here == 55
    assert world.is_quiet()


def test_dismissed_changes_of_outlook_are_written_back(world, sixty, alice):
    edit_all(world, 55, jobTitle="Judge")
    world.run()
    decisions.dismiss(held("changed_there"), alice)

    run = world.run()

    assert (run.updated_there, run.updated_here) == (55, 0)
    assert {one["jobTitle"] for one in world.contacts()} == {"Clerk"}
    assert world.is_quiet()


@pytest.fixture
def blanked(world):
    """A contact of which everything was cleared in Outlook."""
    contact = person("Anna", "Ash", ["anna@example.com"], ["+49 30 1"], job_title="Judge")
    world.start()
    world.edit(
        contact,
        **dict.fromkeys(("givenName", "surname", "jobTitle", "displayName", "fileAs")),
        businessPhones=[],
        homePhones=[],
        mobilePhone=None,
        emailAddresses=[],
    )
    return contact


def test_a_contact_that_was_cleared_in_outlook_keeps_everything_here(world, blanked):
    run = world.run()

    blanked.refresh_from_db()
    assert (run.updated_here, run.held) == (0, 1)
    assert (blanked.first_name, blanked.job_title) == ("Anna", "Judge")
    assert texts(blanked, "emails") == ["anna@example.com"]
    assert world.is_quiet()


def test_a_cleared_contact_gets_its_values_back_in_outlook(world, blanked, alice):
    world.run()
    decisions.dismiss(held("blanked"), alice)

    world.run()

    shown = world.shown(blanked)
    assert (shown["givenName"], shown["jobTitle"]) == ("Anna", "Judge")
    assert [one["address"] for one in shown["emailAddresses"]] == ["anna@example.com"]
    assert world.is_quiet()


def test_a_contact_that_was_cleared_on_purpose_is_cleared_here_too(world, blanked, alice):
    world.run()
    decisions.approve(held("blanked"), alice)

    world.run()

    blanked.refresh_from_db()
    assert (blanked.first_name, texts(blanked, "emails")) == ("", [])
    change = SyncChange.objects.get(action="update", side="here", status="done")
    assert (change.before["first_name"], change.before["job_title"]) == ("Anna", "Judge")
    assert world.is_quiet()


def test_a_cleared_contact_that_is_filled_in_again_asks_nothing_more(world, blanked):
    world.run()
    world.edit(blanked, givenName="Anne", surname="Ash")

    world.run()

    blanked.refresh_from_db()
    assert blanked.first_name == "Anne"
    assert world.is_quiet()
    assert not held("blanked").exists()


def test_start_does_not_approve_that_a_contact_is_cleared(world, blanked):
    connections.stop(world.connection)
    world.connection.refresh_from_db()

    world.start_again()

    blanked.refresh_from_db()
    assert blanked.first_name == "Anna"
    assert held("blanked").count() == 1


@pytest.mark.parametrize("count", [200, 201])
def test_more_than_two_hundred_changes_here_are_held(world, count):
    many(210, job_title="Clerk")
    world.start()
    some = list(Contact.objects.values_list("pk", flat=True)[:count])
    Contact.objects.filter(pk__in=some).update(job_title="Judge")

    run = world.run()

    assert (run.updated_there, run.held) == ((200, 0) if count == 200 else (0, 201))


@pytest.mark.parametrize("approve", [True, False])
def test_held_changes_here_are_sent_or_taken_back(world, alice, approve):
    many(201, job_title="Clerk")
    world.start()
    Contact.objects.update(job_title="Judge")
    world.run()

    decide = decisions.approve if approve else decisions.dismiss
    decide(held("changed_here"), alice)
    run = world.run()

    title = "Judge" if approve else "Clerk"
    assert (run.updated_there, run.updated_here) == ((201, 0) if approve else (0, 201))
    assert {one["jobTitle"] for one in world.contacts()} == {title}
    assert set(Contact.objects.values_list("job_title", flat=True)) == {title}
    assert world.is_quiet()
