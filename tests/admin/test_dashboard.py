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
    decisions = asked.pop("held for a decision")
    lists = {
        text: list(enter("operator").get(one["url"]).context["cl"].result_list)
        for text, one in asked.items()
    }

    assert {text: one["number"] for text, one in asked.items()} == {
        "runs with problems, in 30 days": 0,
        "set aside with a problem": 1,
        "edited on both sides, in 30 days": 0,
        "hold more than Outlook can": 1,
        "removed in Outlook": 1,
        "left out": 0,
    }
    assert {text: len(rows) for text, rows in lists.items()} == {
        text: one["number"] for text, one in asked.items()
    }
    waiting = enter("operator").get(decisions["url"]).context["mailboxes"]
    assert decisions["number"] == sum(number for _mailbox, number in waiting) == 0


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


@pytest.mark.django_db(transaction=True)  # duplicates are remembered once nobody is writing
def test_the_front_page_costs_few_queries(
    enter, connect, link, anna, django_assert_max_num_queries
):
    link(connect(), anna)
    beat()
    client = enter("superuser")
    client.get(reverse("admin:index"))

    with django_assert_max_num_queries(21):
        client.get(reverse("admin:index"))


@pytest.mark.parametrize(("zone", "shown"), [("UTC", "22:30"), ("Europe/Berlin", "00:30")])
def test_times_are_shown_in_the_zone_that_is_set(enter, connect, settings, zone, shown):
    settings.TIME_ZONE = zone
    run = SyncRun.objects.create(connection=connect(), trigger="owner", status="done")
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    SyncRun.objects.filter(pk=run.pk).update(started_at=late)

    page = enter("operator").get(reverse("admin:contacts_sync_syncrun_changelist"))

    assert shown in page.content.decode()


def test_every_list_that_answers_is_one_press_away(enter, connect, link, anna):
    mailbox = connect()
    link(mailbox, anna, state="held", group="g")
    SyncRun.objects.create(connection=mailbox, trigger="schedule", status="failed")
    SyncRun.objects.create(connection=mailbox, trigger="schedule", status="done", problems=1)
    SyncRun.objects.create(connection=mailbox, trigger="schedule", status="done")
    client = enter("operator")

    page = client.get(reverse("admin:index"))

    numbers = {
        one["text"]: (one["number"], one["url"]) for one in page.context["overview"]["questions"]
    }
    number, url = numbers["runs with problems, in 30 days"]
    assert number == client.get(url).context["cl"].result_count == 2
    number, url = numbers["held for a decision"]
    assert number == sum(waits for _mailbox, waits in client.get(url).context["mailboxes"]) == 1
    text = page.content.decode()
    for name in ("trash", "duplicates"):
        assert (
            f'class="desk-number" href="{reverse(f"admin:contacts_sync_contact_{name}")}"' in text
        )


def test_duplicates_are_counted_where_it_costs_little(overview, anna, monkeypatch):
    Contact.objects.create(first_name="Anna", last_name="Berg")

    assert overview()["contacts"]["duplicates"] == 1

    monkeypatch.setattr("contacts_sync.admin.duplicates.SHORT", 1)
    assert overview()["contacts"]["duplicates"] == 1
    Contact.objects.create(first_name="anna", last_name="Berg")
    assert overview()["contacts"]["duplicates"] is None


def test_one_company_is_a_company(enter, connect):
    Contact.objects.create(kind="company", name="Ash Ltd")

    text = enter("operator").get(reverse("admin:index")).content.decode()

    assert "<strong>1</strong>company in the list<" in text
    assert "<strong>0</strong>people in the list<" in text
