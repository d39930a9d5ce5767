"""An uploaded file: read into rows by the worker, chosen from, imported, continued, and undone."""

from __future__ import annotations

import time
import tracemalloc
from datetime import timedelta

import pytest
from django.utils import timezone

from contacts_sync import tasks
from contacts_sync.contact import fold_phone
from contacts_sync.files import Draft, DraftValue
from contacts_sync.importing import choosing, columns, slices, taking, uploads
from contacts_sync.importing.drafts import record_of
from contacts_sync.importing.known import Look
from contacts_sync.importing.within import Earlier
from contacts_sync.models import Contact, ContactImport, ImportPart, ImportRow, SyncChange
from contacts_sync.run import imports, undo_import
from contacts_sync.store import records
from tests.importing.conftest import made_rows, outlook_csv
from tests.scenarios.worlds import person, texts, values

pytestmark = pytest.mark.django_db


def verdicts(file):
    return list(file.rows.values_list("verdict", flat=True))


def take(file, work):
    assert taking.begin(file)
    return work(file)


def test_a_file_becomes_a_row_for_each_contact(upload):
    person("Anna", "Ash", ["anna@x.example"])
    person("Ben", "Birch", ["ben@x.example"])
    file = upload(
        outlook_csv(
            "Anna,Ash,,anna@x.example,,",
            "Benjamin,Birch,,ben@x.example,,",
            "Cleo,Cedar,Cedar LLP,cleo@x.example,212-555-0101,Likes tea",
            ",,,,,only a note",
        )
    )

    assert (file.step, file.format, file.read) == ("ready", "Outlook CSV", 4)
    assert verdicts(file) == ["known", "like", "new", "unread"]
    known, like, new, unread = file.rows.all()
    assert known.contact == Contact.objects.get(first_name="Anna")
    assert like.likes == [[Contact.objects.get(first_name="Ben").pk, "Ben Birch", "same e-mail"]]
    assert [row.chosen for row in (known, like, new)] == [False, False, True]
    assert new.unread == [["Notes", "(9 characters)", "the list has no field for it"]]
    assert unread.reason
    assert Contact.objects.count() == 2


def test_what_was_chosen_is_imported_and_recorded(upload, work, ada):
    file = upload(
        outlook_csv(
            "Cleo,Cedar,Cedar LLP,cleo@x.example,212-555-0101,", "Dan,Dill,,dan@x.example,,"
        )
    )
    choosing.choose(file.rows.filter(name="Dan Dill"), chosen=False)

    file = take(file, work)

    cleo = Contact.objects.get(first_name="Cleo")
    change = SyncChange.objects.get(contact=cleo)
    assert (file.step, file.done) == ("done", 1)
    assert not Contact.objects.filter(first_name="Dan").exists()
    assert values(cleo, "emails") == [("Other", "cleo@x.example", False)]
    assert (change.actor, change.reason) == (ada, "imported from people.csv")
    assert set(file.changes.values_list("name", flat=True)) == {"Cleo Cedar", "Cedar LLP"}


def test_what_was_left_out_can_be_imported_afterwards(upload, work):
    file = upload(outlook_csv("Cleo,Cedar,,cleo@x.example,,", "Dan,Dill,,dan@x.example,,"))
    choosing.choose(file.rows.filter(name="Dan Dill"), chosen=False)
    file = take(file, work)

    choosing.choose(file.rows.all(), chosen=True)
    file = take(file, work)

    assert (file.step, file.done) == ("done", 2)
    assert Contact.objects.count() == 2


def test_the_bytes_are_sealed_and_go_when_the_import_begins(upload, work):
    file = upload(outlook_csv("Cleo,Cedar,,cleo@x.example,,"))
    part = ImportPart.objects.get()
    assert "Cleo" not in part.sealed and "Cleo" in uploads.content(file).decode()

    take(file, work)

    assert not ImportPart.objects.exists()


