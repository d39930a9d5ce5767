"""Undo in the admin: who may put back what, what the page says first, and what is then done."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Contact, SyncChange, SyncRun

pytestmark = pytest.mark.django_db

CONFLICT = {"field": "job_title", "here": "Clerk", "there": "Judge", "winner": "here"}


@pytest.fixture
def change(anna, connect, link):
    """Yesterday a run wrote another job title to Anna."""
    mailbox = connect()
    run = SyncRun.objects.create(connection=mailbox, trigger="schedule", status="done")
    Contact.objects.filter(pk=anna.pk).update(job_title="Judge")

    def make(**fields):
        given = {
            "run": run,
            "connection": mailbox,
            "contact": anna,
            "name": "Anna Berg",
            "side": "here",
            "action": "update",
            "status": "done",
            "before": {"job_title": "Clerk"},
            "after": {"job_title": "Judge"},
        }
        return SyncChange.objects.create(**(given | fields))

    link(mailbox, anna)
    return make


def url(name, change, *more):
    return reverse(f"admin:contacts_sync_contact_{name}", args=[change.pk, *more])


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_contacts_history_offers_to_put_back(enter, anna, change):
    one = change()

    page = enter("member").get(reverse("admin:contacts_sync_contact_change", args=[anna.pk]))

    assert url("put_back", one) in page.content.decode()


def test_the_page_says_what_will_be_written_and_where(enter, change):
    page = enter("member").get(url("put_back", change())).content.decode()

    assert "mia@mail.example" in page
    assert "Clerk" in page and "Judge" in page
    assert "Put back" in page


def test_a_member_gets_yesterdays_value_back(enter, anna, change, people):
    one = change()

    answer = enter("member").post(url("put_back", one))

    anna.refresh_from_db()
    record = SyncChange.objects.get(undoes=one)
    assert (anna.job_title, record.actor) == ("Clerk", people["member"])
    assert answer.url == reverse("admin:contacts_sync_contact_change", args=[anna.pk])
    assert "put back" in told(answer)


def test_what_was_edited_since_stays_and_is_named(enter, anna, change):
    one = change(before={"job_title": "Clerk", "department": ""}, after={"job_title": "Judge"})
    Contact.objects.filter(pk=anna.pk).update(job_title="President")

    answer = enter("member").post(url("put_back", one))

    anna.refresh_from_db()
    assert anna.job_title == "President"
    assert "it stays as it is: Job title" in told(answer)


def test_what_was_put_back_is_not_offered_again(enter, anna, change):
    one = change()
    client = enter("member")
    client.post(url("put_back", one))

    page = client.get(reverse("admin:contacts_sync_contact_change", args=[anna.pk]))
    again = client.post(url("put_back", one))

    assert url("put_back", one) not in page.content.decode()
    assert "undone already" in told(again)


@pytest.mark.parametrize(
    ("role", "fields", "status"),
    [
        ("reader", {}, 403),
        ("member", {}, 200),
        ("member", {"action": "add"}, 403),
        ("operator", {"action": "add"}, 200),
        ("operator", {"action": "delete", "side": "there"}, 200),
        ("operator", {"action": "gone", "side": "there"}, 200),
        ("administrator", {"action": "link", "side": "both"}, 403),
    ],
)
def test_undoing_needs_the_right_of_the_opposite(enter, change, role, fields, status):
    assert enter(role).get(url("put_back", change(**fields))).status_code == status


def test_the_owner_steers_his_own_mailbox(enter, change):
    removed = change(action="gone", side="there")

    assert enter("member").get(url("put_back", removed)).status_code == 200


def test_what_cannot_be_undone_says_so_and_has_no_button(enter, anna, change):
    one = change(action="delete", side="there")

    page = enter("operator").get(url("put_back", one)).content.decode()

    assert "There is nothing left to undo." in page
    assert 'type="submit">Put back' not in page


# --- conflicts ---


def test_the_value_that_gave_way_can_be_used(enter, anna, change, people):
    Contact.objects.filter(pk=anna.pk).update(job_title="Clerk")
    one = change(conflict=[CONFLICT], before={}, after={})
    client = enter("member")

    history = client.get(reverse("admin:contacts_sync_contact_change", args=[anna.pk]))
    page = client.get(url("other_value", one, 0)).content.decode()
    client.post(url("other_value", one, 0))

    anna.refresh_from_db()
    assert url("other_value", one, 0) in history.content.decode()
    assert "mia@mail.example" in page
    assert anna.job_title == "Judge"
    assert SyncChange.objects.latest("pk").actor == people["member"]


def test_a_reader_chooses_no_value(enter, change):
    one = change(conflict=[CONFLICT])

    assert enter("reader").post(url("other_value", one, 0)).status_code == 403


def test_a_conflict_that_is_not_there_leads_back(enter, change):
    assert (
        enter("member").get(url("other_value", change(conflict=[CONFLICT]), 7)).status_code == 302
    )


# --- a whole run ---


def test_a_run_is_undone_after_a_page_that_lists_it(enter, anna, change):
    one = change()
    client = enter("operator")
    report = reverse("admin:contacts_sync_syncrun_change", args=[one.run_id])
    undo = reverse("admin:contacts_sync_syncrun_undo", args=[one.run_id])

    offered = client.get(report).content.decode()
    page = client.get(undo).content.decode()
    answer = client.post(undo)

    anna.refresh_from_db()
    assert undo in offered
    assert "1 change of mia@mail.example" in page
    assert "Anna Berg" in page and "Clerk" in page
    assert (anna.job_title, answer.url) == ("Clerk", report)
    assert "1 change was undone" in told(answer)
    assert undo not in client.get(report).content.decode()


def test_what_stays_of_a_run_is_named(enter, anna, change):
    one = change()
    anna.delete()

    answer = enter("operator").post(reverse("admin:contacts_sync_syncrun_undo", args=[one.run_id]))

    assert "Anna Berg: There is nothing left to undo." in told(answer)


def test_a_large_run_is_undone_in_the_background(enter, change, monkeypatch, people):
    one = change()
    sent = []
    monkeypatch.setattr("contacts_sync.admin.undoing.AT_ONCE", 0)
    monkeypatch.setattr("contacts_sync.tasks.async_task", lambda *call: sent.append(call))

    enter("operator").post(reverse("admin:contacts_sync_syncrun_undo", args=[one.run_id]))

    assert sent == [("contacts_sync.tasks.undo_run", one.run_id, people["operator"].pk)]


@pytest.mark.parametrize(
    ("role", "fields"),
    [
        ("reader", {}),
        ("member", {}),
        ("operator", {"kind": "preview"}),
        ("operator", {"status": "running"}),
    ],
)
def test_not_everybody_undoes_every_run(enter, change, role, fields):
    one = change()
    SyncRun.objects.filter(pk=one.run_id).update(**fields)
    url = reverse("admin:contacts_sync_syncrun_undo", args=[one.run_id])

    assert enter(role).post(url).status_code == 403


def test_undo_pages_cost_as_much_for_many_as_for_one(
    enter, anna, change, django_assert_max_num_queries
):
    one = change()
    for _number in range(30):
        change()
    client = enter("operator")

    with django_assert_max_num_queries(25):
        client.get(reverse("admin:contacts_sync_syncrun_undo", args=[one.run_id]))
    with django_assert_max_num_queries(25):
        client.get(url("put_back", one))
    with django_assert_max_num_queries(30):
        client.get(reverse("admin:contacts_sync_contact_change", args=[anna.pk]))
