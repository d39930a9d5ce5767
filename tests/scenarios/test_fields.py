"""Fields: what has room in Outlook, what stays home, and how values keep their identity (R7–R9)."""

from __future__ import annotations

import datetime

import pytest

from contacts_sync.models import Contact, PhoneNumber, PostalAddress
from tests.scenarios.worlds import card, person, texts, values

ONE, TWO, THREE = "212-555-0101", "212-555-0102", "212-555-0103"


# --- Room ---------------------------------------------------------------------------------------


def test_the_newest_work_phone_that_is_not_primary_stays_home(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO, THREE])

    world.start()

    assert world.shown(contact)["businessPhones"] == [ONE, TWO]
    assert texts(contact, "phones") == [ONE, TWO, THREE]
    assert world.is_quiet()


def test_the_primary_gets_room_however_new_it_is(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO, THREE])
    contact.phones.update(primary=False)
    contact.phones.filter(number=THREE).update(primary=True)

    world.start()

    assert set(world.shown(contact)["businessPhones"]) == {ONE, THREE}


def test_a_value_that_becomes_primary_sends_the_newest_other_home(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO, THREE])
    world.start()

    contact.phones.update(primary=False)
    contact.phones.filter(number=THREE).update(primary=True)
    world.run()

    assert set(world.shown(contact)["businessPhones"]) == {ONE, THREE}
    assert texts(contact, "phones") == [ONE, TWO, THREE]
    assert world.is_quiet()


@pytest.mark.parametrize("label", ["Fax", "Pager", "Skype", "Other"])
def test_phones_with_a_label_that_outlook_lacks_stay_home(world, label):
    contact = person("Anna", "Ash", phones=[ONE, (label, TWO)])
    world.start()

    world.edit(contact, jobTitle="Judge", businessPhones=[ONE, THREE])
    world.run()

    shown = world.shown(contact)
    assert shown["businessPhones"] == [ONE, THREE]
    assert (shown["mobilePhone"] or "", shown["homePhones"]) == ("", [])
    assert values(contact, "phones")[1] == (label, TWO, False)
    assert world.is_quiet()


def test_a_billing_address_and_a_second_work_address_stay_home(world):
    contact = person("Anna", "Ash")
    for label, street in (("Billing", "1 Main St"), ("Work", "2 Main St"), ("Work", "3 Main St")):
        contact.addresses.create(label=label, street=street)

    world.start()
    world.edit(contact, businessAddress={"street": "4 Main St"})
    world.run()

    assert list(contact.addresses.order_by("pk").values_list("label", "street")) == [
        ("Billing", "1 Main St"),
        ("Work", "4 Main St"),
        ("Work", "3 Main St"),
    ]
    assert world.is_quiet()


def test_the_fourth_e_mail_stays_home_and_is_never_read_as_deleted(world):
    contact = person("Anna", "Ash", [f"a{n}@example.com" for n in range(1, 5)])
    world.start()

    world.edit(contact, jobTitle="Judge")
    world.run()

    assert len(world.shown(contact)["emailAddresses"]) == 3
    assert len(texts(contact, "emails")) == 4
    assert world.is_quiet()


def test_room_that_is_freed_here_is_taken_by_the_next(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO, THREE])
    world.start()

    contact.phones.filter(number=TWO).delete()
    world.run()

    assert world.shown(contact)["businessPhones"] == [ONE, THREE]
    assert world.is_quiet()


def test_room_that_is_freed_in_outlook_is_taken_by_the_next_and_the_deleted_stays_deleted(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO, THREE])
    world.start()

    world.edit(contact, businessPhones=[TWO])
    run = world.run()

    assert (run.updated_here, run.updated_there) == (1, 1)
    assert world.shown(contact)["businessPhones"] == [TWO, THREE]
    assert texts(contact, "phones") == [TWO, THREE]
    assert world.is_quiet()


def test_a_value_deleted_in_outlook_does_not_come_back(world):
    contact = person("Anna", "Ash", phones=[ONE, TWO])
    world.start()

    world.edit(contact, businessPhones=[TWO])
    world.run()
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    world.run()

    assert world.shown(contact)["businessPhones"] == [TWO]
    assert texts(contact, "phones") == [TWO]


