"""What Prometheus reads, and who may read it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from contacts_sync.models import Contact, Heartbeat
from tests.security.people import mailbox

pytestmark = pytest.mark.django_db


def read(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert re.fullmatch(
        r"((# (HELP|TYPE) contact_sync_\w+ .+|contact_sync_\w+(\{.+\})? [0-9.e+-]+)\n)+", text
    )
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")


def test_the_numbers_are_those_of_the_tables(client, alice, bob):
    now = timezone.now()
    mine = mailbox(alice, next_run_at=now - timedelta(minutes=10))
    mailbox(bob, problem="configuration", state="stopped")
    mine.runs.create(
        trigger="schedule", status="done", step="closed", finished_at=now, added_here=3, requests=7
    )
    old = mine.runs.create(
        trigger="schedule",
        status="done",
        step="closed",
        added_here=3,
        finished_at=now - timedelta(days=2),
    )
    mine.changes.create(run=old, side="here", action="add", status="held", guard="arrivals")
    Contact.objects.create(first_name="Anna")
    Heartbeat.objects.create(name="worker", at=now - timedelta(seconds=90))

    numbers = read(client)

    assert numbers['contact_sync_connections{state="on"}'] == "1"
    assert numbers['contact_sync_connections_with_problem{problem="configuration"}'] == "1"
    assert numbers['contact_sync_connections_with_problem{problem="sign_in"}'] == "0"
    assert numbers['contact_sync_contacts{where="list"}'] == "1"
    assert numbers['contact_sync_held_changes{guard="arrivals"}'] == "1"
    assert numbers['contact_sync_runs_last_day{kind="sync",status="done"}'] == "1"
    assert numbers['contact_sync_changes_last_day{what="added_here"}'] == "3"
    assert numbers["contact_sync_graph_requests_last_day"] == "7"
    assert 600 <= float(numbers["contact_sync_oldest_due_seconds"]) < 700
    assert 90 <= float(numbers['contact_sync_heartbeat_age_seconds{name="worker"}']) < 100


def test_no_account_and_no_contact_is_named(client, alice):
    mailbox(alice)
    Contact.objects.create(first_name="Anna")

    assert not re.search("alice|Anna", str(read(client)))


def test_it_costs_the_same_however_many_mailboxes_there_are(
    client, alice, bob, django_assert_num_queries
):
    mailbox(alice)
    with django_assert_num_queries(14):
        read(client)
    mailbox(bob)
    with django_assert_num_queries(14):
        read(client)


def test_only_this_machine_reads_it_without_a_token(client):
    read(client)

    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_with_a_token_only_its_holder_does(client, settings):
    settings.METRICS_TOKEN = "a-token"

    read(client, Authorization="Bearer a-token")

    for shown in ("", "Bearer ", "Bearer a-toke", "Bearer é", "Basic a-token"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_without_a_database_prometheus_sees_a_failure_and_no_page(client, monkeypatch):
    def fail(_now):
        raise DatabaseError("password=secret")

    monkeypatch.setattr("contacts_sync.views.metrics._gather", fail)

    answer = client.get("/metrics")

    assert (answer.status_code, answer.content) == (503, b"# the database is unreachable\n")
