"""Outlook's tables, desktop and web."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contacts_sync.files import BadRow, Draft, DraftValue, detect, outlook_csv
from contacts_sync.files.outlook_csv import OUTLOOK, OUTLOOK_WEB, NotACsv, UnknownTable

ROOT = Path(__file__).parent.parent / "data" / "csv"
HEADERS = json.loads((ROOT / "headers.json").read_text())
HEADING = "First Name,Last Name,Company,E-mail Address,Business Phone,Birthday,Notes\r\n"


def read(rows, encoding="utf-8"):
    return list(outlook_csv.read((HEADING + rows).encode(encoding)))


def only(rows):
    (draft,) = read(rows)
    return draft


def sample(name):
    return list(outlook_csv.read((ROOT / name).read_bytes()))


# --- The samples


@pytest.mark.parametrize(
    ("dialect", "name"), [(OUTLOOK, "outlook_classic_en"), (OUTLOOK_WEB, "outlook_web_en")]
)
def test_the_columns_are_outlooks_own_in_its_order(dialect, name):
    assert [column.heading for column in dialect.columns] == HEADERS[name]["columns"]


@pytest.mark.parametrize(
    ("name", "drafts"),
    [
        ("contacts-io/outlook_365_desktop_cp1252.csv", 1),
        ("contacts-io/outlook_web.csv", 1),
        ("contacts-io/google_export_outlook_format.csv", 1),
        ("written-here/outlook_classic_cp1252_quoted.csv", 7),
        ("written-here/outlook_classic_utf8_bom.csv", 9),
    ],
)
def test_every_row_of_the_samples_is_read(name, drafts):
    found = sample(name)

    assert [type(item) for item in found] == [Draft] * drafts


def test_the_same_rows_in_two_encodings_are_the_same_contacts():
    ansi = sample("written-here/outlook_classic_cp1252_quoted.csv")
    utf8 = sample("written-here/outlook_classic_utf8_bom.csv")

    assert ansi == utf8[: len(ansi)]
    assert utf8[-1].scalars["company"] == "株式会社見本"


def test_a_full_row_of_the_desktop_is_understood():
    draft = sample("written-here/outlook_classic_cp1252_quoted.csv")[0]

    assert draft.scalars == {
        "prefix": "Ms.",
        "first_name": "Renée",
        "middle_name": "M.",
        "last_name": "O'Example-Smith",
        "suffix": "Q.C.",
        "company": "Example, Sample & Partners LLP",
        "department": "Litigation",
        "job_title": "Partner",
        "birthday": "1980-02-29",
    }
    assert [one.value for one in draft.emails] == [
        "renee@firm.example.com",
        "clerk@firm.example.com",
        "renee@example.org",
    ]
    assert draft.addresses[0].value[0] == "Suite 900\n1 Test Way"
    assert [item.what for item in draft.unread] == [
        "Assistant's Phone",
        "Assistant's Name",
        "Categories",
        "Notes",
    ]


def test_a_row_with_a_company_alone_is_a_company():
    draft = sample("written-here/outlook_classic_cp1252_quoted.csv")[1]

    assert (draft.kind, draft.scalars) == ("company", {"name": "Example Holdings Ltd."})


def test_an_exchange_address_is_no_email_address():
    draft = sample("written-here/outlook_classic_cp1252_quoted.csv")[2]

    assert draft.emails == ()
    assert "Exchange" in draft.unread[0].why


def test_the_web_table_knows_messengers_and_two_web_pages():
    (draft,) = sample("contacts-io/outlook_web.csv")

    assert draft.scalars["birthday"] == "1972-01-31"
    assert draft.messengers == (DraftValue("Other", "Chat"),)
    assert [one.label for one in draft.websites] == ["Home", "Work"]


@pytest.mark.parametrize(
    "name",
    [
        "contacts-io/google_2010_2023.csv",
        "contacts-io/no_header.csv",
        "contacts-io/thunderbird_english_invalid_birthday.csv",
        "contacts-io/thunderbird_german_cp1252.csv",
        "contacts-io/thunderbird_german_utf8.csv",
        "contacts-io/windows_live_mail_german_semicolon.csv",
        "written-here/clio_contact_import.csv",
        "written-here/google_2024.csv",
        "written-here/linkedin_connections.csv",
    ],
)
def test_another_programs_table_is_refused_with_what_was_expected(name):
    with pytest.raises(UnknownTable, match=r"This is not Outlook CSV.* should hold its headings"):
        sample(name)


def test_what_google_puts_into_the_notes_of_its_outlook_table_is_taken_from_there():
    (draft,) = sample("contacts-io/google_export_outlook_format.csv")

    assert len(draft.emails) == 11
    assert [one.value for one in draft.phones][-2:] == ["Tel9", "Tel10"]
    assert "skype:Chatadresse2" in [one.value for one in draft.messengers]
    assert sum(item.why.startswith("stood in the notes") for item in draft.unread) == 17


GERMAN = (
    "Anrede;Vorname;Nachname;Firma;Straße geschäftlich;Straße geschäftlich 2;Ort geschäftlich;"
    "Telefon geschäftlich;Telefon (privat 2);E-Mail-Adresse;E-Mail 2: Adresse;Geburtstag;Privat"
)
FRENCH = (
    "Titre,Prénom,Nom,Société,Service,Titre,Rue (bureau),Ville (bureau),Pays (bureau),"
    "Téléphone (bureau),Tél. mobile,Adresse de messagerie,Anniversaire,Privé"
)
ITALIAN = "Titolo,Nome,Cognome,Via (ab.),CAP (ab.),Ufficio,Cellulare,Indirizzo posta elettronica"


def test_a_german_outlook_is_read():
    row = "Frau;Änne;Groß;Groß GmbH;Weg 1;Hof;Köln;0221 1;0221 2;a@x.example;b@x.example;1.2.1980;Falsch"

    (draft,) = outlook_csv.read(f"{GERMAN}\r\n{row}\r\n".encode("cp1252"))

    assert draft.scalars == {
        "prefix": "Frau",
        "first_name": "Änne",
        "last_name": "Groß",
        "company": "Groß GmbH",
        "birthday": "1980-02-01",
    }
    assert draft.addresses[0].value == ("Weg 1\nHof", "Köln", "", "", "")
    assert [(one.label, one.value) for one in draft.phones] == [
        ("Work", "0221 1"),
        ("Home", "0221 2"),
    ]
    assert draft.unread == ()


def test_a_french_outlook_says_title_twice_and_means_two_things():
    row = "Me,Zoé,Côté,Côté SA,Droit,Associée,1 rue X,Québec,Canada,418 1,418 2,z@x.example,0/0/00,Faux"

    (draft,) = outlook_csv.read(f"{FRENCH}\r\n{row}\r\n".encode())

    assert (draft.scalars["prefix"], draft.scalars["job_title"]) == ("Me", "Associée")
    assert draft.addresses[0].value == ("1 rue X", "Québec", "", "", "Canada")
    assert draft.unread == ()


def test_an_italian_outlook_is_read():
    row = "Avv.,Niccolò,D'Angelo,Via Po 1,10100,011 1,333 1,n@x.example"

    (draft,) = outlook_csv.read(f"{ITALIAN}\r\n{row}\r\n".encode())

    assert [(one.label, one.value) for one in draft.phones] == [
        ("Work", "011 1"),
        ("Mobile", "333 1"),
    ]
    assert draft.addresses == (DraftValue("Home", ("Via Po 1", "", "", "10100", "")),)


# --- What is no table


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "This is a vCard file"),
        (b"PK\x03\x04" + bytes(60), "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a text file"),
        (b'{"contacts": []}', "JSON"),
    ],
)
def test_a_file_that_is_no_csv_says_what_it_is_and_what_was_expected(data, sentence):
    with pytest.raises(NotACsv, match=rf"{sentence}.*Expected was Outlook CSV"):
        outlook_csv.read(data)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_table_saved_again_by_excel_in_europe_is_read(delimiter):
    data = (HEADING + "Anna,Berg,,a@x.example,,,\r\n").replace(",", delimiter)

    (draft,) = outlook_csv.read(data.encode("utf-16"))

    assert draft.scalars == {"first_name": "Anna", "last_name": "Berg"}


# --- Rows


def test_a_quoted_line_break_belongs_to_the_cell_and_lines_are_counted():
    first, second = read('Anna,Berg,,,,,"one\r\ntwo"\r\nBo,Holm,,,,,\r\n')

    assert str(first.unread[0]) == "Notes “(7 characters)”: the list has no field for it"
    assert str(second.source) == "row 3 (line 4)"


def test_a_quotation_mark_that_is_never_closed_is_reported_and_the_rows_before_are_read():
    anna, bad = read('Anna,Berg,,,,,\r\nBo,"Holm,,,,\r\nCy,Dahl,,,,\r\n')

    assert anna.scalars["last_name"] == "Berg"
    assert isinstance(bad, BadRow)
    assert bad.reason == "A quotation mark in this row is never closed."


def test_blank_rows_are_passed_over_and_rows_of_defaults_are_refused():
    found = read(",,,,,,\r\n\r\n,,,,,0/0/00,x\r\n")

    assert [item.reason for item in found] == ["The row holds nothing that the list could hold."]


def test_a_cell_behind_the_last_column_is_listed():
    assert only("Anna,Berg,,,,,,more\r\n").unread[0].what == "Column 8"


def test_nul_is_dropped_with_a_note():
    draft = only("An\x00na,Berg,,,,,\r\n")

    assert draft.scalars["first_name"] == "Anna"
    assert "NUL" in draft.unread[0].why


@pytest.mark.parametrize(
    ("text", "birthday", "why"),
    [
        ("0/0/00", "", ""),
        ("2/29/1980", "1980-02-29", ""),
        ("29/2/1980", "1980-02-29", ""),
        ("29.02.1980", "1980-02-29", ""),
        ("1980-02-29", "1980-02-29", ""),
        ("3/4/1980", "1980-03-04", "read with the month first"),
        ("2/29/80", "", "two digits"),
        ("2/30/1980", "", "is not a date"),
        ("soon", "", "is not a date"),
    ],
)
def test_a_birthday_is_read_in_the_spelling_of_any_country(text, birthday, why):
    draft = only(f"Anna,Berg,,,,{text},\r\n")

    assert draft.scalars.get("birthday", "") == birthday
    assert why in "".join(item.why for item in draft.unread)
    assert bool(why) == bool(draft.unread)


def test_one_clear_date_tells_how_the_others_are_meant():
    first, _ = read("Anna,Berg,,,,3/4/1980,\r\nBo,Holm,,,,29/2/1980,\r\n")

    assert first.scalars["birthday"] == "1980-04-03"
    assert first.unread == ()


# --- Writing


def test_formulas_are_written_so_that_excel_does_not_run_them_and_read_back_as_they_were():
    draft = Draft(
        "person",
        {"first_name": "=HYPERLINK(1)", "last_name": "-Berg", "job_title": "'@x", "suffix": "'s"},
        phones=(DraftValue("Work", "+1 604 555 0100"), DraftValue("Home", "+cmd|'/C calc'!A0")),
    )

    data = b"".join(outlook_csv.write([draft]))

    row = data.decode().split("\r\n")[1]
    assert "'=HYPERLINK(1)" in row
    assert "'-Berg" in row
    assert "''@x" in row
    assert ",'s," in row
    assert ",+1 604 555 0100," in row
    assert "'+cmd" in row
    (back,) = outlook_csv.read(data)
    assert (back.scalars, back.phones) == (draft.scalars, draft.phones)


def test_what_has_no_column_is_reported():
    left = []
    draft = Draft(
        "person",
        {"last_name": "Berg"},
        emails=tuple(DraftValue("Work", f"{at}@x.example", at == 3) for at in range(4)),
        phones=(DraftValue("Skype", "anna"),),
        addresses=(DraftValue("Billing", ("1 Way", "", "", "", "")),),
    )

    data = b"".join(outlook_csv.write([draft], report=lambda _, item: left.append(str(item))))

    (back,) = outlook_csv.read(data)
    assert [one.value for one in back.emails] == ["3@x.example", "0@x.example", "1@x.example"]
    assert left == [
        "E-mail (Work) “2@x.example”: has no column in Outlook CSV",
        "Phone (Skype) “anna”: has no column in Outlook CSV",
        "Address (Billing) “1 Way”: has no column in Outlook CSV",
    ]


def test_lines_of_a_street_go_to_the_columns_of_the_desktop_and_to_one_cell_of_the_web():
    street = ("1 Way\nFloor 2\nRoom 3", "Bergen", "", "5003", "Norway")
    draft = Draft("person", {"last_name": "B"}, addresses=(DraftValue("Work", street),))

    for dialect in (OUTLOOK, OUTLOOK_WEB):
        (back,) = outlook_csv.read(b"".join(outlook_csv.write([draft], dialect)))
        assert back.addresses == draft.addresses
    assert b"1 Way,Floor 2,Room 3" in b"".join(outlook_csv.write([draft]))


def test_the_files_of_the_desktop_and_of_the_web_are_told_apart():
    draft = Draft("company", {"name": "Berg Law"})

    for dialect in (OUTLOOK, OUTLOOK_WEB):
        data = b"".join(outlook_csv.write([draft], dialect))
        assert data.startswith(b"\xef\xbb\xbf")
        assert detect("contacts.csv", data).name == dialect.name
