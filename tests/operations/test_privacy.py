"""One person's data: all of it given out, all of it erased, and none in a support bundle."""

from __future__ import annotations

import json
import zipfile

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.urls import reverse

from contacts_sync.models import Connection, Contact, ContactImport, ImportRow, SyncChange
from tests.security.flows import dump
from tests.security.people import mailbox

pytestmark = pytest.mark.django_db
TRACES = ("Zebedee", "Quux", "zeb@", "Warden")


@pytest.fixture
def zebedee(client, ada, alice):
    """A contact as it is after a while: edited in the admin, linked, mirrored, changed by a run."""
    contact = Contact.objects.create(first_name="Zebedee", last_name="Quux", job_title="Warden")
    contact.emails.create(address="Zeb@x.example")
    client.force_login(ada)
    change = reverse("admin:contacts_sync_contact_change", args=[contact.pk])
    assert client.get(change).status_code == 200
    LogEntry.objects.log_actions(ada.pk, [contact], CHANGE, "Zebedee was edited")
    connection = mailbox(alice)
    values = {"scalars": {"first_name": "Zebedee"}, "sets": {"emails": [["", "zeb@x.example"]]}}
    mirror = connection.mirror.create(remote_id="r1", values=values)
    shadow = {"scalars": {"first_name": "Zebedee"}}
    link = connection.links.create(
        contact=contact,
        mirror=mirror,
        remote_id="r1",
        name="Zebedee Quux",
        local_shadow=shadow,
        remote_shadow=shadow,
    )
    for fields in (
        {"contact": contact},
        {"contact_uid": contact.uid},
        {"link": link},
        {"connection": connection, "remote_id": "r1"},
    ):
        SyncChange.objects.create(
            name="Zebedee Quux",
            side="here",
            action="update",
            status="done",
            before={"first_name": "Zeb"},
            after={"first_name": "Zebedee"},
            reason="Zebedee",
            **fields,
        )
    return contact


def test_everything_about_a_contact_is_given_out(zebedee, capsys):
    call_command("export_person", email="ZEB@x.example")

    told = json.loads(capsys.readouterr().out)["contacts"][0]
    assert told["contact"]["job_title"] == "Warden"
    assert told["values"]["emails"][0]["address"] == "Zeb@x.example"
    assert told["mailboxes"][0]["in_outlook"]["scalars"] == {"first_name": "Zebedee"}
    assert len(told["changes"]) == 4


def test_nobody_is_erased_without_being_asked_for(zebedee, capsys):
    call_command("erase_person", contact=zebedee.pk)

    assert capsys.readouterr().out == f"Would erase contact {zebedee.pk}.\n"
    assert Contact.objects.alive().exists()


def test_copies_in_outlook_go_first_and_then_every_trace(zebedee, capsys):
    with pytest.raises(CommandError, match="in the mailboxes alice@mail"):
        call_command("erase_person", contact=zebedee.pk, yes=True)
    assert Contact.objects.get().deleted_at

    zebedee.links.update(state="gone")  # as a run leaves it that has deleted the copy
    call_command("erase_person", contact=zebedee.pk, yes=True)

    left = dump()
    assert [trace for trace in TRACES if trace.casefold() in left.casefold()] == []
    assert SyncChange.objects.count() == 4, "that something was done is no secret"


def test_a_row_that_looked_like_somebody_names_nobody_afterwards(zebedee, ada):
    file = ContactImport.objects.create(file_name="list.csv", actor=ada)
    likes = [[0, "7", "name"], [zebedee.pk, "Zebedee Quux", "phone"]]
    row = ImportRow.objects.create(file=file, number=1, name="Z. Q.", likes=likes)
    zebedee.links.update(state="gone")

    call_command("erase_person", contact=zebedee.pk, yes=True)

    row.refresh_from_db()
    assert row.likes == [[0, "7", "name"]]
    assert [trace for trace in TRACES if trace.casefold() in dump().casefold()] == []