def test_at_first_link_what_stands_in_outlook_keeps_its_room(world):
    contact = person("Anna", "Ash", ["anna@example.com"], [ONE, TWO])
    world.mailbox.put(card("Anna", "Ash", "anna@example.com", businessPhones=[THREE]))

    world.start()

    assert world.shown(contact)["businessPhones"] == [THREE, ONE]
    assert sorted(texts(contact, "phones")) == [ONE, TWO, THREE]
    assert world.is_quiet()


def test_a_cleared_field_is_cleared_on_the_other_side(world):
    contact = person("Anna", "Ash", ["anna@example.com"], [ONE], job_title="Judge", department="A")
    world.start()

    Contact.objects.filter(pk=contact.pk).update(job_title="")
    contact.phones.all().delete()
    world.edit(contact, department="", emailAddresses=[])
    world.run()

    contact.refresh_from_db()
    shown = world.shown(contact)
    assert (contact.department, texts(contact, "emails")) == ("", [])
    assert (shown["jobTitle"] or "", shown["businessPhones"]) == ("", [])
    assert world.is_quiet()


# --- Identity of values -------------------------------------------------------------------------


def test_what_arrives_is_never_primary_and_gets_the_label_of_its_slot(world):
    remote_id = world.mailbox.put(
        card(
            "Anna",
            "Ash",
            "a@example.com",
            businessPhones=[ONE],
            homePhones=[TWO],
            mobilePhone=THREE,
            imAddresses=["anna"],
            businessHomePage="https://ash.example",
        )
    )

    world.start()

    contact = Contact.objects.get()
    assert world.remote_id(contact) == remote_id
    assert sorted(values(contact, "phones")) == [
        ("Home", TWO, False),
        ("Mobile", THREE, False),
        ("Work", ONE, False),
    ]
    assert values(contact, "emails") == [("Other", "a@example.com", False)]
    assert values(contact, "messengers") == [("Other", "anna", False)]
    assert values(contact, "websites") == [("Work", "https://ash.example", False)]


def test_an_edit_in_place_keeps_row_label_and_primary(world):
    contact = person("Anna", "Ash", ["anna@example.com", "ash@example.com"])
    row = contact.emails.get(primary=True)
    world.start()

    world.edit(
        contact,
        emailAddresses=[{"address": "anne@example.com"}, {"address": "ash@example.com"}],
    )
    world.run()

    row.refresh_from_db()
    assert (row.address, row.label, row.primary) == ("anne@example.com", "Work", True)
    assert contact.emails.count() == 2
    assert world.is_quiet()


def test_reordering_in_outlook_keeps_the_primary_and_writes_nothing(world):
    contact = person("Anna", "Ash", ["anna@example.com", "ash@example.com"])
    world.start()

    world.edit(
        contact,
        emailAddresses=[{"address": "ash@example.com"}, {"address": "anna@example.com"}],
    )
    run = world.run()

    assert not any(run.counts.values())
    assert contact.emails.get(primary=True).address == "anna@example.com"
    assert world.is_quiet()


def test_a_number_moved_to_another_slot_gets_its_label_and_keeps_its_row(world):
    contact = person("Anna", "Ash", phones=[ONE])
    row = contact.phones.get()
    world.start()

    world.edit(contact, businessPhones=[], mobilePhone=ONE)
    world.run()

    row.refresh_from_db()
    assert (row.number, row.label, row.primary) == (ONE, "Mobile", True)
    assert world.is_quiet()


def test_a_new_label_here_moves_the_number_in_outlook(world):
    contact = person("Anna", "Ash", phones=[ONE])
    world.start()

    contact.phones.update(label="Home")
    world.run()

    assert (world.shown(contact)["businessPhones"], world.shown(contact)["homePhones"]) == (
        [],
        [ONE],
    )
    assert world.is_quiet()


def test_one_number_written_in_two_ways_is_one_number(world):
    contact = person("Anna", "Ash", ["anna@example.com"], ["(212) 555-0101"])
    world.mailbox.put(card("Anna", "Ash", "anna@example.com", businessPhones=["+1 212 555 0101"]))

    world.start()

    assert texts(contact, "phones") == ["(212) 555-0101"]
    assert world.shown(contact)["businessPhones"] == ["+1 212 555 0101"]
    PhoneNumber.objects.update(number="212.555.0101")
    assert world.run().updated_there == 0, "it is still the same number"


