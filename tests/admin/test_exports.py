"""Taking contacts away as a file: selected, filtered or one; what is in it, and what it cannot hold."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from contacts_sync import files
from contacts_sync.files import Draft
from contacts_sync.models import Contact
from tests.scenarios.worlds import person

pytestmark = pytest.mark.django_db

LIST = "admin:contacts_sync_contact_changelist"
ALL = "admin:contacts_sync_contact_export"
FORMATS = ["vcard", "vcard-4", "outlook-csv", "outlook-web-csv", "google-csv", "clio-csv"]


@pytest.fixture
def three():
    anna = person("Anna", "Ash", ["anna@x.example"], ["212-555-0101"])
    ben = person("=HYPERLINK(1)", "Birch", [f"b{n}@x.example" for n in range(5)])
    gone = person("Zoe", "Gone", ["zoe@x.example"])
    gone.delete()
    return anna, ben, gone


def content(answer):
    assert answer.streaming
    return b"".join(answer.streaming_content)


def drafts(data, name="a.csv"):
    return [one for one in files.read(name, data) if isinstance(one, Draft)]


@pytest.mark.parametrize("name", FORMATS)
def test_all_are_exported_in_every_format_without_the_trash(enter, three, name):
    answer = enter("operator").post(reverse(ALL), {"format": name})

    read = drafts(content(answer))
    assert sorted(one.scalars["last_name"] for one in read) == ["Ash", "Birch"]
    assert "attachment" in answer.headers["Content-Disposition"]
    if "csv" in name:
        cells = [cell for row in csv.reader(io.StringIO(answer_text(name, three))) for cell in row]
        assert not [cell for cell in cells if cell.startswith("=")]


def answer_text(name, three):
    export = next(one for one in files.EXPORTS if one.name == name)
    from contacts_sync.importing import all_drafts

    return b"".join(export.write(all_drafts(), lambda *_: None)).decode("utf-8-sig")


def test_a_filter_and_a_search_hold_for_the_export(enter, three):
    client = enter("operator")
    Contact.objects.create(kind="company", name="Ash Ltd")

    found = content(client.post(reverse(ALL) + "?q=ash&kind__exact=person", {"format": "vcard"}))

    assert [one.scalars["first_name"] for one in drafts(found)] == ["Anna"]
    page = client.get(reverse(LIST) + "?q=ash").content.decode()
    assert f"{reverse(ALL)}?q=ash" in page and "Export what is found here" in page


def test_selected_contacts_are_asked_for_a_format_and_given(enter, three):
    client, (_anna, ben, _gone) = enter("operator"), three
    chosen = {"action": "export", "_selected_action": [ben.pk]}

    page = client.post(reverse(LIST), chosen).content.decode()
    assert "Export 1 contact" in page
    assert "2 values of these contacts have no place in it." in page  # e-mails four and five
    answer = client.post(reverse(LIST), {**chosen, "format": "vcard-4"})

    assert [one.scalars["last_name"] for one in drafts(content(answer))] == ["Birch"]


def test_one_contact_is_exported_by_whoever_may_see_it(enter, three):
    anna, _ben, gone = three
    client = enter("member")
    page = client.get(reverse("admin:contacts_sync_contact_change", args=[anna.pk]))
    url = reverse("admin:contacts_sync_contact_export_one", args=[anna.pk])
    assert url in page.content.decode()

    assert b"Anna" in content(client.post(url, {"format": "vcard"}))
    url = reverse("admin:contacts_sync_contact_export_one", args=[gone.pk])
    assert client.post(url, {"format": "vcard"}).status_code == 404


@pytest.mark.parametrize("role", ["reader", "member"])
def test_many_contacts_leave_the_house_by_operators_only(enter, three, role):
    client = enter(role)

    assert client.post(reverse(ALL), {"format": "vcard"}).status_code == 403
    answer = client.post(
        reverse(LIST), {"action": "export", "_selected_action": [three[0].pk], "format": "vcard"}
    )
    assert not answer.streaming
    assert "Export all" not in client.get(reverse(LIST)).content.decode()


def test_what_a_format_cannot_hold_is_listed(enter, three):
    answer = enter("operator").post(reverse(ALL), {"format": "outlook-csv", "do": "left"})

    lines = content(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "contact,what,value,why"
    assert len(lines) == 3
    assert lines[1].startswith("'=HYPERLINK(1) Birch,E-mail")


def test_who_took_how_much_is_remembered(enter, three, people):
    content(enter("operator").post(reverse(ALL), {"format": "google-csv"}))

    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message) == (people["operator"], "2 as Google CSV")


def test_an_export_costs_the_same_queries_for_any_number(
    enter, django_assert_max_num_queries, monkeypatch
):
    for number in range(120):
        person(f"P{number}", "Ash", [f"p{number}@x.example"])
    client = enter("operator")

    with django_assert_max_num_queries(20):
        assert len(drafts(content(client.post(reverse(ALL), {"format": "vcard"})))) == 120
    with django_assert_max_num_queries(80):  # six formats are tried
        client.get(reverse(ALL))
