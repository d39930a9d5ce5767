"""Tables of a kind nobody knows: what their columns seem to hold, and reading them by a mapping."""

from __future__ import annotations

import json

import pytest

from contacts_sync.files import (
    TITLES,
    DraftValue,
    NeedsMapping,
    UnknownFormat,
    detect,
    look,
    read_table,
    table_guess,
)


def roles(headings, *rows):
    guess = table_guess(headings.split("|"), [row.split("|") for row in rows])
    return [column["role"] for column in guess.values()]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("First|Last|Email|Cell|Office Phone|Zip", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Vorname|Name|Mail privat|Handy|Tel. geschäftlich|PLZ privat", "first_name last_name emails.Home phones.Mobile phones.Work addresses.Home.postal_code"),
        ("Prénom|Nom de famille|Courriel|Portable|Tél. bureau|Code postal", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Nombre|Apellidos|Correo electrónico|Móvil|Teléfono trabajo|Código postal", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Nome|Cognome|Indirizzo email|Cellulare|Telefono ufficio|CAP", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Voornaam|Achternaam|E-mailadres|Mobiel|Telefoon zakelijk|Postcode", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Imię|Nazwisko|E-mail|Telefon komórkowy|Telefon służbowy|Kod pocztowy", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("Имя|Фамилия|Почта|Мобильный|Рабочий телефон|Индекс", "first_name last_name emails.Other phones.Mobile phones.Work addresses.Other.postal_code"),
        ("first_name|lastName|E_MAIL_1|company_name|home-fax|DOB", "first_name last_name emails.Other company phones.Fax birthday"),
        ("Client Name|Company|Billing Street|Billing City|Position|Client Number", "name company addresses.Billing.street addresses.Billing.city job_title none"),
        ("Kanzlei|Straße|Hausnummer|Ort|Bundesland|Land", "company addresses.Other.street addresses.Other.street addresses.Other.city addresses.Other.region addresses.Other.country"),
    ],
)  # fmt: skip
def test_headings_are_understood_in_many_languages(headings, expected):
    assert roles(headings) == expected.split()


def test_values_tell_what_a_heading_does_not():
    found = roles(
        "A|B|C|D",
        "a@x.example|+1 604 555 0100|https://x.example|Anna",
        "b@x.example|(604) 555-0101|www.x.example|Bo",
    )

    assert found == ["emails.Other", "phones.Other", "websites.Other", "none"]


def test_values_outweigh_a_heading_that_they_contradict():
    assert roles("Phone|Mail", "a@x.example|604 555 0100", "b@x.example|604 555 0101") == [
        "emails.Other",
        "phones.Other",
    ]


def test_a_title_is_a_form_of_address_or_a_position_by_its_values():
    assert roles("Title|Title", "Mr.|Judge", "Dr|Clerk") == ["prefix", "job_title"]


def test_values_that_agree_make_a_guess_certain():
    sure = table_guess(["Mail"], [["a@x.example"]])["Mail"]["certainty"]
    unsure = table_guess(["Mail"], [["see notes"], ["-"], ["?"]])["Mail"]["certainty"]

    assert sure > 0.95 > 0.5 > unsure


def test_a_field_with_room_for_one_goes_to_the_surer_column():
    guess = table_guess(["Company of her husband", "Company"], [])

    assert [column["role"] for column in guess.values()] == ["none", "company"]


def test_columns_without_or_with_the_same_heading_have_names_of_their_own():
    guess = table_guess(["Phone", "", "Phone"], [])

    assert list(guess) == ["Phone", "Column 2", "Phone (2)"]


def test_a_mapping_is_plain_data_and_all_its_roles_have_titles():
    guess = table_guess(["Mail", "Tel", "x"], [])

    assert json.loads(json.dumps(guess)) == guess
    assert {column["role"] for column in guess.values()} <= set(TITLES)
    assert TITLES["addresses.Billing.postal_code"] == "Address (Billing): postal code"


SHEET = "Mandant;Mail;Mobil;Strasse;Nr;PLZ;Ort;Geb.;Farbe\r\nMüller, Anna;a@x.example;0170 1234567;Weg;5;01067;Köln;1.2.1980;rot\r\n"


def test_a_corrected_mapping_decides_how_the_table_is_read():
    data = SHEET.encode("cp1252")
    with pytest.raises(NeedsMapping, match="Say what its columns hold") as caught:
        detect("liste.csv", data)
    mapping = caught.value.mapping

    mapping["Nr"]["role"] = "addresses.Other.street"
    (draft,) = read_table(data, mapping)

    assert draft.scalars == {"first_name": "Anna", "last_name": "Müller", "birthday": "1980-02-01"}
    assert draft.addresses == (DraftValue("Other", ("Weg\n5", "Köln", "", "01067", "")),)
    assert [item.what for item in draft.unread] == ["Farbe", "Name"]


def test_a_column_that_a_remembered_mapping_does_not_name_is_listed():
    (draft,) = read_table(SHEET.encode(), {"Mail": {"role": "emails.Work", "certainty": 1}})

    assert draft.emails == (DraftValue("Work", "a@x.example"),)
    assert len(draft.unread) == 8


def test_a_table_without_headings_has_numbered_columns_and_loses_no_row():
    data = b"Anna Berg,a@x.example\nBo Holm,b@x.example\n"

    shown = look(data)
    shown.mapping["Column 1"]["role"] = "name"

    assert not shown.has_headings
    assert [draft.scalars["last_name"] for draft in read_table(data, shown.mapping)] == [
        "Berg",
        "Holm",
    ]


def test_a_list_of_addresses_alone_is_a_table():
    data = b"a@x.example\nb@x.example\n"

    drafts = list(read_table(data, look(data).mapping))

    assert [draft.emails[0].value for draft in drafts] == ["a@x.example", "b@x.example"]


def test_lines_before_the_headings_are_passed_over():
    data = b"sep=;\nExported on 2024-01-01\n\nClient;Mail;Tel\nAnna Berg;a@x.example;1\n"

    assert look(data).headings == ("Client", "Mail", "Tel")


def test_a_table_that_shares_some_headings_with_outlook_is_not_read_as_outlooks():
    data = b"First Name,E-mail Address,Phone,Cell,Zip\nA,a@x.example,1,2,01067\n"

    with pytest.raises(NeedsMapping) as caught:
        detect("x.csv", data)
    (draft,) = read_table(data, caught.value.mapping)

    assert [one.label for one in draft.phones] == ["Other", "Mobile"]


def test_a_letter_is_no_table():
    with pytest.raises(UnknownFormat, match="holds no table of contacts"):
        detect("x.txt", b"Dear Anna\n\nplease call me\n")