# --- Birthdays and addresses --------------------------------------------------------------------


def test_a_birthday_is_a_date_on_both_sides(world):
    anna = person("Anna", "Ash", birthday=datetime.date(1980, 2, 29))
    world.mailbox.put(card("Ben", "Birch", birthday="1975-12-31T00:00:00Z"))
    world.start()

    assert world.shown(anna)["birthday"].startswith("1980-02-29T11:59")
    assert Contact.objects.get(first_name="Ben").birthday == datetime.date(1975, 12, 31)
    world.edit(anna, birthday="1981-03-01T00:00:00Z")
    world.run()
    anna.refresh_from_db()
    assert anna.birthday == datetime.date(1981, 3, 1)
    assert world.is_quiet()


@pytest.mark.parametrize("year", ["0001", "1604"])
def test_a_birthday_in_a_year_that_means_none_is_none(world, year):
    world.mailbox.put(card("Anna", "Ash", birthday=f"{year}-05-05T11:59:00Z"))

    world.start()

    assert Contact.objects.get().birthday is None
    assert world.is_quiet()


@pytest.fixture
def address(world):
    contact = person("Anna", "Ash")
    row = contact.addresses.create(
        label="Work", street="1 Main St", city="Boston", postal_code="02101", primary=True
    )
    world.start()
    return row


def test_an_address_changed_on_one_side_is_merged_by_part(world, address):
    contact = address.contact
    world.edit(
        contact,
        businessAddress={"street": "2 Main St", "city": "Boston", "postalCode": "02101"},
    )

    world.run()

    address.refresh_from_db()
    assert (address.street, address.city, address.primary) == ("2 Main St", "Boston", True)
    PostalAddress.objects.filter(pk=address.pk).update(city="Salem")
    world.run()
    shown = world.shown(contact)["businessAddress"]
    assert (shown["street"], shown["city"]) == ("2 Main St", "Salem")
    assert world.is_quiet()


def test_an_address_changed_on_both_sides_is_one_conflict(world, address):
    contact = address.contact
    PostalAddress.objects.filter(pk=address.pk).update(city="Salem")
    world.edit(
        contact,
        businessAddress={"street": "2 Main St", "city": "Boston", "postalCode": "02101"},
    )

    run = world.run()

    address.refresh_from_db()
    assert run.conflicts == 1
    assert (address.street, address.city) == ("1 Main St", "Salem")
    shown = world.shown(contact)["businessAddress"]
    assert (shown["street"], shown["city"]) == ("1 Main St", "Salem")
    assert world.is_quiet()


# --- Odd contacts -------------------------------------------------------------------------------


def test_empty_outlook_contacts_are_skipped_until_they_have_something(world):
    remote_id = world.mailbox.put({"personalNotes": "Who?"})

    run = world.start()
    world.mailbox.put({"givenName": "Anna"}, remote_id)

    assert run.added_here == 0
    assert world.run().added_here == 1


def test_a_contact_that_would_be_empty_in_outlook_stays_home_until_it_is_not(world):
    contact = Contact.objects.create()
    contact.phones.create(label="Fax", number=ONE)
    contact.addresses.create(label="Billing", street="1 Main St")

    run = world.start()
    Contact.objects.filter(pk=contact.pk).update(first_name="Anna")

    assert run.added_there == 0
    assert world.run().added_there == 1
    assert world.is_quiet()


def test_exchange_addresses_and_odd_characters_are_left_out_and_kept_there(world):
    remote_id = world.mailbox.put(
        card("An\x00na", "Ash", "/o=Firm/ou=Exchange/cn=anna", "a@example.com")
    )
    world.start()

    contact = Contact.objects.get()
    assert (contact.first_name, texts(contact, "emails")) == ("Anna", ["a@example.com"])
    Contact.objects.update(job_title="Judge")
    contact.emails.create(address="b@example.com", label="Work")
    world.run()
    addresses = [one["address"] for one in world.mailbox.get(remote_id)["emailAddresses"]]
    assert addresses == ["/o=Firm/ou=Exchange/cn=anna", "a@example.com", "b@example.com"]
    assert world.is_quiet()
