"""Duplicates in the firm's list: found, compared field by field, merged, and undone."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Contact, Distinct, EmailAddress, PhoneNumber, SyncChange
from contacts_sync.store import distinct

pytestmark = pytest.mark.django_db

PAGE = "/admin/contacts_sync/contact/duplicates/"
MERGE = "/admin/contacts_sync/contact/merge/"
APART = "/admin/contacts_sync/contact/duplicates/apart/"


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def twin(anna):
    """A second Anna, with another job title, a phone number, and the same address."""
    twin = Contact.objects.create(first_name="Anna", last_name="Berg", job_title="Judge")
    EmailAddress.objects.create(contact=twin, address="ANNA@x.example")
    PhoneNumber.objects.create(contact=twin, number="212-555-0101")
    return twin


def pair(*contacts):
    return {"contact": [contact.pk for contact in contacts]}


def filled(client, *contacts, **chosen):
    """What a browser would send from the merge page."""
    page = client.get(MERGE, pair(*contacts))
    comparison = page.context["comparison"]
    fields = {f"field-{one.name}": one.suggested for one in comparison.fields if one.differs}
    return pair(*contacts) | {"state": comparison.state} | fields | chosen


def test_equal_contacts_and_those_that_look_alike_are_listed(enter, anna, twin):
    Contact.objects.create(first_name="Bea", last_name="Cole")
    Contact.objects.create(first_name="bea", last_name="Cole")
    Contact.objects.create(first_name="Alone", last_name="One")
    client = enter("operator")

    both, near = client.get(PAGE).content.decode(), client.get(PAGE, {"show": "near"})

    assert both.index("Anna Berg") < both.index("Bea Cole")
    assert "Alone" not in both
    assert "Anna Berg" not in near.content.decode()


def test_an_edited_list_is_searched_anew(enter, anna, twin):
    client = enter("operator")
    assert "Anna Berg" in client.get(PAGE).content.decode()

    EmailAddress.objects.filter(contact=twin).delete()
    Contact.objects.filter(pk=twin.pk).update(first_name="Zoe")

    assert "No contact looks like another one." in client.get(PAGE).content.decode()


def test_a_reader_looks_and_does_not_merge(enter, anna, twin):
    client = enter("reader")

    page = client.get(PAGE).content.decode()

    assert "Anna Berg" in page and "Compare and merge" not in page
    assert client.get(MERGE, pair(anna, twin)).status_code == 403
    assert client.post(MERGE, pair(anna, twin)).status_code == 403


def test_the_merge_page_shows_what_survives_and_which_copies_go(enter, anna, twin, connect, link):
    first, second = connect(), connect("operator")
    link(first, anna)
    link(first, twin)
    link(second, twin)

    page = enter("operator").get(MERGE, pair(anna, twin))

    comparison = page.context["comparison"]
    assert [(one.name, one.suggested) for one in comparison.fields if one.differs] == [
        ("job_title", "theirs")
    ]
    assert [(one.text, one.added) for one in comparison.values] == [
        ("anna@x.example (Work, primary)", False),
        ("212-555-0101 (Work)", True),
    ]
    assert [(one.account, one.goes) for one in comparison.mailboxes] == [
        ("mia@mail.example", True),
        ("otto@mail.example", False),
    ]
    assert "1 copy will be deleted" in page.content.decode()


def test_two_contacts_become_one(enter, anna, twin, people):
    client = enter("operator")

    answer = client.post(MERGE, filled(client, anna, twin))

    anna.refresh_from_db()
    twin.refresh_from_db()
    assert (anna.job_title, anna.phones.get().number) == ("Judge", "212-555-0101")
    assert anna.emails.count() == 1
    assert twin.deleted_at
    assert answer.url == reverse("admin:contacts_sync_contact_change", args=[anna.pk])
    assert "merged into Anna Berg" in told(answer)


def test_each_field_is_a_choice(enter, anna, twin):
    Contact.objects.filter(pk=anna.pk).update(job_title="Clerk")
    client = enter("operator")

    client.post(MERGE, filled(client, anna, twin, **{"field-job_title": "theirs"}))

    anna.refresh_from_db()
    assert anna.job_title == "Judge"


def test_a_blank_can_be_chosen(enter, anna, twin):
    client = enter("operator")

    client.post(MERGE, filled(client, anna, twin, **{"field-job_title": "ours"}))

    anna.refresh_from_db()
    assert anna.job_title == ""


def test_what_changed_meanwhile_is_looked_at_again(enter, anna, twin):
    client = enter("operator")
    form = filled(client, anna, twin)
    Contact.objects.filter(pk=twin.pk).update(job_title="President")

    answer = client.post(MERGE, form)

    twin.refresh_from_db()
    assert "Look at it again" in told(answer)
    assert "President" in answer.content.decode()
    assert twin.deleted_at is None


@pytest.mark.parametrize("which", ["merge", "delete"])
def test_a_merge_is_undone_whole_from_the_page_of_either_contact(enter, anna, twin, which):
    client = enter("operator")
    client.post(MERGE, filled(client, anna, twin))
    record = SyncChange.objects.get(action=which)
    page = reverse("admin:contacts_sync_contact_change", args=[record.contact_id])
    url = reverse("admin:contacts_sync_contact_put_back", args=[record.pk])
    assert url in client.get(page).content.decode()
    assert "Both contacts are put back as they were" in client.get(url).content.decode()

    client.post(url)

    anna.refresh_from_db()
    twin.refresh_from_db()
    assert (anna.job_title, anna.phones.count(), twin.deleted_at) == ("", 0, None)
    for one in (anna, twin):
        page = reverse("admin:contacts_sync_contact_change", args=[one.pk])
        assert "put-back" not in client.get(page).content.decode()


def test_who_is_not_the_same_is_not_asked_about_again(enter, anna, twin):
    client = enter("operator")
    assert "Anna Berg" in client.get(PAGE).content.decode()

    answer = client.post(APART, pair(anna, twin))

    assert "not the same" in told(answer)
    assert "No contact looks like another one." in client.get(PAGE).content.decode()
    apart = client.get(PAGE, {"show": "apart"}).content.decode()
    assert "Anna Berg" in apart and "Ask again" in apart

    client.post(APART, pair(anna, twin) | {"forget": "yes"})

    assert "Anna Berg" in client.get(PAGE).content.decode()


def told_apart(client):
    """The pairs under "Told apart", by number."""
    page = client.get(PAGE, {"show": "apart"})
    return [{one.pk for one, _in in group["contacts"]} for group in page.context["groups"]]


def test_whoever_differs_from_the_dropped_contact_differs_from_the_kept_one(enter, anna, twin):
    client = enter("operator")
    third = Contact.objects.create(first_name="Anna", last_name="Berg")
    client.post(APART, pair(twin, third))

    client.post(MERGE, filled(client, anna, twin))

    assert "No contact looks like another one." in client.get(PAGE).content.decode()
    assert told_apart(client) == [{anna.pk, third.pk}]


def test_undoing_a_merge_takes_back_the_answers_that_it_handed_on(enter, anna, twin):
    client = enter("operator")
    third = Contact.objects.create(first_name="Anna", last_name="Berg")
    client.post(APART, pair(twin, third))
    client.post(MERGE, filled(client, anna, twin))

    record = SyncChange.objects.get(action="merge")
    client.post(reverse("admin:contacts_sync_contact_put_back", args=[record.pk]))

    assert told_apart(client) == [{twin.pk, third.pk}]


def test_an_outlook_contact_that_differs_from_the_dropped_one_differs_from_the_kept_one(
    enter, anna, twin, connect, link, people
):
    third = Contact.objects.create(first_name="Anna", last_name="Berg")
    there = link(connect(), third)
    distinct.tell_apart_there(twin, there.connection, there.remote_id, people["operator"])
    client = enter("operator")

    client.post(MERGE, filled(client, anna, twin))

    assert told_apart(client) == [{anna.pk, third.pk}]


def test_who_differs_from_the_outlook_contact_of_the_dropped_one_differs_from_the_kept_one(
    enter, anna, twin, connect, link, people
):
    third = Contact.objects.create(first_name="Anna", last_name="Berg")
    mailbox = connect()
    link(mailbox, anna)
    there = link(mailbox, twin)
    distinct.tell_apart_there(third, there.connection, there.remote_id, people["operator"])
    client = enter("operator")

    client.post(MERGE, filled(client, anna, twin))

    assert told_apart(client) == [{anna.pk, third.pk}]


def test_both_are_told_apart_where_a_merge_is_undone(enter, anna, twin):
    client = enter("operator")
    client.post(MERGE, filled(client, anna, twin))
    record = SyncChange.objects.get(action="merge")

    page = client.get(reverse("admin:contacts_sync_contact_put_back", args=[record.pk]))

    text = page.content.decode()
    assert f"Anna Berg #{anna.pk} gets its values" in text
    assert f"Anna Berg #{twin.pk} comes back" in text


@pytest.mark.parametrize("numbers", [[], ["x"], ["1"]])
def test_one_alone_is_not_told_apart(enter, numbers):
    answer = enter("operator").post(APART, {"contact": numbers})

    assert answer.url == PAGE
    assert not Distinct.objects.exists()


def test_a_reader_tells_nobody_apart(enter, anna, twin):
    assert enter("reader").post(APART, pair(anna, twin)).status_code == 403


def test_two_of_the_list_are_merged(enter, anna, twin):
    url = reverse("admin:contacts_sync_contact_changelist")
    chosen = {"action": "merge", "_selected_action": [anna.pk, twin.pk]}

    answer = enter("operator").post(url, chosen)

    assert answer.url == f"{MERGE}?contact={anna.pk}&contact={twin.pk}"


@pytest.mark.parametrize("number", [1, 3])
def test_other_numbers_than_two_are_not_merged(enter, anna, twin, number):
    three = [anna, twin, Contact.objects.create(first_name="Bea")]
    url = reverse("admin:contacts_sync_contact_changelist")
    chosen = {"action": "merge", "_selected_action": [one.pk for one in three[:number]]}

    answer = enter("operator").post(url, chosen)

    assert "exactly two" in told(answer)


@pytest.mark.parametrize("numbers", [[], ["x"], ["1"], ["999999", "999998"]])
def test_what_is_no_pair_leads_back(enter, numbers):
    assert enter("operator").get(MERGE, {"contact": numbers}).url == PAGE


def test_a_person_and_a_company_are_no_pair(enter, anna):
    firm = Contact.objects.create(kind="company", name="Anna Berg")

    assert enter("operator").get(MERGE, pair(anna, firm)).url == PAGE


def test_many_groups_cost_as_many_queries_as_one(enter, anna, twin, django_assert_max_num_queries):
    for number in range(40):
        for _twin in range(2):
            Contact.objects.create(first_name=f"P{number}", last_name="Poe")
    client = enter("operator")

    with django_assert_max_num_queries(20):
        client.get(PAGE)
    with django_assert_max_num_queries(20):
        client.get(MERGE, pair(anna, twin))
