"""The front page: one glance, a chart, and the lists that answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from contacts_sync.admin.room import overflowing
from contacts_sync.models import Connection, Contact, Heartbeat, SyncRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def overview(enter):
    def look(role="operator"):
        return enter(role).get(reverse("admin:index")).context["overview"]

    return look


def beat(ago=0):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(minutes=ago))


def test_all_is_well(overview, connect):
    connect()
    beat()

    assert "Everything is in step" in overview()["headline"]


def test_a_silent_worker_is_the_first_thing_said(overview, connect):
    connect(problem=Connection.Problem.SIGN_IN)
    beat(ago=30)

    assert "the background worker is silent" in overview()["headline"]


def test_who_needs_somebody_is_counted(overview, connect):
    connect(problem=Connection.Problem.SIGN_IN)
    connect("operator")
    beat()

    assert "1 mailbox needs somebody" in overview()["headline"]


def test_what_waits_is_counted_once(overview, connect, link, anna):
    mailbox = connect()
    ben = Contact.objects.create(first_name="Ben")
    for contact, group, action, guard in (
        (anna, "group-h1-t1", "hold", ""),
        (ben, "guard-arrivals", "add", "arrivals"),
    ):
        held = link(mailbox, contact, state="held", group=group)
        mailbox.changes.create(
            link=held, name=held.name, action=action, side="there", status="held", guard=guard
        )
    beat()

    found = overview()

    assert [one["reason"] for one in found["needing"]] == ["2 held"]
    assert sorted(one["number"] for one in found["held"]) == [1, 1]
    assert len({one["title"] for one in found["held"]}) == 2


def test_what_a_preview_foresees_is_no_conflict_yet(enter, overview, connect):
    mailbox = connect()
    row = {"connection": mailbox, "trigger": "owner", "status": "done", "conflicts": 1}
    SyncRun.objects.create(**row, kind="sync")
    SyncRun.objects.create(**row, kind="preview")
    conflict = [{"field": "job_title", "here": "a", "there": "b", "winner": "here"}]
    for status in ("done", "planned"):
        mailbox.changes.create(action="update", side="there", status=status, conflict=conflict)

    asked = {one["text"]: one for one in overview()["questions"]}[
        "edited on both sides, in 30 days"
    ]

    assert asked["number"] == 1
    assert len(enter("operator").get(asked["url"]).context["cl"].result_list) == 1


def test_the_chart_counts_changes_and_endings_by_day(overview, connect):
    mailbox = connect()
    today = {"connection": mailbox, "trigger": "schedule"}
    SyncRun.objects.create(**today, status="done", added_here=2, updated_there=3)
    SyncRun.objects.create(**today, status="failed", deleted_there=1)
    SyncRun.objects.create(**today, status="done", kind="preview", added_here=99)
    old = SyncRun.objects.create(**today, status="done", added_here=7)
    SyncRun.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(days=3))

    found = overview()

    assert [(bar.first, bar.second) for bar in found["changes"]][-4:] == [
        (7, 0),
        (0, 0),
        (0, 0),
        (2, 4),
    ]
    assert [(bar.first, bar.second) for bar in found["endings"]][-1] == (1, 1)
    assert len(found["changes"]) == 14


def test_each_number_leads_to_a_list_of_as_many(enter, overview, connect, link, anna):
    mailbox = connect()
    link(mailbox, anna, problem="Refused.")
    link(mailbox, Contact.objects.create(first_name="Gone"), state="gone")
    anna.phones.create(number="1", label="Fax")

    asked = {one["text"]: one for one in overview()["questions"]}
    lists = {
        text: list(enter("operator").get(one["url"]).context["cl"].result_list)
        for text, one in asked.items()
    }

    assert {text: one["number"] for text, one in asked.items()} == {
        "set aside with a problem": 1,
        "edited on both sides, in 30 days": 0,
        "hold more than Outlook can": 1,
        "removed in Outlook": 1,
        "left out": 0,
    }
    assert {text: len(rows) for text, rows in lists.items()} == {
        text: one["number"] for text, one in asked.items()
    }


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"phones": [("Work", 2), ("Home", 2), ("Mobile", 1)]}, True),
        ({"phones": [("Work", 3)]}, False),
        ({"phones": [("Mobile", 2)]}, False),
        ({"phones": [("Fax", 1)]}, False),
        ({"emails": [("Work", 2), ("Home", 1)]}, True),
        ({"emails": [("Work", 2), ("Home", 2)]}, False),
        ({"addresses": [("Work", 1), ("Home", 1), ("Other", 1)]}, True),
        ({"addresses": [("Billing", 1)]}, False),
        ({"websites": [("Work", 2)]}, False),
    ],
)
def test_what_does_not_fit_outlook_is_found(anna, values, fits):
    anna.emails.all().delete()
    for name, rows in values.items():
        for label, number in rows:
            for _row in range(number):
                getattr(anna, name).create(label=label)

    assert overflowing(Contact.objects.all()).exists() is not fits


def test_a_member_sees_no_more_than_contacts(overview):
    assert set(overview("member")) == {"contacts"}


def test_the_front_page_costs_few_queries(
    enter, connect, link, anna, django_assert_max_num_queries
):
    link(connect(), anna)
    beat()
    client = enter("superuser")
    client.get(reverse("admin:index"))

    with django_assert_max_num_queries(20):
        client.get(reverse("admin:index"))


@pytest.mark.parametrize(("zone", "shown"), [("UTC", "22:30"), ("Europe/Berlin", "00:30")])
def test_times_are_shown_in_the_zone_that_is_set(enter, connect, settings, zone, shown):
    settings.TIME_ZONE = zone
    run = SyncRun.objects.create(connection=connect(), trigger="owner", status="done")
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    SyncRun.objects.filter(pk=run.pk).update(started_at=late)

    page = enter("operator").get(reverse("admin:contacts_sync_syncrun_changelist"))

    assert shown in page.content.decode()
