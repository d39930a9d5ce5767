"""Start, stop, hurry, and watch the progress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts_sync import wording
from contacts_sync.models import SyncRun
from tests.views.conftest import CONTACTS, OFFICE

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_start_sync_starts_what_the_preview_showed(alice, connect, ran, press, below):
    connection = connect(alice)
    ran(connection, kind="preview")

    text = press(alice, f"{CONTACTS}start/")

    assert below.calls == [("start", connection, alice)]
    assert "The sync has started." in text


@pytest.mark.parametrize(
    "preview",
    [
        None,
        {"kind": "preview", "status": "failed"},
        {"kind": "preview", "status": "running", "step": "pull"},
        {"kind": "sync", "status": "done"},
    ],
    ids=["none", "failed", "running", "sync"],
)
def test_without_a_finished_preview_nothing_starts(alice, connect, ran, press, below, preview):
    connection = connect(alice)
    if preview:
        ran(connection, **preview)

    text = press(alice, f"{CONTACTS}start/")

    assert below.calls == []
    assert "Look at the preview first" in text


def test_a_preview_made_before_the_sync_was_stopped_is_not_good_for_starting_again(
    alice, connect, ran, press, below
):
    connection = connect(alice, state="stopped")
    ran(connection, ago=60, kind="preview")
    ran(connection, ago=30, kind="sync")

    press(alice, f"{CONTACTS}start/")

    assert below.calls == []


def test_starting_twice_starts_once(alice, connect, ran, press, below):
    connection = connect(alice, state="on")
    ran(connection, kind="preview")

    text = press(alice, f"{CONTACTS}start/")

    assert below.calls == []
    assert "The sync is on already." in text


def test_a_preview_with_a_warning_starts_only_for_somebody_who_is_sure(
    alice, connect, ran, page, press, below
):
    warning = "This looks like a shared list: most of it is linked through bob@outlook.example."
    ran(connect(alice), kind="preview", warning=warning)

    assert warning in page(alice, f"{CONTACTS}preview/")
    assert "Read the warning and tick the box" in press(alice, f"{CONTACTS}start/")
    assert below.calls == []

    press(alice, f"{CONTACTS}start/", sure="on")

    assert below.names == ["start"]


def test_stop_sync_is_one_press(alice, connect, press, below):
    connection = connect(alice, state="on")

    text = press(alice, f"{CONTACTS}stop/")

    assert below.calls == [("stop", connection)]
    assert "Both contact lists stay as they are" in text


def test_stopping_twice_stops_once(alice, connect, press, below):
    connect(alice, state="stopped")

    assert "The sync is stopped." in press(alice, f"{CONTACTS}stop/")
    assert below.calls == []


def test_sync_now_queues_a_run_once(alice, connect, press, below):
    connection = connect(alice, state="on")

    first = press(alice, f"{CONTACTS}sync-now/")
    second = press(alice, f"{CONTACTS}sync-now/")

    assert "The sync begins in a moment." in first
    assert "A sync is running already." in second
    assert below.calls == [
        ("enqueue", connection, SyncRun.Kind.SYNC, {"trigger": "owner", "actor": alice})
    ]


@pytest.mark.parametrize("state", ["authorized", "stopped", "disconnected"])
def test_sync_now_needs_a_sync_that_is_on(alice, connect, press, below, state):
    connect(alice, state=state)

    text = press(alice, f"{CONTACTS}sync-now/")

    assert "The sync is not on." in text
    assert below.calls == []


@pytest.mark.parametrize("path", ["start/", "stop/", "sync-now/", "preview/"])
def test_without_an_account_every_button_leads_to_authorize(alice, press, below, path):
    text = press(alice, f"{CONTACTS}{path}")

    assert "Authorize a Microsoft 365 account first." in text
    assert "Authorize Office 365 Access" in text
    assert below.calls == []


# --- Progress -----------------------------------------------------------------------------------


def test_the_first_sync_shows_its_progress_on_the_settings_page(alice, connect, page):
    connection = connect(alice, state="on")
    run = connection.runs.create(
        kind="sync", trigger="owner", first=True, status="running", step="apply"
    )
    SyncRun.objects.filter(pk=run.pk).update(planned=3120, done=1170)

    text = page(alice, OFFICE)

    assert "The first sync is running" in text
    assert "1,170 of 3,120 contacts done, 1,950 left." in text
    assert f'hx-get="{CONTACTS}progress/?said=' in text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert 'role="status"' in text


def test_a_page_without_an_open_run_does_not_poll(alice, connect, page):
    connect(alice, state="on")

    text = page(alice, OFFICE)

    assert "hx-get" not in text
    assert 'http-equiv="refresh"' not in text


def test_polling_answers_with_the_progress_alone(alice, connect, page):
    connection = connect(alice, state="on")
    run = connection.runs.create(
        kind="sync", trigger="owner", status="running", step="pull", read=40
    )

    text = page(alice, f"{CONTACTS}progress/")

    assert text.startswith('<div id="progress"')
    assert "40 read so far" in text
    assert f"said={run.pk}-pull-0" in text


def test_the_headline_is_said_aloud_only_when_it_changes(alice, connect, page):
    connection = connect(alice, state="on")
    run = connection.runs.create(kind="sync", trigger="owner", status="running", step="pull")

    assert "progress-aloud" in page(alice, f"{CONTACTS}progress/")
    assert "progress-aloud" not in page(alice, f"{CONTACTS}progress/?said={run.pk}-pull-0")


def test_when_the_run_is_over_the_page_loads_anew(client, alice, connect, ran):
    ran(connect(alice, state="on"))
    client.force_login(alice)

    response = client.get(f"{CONTACTS}progress/")

    assert response.headers["HX-Refresh"] == "true"


def test_who_was_signed_out_meanwhile_gets_no_sign_in_form_inside_the_page(client):
    response = client.get(f"{CONTACTS}progress/")

    assert response.headers["HX-Refresh"] == "true"
    assert response.content == b""


def told(seconds, **values):
    run = SyncRun(kind="sync", status="running", started_at=NOW - timedelta(seconds=seconds))
    for name, value in values.items():
        setattr(run, name, value)
    return wording.progress(run, NOW)


def test_a_run_nobody_begins_names_whom_to_ask():
    assert told(5, step="open").detail == "This begins in a moment."
    assert "background worker" in told(300, step="open").detail


def test_reading_promises_no_end():
    assert "20 a second" in told(60, step="pull", read=1200).detail
    assert "does not say beforehand" in told(60, step="pull").detail


def test_writing_estimates_from_the_pace_so_far():
    assert "about 20 minutes to go" in told(600, step="apply", planned=3000, done=1000).detail
    assert "about 10 hours to go" in told(3600, step="apply", planned=1100, done=100).detail
    assert "can be told in a moment" in told(3, step="apply", planned=3000, done=10).detail


def test_a_pause_that_microsoft_asked_for_is_told():
    run = SyncRun(status="continues", slices=2, step="apply", planned=9, started_at=NOW)

    told = wording.progress(run, NOW, NOW + timedelta(minutes=5))

    assert "Microsoft asked for a pause. It goes on in 5 minutes." in told.detail


def test_the_bar_is_never_full_before_the_end():
    assert told(600, step="apply", planned=100, done=100).percent == 99
    assert told(600, step="apply", planned=0).percent == 0


def test_the_next_run_is_told_as_people_say_it():
    assert wording.until(NOW + timedelta(minutes=40), NOW) == "in 40 minutes"
    assert wording.until(NOW + timedelta(hours=5), NOW) == "in 5 hours"
    assert wording.until(NOW - timedelta(hours=5), NOW) == "in a moment"
    assert wording.until(None, NOW) == ""
