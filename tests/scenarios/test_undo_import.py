"""Undo a whole import: what goes here and in Outlook, who stays, and what was there before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync import tasks
from contacts_sync.importing import taking, uploads
from contacts_sync.models import Contact, ContactImport, ExternalLink, SyncChange
from contacts_sync.run import imports, undo, undo_import
from contacts_sync.simulator.faults import Fault
from tests.importing.conftest import made_rows, outlook_csv
from tests.scenarios.worlds import card, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(monkeypatch):
    jobs = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: jobs.append(job))

    def work(file):
        tasks.enqueue_import(file)
        while jobs:
            tasks.work_on_import(jobs.pop(0)[1])
        return ContactImport.objects.get(pk=file.pk)

    return work


@pytest.fixture
def brought(work, ada):
    """Import a text whole."""

    def brought(*rows):
        data = outlook_csv(*rows).encode()
        file = work(uploads.receive("people.csv", len(data), [data], ada))
        assert taking.begin(file)
        return work(file)

    return brought


def undo_all(file, work, *, keep_edited=True):
    assert undo_import.begin(file, keep_edited=keep_edited)
    return work(file)


def names(contacts):
    return sorted(str(contact) for contact in contacts)


def test_copies_that_the_sync_made_go_and_what_was_there_stays(world, mailbox, brought, work):
    kept = mailbox.put(
        {
            "givenName": "Anna",
            "surname": "Ash",
            "emailAddresses": [{"address": "anna@x.example"}],
        }
    )
    person("Zoe", "Zed", ["zoe@x.example"])
    file = brought("Anna,Ash,,anna@x.example,,", "Ben,Birch,,ben@x.example,,")
    world.run()
    assert len(mailbox.contacts) == 3

    told = undo_import.foresee(file)
    assert (told.contacts, told.edited_total) == (2, 0)
    assert [number for _mailbox, number in told.deleted] == [1]
    assert [number for _mailbox, number in told.kept] == [1]
    file = undo_all(file, work)
    world.run()

    assert file.step == "undone"
    assert names(Contact.objects.alive()) == ["Zoe Zed"]
    left = {one["givenName"] for one in mailbox.contacts.values()}
    assert left == {"Anna", "Zoe"}
    assert kept in mailbox.contacts
    world.run()
    assert names(Contact.objects.alive()) == ["Zoe Zed"]


def test_who_was_refused_and_then_found_in_outlook_is_an_original(world, mailbox, brought, work):
    """Our creation was refused; a person entered the same contact there, and the two were linked."""
    file = brought("Anna,Ash,,anna@x.example,,")
    body = {"error": {"code": "ErrorInvalidProperty", "message": "No such thing."}}
    world.graph.faults = [Fault("reply", "POST", status=400, body=body, where="item")]
    world.run()
    world.graph.faults = []
    assert not mailbox.contacts
    kept = mailbox.put(card("Anna", "Ash", "anna@x.example"))
    world.run()
    assert world.link(Contact.objects.get()).state == "linked"

    undo_all(file, work)
    world.run()

    assert not Contact.objects.alive().exists()
    assert list(mailbox.contacts) == [kept]


def test_what_took_the_place_of_a_removed_copy_is_an_original(world, mailbox, brought, work):
    """Our copy was removed in Outlook, and a person entered the same contact there anew."""
    file = brought("Anna,Ash,,anna@x.example,,")
    world.run()
    mailbox.remove(world.remote_id(Contact.objects.get()))
    world.run()
    kept = mailbox.put(card("Anna", "Ash", "anna@x.example"))
    world.run()
    assert world.link(Contact.objects.get()).state == "linked"

    undo_all(file, work)
    world.run()

    assert list(mailbox.contacts) == [kept]


def test_one_imported_contact_is_undone_as_the_whole_import_is(world, mailbox, brought, ada):
    """The copy that the sync made goes, what was there before stays; the page says so first."""
    kept = mailbox.put(
        {
            "givenName": "Anna",
            "surname": "Ash",
            "emailAddresses": [{"address": "anna@x.example"}],
        }
    )
    brought("Anna,Ash,,anna@x.example,,", "Ben,Birch,,ben@x.example,,")
    world.run()
    ours, theirs = (
        SyncChange.objects.get(action="add", side="here", name=name)
        for name in ("Ben Birch", "Anna Ash")
    )
    copied, linked = undo.foresee(ours), undo.foresee(theirs)
    assert copied.mailboxes == ("alice@contoso.example",)
    assert "copies that the sync made" in copied.text
    assert "stays" not in copied.text
    assert linked.mailboxes == ()
    assert "stays" in linked.text
    assert "copies" not in linked.text

    undo.undo(ours, ada)
    undo.undo(theirs, ada)
    world.run()

    assert list(mailbox.contacts) == [kept]
    assert not Contact.objects.alive().exists()
    assert not any(world.run().counts.values())


def test_contacts_edited_since_stay_and_are_named(brought, work):
    file = brought("Anna,Ash,,anna@x.example,,", "Ben,Birch,,ben@x.example,,")
    Contact.objects.filter(first_name="Ben").update(job_title="Judge")

    told = undo_import.foresee(file)
    assert [name for _pk, name in told.edited] == ["Ben Birch"]
    file = undo_all(file, work)

    assert names(Contact.objects.alive()) == ["Ben Birch"]
    assert "Ben Birch" in file.message
    record = SyncChange.objects.get(action="restore")
    assert (record.name, record.undoes.contact) == ("Anna Ash", record.contact)


def test_contacts_edited_since_go_when_that_was_chosen(brought, work):
    file = brought("Anna,Ash,,anna@x.example,,")
    Contact.objects.update(job_title="Judge")

    undo_all(file, work, keep_edited=False)

    assert not Contact.objects.alive().exists()


def test_an_edit_in_outlook_that_no_run_has_seen_counts(world, mailbox, brought, work):
    file = brought("Anna,Ash,,anna@x.example,,")
    world.run()
    link = ExternalLink.objects.get()
    link.mirror.fingerprint = "another"
    link.mirror.save()

    undo_all(file, work)

    assert names(Contact.objects.alive()) == ["Anna Ash"]


def test_a_company_goes_with_its_people_unless_others_name_it(brought, work):
    file = brought("Anna,Ash,Ash Ltd,anna@x.example,,", "Ben,Birch,Birch Ltd,ben@x.example,,")
    birch = Contact.objects.get(name="Birch Ltd")
    other = Contact.objects.create(first_name="Old", last_name="Hand", company=birch)

    file = undo_all(file, work)

    assert names(Contact.objects.alive()) == ["Birch Ltd", "Old Hand"]
    other.refresh_from_db()
    assert other.company == birch


def test_an_import_can_be_undone_half_way(brought, work, monkeypatch):
    file = brought(*made_rows(30))
    ContactImport.objects.filter(pk=file.pk).update(step="failed", halted="creating")

    assert undo_all(file, work).step == "undone"
    assert not Contact.objects.alive().exists()


def test_undoing_is_taken_up_where_a_worker_died(brought, work, monkeypatch):
    file = brought(*made_rows(30))
    monkeypatch.setattr(undo_import, "CHUNK", 10)
    monkeypatch.setattr(imports, "SLICE", timedelta(0))
    real, calls = undo_import._remove, []

    def dies(*arguments):
        real(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(undo_import, "_remove", dies)
    with pytest.raises(KeyboardInterrupt):
        undo_all(file, work)
    assert Contact.objects.alive().count() == 20

    file = work(ContactImport.objects.get(pk=file.pk))

    assert (file.step, file.done) == ("undone", 30)
    assert SyncChange.objects.filter(action="restore").count() == 30


@pytest.mark.parametrize("number", [20, 150])
def test_undoing_costs_the_same_queries_for_a_chunk_of_any_size(
    brought, work, number, django_assert_max_num_queries
):
    file = brought(*made_rows(number))

    with django_assert_max_num_queries(45):
        undo_all(file, work)

    assert not Contact.objects.alive().exists()
