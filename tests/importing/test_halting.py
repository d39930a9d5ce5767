"""An import that halts says where, and nothing of whom it was about."""

from __future__ import annotations

import pytest
from django.db import DataError, OperationalError

from contacts_sync.importing import uploads
from contacts_sync.models import ContactImport
from contacts_sync.run import imports

pytestmark = pytest.mark.django_db
CSV = b"First Name,Last Name,E-mail Address\nZebedee,Quux,zeb@x.example\n"


def fail(monkeypatch, error):
    def raises(*_arguments):
        raise error

    monkeypatch.setattr(imports, "_step", raises)


@pytest.mark.parametrize("kind", [ValueError, DataError])
def test_what_halts_an_import_is_logged_without_what_it_quotes(alice, monkeypatch, caplog, kind):
    file = uploads.receive("list.csv", len(CSV), [CSV], alice)
    fail(monkeypatch, kind("DETAIL: Key (address)=(zeb@x.example)"))

    assert imports.work(file) is False

    file.refresh_from_db()
    assert (file.step, kind.__name__ in file.message) == (ContactImport.Step.FAILED, True)
    assert kind.__name__ in caplog.text
    assert "zeb@x" not in caplog.text + file.message


def test_a_database_that_is_away_is_asked_again(alice, monkeypatch):
    file = uploads.receive("list.csv", len(CSV), [CSV], alice)
    fail(monkeypatch, OperationalError("gone"))

    with pytest.raises(OperationalError):
        imports.work(file)

    file.refresh_from_db()
    assert file.step == ContactImport.Step.READING
