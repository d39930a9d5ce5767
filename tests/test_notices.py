"""Mails to the owner: one when somebody is needed, one when all is well again, none in between."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected

import pytest

from contacts_sync import notices
from contacts_sync.models import Connection, SyncChange, SyncRun

pytestmark = pytest.mark.django_db

Problem = Connection.Problem


@pytest.fixture
def connection(alice):
    return Connection.objects.create(
        owner=alice, tenant_id="t", object_id="o", username="alice@outlook.example", state="on"
    )


@pytest.fixture
def ends(connection):
    """Let a run end, with the connection as given, and tell who has to know."""

    def ends(kind="sync", status="done", **fields):
        Connection.objects.filter(pk=connection.pk).update(**fields)
        run = SyncRun.objects.create(
            connection=connection, kind=kind, trigger="schedule", status=status
        )
        notices.after_run(run)

    return ends


@pytest.fixture
def hold(connection):
    def hold():
        return SyncChange.objects.create(
            connection=connection, name="Anna Ash", side="there", action="delete", status="held"
        )

    return hold


def subjects(mailoutbox):
    return [mail.subject for mail in mailoutbox]


def test_a_sign_in_that_is_asked_for_is_told_once_and_so_is_its_end(ends, mailoutbox):
    for _hour in range(3):
        ends(status="needs_sign_in", problem=Problem.SIGN_IN)
    ends(problem="")
    ends(problem="")

    assert subjects(mailoutbox) == [
        "Contact sync: Microsoft wants you to sign in again",
        "Contact sync: all is well again",
    ]
    assert mailoutbox[0].to == ["alice@firm.example"]
    assert "alice@outlook.example" in mailoutbox[0].body
    assert "http://testserver/settings/contact-and-calendar-sync/office365/" in mailoutbox[0].body


def test_what_is_held_is_told_once_without_a_name(ends, hold, mailoutbox):
    held = [hold(), hold()]
    ends(status="held")
    hold()
    ends(status="held")
    SyncChange.objects.update(status="approved")
    ends()

    assert subjects(mailoutbox) == [
        "Contact sync: your decision is needed",
        "Contact sync: all is well again",
    ]
    assert "put 2 contacts aside" in " ".join(mailoutbox[0].body.split())
    assert held[0].name not in mailoutbox[0].body


def test_failures_that_pass_by_themselves_are_not_told(ends, mailoutbox):
    ends(status="failed", problem=Problem.UNAVAILABLE, failures=notices.FAILURES - 1)
    ends(problem="", failures=0)

    assert mailoutbox == []


def test_failures_that_go_on_are_told_once(ends, mailoutbox):
    for number in range(notices.FAILURES + 5):
        ends(
            status="failed",
            problem=Problem.FAILING,
            problem_text="It broke.",
            failures=number,
        )
    ends(problem="", failures=0)

    assert subjects(mailoutbox) == [
        "Contact sync: it has failed several times",
        "Contact sync: all is well again",
    ]
    assert "It broke." in mailoutbox[0].body


def test_a_second_trouble_is_told_beside_the_first(ends, hold, mailoutbox):
    hold()
    ends(status="held")
    ends(status="needs_sign_in", problem=Problem.SIGN_IN)
    ends(status="held", problem="")

    assert subjects(mailoutbox) == [
        "Contact sync: your decision is needed",
        "Contact sync: Microsoft wants you to sign in again",
    ]


def test_whoever_stops_the_sync_hears_no_more_of_it(ends, mailoutbox):
    ends(status="needs_sign_in", problem=Problem.SIGN_IN)
    ends(state="stopped")

    assert len(mailoutbox) == 1


@pytest.mark.parametrize("run", [{"kind": "preview"}, {"status": "continues"}])
def test_previews_and_slices_tell_nothing(ends, mailoutbox, run):
    ends(problem=Problem.SIGN_IN, **run)

    assert mailoutbox == []


def test_a_mail_that_was_not_sent_is_tried_again(ends, mailoutbox, monkeypatch):
    def fail(*_args):
        raise SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr(notices, "send_mail", fail)
        ends(problem=Problem.SIGN_IN)
    ends(problem=Problem.SIGN_IN)

    assert subjects(mailoutbox) == ["Contact sync: Microsoft wants you to sign in again"]


def test_of_two_workers_one_tells_it(connection, ends, mailoutbox, monkeypatch):
    seen = notices._concerns

    def slower(connection):
        Connection.objects.filter(pk=connection.pk).update(noticed="sign_in")
        return seen(connection)

    monkeypatch.setattr(notices, "_concerns", slower)
    ends(problem=Problem.SIGN_IN)

    assert mailoutbox == []


def test_the_job_that_works_on_a_run_tells(connection, mailoutbox, monkeypatch):
    from contacts_sync import tasks

    run = SyncRun.objects.create(
        connection=connection, kind="sync", trigger="schedule", status="needs_sign_in"
    )
    Connection.objects.filter(pk=connection.pk).update(problem=Problem.SIGN_IN)
    monkeypatch.setattr(tasks, "run_slice", lambda run, open_provider, **_options: run)

    tasks.work(run.pk)

    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    ("site", "link"),
    [("https://contacts.firm.example", "https://contacts.firm.example/"), ("", "https://proxy/")],
)
def test_links_in_mails_lead_to_the_site_that_is_set(ends, mailoutbox, settings, site, link):
    settings.SITE_URL, settings.CSRF_TRUSTED_ORIGINS = site, ["https://proxy"]

    ends(status="needs_sign_in", problem=Problem.SIGN_IN)

    assert f"{link}settings/contact-and-calendar-sync/office365/" in mailoutbox[0].body
