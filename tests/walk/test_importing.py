"""A person brings a file in: chooses it, looks it through, imports, and undoes the whole import."""

from __future__ import annotations

import pytest
from django.urls import reverse
from selenium.webdriver.common.by import By

from contacts_sync import tasks
from contacts_sync.importing import slices
from contacts_sync.models import Contact, ContactImport
from tests.importing.conftest import made_rows, outlook_csv
from tests.pages.test_accessible import PHONE, colours
from tests.scenarios.worlds import person
from tests.walk.conftest import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STRANGE = "Mandant;Rückruf;Kürzel\r\nAnna Ash;+49 30 123456;AA\r\nBen Birch;+49 30 123457;BB\r\n"


@pytest.fixture
def walk(signed_in, live_server, ada):
    return Walk(signed_in(ada), live_server.url)


@pytest.fixture
def worker(monkeypatch):
    """What the worker has to do; a test does it when it wants to."""
    jobs = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: jobs.append(job))

    def work():
        while jobs:
            tasks.work_on_import(jobs.pop(0)[1])

    return work


def shoot(walk, name):
    """Keep a picture in light, in dark and on a phone."""
    walk.shoot(name)
    colours(walk.browser, "dark")
    walk.shoot(f"{name}-dark")
    colours(walk.browser, "")
    walk.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    walk.shoot(f"{name}-phone")
    walk.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def upload(walk, path):
    walk.go(reverse("admin:contacts_sync_contactimport_add"))
    walk.browser.find_element(By.ID, "file").send_keys(str(path))
    walk.click("Read the file")


def test_from_a_file_to_the_list_and_back(walk, worker, tmp_path):
    person("Anna", "Ash", ["anna@x.example"])
    person("Benno", "Birch", ["ben@x.example"])
    path = tmp_path / "Kontakte.csv"
    rows = [
        "Anna,Ash,,anna@x.example,,",
        "Ben,Birch,Birch & Co,ben@x.example,212-555-0101,met at the fair",
        "Cleo,Cedar,Cedar LLP,cleo@x.example,212-555-0102,",
        ",,,,,nobody",
    ]
    path.write_text(outlook_csv(*rows, *made_rows(60)))

    walk.go(reverse("admin:contacts_sync_contact_changelist"))
    shoot(walk, "contacts")
    walk.browser.find_element(By.CSS_SELECTOR, "a[href$='contactimport/add/']").click()
    shoot(walk, "upload")
    upload(walk, path)
    walk.sees("The file is being read", "You can close this page")
    shoot(walk, "reading")
    worker()

    # The page sees by itself that the file is read.
    walk.sees("contacts were found", "Import 61 contacts")
    walk.sees("looks like one you have", "the list has no field for it", "Already there")
    shoot(walk, "preview")
    walk.browser.find_element(By.PARTIAL_LINK_TEXT, "Look like one you have").click()
    walk.sees("Benno Birch")
    shoot(walk, "alike")
    walk.click("Tick all of these")
    walk.sees("Import 62 contacts")
    walk.click("Import 62 contacts")
    walk.sees("The contacts are being imported")
    worker()
    walk.sees("62 contacts were imported.", "Undo this import…")
    shoot(walk, "report")
    assert Contact.objects.filter(first_name="Cleo").exists()

    Contact.objects.filter(first_name="Cleo").update(job_title="Judge")
    walk.click("Undo this import…")
    walk.sees("go to the trash", "Cleo Cedar", "No mailbox has a copy of them.")
    shoot(walk, "undo")
    walk.click("Undo this import")
    worker()
    walk.sees("This import was undone", "Cleo Cedar")
    shoot(walk, "undone")
    left = {str(one) for one in Contact.objects.alive()}
    assert left == {"Anna Ash", "Benno Birch", "Cleo Cedar", "Cedar LLP"}


def test_a_strange_table_and_strange_letters(walk, worker, tmp_path):
    path = tmp_path / "kanzlei.csv"
    path.write_text(STRANGE)
    upload(walk, path)
    worker()
    walk.sees("What do the columns hold?", "Rückruf", "+49 30 123456")
    shoot(walk, "columns")
    walk.click("Read the file so")
    worker()
    walk.sees("2 contacts were found.", "Import 2 contacts")

    greek = tmp_path / "greek.csv"
    greek.write_bytes(outlook_csv("Ελένη,Παππά,,eleni@x.example,,").encode("cp1253"))
    upload(walk, greek)
    worker()
    walk.sees("Do the names look right?")
    shoot(walk, "letters")
    walk.browser.find_element(By.CSS_SELECTOR, "option[value=cp1253]").click()
    walk.click("Read it so")
    worker()
    walk.sees("Ελένη Παππά")


def test_a_file_that_is_none_and_an_import_that_stopped(walk, worker, tmp_path, monkeypatch):
    path = tmp_path / "letter.csv"
    path.write_bytes(b"%PDF-1.4")
    upload(walk, path)
    worker()
    walk.sees("This file cannot be read", "a PDF file")
    shoot(walk, "refused")

    path.write_text(outlook_csv(*made_rows(3)))
    monkeypatch.setattr(slices, "_row", None)
    upload(walk, path)
    worker()
    walk.sees("The import stopped half-way")
    shoot(walk, "stopped")
    monkeypatch.undo()
    walk.go(reverse("admin:contacts_sync_contactimport_changelist"))
    walk.sees("stopped half-way")
    shoot(walk, "imports")


def test_contacts_leave_as_a_file(walk):
    person("Anna", "Ash", [f"anna{n}@x.example" for n in range(5)])

    walk.go(reverse("admin:contacts_sync_contact_changelist"))
    walk.click("Export all…")
    walk.sees("Export 1 contact", "2 values of these contacts have no place in it.")
    shoot(walk, "export")
    assert ContactImport.objects.count() == 0
