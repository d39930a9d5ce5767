"""The demo's story: what a person who tries the demo is meant to see."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from contacts_sync import connections
from contacts_sync.demo import seeding
from contacts_sync.models import Contact, ExternalLink, RemoteContact, SyncChange, SyncRun
from contacts_sync.providers.http import Session
from contacts_sync.simulator import Microsoft365, SimulatorAdapter


@pytest.fixture
def state(tmp_path, monkeypatch):
    path = tmp_path / "simulator.sqlite3"
    monkeypatch.setattr(seeding, "SIMULATOR", path)
    return path


@pytest.fixture
def seeded(state, db):
    seeding.prepare(fill=True)
    sim = Microsoft365(str(state))
    yield sim
    sim.close()


@pytest.fixture
def graph(seeded, monkeypatch):
    session = SimulatorAdapter(seeded).mount_on(Session())
    monkeypatch.setattr(connections, "session", lambda: session)
    return seeded


@pytest.fixture
def dana(graph, authorize):
    return authorize(User.objects.get(username="demo@firm.example"), seeding.MAIN)


def test_there_is_something_of_everything(seeded):
    mailbox = seeded.mailbox(seeding.MAIN)

    assert 200 < Contact.objects.alive().count() < 400
    assert Contact.objects.trashed().count() == 1
    assert 200 < len(mailbox.contacts) < 400
    assert len(mailbox.contacts_in("Private")) == 2
    assert len(seeded.mailbox(seeding.PARTNER).contacts) > 50
    assert any(len(one.get("personalNotes") or "") > 500 for one in mailbox.contacts.values())


def test_a_second_start_leaves_everything_as_it_is(seeded, state):
    seeded.mailbox(seeding.MAIN).remove(next(iter(seeded.mailbox(seeding.MAIN).contacts)))
    before = len(seeded.mailbox(seeding.MAIN).contacts), Contact.objects.count()
    seeded.close()
    admin = User.objects.get(username="admin@firm.example")
    admin.set_password("another one")
    admin.save()
    Contact.objects.first().delete()

    seeding.prepare(fill=True)

    again = Microsoft365(str(state))
    assert (len(again.mailbox(seeding.MAIN).contacts), Contact.objects.count()) == before
    again.close()
    admin.refresh_from_db()
    assert admin.check_password("another one")


def test_without_seeding_both_lists_stay_empty(state, db):
    seeding.prepare(fill=False)
    seeding.prepare(fill=True)

    sim = Microsoft365(str(state))
    assert not Contact.objects.exists()
    assert not sim.mailbox(seeding.MAIN).contacts
    sim.close()


def test_the_preview_shows_what_the_story_promises(dana, command):
    code, _out, _err = command("sync_contacts", "--preview")

    run = SyncRun.objects.get()
    near = SyncChange.objects.filter(run=run, guard="near").values_list("reason", flat=True)
    groups = ExternalLink.objects.filter(state="held").values("group").distinct()
    assert code == 0
    assert min(run.added_here, run.added_there, run.linked) > 50
    assert set(near) == {"same name", "same e-mail", "same phone and last name"}
    assert groups.count() == 2
    assert RemoteContact.objects.exclude(skip="").count() == 1


def test_the_first_sync_ends_with_questions_and_the_next_one_has_nothing_to_do(dana, command):
    first = command("sync_contacts", "--start")

    started = SyncRun.objects.get(first=True)
    again = command("sync_contacts")

    assert (first[0], again[0]) == (2, 2)  # held groups wait for a person
    assert started.problems == 0
    assert started.conflicts > 0
    last = SyncRun.objects.first()
    assert (last.requests, last.added_here, last.added_there, last.updated_there) == (1, 0, 0, 0)


def test_a_second_mailbox_is_no_shared_list(dana, authorize, command):
    command("sync_contacts", "--start")
    authorize(User.objects.get(username="partner@firm.example"), seeding.PARTNER)

    command("sync_contacts", "--user", "partner@firm.example", "--start")

    run = SyncRun.objects.filter(first=True).first()
    assert run.linked > 0
    assert run.problems == 0


def test_an_account_without_a_mailbox_is_refused(graph, authorize):
    with pytest.raises(connections.Refused):
        authorize(User.objects.get(username="partner@firm.example"), seeding.NO_MAILBOX)
