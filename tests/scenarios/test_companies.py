"""Companies by name (R12)."""

from __future__ import annotations

import pytest

from contacts_sync.models import Contact, SyncChange
from tests.scenarios.worlds import card, firm, person


def companies():
    return Contact.objects.alive().filter(kind="company").order_by("pk")


def test_a_company_name_links_to_the_oldest_living_company(world):
    old = firm("Ash Ltd")
    old.delete()
    middle, _young = firm("Ash Ltd"), firm("Ash Ltd")
    world.mailbox.put(card("Anna", "Ash", companyName="Ash  Ltd"))

    world.start()

    assert Contact.objects.get(first_name="Anna").company == middle


def test_the_present_company_stays_if_its_name_fits(world):
    firm("Ash Ltd")
    contact = person("Anna", "Ash", company="Birch Ltd")
    young = firm("Ash Ltd")
    world.start()

    Contact.objects.filter(pk=contact.pk).update(company=young)
    world.run()
    world.edit(contact, companyName="Ash Ltd ")
    world.run()

    contact.refresh_from_db()
    assert contact.company == young


@pytest.mark.parametrize("name", ["Caf\u00e9 Ltd", "Cafe\u0301 Ltd", " Caf\u00e9  Ltd"])
def test_a_company_is_found_however_its_name_is_composed(world, name):
    present = firm(name)
    world.mailbox.put(card("Anna", "Ash", companyName="Caf\u00e9 Ltd"))

    world.start()

    assert Contact.objects.get(first_name="Anna").company == present


def test_a_new_company_counts_as_added_and_stays_home(world):
    for first in ("Anna", "Ben"):
        world.mailbox.put(card(first, "Ash", companyName="Ash Ltd"))

    run = world.start()

    assert run.added_here == 3
    assert companies().count() == 1
    assert run.added_there == 0
    assert SyncChange.objects.filter(run=run, reason="company of a person").count() == 1
    assert world.is_quiet()


def test_a_company_that_stays_home_is_written_once_it_has_a_detail(world):
    world.mailbox.put(card("Anna", "Ash", companyName="Ash Ltd"))
    world.start()

    companies().get().emails.create(address="info@ash.example", label="Work")
    run = world.run()

    assert run.added_there == 1
    assert world.outlook(givenName=None)["companyName"] == "Ash Ltd"
    assert world.is_quiet()


def test_a_company_that_a_person_entered_is_written_like_any_contact(world):
    firm("Ash Ltd")

    run = world.start()

    assert run.added_there == 1
    shown = world.outlook()
    assert [shown[name] for name in ("companyName", "displayName", "fileAs")] == ["Ash Ltd"] * 3
    assert world.is_quiet()


def test_a_company_that_arrives_with_its_people_is_made_once(world):
    world.mailbox.put(card("Anna", "Ash", companyName="Ash Ltd"))
    world.mailbox.put(card("", "", "info@ash.example", companyName="Ash Ltd"))

    run = world.start()

    assert run.added_here == 2
    assert Contact.objects.get(first_name="Anna").company == companies().get()
    assert world.is_quiet()


def test_renaming_a_company_pushes_its_people(world):
    ash = firm("Ash Ltd")
    people = [person(first, "Ash", company=ash) for first in ("Anna", "Ben")]
    world.start()

    Contact.objects.filter(pk=ash.pk).update(name="Oak Ltd")
    run = world.run()

    assert run.updated_there == 3
    assert [world.shown(one)["companyName"] for one in (ash, *people)] == ["Oak Ltd"] * 3
    assert world.is_quiet()


def test_a_company_renamed_in_outlook_is_renamed_here_and_so_for_its_people(world):
    ash = firm("Ash Ltd")
    anna = person("Anna", "Ash", company=ash)
    world.start()

    world.edit(ash, companyName="Oak Ltd")
    world.run()
    world.run()

    assert world.shown(anna)["companyName"] == "Oak Ltd"
    assert world.is_quiet()


def test_a_cleared_company_is_cleared_and_the_company_stays(world):
    anna = person("Anna", "Ash", company="Ash Ltd")
    world.start()

    world.edit(anna, companyName="")
    world.run()

    anna.refresh_from_db()
    assert anna.company is None
    assert companies().count() == 1
    assert world.is_quiet()


def test_a_company_in_the_trash_keeps_its_people_as_they_are(world):
    ash = firm("Ash Ltd")
    anna = person("Anna", "Ash", company=ash)
    world.start()

    ash.delete()
    run = world.run()

    assert run.deleted_there == 1
    assert world.shown(anna)["companyName"] == "Ash Ltd"
    assert world.is_quiet()


def test_a_person_without_a_name_but_with_a_company_is_a_company(world):
    world.mailbox.put(card("", "", companyName="Ash Ltd"))
    world.mailbox.put(card("", "", companyName="Birch Ltd", title="Dr."))

    world.start()

    assert sorted(Contact.objects.values_list("kind", "name")) == [
        ("company", "Ash Ltd"),
        ("company", "Birch Ltd"),
        ("person", ""),
    ]