@pytest.mark.parametrize("company_first", [True, False])
def test_a_company_of_the_file_is_the_one_that_its_people_name(upload, work, company_first):
    rows = [",,Cedar LLP,office@cedar.example,,", "Cleo,Cedar,Cedar LLP,cleo@x.example,,"]
    file = upload(outlook_csv(*(rows if company_first else reversed(rows))))

    take(file, work)

    company = Contact.objects.get(kind="company")
    assert Contact.objects.get(kind="person").company == company
    assert texts(company, "emails") == ["office@cedar.example"]


def test_rows_that_say_the_same_are_imported_once(upload, work):
    anna = "Anna,Ash,,anna@x.example,,"
    file = upload(outlook_csv(anna, "Bea,Birch,,,212-555-0101,", anna, "Bea,Birch,,,,"))

    assert verdicts(file) == ["new", "new", "known", "known"]
    take(file, work)
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("between", [0, 600])
def test_a_row_that_says_less_than_a_later_one_is_not_imported_as_well(upload, work, between):
    """Also when the later one stands in another chunk of the file."""
    file = upload(
        outlook_csv(
            "Anna,Ash,,,,", *made_rows(between), "Anna,Ash,,anna@x.example,,", "Anna,Ash,,,123,"
        )
    )

    first, *_others, more, other = file.rows.all()
    assert (first.verdict, first.chosen) == ("known", False)
    assert first.likes[0][0] == 0
    assert (more.verdict, more.chosen) == ("new", True)
    assert (other.verdict, other.chosen) == ("new", True)
    assert [why for _pk, _name, why in other.likes] == ["same name"]
    take(file, work)
    assert Contact.objects.filter(first_name="Anna").count() == 2


def test_addresses_without_names_are_not_compared_each_with_each(upload, monkeypatch):
    """Neither with those of the same file nor with those of the list: it would take hours."""
    for at in range(30):
        person("", "", [f"q{at}@x.example"])
    loaded = []
    load = records.load_contacts
    monkeypatch.setattr(records, "load_contacts", lambda pks: loaded.extend(pks) or load(pks))

    file = upload(outlook_csv(",,,q7@x.example,,", ",,,new@x.example,,"))

    assert verdicts(file) == ["known", "new"]
    assert len(loaded) == 1

    earlier, began = Earlier(), time.perf_counter()
    for at in range(8_000):
        draft = Draft("person", {}, emails=(DraftValue("Work", f"p{at}@x.example"),))
        look = Look(draft.kind, record_of(draft), "")
        assert not earlier.same(look)
        assert not earlier.less(look)
        earlier.add(look, at + 1)
    assert time.perf_counter() - began < 10


def test_two_of_one_file_that_look_alike_are_both_chosen(upload):
    file = upload(outlook_csv("Anna,Ash,,us@x.example,,", "Ben,Ash,,us@x.example,,"))

    assert verdicts(file) == ["new", "new"]
    assert file.rows.last().likes == [[0, "1", "same e-mail"]]
    assert all(file.rows.values_list("chosen", flat=True))


def test_what_came_into_the_list_meanwhile_is_not_made_again(upload, work):
    file = upload(outlook_csv("Anna,Ash,,anna@x.example,,"))
    anna = person("Anna", "Ash", ["anna@x.example"])

    take(file, work)

    row = file.rows.get()
    assert (row.outcome, row.contact) == ("known", anna)
    assert Contact.objects.count() == 1


def test_a_file_that_is_none_is_refused_with_a_sentence(upload):
    file = upload(b"%PDF-1.4 nothing", "letter.pdf")

    assert file.step == "refused"
    assert "PDF" in file.message
    assert not ImportPart.objects.exists()


# --- Slices, and workers that die ---------------------------------------------------------------


@pytest.fixture
def short(monkeypatch):
    """Let a slice end after every chunk, and a chunk hold ten rows."""
    for module in (slices, taking):
        monkeypatch.setattr(module, "CHUNK", 10)
    monkeypatch.setattr(undo_import, "CHUNK", 10)
    monkeypatch.setattr(imports, "SLICE", timedelta(0))


