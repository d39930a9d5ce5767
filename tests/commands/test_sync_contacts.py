"""sync_contacts: in this process, until it is done, with an exit code that says how it went."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from contacts_sync import connections, logs
from contacts_sync.management.commands import sync_contacts
from contacts_sync.models import Connection, Contact, SyncChange, SyncRun
from contacts_sync.simulator import Fault
from tests.scenarios.worlds import person


@pytest.fixture
def sync(command):
    """Run it for the only mailbox; gives the exit code and the one object that --json prints."""

    def run(*arguments):
        code, out, err = command("sync_contacts", "--json", *arguments)
        (told,) = json.loads(out)
        return code, told, err

    return run


@pytest.fixture
def started(mailbox, sync):
    """Alice's mailbox, with a sync that has run."""
    sync("--start")
    return mailbox


def test_a_sync_that_was_never_started_is_refused(mailbox, sync):
    person("Anna", "Ash", ["anna@example.com"])

    code, told, err = sync()

    assert (code, told["status"], told["run"], told["requests"]) == (2, "refused", None, 0)
    assert "--start starts it" in err
    assert not mailbox.contacts


def test_start_makes_a_preview_and_then_syncs(mailbox, sync):
    person("Anna", "Ash", ["anna@example.com"])
    mailbox.put({"givenName": "Ben", "surname": "Birch"})

    code, told, _err = sync("--start")

    assert (code, told["status"]) == (0, "done")
    assert (told["added_here"], told["added_there"], told["held"]) == (1, 1, 0)
    assert told["requests"] > 0
    kinds = SyncRun.objects.order_by("pk").values_list("kind", "first", "trigger")
    assert list(kinds) == [("preview", False, "command"), ("sync", True, "command")]
    assert Connection.objects.get(pk=told["connection"]).state == "on"


def test_json_holds_what_is_promised_and_nothing_else(mailbox, sync):
    _code, told, _err = sync("--start")

    assert list(told) == [
        *("connection", "run", "status", "requests"),
        *("added_here", "added_there", "linked", "updated_here", "updated_there"),
        *("deleted_there", "gone", "conflicts", "held", "problems"),
    ]


def test_start_uses_the_preview_that_was_made(mailbox, sync):
    sync("--preview")

    sync("--start")

    assert SyncRun.objects.filter(kind="preview").count() == 1


def test_a_preview_writes_to_neither_list(mailbox, command):
    person("Anna", "Ash", ["anna@example.com"])
    mailbox.put({"givenName": "Ben", "surname": "Birch"})

    code, out, _err = command("sync_contacts", "--preview")

    assert code == 0
    assert "1 would be added here, 1 would be added to Microsoft 365." in out
    assert (Contact.objects.count(), len(mailbox.contacts)) == (1, 1)


def test_an_unchanged_run_is_one_request(started, sync):
    code, told, _err = sync()

    assert (code, told["status"], told["requests"]) == (0, "done", 1)


def test_full_reads_everything_again(started, sync):
    for number in range(3):
        started.put({"givenName": f"Anna {number}"})
    sync()

    _code, told, _err = sync("--full")

    run = SyncRun.objects.get(pk=told["run"])
    assert (run.kind, run.read) == ("resync", 3)


def test_words_for_people_say_what_happened(started, command):
    started.put({"givenName": "Ben", "surname": "Birch"})

    code, out, err = command("sync_contacts", "--user", "alice")

    assert (code, err) == (0, "")
    assert out.startswith("alice@contoso.example (connection ")
    assert "1 added here" in out


def test_what_waits_for_a_person_ends_with_2(mailbox, sync):
    for title in ("Clerk", "Judge"):
        person("Anna", "Ash", ["anna@example.com"], job_title=title)
    mailbox.put(
        {"givenName": "Anna", "surname": "Ash", "emailAddresses": [{"address": "anna@example.com"}]}
    )

    code, told, _err = sync("--start")

    assert (code, told["status"]) == (2, "held")
    assert told["held"] > 0


def test_a_revoked_sign_in_ends_with_2(started, graph, sync):
    graph.revoke("alice@contoso.example")

    code, told, err = sync()

    assert (code, told["status"]) == (2, "needs_sign_in")
    assert "Sign in again" in err


def test_a_disconnected_mailbox_is_not_asked(started, graph, sync):
    connections.disconnect(Connection.objects.get())
    graph.forget_requests()

    code, told, _err = sync("--start")

    assert (code, told["status"], told["run"]) == (2, "needs_sign_in", None)
    assert not graph.requests()


