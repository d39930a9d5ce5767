"""What other programs lost, told as stories of ours; tests/README.md has the table of all classes."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.db import transaction

from contacts_sync.models import Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import card, many, person


def three(world):
    """Two contacts of ours and one of theirs, in step."""
    people = [person(first, "Ash", [f"{first}@example.com"]) for first in ("Anna", "Ben")]
    world.mailbox.put(card("Cleo", "Clay", "cleo@example.com"))
    world.start()
    return [*people, Contact.objects.get(first_name="Cleo")]


def as_before(world):
    assert Contact.objects.alive().count() == len(world.contacts()) == 3
    assert ExternalLink.objects.filter(state="linked").count() == 3
    assert world.is_quiet()


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "html"},
        {"kind": "empty", "status": 200},
        {"kind": "garbled"},
        {"kind": "truncated"},
        {"kind": "lost"},
        {"kind": "reply", "status": 404, "body": {}},
        {"kind": "reply", "status": 200, "body": {"value": []}},
        {"kind": "reply", "status": 200, "body": {"error": {"code": "Oops"}}},
    ],
    ids=lambda answer: f"{answer['kind']}-{answer.get('status', '')}{answer.get('body', '')}",
)
def test_whatever_answers_in_place_of_the_service_nothing_is_taken_for_deleted(world, answer):
    three(world)
    Contact.objects.update(job_title="Judge")
    world.graph.faults = [Fault(method="GET", times=None, where="request", **answer)]

    run = world.run()

    assert run.status == "failed"
    assert run.message
    assert (run.gone, run.deleted_there, Contact.objects.alive().count()) == (0, 0, 3)
    world.graph.faults = []
    assert world.run().updated_there == 3
    as_before(world)


def test_a_list_of_ours_that_was_emptied_empties_no_mailbox(world):
    many(15)
    world.start()
    SyncChange.objects.update(contact=None)
    ExternalLink.objects.update(contact=None)
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_sync_emailaddress")
        cursor.execute("DELETE FROM contacts_sync_contact")

    run = world.run()

    assert (run.status, run.deleted_there, run.held) == ("held", 0, 15)
    assert len(world.contacts()) == 15


def test_two_lists_that_were_emptied_on_purpose_raise_no_alarm(world):
    three(world)
    Contact.objects.all().delete()
    for one in world.contacts():
        world.mailbox.remove(one["id"])

    run = world.run()

    assert (run.status, run.held) == ("done", 0)
    assert not ExternalLink.objects.exists()
    assert world.is_quiet()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_sign_in_is_no_expired_cursor(world, status):
    three(world)
    world.run()
    cursor, rows = world.connection.cursor, RemoteContact.objects.count()
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}
    world.graph.faults = [Fault("reply", "GET", times=None, status=status, body=body)]

    run = world.run()

    assert run.status in ("needs_sign_in", "refused", "failed")
    assert (world.connection.cursor, RemoteContact.objects.count()) == (cursor, rows)
    world.graph.faults = []
    assert world.run().requests == 1, "it goes on where it was"
    as_before(world)


@pytest.mark.parametrize("side", ["here", "there", "both"])
def test_a_new_name_and_a_new_address_make_nobody_new(world, side):
    anna, _ben, _cleo = three(world)
    if side != "there":
        Contact.objects.filter(pk=anna.pk).update(first_name="Anne", last_name="Oak")
        anna.emails.update(address="oak@example.com")
    if side != "here":
        addresses = [{"address": "elm@example.com"}]
        world.edit(anna, givenName="Hanna", surname="Elm", emailAddresses=addresses)

    run = world.run()

    assert (run.added_here, run.added_there, run.gone) == (0, 0, 0)
    anna.refresh_from_db()
    assert world.shown(anna)["surname"] == anna.last_name == ("Elm" if side == "there" else "Oak")
    as_before(world)


def test_a_service_that_touches_contacts_without_an_edit_causes_no_write(world):
    people = three(world)
    for one in people:
        world.edit(one, personalNotes="read by a machine")

    run = world.run()

    assert not any(run.counts.values())
    as_before(world)


@pytest.mark.parametrize("cursor", ["lives", "has expired"])
def test_yesterdays_database_meets_todays_mailbox(world, cursor):
    """A backup is restored: what happened since has happened in Outlook only."""
    anna, ben, cleo = three(world)
    yesterday = transaction.savepoint()
    world.edit(anna, jobTitle="Judge")
    Contact.objects.filter(pk=cleo.pk).update(department="Probate")
    ben.delete()
    person("Dora", "Dale", ["dora@example.com"])
    world.mailbox.put(card("Emil", "Elm", "emil@example.com"))
    world.run()
    assert Contact.objects.alive().count() == len(world.contacts()) == 4
    transaction.savepoint_rollback(yesterday)
    world.connection.refresh_from_db()
    if cursor == "has expired":
        world.mailbox.expire_delta_tokens()

    run = world.run()

    assert (run.added_there, run.deleted_there) == (0, 0), "nothing is undone in Outlook"
    assert run.added_here == 2, "Dora and Emil are only there now"
    names = Contact.objects.alive().order_by("first_name").values_list("first_name", flat=True)
    assert list(names) == ["Anna", "Ben", "Cleo", "Dora", "Emil"]
    anna.refresh_from_db()
    cleo.refresh_from_db()
    assert (anna.job_title, cleo.department) == ("Judge", "Probate")
    assert world.link(ben).state == "gone", "offered, as anything that was removed in Outlook"
    assert len(world.contacts()) == 4
    assert world.is_quiet()


def test_a_database_that_was_lost_is_filled_again_from_the_mailbox_without_a_copy(world, alice):
    """An empty installation meets a mailbox full of our keys."""
    three(world)
    ExternalLink.objects.all().delete()
    RemoteContact.objects.all().delete()
    SyncChange.objects.all().delete()
    Contact.objects.all().purge()
    world.connection.delete()
    world.connect(alice)

    run = world.start()

    assert (run.added_here, run.added_there, run.deleted_there) == (3, 0, 0)
    as_before(world)
