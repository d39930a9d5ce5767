"""The contact list and form: finding, editing, and two people at once."""

from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Contact, EmailAddress, PhoneNumber, SyncChange

pytestmark = pytest.mark.django_db

LIST = "admin:contacts_sync_contact_changelist"


@pytest.fixture
def form(client):
    """Open a contact's form and give what a browser would send."""

    def fields(url):
        page = client.get(url)
        assert page.status_code == 200
        data = {}
        for field in page.context["adminform"].form:
            data[field.html_name] = "" if field.value() is None else field.value()
        for inline in page.context["inline_admin_formsets"]:
            formset = inline.formset
            for field in formset.management_form:
                data[field.html_name] = field.value()
            for one in formset.forms:
                for field in one:
                    value = field.value()
                    if value is True:
                        data[field.html_name] = "on"
                    elif value not in (False, None):
                        data[field.html_name] = value
        return data

    return fields


def change_url(contact):
    return reverse("admin:contacts_sync_contact_change", args=[contact.pk])


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def names(answer):
    return [str(contact) for contact in answer.context["cl"].result_list]


# --- finding ---


@pytest.mark.parametrize("term", ["555 0199", "(555) 0199", "5550199", "+1 555-0199", "0199"])
def test_a_phone_number_is_found_however_it_is_typed(enter, anna, term):
    PhoneNumber.objects.create(contact=anna, number="+1 (555) 0199")
    Contact.objects.create(first_name="Other")

    answer = enter("reader").get(reverse(LIST), {"q": term})

    assert names(answer) == ["Anna Berg"]


@pytest.mark.parametrize("term", ["berg", "anna berg", "ANNA@x"])
def test_a_name_or_an_address_is_found(enter, anna, term):
    Contact.objects.create(first_name="Other")

    answer = enter("reader").get(reverse(LIST), {"q": term})

    assert names(answer) == ["Anna Berg"]


def test_the_list_leaves_out_the_trash_until_asked(enter, anna):
    Contact.objects.create(first_name="Zoe").delete()
    client = enter("reader")

    usual, trash = client.get(reverse(LIST)), client.get(reverse(LIST), {"trash": "yes"})

    assert (names(usual), names(trash)) == (["Anna Berg"], ["Zoe"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"outlook": "in"}, ["Linked"]),
        ({"outlook": "none"}, ["Held", "Home"]),
        ({"attention": "held"}, ["Held"]),
        ({"attention": "problem"}, ["Linked"]),
    ],
)
def test_the_list_is_filtered_by_where_contacts_stand_in_outlook(
    enter, connect, link, query, found
):
    mailbox = connect()
    Contact.objects.create(first_name="Home")
    link(mailbox, Contact.objects.create(first_name="Linked"), problem="Refused.")
    link(mailbox, Contact.objects.create(first_name="Held"), state="held")

    answer = enter("reader").get(reverse(LIST), query)

    assert names(answer) == found


# --- editing ---


def test_saving_records_what_a_person_changed(enter, anna, form, people):
    client = enter("member")
    data = form(change_url(anna)) | {"first_name": "Anne"}

    client.post(change_url(anna), data)

    change = SyncChange.objects.get()
    assert Contact.objects.get().first_name == "Anne"
    assert (change.before, change.after) == ({"first_name": "Anna"}, {"first_name": "Anne"})
    assert (change.actor, change.action, change.side) == (people["member"], "update", "here")


def test_saving_without_a_change_records_nothing(enter, anna, form):
    client = enter("member")

    answer = client.post(change_url(anna), form(change_url(anna)))

    assert answer.status_code == 302
    assert not SyncChange.objects.exists()


def test_saving_writes_no_column_but_the_edited_ones(enter, anna, form, django_assert_num_queries):
    client = enter("member")
    data = form(change_url(anna)) | {"first_name": "Anne"}
    Contact.objects.filter(pk=anna.pk).update(from_company_name=True)

    client.post(change_url(anna), data | {"revision": Contact.objects.get().revision})

    assert Contact.objects.get().from_company_name


def test_adding_a_person_and_a_company(enter, form):
    client = enter("member")
    add = reverse("admin:contacts_sync_contact_add")

    client.post(add, form(add) | {"first_name": "Ben", "kind": "person"})
    client.post(add, form(f"{add}?kind=company") | {"name": "Acme", "kind": "company"})

    kinds = Contact.objects.order_by("pk").values_list("kind", "first_name", "name")
    assert list(kinds) == [("person", "Ben", ""), ("company", "", "Acme")]
    assert SyncChange.objects.filter(action="add").count() == 2


def test_somebody_without_a_name_is_not_added(enter, form):
    client = enter("member")
    add = reverse("admin:contacts_sync_contact_add")

    answer = client.post(add, form(add) | {"kind": "person"})

    assert "Enter a name or a company." in answer.content.decode()
    assert not Contact.objects.exists()


