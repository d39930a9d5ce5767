"""Uploaded files hold people who were never imported: purged in time, given out, and erased."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from contacts_sync import credentials, privacy, tasks
from contacts_sync.importing import taking, uploads
from contacts_sync.models import Contact, ContactImport, ImportPart, ImportRow
from contacts_sync.run import housekeeping, undo_import
from tests.importing.conftest import outlook_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(ada, monkeypatch):
    monkeypatch.setattr(tasks, "async_task", lambda *job: None)

    def read(*rows):
        data = outlook_csv(*rows).encode()
        file = uploads.receive("people.csv", len(data), [data], ada)
        tasks.work_on_import(file.pk)
        file.refresh_from_db()
        return file

    return read


def take(file):
    taking.begin(file)
    tasks.work_on_import(file.pk)


def test_rows_and_files_go_after_a_month_and_the_import_stays_on_record(read):
    old, young = read("Anna,Ash,,anna@x.example,,"), read("Ben,Birch,,ben@x.example,,")
    now = timezone.now()
    ContactImport.objects.filter(pk=old.pk).update(touched_at=now - timedelta(days=31))

    housekeeping.tidy_all(now)

    assert set(ImportRow.objects.values_list("file", flat=True)) == {young.pk}
    assert set(ImportPart.objects.values_list("file", flat=True)) == {young.pk}
    assert ContactImport.objects.count() == 2


def test_an_import_whose_rows_are_purged_can_still_be_undone(read):
    file = read("Anna,Ash,,anna@x.example,,")
    take(file)
    now = timezone.now()
    ContactImport.objects.update(touched_at=now - timedelta(days=31))
    housekeeping.tidy_all(now)

    from contacts_sync.run import undo_import

    file.refresh_from_db()
    assert undo_import.begin(file, keep_edited=True)
    tasks.work_on_import(file.pk)

    assert not Contact.objects.alive().exists()


def test_one_person_is_given_out_and_erased_with_rows_that_were_left_out(read):
    take(read("Anna,Ash,,anna@x.example,,"))
    read("Annette,Ash,,ANNA@x.example,,", "Ben,Birch,,ben@x.example,,")
    anna = Contact.objects.get()

    given = privacy.export_contact(anna)
    privacy.erase_contact(anna)

    assert [row["said"]["scalars"]["first_name"] for row in given["rows_of_files"]] == [
        "Anna",
        "Annette",
    ]
    assert [row.name for row in ImportRow.objects.all()] == ["Ben Birch"]


def test_who_is_erased_is_named_by_no_other_row_and_cannot_be_read_again(read):
    """Neither beside a row that looked like them, nor by the file, nor by an import that was undone."""
    file = read("Anna,Ash,,anna@x.example,,")
    take(file)
    Contact.objects.update(job_title="Judge")
    undo_import.begin(file, keep_edited=True)
    tasks.work_on_import(file.pk)
    other = read("Anna,Ash,,other@x.example,,", "Annette,Ash,,anna@x.example,,")
    anna = Contact.objects.get(job_title="Judge")

    privacy.erase_contact(anna)

    file.refresh_from_db()
    assert "Anna" not in file.message
    assert json.loads(file.message)["stayed"] == 1
    (row,) = ImportRow.objects.filter(file=other)
    assert row.likes == []
    assert uploads.content(other) == b""


def test_pieces_of_a_file_follow_when_the_keys_are_rotated(read, settings):
    file = read("Anna,Ash,,anna@x.example,,")
    old = settings.TOKEN_ENCRYPTION_KEYS
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]

    credentials.rotate()
    settings.TOKEN_ENCRYPTION_KEYS = settings.TOKEN_ENCRYPTION_KEYS[:1]

    assert b"Anna" in uploads.content(file)