def test_reading_goes_on_slice_after_slice(upload, short):
    file = upload(outlook_csv(*made_rows(35), *made_rows(5)))

    assert (file.step, file.read, file.turn) == ("ready", 40, 5)
    assert verdicts(file) == ["new"] * 35 + ["known"] * 5
    assert list(file.rows.values_list("number", flat=True)) == list(range(1, 41))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_worker_killed_while_it_reads_costs_one_chunk(upload, work, short, monkeypatch, at):
    file = upload(outlook_csv(*made_rows(35)), read=False)
    real, calls = slices._store, []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(slices, "_store", dies)
    with pytest.raises(KeyboardInterrupt):
        work(file)
    monkeypatch.setattr(slices, "_store", real)
    file.refresh_from_db()

    file = work(file)

    assert (file.step, file.read) == ("ready", 35)
    assert file.rows.count() == 35


def test_a_worker_killed_while_it_creates_makes_nobody_twice(upload, work, short, monkeypatch):
    file = upload(outlook_csv(*made_rows(35)))
    real, calls = taking._make, []

    def dies(*arguments):
        real(*arguments)
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(taking, "_make", dies)
    with pytest.raises(KeyboardInterrupt):
        take(file, work)
    assert Contact.objects.count() == 20

    file = work(file)

    assert (file.step, file.done) == ("done", 35)
    assert Contact.objects.count() == SyncChange.objects.count() == 35


def test_the_dispatcher_takes_up_what_a_dead_worker_left(upload, queue):
    file = upload(outlook_csv("Anna,Ash,,anna@x.example,,"), read=False)
    ContactImport.objects.filter(pk=file.pk).update(
        touched_at=timezone.now() - timedelta(minutes=6)
    )

    tasks.dispatch()

    assert ("contacts_sync.tasks.work_on_import", file.pk) in queue


def test_a_job_that_comes_twice_does_nothing_twice(upload, work, short):
    file = upload(outlook_csv(*made_rows(25)))
    taking.begin(file)
    stale = ContactImport.objects.get(pk=file.pk)
    work(file)

    assert imports.work(stale) is False
    with pytest.raises(slices.Overtaken):
        taking.take_slice(stale, timezone.now())
    assert Contact.objects.count() == 25


def test_an_import_that_fails_half_way_says_so_and_goes_on(upload, work, short, monkeypatch):
    file = upload(outlook_csv(*made_rows(25)))
    real, calls = taking.create, []

    def fails(*arguments, **keywords):
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError
        return real(*arguments, **keywords)

    monkeypatch.setattr(taking, "create", fails)
    file = take(file, work)
    assert (file.step, file.halted, Contact.objects.count()) == ("failed", "creating", 10)
    assert "can be continued" in file.message

    assert imports.go_on(file)
    file = work(file)

    assert (file.step, Contact.objects.count()) == ("done", 25)


def test_a_step_that_gets_nowhere_is_given_up(upload, work):
    file = upload(outlook_csv("Anna,Ash,,anna@x.example,,"), read=False)
    ContactImport.objects.filter(pk=file.pk).update(tries=imports.TRIES)

    file.refresh_from_db()
    file = work(file)

    assert (file.step, file.halted) == ("failed", "reading")


# --- Tables of an unknown kind, and encodings ---------------------------------------------------

STRANGE = "Mandant;Rückruf;Kürzel\r\nAnna Ash;+49 30 123456;AA\r\nBen Birch;+49 30 123457;BB\r\n"