@pytest.fixture
def stranger(zebedee, ada):
    """Somebody who is in a file and in a mailbox, and not in the firm's list."""
    file = ContactImport.objects.create(file_name="list.csv", actor=ada)
    draft = {"scalars": {"first_name": "Mona"}, "sets": {"emails": [["Work", "Mona@x.example"]]}}
    ImportRow.objects.create(
        file=file, number=1, name="Mona", draft=draft, search="mona mona@x.example"
    )
    values = {"scalars": {"first_name": "Mona"}, "sets": {"emails": [["", "mona@x.example"]]}}
    return Connection.objects.get().mirror.create(remote_id="r2", values=values)


def test_who_is_in_a_file_or_a_mailbox_only_is_given_out_too(stranger, capsys):
    call_command("export_person", email="mona@X.example")

    told = json.loads(capsys.readouterr().out)
    assert told["contacts"] == told["users"] == []
    assert told["elsewhere"]["rows_of_files"][0]["said"]["scalars"] == {"first_name": "Mona"}
    assert told["elsewhere"]["mailboxes"] == [
        {"mailbox": "alice@mail.example", "in_outlook": stranger.values}
    ]


def test_who_is_in_a_file_only_is_erased_and_mailboxes_are_named(stranger, capsys):
    call_command("erase_person", email="mona@x.example")
    assert ImportRow.objects.exists()
    call_command("erase_person", email="mona@x.example", yes=True)

    assert not ImportRow.objects.exists()
    assert "alice@mail.example" in capsys.readouterr().out, "its owner decides there"


def test_who_keeps_a_copy_in_outlook_keeps_it_and_it_does_not_come_back(zebedee):
    call_command("erase_person", contact=zebedee.pk, yes=True, leave_in_outlook=True)

    connection = Connection.objects.get()
    assert not Contact.objects.exists()
    assert connection.links.get().state == "apart"
    assert connection.links.get().local_shadow is None
    assert connection.mirror.count() == 1


def test_a_user_is_given_out_without_secrets_and_erased_without_a_trace(client, ada, alice, capsys):
    client.post(reverse("account_login"), {"login": alice.email, "password": "correct horse"})
    EmailAddress.objects.get_or_create(user=alice, email=alice.email)
    one = mailbox(alice, account_name="Alice Adams")
    one.runs.create(trigger="owner", actor=alice, status="done", message="alice@mail.example")
    LogEntry.objects.log_actions(ada.pk, [one], CHANGE, "alice@mail.example was stopped")

    call_command("export_person", user=alice.email)
    told = json.loads(capsys.readouterr().out)["users"][0]
    assert told["mailboxes"][0]["account"] == "alice@mail.example"
    assert len(told["sessions"]) == 1
    assert "SECRET" not in str(told)
    assert alice.password not in str(told)

    call_command("erase_person", user=alice.email, yes=True)
    assert "alice" not in dump().casefold()
    assert client.get("/settings/").status_code == 302
    assert not UserSession.objects.exists()


def test_nobody_found_is_an_error():
    with pytest.raises(CommandError, match="Nobody was found"):
        call_command("export_person", email="nobody@x.example")


def test_a_support_bundle_holds_numbers_and_nobodys_data(zebedee, alice, settings, tmp_path):
    settings.METRICS_TOKEN = "a-metrics-token"
    run = Connection.objects.get().runs.create(
        trigger="owner", status="failed", message="Zebedee at alice@mail.example"
    )
    Connection.objects.update(problem="failing", problem_text="Zebedee", cursor="SECRET-CURSOR")
    path = tmp_path / "bundle.zip"

    call_command("support_bundle", path)

    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "\n".join(files.values())
    planted = (
        *TRACES,
        "alice",
        "ada@",
        "SECRET-C",
        settings.SECRET_KEY,
        "a-metrics-token",
        settings.MICROSOFT_CLIENT_SECRET,
        settings.MICROSOFT_CLIENT_ID,
        "testserver",
        *settings.TOKEN_ENCRYPTION_KEYS,
    )
    assert [text for text in planted if text.casefold() in everything.casefold()] == []
    assert json.loads(files["runs.json"])[0]["pk"] == run.pk
    assert json.loads(files["connections.json"])[0]["problem"] == "failing"
    assert json.loads(files["settings.json"])["METRICS_TOKEN"] == "set"
    assert json.loads(files["tables.json"])["triggers"] is True
