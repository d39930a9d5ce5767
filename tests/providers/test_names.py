"""The names that Outlook shows follow only when nobody chose them (rule R17)."""

from __future__ import annotations

import pytest

from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.providers.microsoft365.names import (
    compose,
    filed_after,
    sheet,
    shown_after,
)

PARTS = {
    "prefix": "Dr.",
    "first_name": "Ada",
    "middle_name": "Q.",
    "last_name": "Ash",
    "suffix": "Jr.",
    "company": "Acme",
}


def of(email="", **scalars):
    return sheet(RemoteRecord(scalars, {"emails": (RemoteValue("any", email),)} if email else {}))


OLD, NEW = of("a@x.example", **PARTS), of("a@x.example", **{**PARTS, "last_name": "Oak"})


@pytest.mark.parametrize(
    ("shown", "after"),
    [
        ("Dr. Ada Q. Ash Jr.", "Dr. Ada Q. Oak Jr."),
        ("Ada Q. Ash", "Ada Q. Oak"),
        ("Ada Ash", "Ada Oak"),
        ("  Ada   Ash ", "Ada Oak"),
        ("Ash Ada", "Ash Ada"),
        ("Ada from the court", "Ada from the court"),
        ("Acme", "Acme"),
        ("a@x.example", "a@x.example"),
        ("", "Dr. Ada Q. Oak Jr."),
    ],
)
def test_the_shown_name_follows_a_new_last_name_in_its_own_form(shown, after):
    assert shown_after(shown, OLD, NEW) == after


@pytest.mark.parametrize(
    ("filed", "after"),
    [
        ("Ash, Ada Q.", "Oak, Ada Q."),
        ("Ash, Ada", "Oak, Ada"),
        ("Dr. Ada Q. Ash Jr.", "Dr. Ada Q. Oak Jr."),
        ("Ash, Ada Q. (Acme)", "Oak, Ada Q. (Acme)"),
        ("Acme (Ash, Ada Q.)", "Acme (Oak, Ada Q.)"),
        ("Acme", "Acme"),
        ("Cooper, Sheldon B ", "Cooper, Sheldon B "),
        ("", ""),
    ],
)
def test_the_filing_name_follows_in_the_form_the_person_chose(filed, after):
    assert filed_after(filed, OLD, NEW) == after


def test_names_that_did_not_change_are_sent_back_as_they_are():
    assert shown_after(" Ada  Ash", OLD, OLD) == " Ada  Ash"


def test_a_name_composed_of_nothing_any_more_falls_back():
    old, new = of("a@x.example", first_name="Ada"), of("a@x.example")

    assert shown_after("Ada", old, new) == "a@x.example"


def test_a_company_that_became_a_person_keeps_its_shown_name():
    old, new = of(name="Acme"), of(first_name="Ada", company="Acme")

    assert shown_after("Acme", old, new) == "Acme"


@pytest.mark.parametrize(
    ("scalars", "shown", "filed"),
    [
        ({"first_name": "Ada", "last_name": "Ash"}, "Ada Ash", "Ash, Ada"),
        ({"first_name": "Ada"}, "Ada", "Ada"),
        ({"last_name": "Ash", "prefix": "Dr."}, "Dr. Ash", "Ash"),
        ({"prefix": "Dr."}, "Dr.", "Dr."),
        ({"first_name": "Ada", "company": "Acme"}, "Ada", "Ada"),
        ({"company": "Acme"}, "Acme", "Acme"),
        ({"name": "Acme"}, "Acme", "Acme"),
        ({"name": "Acme", "first_name": "Ada"}, "Acme", "Acme"),
        ({"first_name": " Ada ", "last_name": "von\tAsh"}, "Ada von Ash", "von Ash, Ada"),
        ({}, "", ""),
    ],
)
def test_names_of_a_new_contact(scalars, shown, filed):
    assert compose(of(**scalars)) == (shown, filed)