def test_a_strange_table_asks_once_and_is_remembered(upload, work, ada):
    file = upload(STRANGE, "kanzlei.csv")
    assert file.step == "columns"
    assert set(file.columns) == {"Mandant", "Rückruf", "Kürzel"}

    said = {"Mandant": "name", "Rückruf": "phones.Work", "Kürzel": "none"}
    columns.remember(file, said, ada)
    assert uploads.restart(file, columns=said)
    file = work(file)
    assert [row.name for row in file.rows.all()] == ["Anna Ash", "Ben Birch"]

    again = upload(STRANGE.replace("Anna", "Cleo"), "kanzlei2.csv")
    assert (again.step, again.remembered) == ("ready", True)
    assert again.rows.first().draft["sets"]["phones"] == [["Work", "+49 30 123456", False]]


def test_a_table_without_headings_is_not_remembered(upload, ada):
    file = upload("Anna Ash;anna@x.example;1\r\nBen Birch;ben@x.example;2\r\n")

    columns.remember(file, dict.fromkeys(file.columns, "none"), ada)

    assert file.step == "columns"
    assert upload("Cleo;cleo@x.example;3\r\nDan;dan@x.example;4\r\n").step == "columns"


def test_a_file_that_does_not_say_its_encoding_can_be_read_in_another(upload, work):
    file = upload(outlook_csv("Ελένη,Παππά,,eleni@x.example,,").encode("cp1253"))
    assert file.unsure
    assert file.rows.get().name != "Ελένη Παππά"

    assert uploads.restart(file, encoding="cp1253")
    file = work(file)

    assert (file.rows.get().name, file.unsure) == ("Ελένη Παππά", False)


def test_it_is_too_late_to_read_anew_when_contacts_were_made(upload, work):
    file = take(upload(outlook_csv("Anna,Ash,,anna@x.example,,")), work)

    assert not uploads.restart(file, encoding="cp1250")


# --- How much it costs --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [50, 400])
def test_reading_and_creating_cost_the_same_queries_for_a_chunk_of_any_size(
    upload, work, number, django_assert_max_num_queries
):
    file = upload(outlook_csv(*made_rows(number)), read=False)
    with django_assert_max_num_queries(45):
        file = work(file)
    taking.begin(file)

    with django_assert_max_num_queries(60):
        work(file)

    assert Contact.objects.count() == number


def test_counting_is_one_query(upload, django_assert_num_queries):
    file = upload(outlook_csv(*made_rows(20)))

    with django_assert_num_queries(1):
        counts = choosing.count(file)

    assert (counts.total, counts.new, counts.chosen, counts.waiting) == (20, 20, 20, 20)


def test_rows_are_found_by_words_and_by_verdict(upload):
    file = upload(outlook_csv("Anna,Ash,Ash Ltd,anna@x.example,,", "Ben,Birch,,ben@x.example,,"))

    assert [row.name for row in choosing.find(file, "new", "ASH ltd")] == ["Anna Ash"]
    assert [row.name for row in choosing.find(file, "", "ben@")] == ["Ben Birch"]
    assert not choosing.find(file, "known", "").exists()


def test_ticks_of_a_page_leave_other_pages_alone(upload):
    file = upload(outlook_csv(*made_rows(4)))
    first, second, *_rest = file.rows.values_list("pk", flat=True)

    choosing.choose_shown(file, [first, second], [first])

    assert list(file.rows.filter(chosen=False).values_list("pk", flat=True)) == [second]
    assert ImportRow.objects.filter(chosen=True).count() == 3


def test_what_stood_earlier_in_a_file_is_remembered_in_few_bytes():
    """A row is remembered by numbers, never by its texts: 50,000 rows fit beside the file."""
    number, long = 2_000, "x" * 2_000
    earlier, before = Earlier(), 0
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for at in range(1, number + 1):
            draft = Draft(
                "person",
                {"first_name": f"First{at}", "last_name": f"Last{at}", "job_title": f"{long}{at}"},
                emails=(DraftValue("Work", f"p{at}@x.example"),),
                phones=(DraftValue("Work", f"212-555-{at:04}"),),
            )
            earlier.add(Look(draft.kind, record_of(draft), draft.uid), at)
        del draft
        fold_phone.cache_clear()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()

    assert grown / number < 1_500
