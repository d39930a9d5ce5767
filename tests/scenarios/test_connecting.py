"""Start, stop, start again, disconnect, reconnect and retire (R6, R13, R14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync import connections, credentials
from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.providers import errors
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.store import lease
from tests.scenarios.worlds import card, meanwhile, person

STOPPED, DONE = SyncRun.Status.STOPPED, SyncRun.Status.DONE


@pytest.fixture
def two(world):
    """A contact of ours and one of theirs, in sync."""
    anna = person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put(card("Ben", "Birch", "ben@example.com"))
    world.start()
    return anna, Contact.objects.get(first_name="Ben")


def test_the_next_run_is_due_an_hour_after_the_last_one_ended(world):
    run = world.start()

    due = world.connection.next_run_at - run.finished_at

    assert timedelta(minutes=57) <= due <= timedelta(minutes=63)


def test_stop_leaves_both_lists_and_the_links(world, two):
    connections.stop(world.connection)

    assert world.connection.state == "stopped"
    assert world.connection.next_run_at is None
    assert ExternalLink.objects.filter(state="linked").count() == 2
    assert len(world.contacts()) == 2


def test_a_stopped_connection_writes_nothing_whoever_asks(world, two):
    connections.stop(world.connection)
    Contact.objects.update(job_title="Judge")

    run = world.run()

    assert run.status == STOPPED
    assert not any(run.counts.values())
    assert world.outlook(givenName="Anna").get("jobTitle") in (None, "")


def test_stop_during_a_run_stores_the_answer_of_what_is_in_flight_and_sends_no_more(world):
    world.start()
    for number in range(60):
        person(f"P{number}", "Poe")
    with meanwhile(lambda: connections.stop(world.connection)):
        run = world.run()

    created = len(world.contacts())
    assert run.status == STOPPED
    assert 0 < created <= 40
    assert ExternalLink.objects.filter(state="linked").count() == created
    assert run.added_there == created

    world.start_again()
    assert len(world.contacts()) == 60
    assert world.is_quiet()


def test_starting_again_shows_a_preview_and_makes_no_copies(world, two):
    anna, ben = two
    connections.stop(world.connection)
    Contact.objects.filter(pk=anna.pk).update(job_title="Judge")
    world.mailbox.remove(world.remote_id(ben))
    cleo = person("Cleo", "Clay")

    preview = world.preview()

    assert preview.status == DONE
    assert (preview.added_there, preview.updated_there, preview.gone) == (1, 1, 1)
    assert len(world.contacts()) == 1, "a preview writes nothing"
    run = world.press_start()
    assert (run.added_there, run.updated_there, run.gone) == (1, 1, 1)
    assert world.link(ben).state == "gone", "it is offered, and not restored unasked"
    assert world.link(cleo).state == "linked"
    assert world.is_quiet()


def test_deletions_made_while_stopped_are_listed_and_approved_by_start(world):
    people = [person(f"P{number}", "Poe") for number in range(15)]
    world.start()
    connections.stop(world.connection)
    for one in people[:12]:
        one.delete()

    preview = world.preview()
    run = world.press_start()

    assert preview.deleted_there == 12
    assert (run.deleted_there, run.status) == (12, DONE), "no guard asks again"
    assert len(world.contacts()) == 3


def test_disconnect_forgets_the_credential_and_keeps_the_links(world, two):
    connections.disconnect(world.connection)

    assert (world.connection.state, world.connection.credential) == ("disconnected", "")
    assert ExternalLink.objects.count() == 2
    with pytest.raises(errors.AuthRequired):
        connections.open_provider(world.connection)


def test_the_same_account_comes_back_to_its_links(world, two):
    connections.disconnect(world.connection)
    Contact.objects.update(job_title="Judge")
    credentials.store(world.connection, "{}")
    Connection.objects.update(state="stopped")

    preview = world.preview()
    run = world.press_start()

    assert (preview.added_here, preview.added_there, preview.linked) == (0, 0, 0)
    assert run.updated_there == 2
    assert len(world.contacts()) == 2
    assert Contact.objects.count() == 2


def test_retire_lets_go_of_everything_but_the_audit_and_deletes_nothing(world, two):
    changes = world.connection.changes.filter(status="done").count()

    connections.retire(world.connection)

    assert world.connection.state == "retired"
    assert world.connection.credential == ""
    assert not ExternalLink.objects.exists()
    assert not RemoteContact.objects.exists()
    assert world.connection.changes.filter(status="done").count() == changes
    assert (len(world.contacts()), Contact.objects.count()) == (2, 2)


def test_what_a_dead_run_had_sent_does_not_stay_on_its_way_in_a_retired_mailbox(world, two):
    Contact.objects.update(job_title="Judge")
    sent = SyncChange.objects.filter(status="sent")
    number = 1
    while not sent.exists():
        world.dies(at_commit=number)
        number += 1

    connections.retire(world.connection)

    assert not sent.exists()
    assert SyncChange.objects.filter(status="unknown").exists()


def test_a_retired_mailbox_that_is_connected_again_is_linked_by_our_key(world, two, alice):
    Contact.objects.filter(first_name="Anna").update(first_name="Anne")
    connections.retire(world.connection)

    world.connect(alice)
    run = world.start()

    assert (run.added_here, run.added_there, run.linked) == (0, 0, 0)
    assert world.outlook(surname="Ash")["givenName"] == "Anne"
    assert world.is_quiet()


def test_a_retired_mailbox_is_linked_by_its_records_where_no_key_was_written(world, alice):
    """Who came from Outlook carries no key, and without an e-mail address nobody matches."""
    world.mailbox.put(card("Cleo", "Clay", jobTitle="Judge"))
    world.start()
    connections.retire(world.connection)

    world.connect(alice)
    run = world.start()

    assert (run.added_here, run.added_there) == (0, 0)
    assert len(world.contacts()) == Contact.objects.count() == 1
    world.edit(Contact.objects.get(), jobTitle="Clerk")
    world.run()
    assert Contact.objects.get().job_title == "Clerk"
    assert world.is_quiet()


def test_links_that_were_lost_are_found_by_our_key(world):
    people = [person(f"P{number}", "Poe") for number in range(3)]
    world.start()
    ids = {one.pk: world.remote_id(one) for one in people}
    ExternalLink.objects.all().delete()

    run = world.run()

    assert (run.added_here, run.added_there) == (0, 0)
    assert {one.pk: world.remote_id(one) for one in people} == ids
    assert world.is_quiet()


def test_the_key_never_takes_a_link_from_a_living_contact(world):
    anna = person("Anna", "Ash")
    world.start()
    remote_id = world.remote_id(anna)
    copy = world.mailbox.copy(remote_id)
    Connection.objects.update(keys_read=False)
    world.connection.refresh_from_db()

    world.run()

    assert world.remote_id(anna) == remote_id
    assert ExternalLink.objects.get(remote_id=copy).state == "held"


def test_retiring_during_a_run_stores_nothing_any_more(world):
    world.start()
    person("Anna", "Ash")
    with meanwhile(lambda: connections.retire(world.connection)):
        world.run()

    assert not ExternalLink.objects.exists()
    assert not RemoteContact.objects.exists()
    assert world.connection.state == "retired"


# --- Leases -------------------------------------------------------------------------------------


def test_a_second_run_ends_at_once_while_another_one_works(world):
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger="command")
    mine = lease.take(world.connection.pk, "somebody", world.now())

    again = run_slice(run, world.provider, now=world.now)

    assert again.status == SyncRun.Status.CONTINUES
    assert world.graph.graph_requests() == []
    lease.give_back(mine)
    assert run_slice(run, world.provider, now=world.now).status == DONE


def test_whoever_has_lost_the_lease_writes_nothing(world):
    world.start()
    person("Anna", "Ash")

    def take_over():
        later = world.now() + timedelta(minutes=6)
        assert lease.take(world.connection.pk, "somebody", later)

    with meanwhile(take_over):
        run = world.run(slices=1)

    assert run.status == SyncRun.Status.RUNNING, "it is the other's run now"
    assert ExternalLink.objects.get().state == "creating"
    Connection.objects.update(lease_until=None)
    assert world.run().status == DONE
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_a_run_that_kills_its_worker_again_and_again_is_given_up(world):
    world.start()
    person("Anna", "Ash")
    for _death in range(3):
        world.dies(at_commit=3)

    run = world.run()

    assert run.status in (SyncRun.Status.FAILED, DONE)
    assert world.run().status == DONE
    assert len(world.contacts()) == 1


def test_workers_that_are_stopped_now_and_then_do_not_end_a_long_run(world):
    """An upgrade kills a worker; a slice that comes to its end in between forgives that."""
    Contact.objects.bulk_create(Contact(last_name=f"Ash {number}") for number in range(450))
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.OWNER)
    for _upgrade in range(4):
        SyncRun.objects.filter(pk=run.pk).update(status=SyncRun.Status.RUNNING)
        run = run_slice(run, world.provider, now=world.now, length=timedelta(seconds=-1))
        assert (run.status, run.crashes) == (SyncRun.Status.CONTINUES, 0)

    assert world.run().status == DONE


# --- Failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "problem"),
    [
        (errors.AuthRequired("Sign in."), "needs_sign_in", "sign_in"),
        (errors.ConsentRequired("Ask."), "needs_sign_in", "consent"),
        (errors.NoMailbox("None."), "refused", "no_mailbox"),
        (errors.WrongMailbox("Other."), "refused", "wrong_mailbox"),
        (errors.Misconfigured("Secret."), "failed", "configuration"),
        (errors.Unavailable("Later."), "failed", "unavailable"),
        (ZeroDivisionError(), "failed", "failing"),
    ],
)
def test_every_failure_ends_in_a_status_and_a_sentence(world, error, status, problem):
    def fail(connection):
        raise error

    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger="command")
    run = run_slice(run, fail, now=world.now)
    world.connection.refresh_from_db()

    assert (run.status, world.connection.problem) == (status, problem)
    assert run.message
    waits = problem in ("sign_in", "consent", "no_mailbox", "wrong_mailbox")
    assert (world.connection.next_run_at is None) == waits

    assert world.run().status == DONE
    assert world.connection.problem == ""


def test_failures_are_tried_again_ever_later(world):
    def fail(connection):
        raise errors.Unavailable("Later.")

    delays = []
    for _time in range(8):
        run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger="command")
        run = run_slice(run, fail, now=world.now)
        world.connection.refresh_from_db()
        delays.append(world.connection.next_run_at - run.finished_at)

    minutes = [round(delay.total_seconds() / 60) for delay in delays]
    assert minutes == [5, 10, 20, 40, 80, 160, 320, 360]


def test_an_access_token_that_is_refused_ends_in_needs_sign_in(world):
    world.start()
    world.graph.revoke(world.username)
    world.provider = _with_token(world, "stale")

    run = world.run()

    assert run.status == "needs_sign_in"


def _with_token(world, token):
    provider = world.provider

    def opened(connection):
        made = provider(connection)
        made._client._api._token = lambda refresh=False, claims="": token
        return made

    return opened
