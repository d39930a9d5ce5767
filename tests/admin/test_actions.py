"""What can be done in the admin: each button asks the floor below, for those who may."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Connection, SyncChange, SyncRun

pytestmark = pytest.mark.django_db


def act(client, model, action, *rows, post="yes", **fields):
    """Press the button of the page that asks; without `post`, only open that page."""
    url = reverse(f"admin:contacts_sync_{model}_changelist")
    pks = [row.pk for row in rows]
    return client.post(url, {"action": action, "_selected_action": pks, "post": post, **fields})


# --- connections ---


@pytest.mark.parametrize(
    ("action", "kind"), [("preview", "preview"), ("sync_now", "sync"), ("resync", "resync")]
)
def test_an_operator_starts_runs(enter, connect, calls, people, action, kind):
    mailbox = connect()

    act(enter("operator"), "connection", action, mailbox)

    expected = {"trigger": SyncRun.Trigger.STAFF, "actor": people["operator"]}
    assert calls == [("enqueue", (mailbox, kind), expected)]


def test_what_is_not_on_is_previewed_but_not_synced(enter, connect, calls):
    mailbox = connect(state=Connection.State.STOPPED)
    client = enter("operator")

    act(client, "connection", "sync_now", mailbox)
    act(client, "connection", "resync", mailbox)
    act(client, "connection", "preview", mailbox)

    assert [args[1] for _, args, _ in calls] == ["preview"]


@pytest.mark.parametrize("action", ["preview", "sync_now", "resync", "stop", "release"])
def test_a_reader_starts_and_stops_nothing(enter, connect, calls, action):
    act(enter("reader"), "connection", action, connect())

    assert calls == []


def test_an_operator_stops_a_sync(enter, connect, calls):
    mailbox = connect()

    act(enter("operator"), "connection", "stop", mailbox)

    assert calls == [("stop", (mailbox,), {})]


def test_an_operator_does_not_release_an_account(enter, connect, calls):
    act(enter("operator"), "connection", "release", connect())

    assert calls == []


def test_releasing_an_account_asks_first(enter, connect, calls):
    mailbox = connect()
    client = enter("administrator")

    page = act(client, "connection", "release", mailbox, post="")
    asked = list(calls)
    act(client, "connection", "release", mailbox)

    assert "Nothing is deleted" in page.content.decode()
    assert (asked, calls) == ([], [("retire", (mailbox,), {})])


def test_only_the_winner_is_written(enter, connect):
    mailbox = connect()
    url = reverse("admin:contacts_sync_connection_change", args=[mailbox.pk])

    enter("operator").post(url, {"winner": "there", "state": "retired", "cursor": "x"})

    mailbox.refresh_from_db()
    assert (mailbox.winner, mailbox.state, mailbox.cursor) == ("there", "on", "SECRET-CURSOR")


def test_the_filter_finds_who_needs_somebody(enter, connect):
    connect("member")
    needs = [
        connect("operator", problem=Connection.Problem.SIGN_IN),
        connect("reader", next_run_at="2020-01-01T00:00:00Z"),
    ]
    failed = connect("administrator")
    SyncRun.objects.create(connection=failed, trigger="owner", status="failed")
    url = reverse("admin:contacts_sync_connection_changelist")

    answer = enter("operator").get(url, {"attention": "yes"})

    assert set(answer.context["cl"].result_list) == {*needs, failed}


def test_a_button_leads_back_to_its_page_and_nowhere_else(enter, connect, calls):
    mailbox = connect()
    client = enter("operator")

    back = act(
        client, "connection", "stop", mailbox, back="/admin/contacts_sync/connection/1/change/"
    )
    away = act(client, "connection", "stop", mailbox, back="https://evil.example/")

    assert back.url == "/admin/contacts_sync/connection/1/change/"
    assert "evil" not in away.url


# --- held changes ---


@pytest.mark.parametrize("action", ["approve", "dismiss"])
def test_an_operator_decides_what_is_held(enter, connect, calls, people, action):
    mailbox = connect()
    fields = {"connection": mailbox, "side": "there", "action": "delete"}
    held = SyncChange.objects.create(status="held", **fields)
    done = SyncChange.objects.create(status="done", **fields)

    act(enter("operator"), "syncchange", action, held, done)

    ((name, (changes, actor), _),) = calls
    assert (name, list(changes), actor) == (action, [held], people["operator"])


def test_a_reader_decides_nothing(enter, connect, calls):
    held = SyncChange.objects.create(
        connection=connect(), side="there", action="delete", status="held"
    )

    act(enter("reader"), "syncchange", "approve", held)

    assert calls == []


# --- links ---


@pytest.mark.parametrize(
    ("action", "state"),
    [("put_back", "gone"), ("keep_both", "held"), ("take_back_in", "apart")],
)
def test_an_operator_decides_about_a_link_in_its_state(
    enter, connect, link, anna, calls, people, action, state
):
    pair = link(connect(), anna, state=state)
    other = link(connect("operator"), anna)

    act(enter("operator"), "externallink", action, pair, other)

    assert calls == [(action, (pair, people["operator"]), {})]


def test_an_operator_lets_a_refused_contact_be_tried_again(enter, connect, link, anna, calls):
    mailbox = connect()
    pair = link(mailbox, anna, problem="Refused.", next_try_at="2030-01-01T00:00:00Z")
    fine = link(connect("operator"), anna)

    act(enter("operator"), "externallink", "try_again", pair, fine)

    pair.refresh_from_db()
    assert pair.next_try_at is None and pair.pending
    assert [(name, args) for name, args, _ in calls] == [("enqueue", (mailbox, "sync"))]


def test_a_held_contact_is_left_out(enter, connect, link, anna, calls, people):
    mailbox = connect()
    pair = link(mailbox, anna, state="held")

    act(enter("operator"), "externallink", "leave_out", pair)

    expected = {"contact_id": anna.pk, "remote_id": pair.remote_id, "actor": people["operator"]}
    assert calls == [("leave_out", (mailbox,), expected)]


def test_two_of_a_held_group_are_linked(enter, connect, link, anna, calls, people):
    from contacts_sync.models import Contact

    mailbox = connect()
    pair = link(mailbox, anna, state="held", group="g")
    other = link(mailbox, Contact.objects.create(first_name="Anna"), state="held", group="g")
    url = reverse("admin:contacts_sync_externallink_pair", args=[pair.pk])

    enter("operator").post(url, {"contact": anna.pk, "remote": other.mirror_id})

    assert calls == [("link_pair", (mailbox, anna.pk, other.remote_id, people["operator"]), {})]


def test_nobody_is_linked_with_somebody_outside_the_group(enter, connect, link, anna, calls):
    from contacts_sync.models import Contact

    mailbox = connect()
    pair = link(mailbox, anna, state="held", group="g")
    other = link(mailbox, Contact.objects.create(first_name="Ben"), state="held", group="h")
    url = reverse("admin:contacts_sync_externallink_pair", args=[pair.pk])

    enter("operator").post(url, {"contact": anna.pk, "remote": other.mirror_id})

    assert calls == []


def test_a_reader_links_nobody(enter, connect, link, anna, calls):
    pair = link(connect(), anna, state="held", group="g")
    url = reverse("admin:contacts_sync_externallink_pair", args=[pair.pk])

    answer = enter("reader").post(url, {"contact": anna.pk, "remote": pair.mirror_id})

    assert (answer.status_code, calls) == (404, [])


# --- the report ---


def test_the_report_leads_to_its_changes(enter, connect):
    run = SyncRun.objects.create(
        connection=connect(), trigger="owner", status="held", message="Two held."
    )
    for status in ("done", "done", "held"):
        SyncChange.objects.create(
            run=run, side="there", action="update", status=status, name="Anna"
        )
    client = enter("reader")

    page = client.get(reverse("admin:contacts_sync_syncrun_change", args=[run.pk]))
    numbers = {(group["status"], group["number"]) for group in page.context["groups"]}
    query = {
        "run": run.pk,
        "action__exact": "update",
        "side__exact": "there",
        "status__exact": "done",
    }
    listed = client.get(reverse("admin:contacts_sync_syncchange_changelist"), query)

    assert numbers == {("done", 2), ("held", 1)}
    assert len(listed.context["cl"].result_list) == 2


def test_the_export_holds_no_formula(enter, connect):
    run = SyncRun.objects.create(connection=connect(), trigger="owner", status="done")
    SyncChange.objects.create(
        run=run,
        side="here",
        action="update",
        status="done",
        name="=HYPERLINK(1)",
        before={"first_name": "+1", "last_name": "Berg"},
        after={"first_name": "@SUM(1)", "last_name": " =1"},
    )

    answer = enter("reader").get(reverse("admin:contacts_sync_syncrun_export", args=[run.pk]))
    lines = b"".join(answer).decode("utf-8-sig").splitlines()

    assert len(lines) == 3
    assert "'=HYPERLINK(1)" in lines[1]
    assert "'+1,'@SUM(1)" in lines[1]
    assert "Berg,' =1" in lines[2]


def test_the_export_is_for_those_who_may_see_runs(enter, connect):
    run = SyncRun.objects.create(connection=connect(), trigger="owner", status="done")

    answer = enter("member").get(reverse("admin:contacts_sync_syncrun_export", args=[run.pk]))

    assert answer.status_code == 403


# --- with the floors below ---


def test_held_changes_are_approved_and_dismissed_for_real(enter, connect, link, anna, people):
    mailbox = connect()
    pair = link(mailbox, anna)
    fields = {"connection": mailbox, "link": pair, "side": "there", "action": "delete"}
    first, second = (
        SyncChange.objects.create(status="held", guard="deletions", **fields) for _ in range(2)
    )
    client = enter("operator")

    act(client, "syncchange", "approve", first)
    act(client, "syncchange", "dismiss", second)

    found = SyncChange.objects.order_by("pk").values_list("status", "actor")
    operator = people["operator"].pk
    assert list(found) == [("approved", operator), ("dismissed", operator)]


def test_a_decision_that_does_not_fit_any_more_is_told(enter, connect, link, anna, monkeypatch):
    from contacts_sync.run import decisions

    def refuse(*args):
        raise decisions.NotPossible("Too late.")

    monkeypatch.setattr(decisions, "put_back", refuse)
    pair = link(connect(), anna, state="gone")

    answer = act(enter("operator"), "externallink", "put_back", pair)

    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told == ["Anna Berg: Too late."]


def test_sync_now_opens_a_run(enter, connect, people, monkeypatch):
    monkeypatch.setattr("contacts_sync.tasks.async_task", lambda *args: None)
    mailbox = connect()

    act(enter("operator"), "connection", "sync_now", mailbox)

    run = SyncRun.objects.get()
    assert (run.connection, run.trigger, run.actor) == (mailbox, "staff", people["operator"])
