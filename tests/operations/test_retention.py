"""How long what is kept, and what is never purged."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Task

from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.run import housekeeping
from tests.security.people import mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def mine(alice):
    return mailbox(alice)


@pytest.fixture
def ran(mine, now):
    def ran(days, **fields):
        run = mine.runs.create(
            trigger="schedule",
            step="closed",
            finished_at=now - timedelta(days=days),
            **{"status": "done", **fields},
        )
        SyncRun.objects.filter(pk=run.pk).update(started_at=run.finished_at)
        return run

    return ran


@pytest.fixture
def changed(mine, now):
    def changed(days, run=None, **fields):
        change = mine.changes.create(
            run=run, side="here", **{"action": "update", "status": "done", **fields}
        )
        SyncChange.objects.filter(pk=change.pk).update(at=now - timedelta(days=days))
        return change

    return changed


def left(model):
    return set(model.objects.values_list("pk", flat=True))


def test_records_go_after_two_years_with_their_runs(ran, changed, now):
    old, young = ran(731, updated_here=1), ran(729, updated_here=1)
    changed(731, old)
    kept = changed(729, young)

    housekeeping.tidy_all(now)

    assert (left(SyncRun), left(SyncChange)) == ({young.pk}, {kept.pk})


@pytest.mark.parametrize("status", ["held", "approved", "sent", "planned"])
def test_what_waits_for_somebody_stays_however_old(ran, changed, now, status):
    run = ran(900, status="held")
    change = changed(900, run, status=status)

    housekeeping.tidy_all(now)

    assert (left(SyncRun), left(SyncChange)) == ({run.pk}, {change.pk})


def test_runs_that_did_nothing_go_after_a_month(ran, changed, now):
    ran(31)
    kept = {ran(29).pk, ran(31, updated_here=1).pk, ran(31, status="failed").pk}
    told = ran(31)
    changed(31, told, action="skip")

    housekeeping.tidy_all(now)

    assert left(SyncRun) == kept | {told.pk}


def test_the_trash_waits_for_links_and_for_people(mine, now):
    def trashed(name):
        contact = Contact.objects.create(first_name=name)
        Contact.objects.filter(pk=contact.pk).update(deleted_at=now - timedelta(days=31))
        return contact

    trashed("free")
    waits, gone = trashed("waits"), trashed("gone")
    ExternalLink.objects.create(connection=mine, contact=waits, remote_id="1", state="deleting")
    ExternalLink.objects.create(connection=mine, contact=gone, remote_id="2", state="gone")

    housekeeping.tidy_all(now)

    assert left(Contact) == {waits.pk}


def test_a_mailbox_long_disconnected_is_kept_unless_the_firm_says_otherwise(mine, now, settings):
    Connection.objects.update(
        state="disconnected",
        created_at=now - timedelta(days=400),
        synced_at=now - timedelta(days=200),
    )
    RemoteContact.objects.create(connection=mine, remote_id="r1")
    housekeeping.tidy_all(now)
    assert left(RemoteContact)

    settings.RETENTION_DISCONNECTED_DAYS = 201
    housekeeping.tidy_all(now)
    assert left(RemoteContact)

    settings.RETENTION_DISCONNECTED_DAYS = 180
    housekeeping.tidy_all(now)
    assert not left(RemoteContact)
    assert Connection.objects.get().state == "retired"


def test_sessions_and_failed_jobs_go(client, alice, now):
    engine = import_module(configured.SESSION_ENGINE)
    old = engine.SessionStore()
    old.set_expiry(-1)
    old.create()
    client.force_login(alice)
    UserSession.objects.create(user=alice, ip="10.0.0.1", session_key="gone", user_agent="x")
    for name, days in (("old", 31), ("young", 29)):
        at = now - timedelta(days=days)
        Task.objects.create(id=name, name=name, func="x", started=at, stopped=at, success=False)

    housekeeping.tidy_all(now)

    assert not engine.SessionStore().exists(old.session_key)
    assert engine.SessionStore().exists(client.session.session_key)
    assert not UserSession.objects.filter(session_key="gone")
    assert [task.name for task in Task.objects.all()] == ["young"]


def test_one_pass_is_bounded_and_the_command_goes_on_until_all_is_done(
    mine, now, capsys, monkeypatch
):
    monkeypatch.setattr(housekeeping, "AT_ONCE", 10)
    mine.runs.bulk_create(
        SyncRun(
            connection=mine,
            trigger="schedule",
            status="done",
            step="closed",
            finished_at=now - timedelta(days=40),
        )
        for _ in range(25)
    )

    assert housekeeping.tidy(now.replace(minute=0)) == 10
    call_command("purge")

    assert not left(SyncRun)
    assert capsys.readouterr().out == "15 rows purged.\n"