def test_a_service_that_fails_ends_with_1(started, graph, sync, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    graph.faults.append(Fault(path="/v1.0/", times=None, status=500))

    code, told, _err = sync()

    assert (code, told["status"]) == (1, "failed")


def test_a_long_wait_is_announced_and_waited_for(started, graph, sync, monkeypatch):
    slept = []
    graph.faults.append(Fault(path="/v1.0/", status=429, headers={"Retry-After": "900"}))

    with time_machine.travel(timezone.now()) as clock:

        def sleep(seconds):
            slept.append(seconds)
            clock.shift(seconds)

        monkeypatch.setattr(sync_contacts.time, "sleep", sleep)
        code, told, err = sync()

    assert (code, told["status"]) == (0, "done")
    assert "goes on in" in err
    assert 890 < max(slept) <= 900
    assert SyncRun.objects.get(pk=told["run"]).slices == 2


def test_a_mailbox_that_is_being_synced_is_left_alone(started, sync):
    Connection.objects.update(
        lease_owner="a worker", lease_until=timezone.now() + timedelta(minutes=5)
    )

    code, told, _err = sync()

    assert (code, told["status"], told["requests"]) == (1, "already_running", 0)


def test_a_stopped_sync_is_refused_until_it_is_started_again(started, sync):
    connections.stop(Connection.objects.get())

    refused = sync()
    again = sync("--start")

    assert (refused[0], refused[1]["status"]) == (2, "refused")
    assert "--start starts it again" in refused[2]
    assert (again[0], again[1]["status"]) == (0, "done")
    assert Connection.objects.get().state == "on"


def test_deletions_made_while_stopped_are_approved_by_start(started, sync):
    contact = person("Anna", "Ash", ["anna@example.com"])
    sync()
    connections.stop(Connection.objects.get())
    contact.delete()

    _code, told, _err = sync("--start")

    assert told["deleted_there"] == 1
    assert not started.contacts


def test_a_mailbox_that_looks_shared_needs_a_second_start(started, authorize, bob, graph, command):
    people = [("Anna", "Ash"), ("Ben", "Birch"), ("Cora", "Cole")]
    for first, last in people:
        person(first, last, [f"{first}@example.com"])
    command("sync_contacts")
    authorize(bob)
    for first, last in people:
        mail = [{"address": f"{first}@example.com"}]
        graph.mailbox("bob@contoso.example").put(
            {"givenName": first, "surname": last, "emailAddresses": mail}
        )

    first_time = command("sync_contacts", "--user", "bob", "--start")
    second_time = command("sync_contacts", "--user", "bob", "--start")

    assert first_time[0] == 2
    assert "looks like a shared list" in first_time[1]
    assert second_time[0] == 0
    assert Connection.objects.get(owner=bob).state == "on"


def test_all_means_those_that_are_on(started, authorize, bob, command):
    authorize(bob)

    code, out, _err = command("sync_contacts", "--all", "--json")

    assert code == 0
    assert [one["connection"] for one in json.loads(out)] == [
        Connection.objects.get(owner__username="alice").pk
    ]


def test_of_several_mailboxes_one_has_to_be_named(started, authorize, bob, command):
    authorize(bob)

    code, _out, err = command("sync_contacts")

    assert code == 1
    assert "--connection ID, --user NAME or --all" in err
    assert "alice@contoso.example" in err
    assert "bob@contoso.example" in err


def test_an_unknown_mailbox_is_an_error(db, command):
    assert "There is no connection of carol" in command("sync_contacts", "--user", "carol")[2]
    assert "There is no connection no. 7" in command("sync_contacts", "--connection", "7")[2]
    assert command("sync_contacts", "--all") == (0, "There is no mailbox to sync.\n", "")


def test_a_preview_that_is_open_is_finished_before_the_sync(started, sync):
    SyncRun.objects.create(
        connection=Connection.objects.get(), kind="preview", trigger="owner", status="continues"
    )

    code, told, _err = sync()

    assert (code, told["status"]) == (0, "done")
    assert SyncRun.objects.get(pk=told["run"]).kind == "sync"
    assert not SyncRun.objects.filter(status__in=SyncRun.OPEN).exists()
    assert not SyncChange.objects.filter(status="failed").exists()


def test_each_line_of_the_log_names_the_run_and_a_failure_names_microsofts_request(
    started, sync, graph
):
    person("Anna", "Ash", ["anna@example.com"])
    graph.faults = [
        Fault(path="/v1.0/", method="GET", status=503, headers={"request-id": "c0ffee-0"}),
        Fault(path="/contacts", method="POST", status=400, where="item",
              body={"error": {"code": "ErrorX", "innerError": {"request-id": "c0ffee-1"}}}),
    ]  # fmt: skip
    lines = []
    handler = logging.StreamHandler()
    handler.emit = lambda record: lines.append(json.loads(logs.Json().format(record)))
    logger = logging.getLogger("contacts_sync.providers")
    logger.addHandler(handler)
    level, logger.level = logger.level, logging.INFO
    try:
        _code, told, _err = sync()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)

    failed = [one for one in lines if re.search(" (503|400) ", one["message"])]
    whole, member = (one["message"] for one in failed)
    assert re.fullmatch(r"GET /v1.0/\S+ 503 c0ffee-0", whole)
    assert member == "POST /me/contactFolders/contacts/contacts 400 c0ffee-1 in a batch"
    where = {(one["run"], one["connection"]) for one in failed}
    assert where == {(told["run"], told["connection"])}
