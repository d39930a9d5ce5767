"""The pages of an import: who may come in, what they show, what each button does, what it costs."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contacts_sync import files, tasks
from contacts_sync.importing import taking, uploads
from contacts_sync.models import Contact, ContactImport, ImportRow
from tests.importing.conftest import made_rows, outlook_csv
from tests.importing.test_importing import STRANGE

pytestmark = pytest.mark.django_db

ADD = "admin:contacts_sync_contactimport_add"


@pytest.fixture
def queue(monkeypatch):
    jobs = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: jobs.append(job))
    return jobs


@pytest.fixture
def worker(queue):
    def work():
        while queue:
            tasks.work_on_import(queue.pop(0)[1])

    return work


@pytest.fixture
def uploaded(people, worker):
    def uploaded(text, name="people.csv"):
        data = text if isinstance(text, bytes) else text.encode()
        file = uploads.receive(name, len(data), [data], people["operator"])
        tasks.enqueue_import(file)
        worker()
        file.refresh_from_db()
        return file

    return uploaded


def url(name, file):
    return reverse(f"admin:contacts_sync_contactimport_{name}", args=[file.pk])


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def send(client, text, name="people.csv"):
    return client.post(reverse(ADD), {"file": SimpleUploadedFile(name, text.encode())})


def test_from_the_upload_to_the_report(enter, worker, people):
    client = enter("operator")
    answer = send(client, outlook_csv("Anna,Ash,Ash Ltd,anna@x.example,,Likes tea"))
    file = ContactImport.objects.get()
    assert answer.url == url("change", file)
    progress = client.get(answer.url).content.decode()
    assert "The file is being read" in progress and "<noscript>" in progress

    worker()
    page = client.get(answer.url).content.decode()
    assert "1 contact was found." in page
    assert "Import 1 contact" in page
    assert "Notes" in page and "the list has no field for it" in page

    row = file.rows.get()
    client.post(url("choose", file), {"shown": row.pk, "row": row.pk, "do": "start"})
    worker()
    page = client.get(answer.url).content.decode()
    assert "1 contact was imported." in page
    anna = Contact.objects.get(first_name="Anna")
    assert reverse("admin:contacts_sync_contact_change", args=[anna.pk]) in page
    assert file.changes.first().actor == people["operator"]


@pytest.mark.parametrize("role", ["reader", "member"])
def test_only_operators_and_administrators_bring_files_in(enter, uploaded, role):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,"))
    client = enter(role)

    for name in ("change", "progress", "columns", "report", "undo"):
        assert client.get(url(name, file)).status_code == 403, name
    for name in ("choose", "columns", "encoding", "go_on", "forget", "undo"):
        assert client.post(url(name, file)).status_code == 403, name
    assert send(client, "x").status_code == 403
    assert not Contact.objects.exists()


def test_a_file_too_large_is_refused_at_the_door(enter, monkeypatch):
    monkeypatch.setattr(uploads, "Limits", lambda: files.Limits(size=10))

    page = send(enter("operator"), "First Name,Last Name").content.decode()

    assert "at most 0 MB are read" in page
    assert not ContactImport.objects.exists()


@pytest.mark.parametrize("text", ["", None])
def test_no_file_and_an_empty_one_are_asked_for_again(enter, text):
    client = enter("operator")

    page = send(client, "") if text == "" else client.post(reverse(ADD), {})

    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()


def test_a_file_that_is_none_says_why_and_offers_another(enter, uploaded):
    page = enter("operator").get(url("change", uploaded(b"%PDF-1.4", "a.pdf"))).content.decode()

    assert "This file cannot be read" in page and "a PDF file" in page
    assert reverse(ADD) in page


def test_those_that_look_alike_are_left_out_until_ticked(enter, uploaded, worker, anna):
    file = uploaded(outlook_csv("Annette,Berg,,anna@x.example,,", "Ben,Birch,,ben@x.example,,"))
    client = enter("operator")
    page = client.get(url("change", file)).content.decode()
    assert "Import 1 contact" in page and "left out until you tick them" in page

    client.post(f"{url('choose', file)}?show=like", {"do": "all"})
    assert "Import 2 contacts" in client.get(url("change", file)).content.decode()

    client.post(url("choose", file), {"do": "start"})
    worker()
    assert Contact.objects.filter(first_name="Annette").exists()


def test_ticks_are_taken_over_before_the_import_begins(enter, uploaded, worker):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,", "Ben,Birch,,ben@x.example,,"))
    anna, ben = file.rows.values_list("pk", flat=True)

    enter("operator").post(url("choose", file), {"shown": [anna, ben], "row": [ben], "do": "start"})
    worker()

    assert [one.first_name for one in Contact.objects.all()] == ["Ben"]


def test_importing_nothing_says_so(enter, uploaded):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,"))
    client = enter("operator")

    answer = client.post(url("choose", file), {"shown": file.rows.get().pk, "do": "start"})

    assert "Nothing is ticked" in told(answer)


def test_a_strange_table_asks_shows_values_and_remembers(enter, uploaded, worker):
    file = uploaded(STRANGE)
    client = enter("operator")
    assert client.get(url("change", file)).url == url("columns", file)
    page = client.get(url("columns", file)).content.decode()
    assert "Mandant" in page and "Ben Birch" in page and "+49 30 123456" in page

    wrong = client.post(url("columns", file), {"column-0": "none"}).content.decode()
    assert "at least one column" in wrong
    said = {"column-0": "name", "column-1": "phones.Work", "column-2": "none"}
    client.post(url("columns", file), said)
    worker()
    assert file.rows.first().name == "Anna Ash"

    again = uploaded(STRANGE, "next.csv")
    page = client.get(url("change", again)).content.decode()
    assert "as somebody said of a file with the same headings" in page


def test_a_column_of_which_there_is_one_is_chosen_once(enter, uploaded):
    file = uploaded(STRANGE)

    page = enter("operator").post(
        url("columns", file), {"column-0": "last_name", "column-1": "last_name"}
    )

    assert "Only one column can be “Last name”" in page.content.decode()


def test_letters_that_look_wrong_are_read_in_another_way(enter, uploaded, worker):
    file = uploaded(outlook_csv("Ελένη,Παππά,,eleni@x.example,,").encode("cp1253"))
    client = enter("operator")
    assert "Do the names look right?" in client.get(url("change", file)).content.decode()

    client.post(url("encoding", file), {"encoding": "cp1253"})
    worker()

    page = client.get(url("change", file)).content.decode()
    assert "Ελένη Παππά" in page and "Do the names look right?" not in page


def test_an_import_that_stopped_offers_to_go_on_and_to_undo(enter, uploaded, worker):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,"))
    taking.begin(file)
    ContactImport.objects.update(step="failed", halted="creating", message="It stopped half-way.")
    client = enter("operator")
    page = client.get(url("change", file)).content.decode()
    assert url("go_on", file) in page and url("undo", file) in page

    client.post(url("go_on", file))
    worker()

    file.refresh_from_db()
    assert (file.step, Contact.objects.count()) == ("done", 1)


def test_undoing_says_first_what_it_will_do_in_outlook(enter, uploaded, worker, connect, link):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,", "Ben,Birch,,ben@x.example,,"))
    taking.begin(file)
    tasks.enqueue_import(file)
    worker()
    link(connect(), Contact.objects.get(first_name="Anna"))
    Contact.objects.filter(first_name="Ben").update(job_title="Judge")
    client = enter("operator")

    page = client.get(url("undo", file)).content.decode()
    assert "1 contact goes to the trash" in page
    assert "mia@mail.example: 1 contact that was there before stays" in page
    assert "Ben Birch" in page and "Remove these as well" in page

    client.post(url("undo", file), {"edited": "on"})
    worker()
    assert not Contact.objects.alive().exists()
    assert "2 contacts are in the trash" in client.get(url("change", file)).content.decode()


def test_a_file_is_thrown_away_unless_something_came_of_it(enter, uploaded, worker):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,"))
    kept = uploaded(outlook_csv("Ben,Birch,,ben@x.example,,"))
    taking.begin(kept)
    tasks.enqueue_import(kept)
    worker()
    client = enter("operator")

    client.post(url("forget", file))
    answer = client.post(url("forget", kept))

    assert "undo that instead" in told(answer)
    assert list(ContactImport.objects.all()) == [kept]
    assert ImportRow.objects.count() == 1


def test_the_report_is_safe_to_open_in_a_spreadsheet(enter, uploaded):
    file = uploaded(outlook_csv("=HYPERLINK(1),Ash,,anna@x.example,,tea", ",,,,,note"))

    answer = enter("operator").get(url("report", file))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "'=HYPERLINK(1) Ash" in lines[1] and "Notes: (3 characters)" in lines[1]
    assert "cannot be read" in lines[2]


def test_the_page_costs_the_same_however_many_rows_there_are(
    enter, uploaded, django_assert_max_num_queries
):
    file = uploaded(outlook_csv(*made_rows(120)))
    client = enter("operator")

    for query in ("", "?page=3", "?show=new&q=first1"):
        with django_assert_max_num_queries(14):
            assert client.get(url("change", file) + query).status_code == 200
    with django_assert_max_num_queries(14):
        client.get(reverse("admin:contacts_sync_contactimport_changelist"))


def test_hostile_numbers_find_nothing(enter, uploaded):
    file = uploaded(outlook_csv("Anna,Ash,,anna@x.example,,"))
    other = uploaded(outlook_csv("Ben,Birch,,ben@x.example,,"))
    client = enter("operator")

    client.post(url("choose", file), {"shown": ["x", "9" * 30, other.rows.get().pk], "do": "keep"})

    assert other.rows.get().chosen
    assert client.get(url("change", file) + "?show=nothing&page=x&q=%25").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "First Name,Last Name,Company,E-mail Address\n",
        "First Name,Last Name,Company,E-mail Address\nAnna,Ash,,anna@firm.example\n",
    ],
)
def test_a_file_with_nothing_to_import_is_no_dead_end(enter, uploaded, worker, text):
    for _again in range(2):  # the second time its contacts are there already
        file = uploaded(text)
        taking.begin(file)
        tasks.enqueue_import(file)
        worker()
    client = enter("operator")

    page = client.get(url("change", file)).content.decode()

    assert "There is nothing in it to import." in page
    assert "Choose another file" in page
    assert url("forget", file) in page


def test_a_german_page_says_in_german_why_something_cannot_be_read(enter, uploaded):
    file = uploaded(
        "First Name,Last Name,Company,E-mail Address,Birthday,Notes\n"
        "Anna,Ash,,anna@x.example,gestern,hm\n,,,,,nur eine Notiz\n"
    )
    refused = uploaded("%PDF-1.4", "letter.csv")
    client = enter("operator")
    german = {"headers": {"accept-language": "de"}}

    page = client.get(url("change", file), **german).content.decode()
    report = client.get(url("report", file), **german).getvalue().decode()
    why = client.get(url("change", refused), **german).content.decode()

    for text in (page, report):
        assert "ist kein Datum" in text
        assert "Die Zeile enthält nichts, was die Liste aufnehmen könnte." in text
        assert "Zeile 3" in text
        assert "line 3" not in text
    assert "„letter.csv“ ist nicht lesbar. Das ist eine PDF-Datei." in why


def test_another_row_of_the_file_is_named_by_where_it_stands(enter, uploaded):
    file = uploaded(outlook_csv("Anna,Ash,,a@x.example,,", "Anna,Ash,,b@x.example,,"))

    page = enter("operator").get(url("change", file)).content.decode()

    assert "row 2 of this file" in page
    assert ">row 2</td>" in page


def test_a_card_with_very_many_values_shows_some_and_their_number(enter, uploaded):
    values = "".join(f"EMAIL:a{n}@x.example\n" for n in range(2_000))
    file = uploaded(f"BEGIN:VCARD\nVERSION:3.0\nFN:Anna Ash\n{values}END:VCARD\n", "many.vcf")

    page = enter("operator").get(url("change", file)).content.decode()

    assert "and 1,992 more" in page
    assert "a1999@x.example" not in page