def _second_email(data, **fields):
    return data | {
        "emails-TOTAL_FORMS": 2,
        "emails-1-address": "second@x.example",
        "emails-1-label": "Home",
        "emails-1-contact": data["emails-0-contact"],
        **fields,
    }


def test_only_one_address_can_be_primary(enter, anna, form):
    client = enter("member")
    data = _second_email(form(change_url(anna)), **{"emails-1-primary": "on"})

    answer = client.post(change_url(anna), data)

    assert "Only one can be primary." in answer.content.decode()
    assert EmailAddress.objects.count() == 1


def test_primary_moves_to_another_address(enter, anna, form):
    client = enter("member")
    EmailAddress.objects.create(contact=anna, address="second@x.example")
    data = form(change_url(anna))
    del data["emails-0-primary"]

    client.post(change_url(anna), data | {"emails-1-primary": "on"})

    assert EmailAddress.objects.get(primary=True).address == "second@x.example"


def test_primary_moves_to_an_older_address(enter, anna, form):
    older = EmailAddress.objects.get()
    EmailAddress.objects.filter(pk=older.pk).update(primary=False)
    EmailAddress.objects.create(contact=anna, address="second@x.example", primary=True)
    client = enter("member")
    data = form(change_url(anna))
    del data["emails-1-primary"]

    client.post(change_url(anna), data | {"emails-0-primary": "on"})

    assert EmailAddress.objects.get(primary=True) == older


def test_a_doubtful_email_address_is_kept_as_typed_with_a_warning(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {"emails-0-address": "anna(at)x.example"}

    answer = client.post(change_url(anna), data)

    assert EmailAddress.objects.get().address == "anna(at)x.example"
    assert "does not look like an e-mail address" in told(answer)


def test_a_doubtful_phone_number_is_kept_as_typed_with_a_warning(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {
        "phones-TOTAL_FORMS": 1,
        "phones-0-number": " 12-34 ",
        "phones-0-label": "Work",
        "phones-0-contact": anna.pk,
    }

    answer = client.post(change_url(anna), data)

    assert PhoneNumber.objects.get().number == "12-34"
    assert "does not look like a complete phone number" in told(answer)


def test_the_page_says_what_stays_home_and_why(enter, anna):
    for number in range(3):
        EmailAddress.objects.create(contact=anna, address=f"{number}@x.example")
    PhoneNumber.objects.create(contact=anna, number="555", label="Fax")

    page = enter("reader").get(change_url(anna)).content.decode()

    assert page.count("Outlook has room for 3 of these.") == 1
    assert "Outlook has no place for the label Fax." in page


def test_a_person_keeps_a_company_that_went_to_the_trash(enter, anna, form):
    company = Contact.objects.create(kind="company", name="Acme")
    Contact.objects.filter(pk=anna.pk).update(company=company)
    company.delete()
    client = enter("member")

    client.post(change_url(anna), form(change_url(anna)) | {"first_name": "Anne"})

    anna.refresh_from_db()
    assert (anna.first_name, anna.company) == ("Anne", company)


def test_a_reader_cannot_save(enter, anna):
    answer = enter("reader").post(change_url(anna), {"first_name": "X"})

    assert answer.status_code == 403


# --- two people at once ---


def _meanwhile(contact, **fields):
    revision = Contact.objects.get(pk=contact.pk).revision + 1
    Contact.objects.filter(pk=contact.pk).update(revision=revision, **fields)


def _plain(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_what_somebody_changed_meanwhile_is_not_overwritten(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {"first_name": "Anne"}
    _meanwhile(anna, first_name="Annika")

    answer = client.post(change_url(anna), data)

    assert Contact.objects.get().first_name == "Annika"
    assert "First name: now “Annika”; you entered “Anne”." in _plain(answer)


def test_submitting_again_saves_and_keeps_what_only_the_other_person_touched(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {"first_name": "Anne"}
    _meanwhile(anna, job_title="Judge")
    answer = client.post(change_url(anna), data)
    again = {
        field.html_name: "" if field.value() is None else field.value()
        for field in answer.context["adminform"].form
    }

    client.post(change_url(anna), data | again)

    contact = Contact.objects.get()
    assert (contact.first_name, contact.job_title) == ("Anne", "Judge")


def test_an_address_added_meanwhile_is_shown_and_kept(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {"emails-0-address": "mine@x.example"}
    EmailAddress.objects.create(contact=anna, address="theirs@x.example")
    _meanwhile(anna)

    answer = client.post(change_url(anna), data)

    page = _plain(answer)
    assert "E-mail: now “anna@x.example”, “theirs@x.example”; you entered “mine@x.example”." in page
    assert 'value="theirs@x.example"' in page
    assert EmailAddress.objects.filter(address="anna@x.example").exists()


def test_a_new_revision_without_another_value_is_no_obstacle(enter, anna, form):
    client = enter("member")
    data = form(change_url(anna)) | {"first_name": "Anne"}
    _meanwhile(anna)

    answer = client.post(change_url(anna), data)

    assert answer.status_code == 302
    assert Contact.objects.get().first_name == "Anne"
