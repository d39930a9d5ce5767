"""export_contacts and rotate_token_keys."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from contacts_sync import credentials
from contacts_sync.files import Draft, read
from contacts_sync.models import Connection, Contact
from tests.scenarios.worlds import person


@pytest.fixture
def firm(db):
    person("Anna", "Ash", ["anna@example.com"], [("Skype", "anna.ash"), ("Work", "212-555-0101")])
    person("Ben", "Birch", company="Ash Ltd")
    person("Cora", "Cole").delete()


def drafts(data):
    found = list(read("people", data))
    assert all(isinstance(one, Draft) for one in found)
    return found


def test_a_vcard_holds_everybody_but_the_trash(firm, command):
    code, out, err = command("export_contacts")

    people = drafts(out.encode())
    assert (code, err) == (0, "")
    assert [one.scalars.get("first_name", "") for one in people] == ["Anna", "", "Ben"]
    anna = people[0]
    assert anna.uid == str(Contact.objects.get(first_name="Anna").uid)
    assert [(one.label, one.value, one.primary) for one in anna.phones] == [
        ("Skype", "anna.ash", True),
        ("Work", "212-555-0101", False),
    ]


def test_what_has_no_place_in_a_csv_is_said(firm, command):
    code, out, err = command("export_contacts", "--format", "outlook-csv")

    assert code == 0
    assert drafts(out.encode())[0].phones[0].value == "212-555-0101"
    assert "Anna Ash: Phone (Skype) “anna.ash”: has no column" in err


def test_a_file_is_written_for_its_owner_alone(firm, command, tmp_path):
    path = tmp_path / "people.vcf"

    code, out, _err = command("export_contacts", "--output", str(path))

    assert (code, out) == (0, "")
    assert len(drafts(path.read_bytes())) == 3
    assert b"\r\n" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_an_error(firm, command, tmp_path):
    code, _out, err = command("export_contacts", "--output", str(tmp_path / "no" / "people.vcf"))

    assert code == 1
    assert "cannot be written: No such file" in err


def test_credentials_move_to_the_first_key(mailbox, settings, command):
    old = settings.TOKEN_ENCRYPTION_KEYS
    new = [Fernet.generate_key().decode()]
    settings.TOKEN_ENCRYPTION_KEYS = new + old

    code, out, _err = command("rotate_token_keys")
    settings.TOKEN_ENCRYPTION_KEYS = new

    connection = Connection.objects.get()
    assert code == 0
    assert "1 credential is encrypted" in out
    assert credentials.unseal(connection, connection.credential)


def test_a_credential_that_no_key_opens_is_told_and_left(mailbox, settings, command):
    sealed = Connection.objects.get().credential
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    code, _out, err = command("rotate_token_keys")

    assert code == 2
    assert "1 could be opened with none of the keys" in err
    assert Connection.objects.get().credential == sealed
