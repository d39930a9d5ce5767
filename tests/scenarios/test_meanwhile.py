"""What happens between two steps: decisions during a run, answers that never came, edits after an approval."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from contacts_sync import connections, tasks
from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.providers.account import Account
from contacts_sync.providers.microsoft365 import auth
from contacts_sync.run import decisions, merging
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator.faults import Fault, throttled
from contacts_sync.store import marking, settling
from tests.scenarios.worlds import card, firm, many, person

REFUSED = {
    "method": "POST",
    "path": "contacts",
    "where": "item",
    "status": 400,
    "body": {"error": {"code": "ErrorInvalidProperty", "message": "no"}},
}


def held():
    return SyncChange.objects.filter(status="held")


def before_sending(monkeypatch, number, act):
    """Do something ahead of marking the given batch as sent."""
    real, count = marking.mark_sent, []

    def marked(run, lease, items, *times):
        count.append(1)
        if len(count) == number:
            act(items)
        return real(run, lease, items, *times)

    monkeypatch.setattr(marking, "mark_sent", marked)


def after_marking(monkeypatch, number, act):
    """Do something when the given batch is marked and has not gone out yet."""
    real, count = marking.mark_sent, []

    def marked(run, lease, items, *times):
        going = real(run, lease, items, *times)
        count.append(1)
        if len(count) == number:
            act()
        return going

    monkeypatch.setattr(marking, "mark_sent", marked)


def soon(world):
    """Run a minute later, not an hour."""
    world.clock.shift -= timedelta(minutes=59)
    return world.run()


# --- Decisions during a run ----------------------------------------------------------------------


@pytest.mark.parametrize("linked", [True, False])
def test_a_contact_that_is_left_out_during_a_run_stays_out(world, alice, monkeypatch, linked):
    people = many(40)
    if linked:
        world.start()
        Contact.objects.update(job_title="New")
    chosen = []

    def leave_out(items):
        chosen.append(items[0].contact)
        decisions.leave_out(world.connection, contact_id=chosen[0].pk, actor=alice)

    before_sending(monkeypatch, 2, leave_out)

    run = world.run()

    assert run.status == "done", run.message
    assert world.link(chosen[0]).state == "apart"
    titles = [one.get("jobTitle") for one in world.contacts()]
    assert len(titles) == len(people) - (not linked)
    assert titles.count("New") == (39 if linked else 0)


@pytest.mark.parametrize("how", [connections.stop, connections.retire])
def test_after_stop_no_other_batch_goes_out(world, monkeypatch, how):
    many(60)
    after_marking(monkeypatch, 2, lambda: how(world.connection))

    world.run()

    assert len(world.contacts()) == 20


def test_a_contact_that_came_back_in_mid_run_is_not_marked_as_gone(world, alice, monkeypatch):
    people = many(200)
    world.start()
    ids = {one.pk: world.remote_id(one) for one in people}
    for one in people[:150]:
        world.mailbox.move(ids[one.pk], "Elsewhere")
    world.run()
    decisions.approve(held(), alice)
    real, count = settling.commit, []

    def commit(*arguments):
        answer = real(*arguments)
        count.append(1)
        if len(count) == 1:
            for one in people[100:150]:
                world.mailbox.move(ids[one.pk], "Contacts")
            world.clock.shift += timedelta(minutes=2)
        return answer

    monkeypatch.setattr(settling, "commit", commit)
    world.run()
    monkeypatch.undo()
    world.run()
    world.run()

    assert [one for one in people[100:150] if world.link(one).state == "gone"] == []


def test_authorizing_again_during_a_run_writes_only_what_changed(world, alice, monkeypatch):
    account = Account(world.account.tenant_id, world.account.object_id, world.username, "Alice")
    monkeypatch.setattr(auth, "finish_sign_in", lambda *_, **__: auth.SignedIn(account, "{}"))

    class Mailbox:
        def folder_id(self):
            connections.stop(world.connection)
            Connection.objects.update(full_wanted=True, cursor="newer", fence=77)
            return "folder"

    monkeypatch.setattr(connections, "_provider", lambda *_: Mailbox())

    connections.finish_authorization(alice, {}, {})

    row = Connection.objects.get()
    assert (row.state, row.full_wanted, row.cursor, row.fence) == ("stopped", True, "newer", 77)
    assert row.folder_id == "folder"


# --- Never a twin --------------------------------------------------------------------------------


def test_a_refused_creation_that_a_person_enters_in_outlook_is_linked(world):
    person("Anna", "Ash", ["anna@example.com"])
    world.graph.faults.append(Fault("reply", times=None, **REFUSED))
    for _ in range(4):
        world.run()
    world.graph.faults.clear()
    world.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    for _ in range(6):
        world.run()

    assert Contact.objects.count() == len(world.contacts()) == 1


def test_who_matches_while_another_creation_has_no_answer_waits_for_it(world):
    world.run()
    person("Xaver", "Xu", ["x@example.com"])
    world.graph.faults.append(Fault("lost", method="POST", path="batch", where="request"))
    soon(world)
    assert ExternalLink.objects.exclude(sent_at=None).count() == 1
    person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    soon(world)
    world.run()
    world.run()

    assert sorted(one["givenName"] for one in world.contacts()) == ["Anna", "Xaver"]
    assert Contact.objects.count() == 2
    assert not held().exists()


def test_a_copy_is_still_a_copy_after_the_mailbox_was_connected_anew(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    world.mailbox.copy(world.remote_id(contact))
    world.run()
    connections.retire(world.connection)

    world.connect(alice)
    world.run(first=True)
    world.run()

    assert Contact.objects.count() == 1


def test_links_that_were_lost_in_part_are_found_by_our_key(world):
    anna, _ben = person("Anna", "Ash"), person("Ben", "Birch")
    world.start()
    ExternalLink.objects.filter(contact=anna).delete()

    world.run()
    world.run()

    assert (Contact.objects.count(), len(world.contacts())) == (2, 2)
    assert world.link(anna).state == "linked"


@pytest.mark.parametrize("trashed", [False, True])
def test_what_was_created_there_after_the_backup_is_found_by_our_key(world, trashed):
    person("Ben", "Birch")
    world.start()
    contact = person("Anna", "Ash")
    backup = transaction.savepoint()
    world.run()
    transaction.savepoint_rollback(backup)
    world.connection.refresh_from_db()
    if trashed:
        contact.delete()

    world.run()

    assert (Contact.objects.count(), len(world.contacts())) == (2, 2)
    assert world.link(contact).state == ("apart" if trashed else "linked")
    assert world.is_quiet()


@pytest.mark.parametrize("newcomer", [True, False])
def test_a_company_renamed_in_outlook_with_its_people_stays_one(world, newcomer):
    company = firm("Ash Ltd", ["info@example.com"])
    anna = person("Anna", "Ash", ["anna@example.com"], company=company)
    world.start()
    world.edit(company, companyName="Ash LLP", displayName="Ash LLP")
    if newcomer:
        world.mailbox.put(card("Ben", "Birch", "ben@example.com", companyName="Ash LLP"))
    else:
        world.edit(anna, companyName="Ash LLP")

    world.run()
    world.run()

    assert Contact.objects.filter(kind="company").count() == 1


# --- Nothing is deleted that should stay ---------------------------------------------------------


def test_what_was_left_in_outlook_survives_a_new_connection(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    decisions.remove_here_only(Contact.objects.filter(pk=contact.pk), alice)
    world.run()
    connections.retire(world.connection)

    world.connect(alice)
    world.preview()
    world.press_start()
    world.run()

    assert len(world.contacts()) == 1
    assert not Contact.objects.alive().exists()


def test_merging_into_a_contact_not_yet_in_outlook_keeps_the_original_there(world, alice):
    ben = person("Ben", "Birch", ["ben@example.com"])
    world.start()
    world.mailbox.put({"personalNotes": "precious"}, world.remote_id(ben))
    world.graph.faults.append(Fault("reply", times=1, **REFUSED))
    benjamin = person("Benjamin", "Birch", ["benjamin@example.com"])
    world.run()

    merging.merge_contacts(benjamin, ben, alice)
    world.run()
    world.run()

    assert [one["personalNotes"] for one in world.contacts()] == ["precious"]


# --- An approval is for what was listed ----------------------------------------------------------


@pytest.mark.parametrize("carried_out", [True, False])
def test_an_approval_is_for_the_contents_that_were_listed(world, alice, carried_out):
    people = many(60)
    world.start()
    for one in people:
        world.edit(one, jobTitle="One")
    world.run()
    decisions.approve(held(), alice)
    if carried_out:
        assert world.run().updated_here == 60
    for one in people:
        world.edit(one, givenName="Broken", emailAddresses=[])

    run = world.run()

    assert (run.updated_here, run.held) == (0, 60)


def test_arrivals_whose_approval_has_lapsed_wait_again(world, alice):
    world.start()
    for number in range(250):
        world.mailbox.put(card(f"P{number}", "Poe", f"p{number}@example.com"))
    world.run()
    decisions.approve(held(), alice)
    world.clock.shift += timedelta(days=8)

    run = world.run()

    assert (run.added_here, run.held, held().count()) == (0, 250, 250)


def test_a_restart_takes_only_what_its_preview_has_shown(world):
    people = many(100)
    world.start()
    connections.stop(world.connection)
    world.preview()
    for one in people:
        world.edit(one, givenName="Broken", emailAddresses=[])

    run = world.press_start()

    assert (run.updated_here, run.held) == (0, 100)


def test_a_preview_counts_no_removals_that_will_be_held(world):
    people = many(30)
    world.start()
    connections.stop(world.connection)
    for one in people[:15]:
        world.mailbox.remove(world.remote_id(one))

    preview = world.preview()

    assert preview.gone == world.press_start().gone == 0


# --- Patience, and what is said ------------------------------------------------------------------


def test_no_batch_goes_out_before_the_pause_that_one_member_asked_for(world):
    many(60)
    refused = throttled("30", method="POST", path="contacts$", where="item", times=1)
    world.graph.faults.append(refused)
    sent_before = []

    class Slept(list):
        def append(self, seconds):
            sent_before.append((seconds, len(world.graph.requests("POST", "batch"))))

    world.slept = Slept()

    world.run()

    assert (30.0, 1) in sent_before
    assert len(world.contacts()) == 60


def test_a_pause_is_kept_by_a_second_job_and_by_staff(world, monkeypatch):
    many(5)
    world.graph.faults.append(throttled("300", method="POST", times=None))
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.SCHEDULE)
    run = run_slice(run, world.provider, now=world.now, sleep=world.slept.append)
    asked = len(world.graph.requests())
    sent = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: sent.append(job))

    run_slice(run, world.provider, now=world.now, sleep=world.slept.append)
    tasks.enqueue(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.STAFF)

    assert len(world.graph.requests()) == asked
    assert sent == []


@pytest.mark.parametrize("fault", ["lost", "412"])
def test_what_is_not_settled_is_said_and_tried_soon(world, fault):
    person("Anna", "Ash", ["anna@example.com"])
    if fault == "lost":
        world.graph.faults.append(Fault("lost", method="POST", path="batch", where="request"))
    else:
        world.start()
        Contact.objects.update(job_title="Judge")
        body = {"error": {"code": "ErrorIrresolvableConflict"}}
        conflict = Fault("reply", method="PATCH", where="item", times=None, status=412, body=body)
        world.graph.faults.append(conflict)

    run = world.run()

    assert "not settled yet" in run.message
    assert world.connection.next_run_at - world.now() < timedelta(minutes=7)


def test_a_deletion_whose_answer_was_lost_is_counted(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    contact.delete()
    lost = Fault("acted, then lost", method="POST", path="batch", where="request")
    world.graph.faults.append(lost)

    sent, _later = world.run(), world.run()

    sent.refresh_from_db()
    assert sent.deleted_there == 1


def test_a_refused_contact_makes_the_next_run_due_in_fifteen_minutes(world):
    person("Anna", "Ash", ["anna@example.com"])
    world.graph.faults.append(Fault("reply", times=1, **REFUSED))

    world.run()

    assert world.connection.next_run_at - world.now() <= timedelta(minutes=15)


def test_a_preview_by_staff_does_not_put_off_the_hourly_run(world):
    world.start()
    due = world.connection.next_run_at
    world.clock.shift -= timedelta(minutes=10)

    world.preview()

    assert world.connection.next_run_at <= due + timedelta(minutes=6)
