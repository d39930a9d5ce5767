"""The tables of Google, Thunderbird, Windows Live Mail, LinkedIn and Clio."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from contacts_sync.contact import PHONE_LABELS
from contacts_sync.files import (
    BadRow,
    Draft,
    DraftValue,
    Limits,
    TooLarge,
    UnknownFormat,
    clio_csv,
    detect,
    google_csv,
    read,
)
from contacts_sync.files.formats import DIALECTS
from contacts_sync.files.table import key
from tests.files.drafts import told

ROOT = Path(__file__).parent.parent / "data" / "csv"
HEADERS = json.loads((ROOT / "headers.json").read_text())
KINDS = {
    "contacts-io/google_2010_2023.csv": ("google-csv-until-2023", 1, 0),
    "contacts-io/google_export_outlook_format.csv": ("outlook-csv", 1, 0),
    "contacts-io/outlook_365_desktop_cp1252.csv": ("outlook-csv", 1, 0),
    "contacts-io/outlook_web.csv": ("outlook-web-csv", 1, 0),
    "contacts-io/thunderbird_english_invalid_birthday.csv": ("thunderbird-csv", 1, 0),
    "contacts-io/thunderbird_german_cp1252.csv": ("thunderbird-csv-german", 1, 0),
    "contacts-io/thunderbird_german_utf8.csv": ("thunderbird-csv-german", 1, 0),
    "contacts-io/windows_live_mail_german_semicolon.csv": ("live-mail-csv", 1, 0),
    "written-here/clio_contact_import.csv": ("clio-csv", 5, 0),
    "written-here/google_2024.csv": ("google-csv", 4, 1),
    "written-here/linkedin_connections.csv": ("linkedin-csv", 3, 1),
    "written-here/outlook_classic_cp1252_quoted.csv": ("outlook-csv", 7, 0),
    "written-here/outlook_classic_utf8_bom.csv": ("outlook-csv", 9, 0),
}
FORMATS = {
    "outlook_classic_en": "outlook-csv",
    "outlook_web_en": "outlook-web-csv",
    "google_until_2023": "google-csv-until-2023",
    "google_export_outlook_format": "outlook-csv",
    "thunderbird_en": "thunderbird-csv",
    "thunderbird_de": "thunderbird-csv-german",
    "windows_live_mail_de": "live-mail-csv",
    "clio_manage_contact_import": "clio-csv",
    "linkedin_connections": "linkedin-csv",
}


def sample(name):
    return list(read(name, (ROOT / name).read_bytes()))


def whys(draft, what):
    return [item.why for item in draft.unread if item.what == what]


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_recognised_and_each_of_its_rows_is_read_or_refused(name):
    kind, drafts, bad = KINDS[name]

    found = sample(name)

    assert detect("contacts.txt", (ROOT / name).read_bytes()).name == kind
    assert sum(isinstance(item, Draft) for item in found) == drafts
    assert sum(isinstance(item, BadRow) for item in found) == bad


@pytest.mark.parametrize("name", FORMATS)
def test_every_heading_that_a_program_writes_is_known(name):
    columns = [heading for heading in HEADERS[name]["columns"] if heading]

    dialect = detect("x.csv", (",".join(columns) + "\r\n").encode()).name
    known = next(known for known in DIALECTS if known.name == dialect)

    assert dialect == FORMATS[name]
    assert None not in known.resolve(columns)


@pytest.mark.parametrize("columns", ["fixed_columns", "template_columns"])
def test_every_heading_of_google_since_2024_is_known(columns):
    assert None not in google_csv.GOOGLE.resolve(HEADERS["google_since_2024"][columns])


def test_the_numbered_headings_of_google_are_known_up_to_any_number():
    for group, parts in HEADERS["google_since_2024"]["repeated_columns"].items():
        headings = [f"{group.replace('{n}', '12')} - {part}" for part in parts]
        assert None not in google_csv.GOOGLE.resolve(headings)


def test_two_headings_of_one_dialect_do_not_mean_two_things_by_accident():
    for dialect in DIALECTS:
        double = {name for name, roles in dialect.roles.items() if len(set(roles)) > 1}
        assert double <= {key("Titre")}


# --- Google


def test_google_values_of_one_label_share_a_cell_and_the_marked_one_is_primary():
    draft = sample("written-here/google_2024.csv")[0]

    assert draft.emails == (
        DraftValue("Work", "ngozi@chambers.example.com", True),
        DraftValue("Work", "clerk@chambers.example.com"),
        DraftValue("Home", "ngozi@example.org"),
    )
    assert [one.label for one in draft.phones] == ["Mobile", "Mobile", "Fax"]
    assert draft.addresses[0].value == ("Temple\n1 Sample Court", "London", "", "EC4Y 9ZZ", "GB")


def test_what_google_knows_and_the_list_does_not_is_listed_by_its_own_label():
    draft = sample("written-here/google_2024.csv")[0]

    assert [(item.what, item.value) for item in draft.unread] == [
        ("Birthday", "--02-29"),
        ("Notes", "(13 characters)"),
        ("Labels", "Clients"),
        ("Website 1", "Profile"),
        ("Anniversary", "2019-06-01"),
        ("Matter", "2024-0017"),
    ]


def test_an_address_that_google_collected_is_no_name():
    draft = sample("written-here/google_2024.csv")[2]

    assert (draft.scalars, draft.emails[0].value) == ({}, "user@example.com")
    assert whys(draft, "Name") == ["is no name but another value again; it was left out"]


def test_a_label_in_polish_is_understood():
    assert sample("written-here/google_2024.csv")[3].phones == (
        DraftValue("Mobile", "000 600 700"),
    )


def test_messengers_of_the_old_table_carry_their_services_one_by_one():
    (draft,) = sample("contacts-io/google_2010_2023.csv")

    assert [one.value for one in draft.messengers] == [
        "qq:Chatadresse1",
        "skype:Chatadresse2",
        "icq:Chatadresse3",
        "xmpp:Chatadresse4",
        "Chatadresse5",
    ]
    assert [one.value for one in draft.emails if one.primary] == ["privat@muster.example.com"]


def test_an_address_that_google_has_only_as_printed_becomes_the_street_with_a_note():
    data = b'First Name,Labels,Address 1 - Label,Address 1 - Formatted\nA,,Home,"1 Way\nBergen"\n'

    (draft,) = read("x", data)

    assert draft.addresses == (DraftValue("Home", ("1 Way\nBergen", "", "", "", "")),)
    assert whys(draft, "Address 1")[0].startswith("came as printed lines only")


def test_a_second_organisation_is_listed():
    data = b"Given Name,Organization 1 - Name,Group Membership\nA,One ::: Two,* myContacts\n"

    (draft,) = read("x", data)

    assert draft.scalars["company"] == "One"
    assert whys(draft, "Organization 1 - Name") == ["the list has room for one; this is another"]


def test_a_contact_comes_back_from_googles_table_with_labels_and_primaries():
    draft = Draft(
        "person",
        {
            "first_name": "Anna",
            "last_name": "=Berg",
            "company": "Berg, Law",
            "birthday": "1980-02-29",
        },
        emails=(DraftValue("Work", "a@x.example"), DraftValue("Other", "b@x.example", True)),
        phones=tuple(
            DraftValue(label, f"+1 604 555 010{n}") for n, label in enumerate(PHONE_LABELS)
        ),
        messengers=(DraftValue("Work", "skype:anna"), DraftValue("Other", "x")),
        addresses=(
            DraftValue("Billing", ("1 Way\nFloor 2", "Bergen", "", "5003", "Norway")),
            DraftValue("Billing", ("", "Oslo", "", "", "")),
        ),
        websites=(DraftValue("Other", "https://x.example"),),
    )

    (back,) = google_csv.read(b"".join(google_csv.write([draft])))

    assert told(back) == replace(draft, emails=draft.emails[::-1])  # the primary first


def test_what_googles_separator_would_tear_is_reported_and_not_written():
    left = []
    draft = Draft("person", {"last_name": "B"}, phones=(DraftValue("Work", "1 ::: 2"),))

    data = b"".join(google_csv.write([draft], lambda draft, item: left.append(item.what)))

    assert left == ["Phone (Work)"]
    assert b":::" not in data


# --- Thunderbird and Windows Live Mail


def test_thunderbirds_birthday_stands_in_three_columns_and_may_be_impossible():
    (good,) = sample("contacts-io/thunderbird_german_utf8.csv")
    (bad,) = sample("contacts-io/thunderbird_english_invalid_birthday.csv")

    assert good.scalars["birthday"] == "1972-01-31"
    assert "birthday" not in bad.scalars
    assert str(bad.unread[2]) == "Birthday “1977-2-31”: is not a date"


def test_a_birthday_without_a_year_in_three_columns_is_listed():
    data = b"First Name,Primary Email,Birth Year,Birth Month,Birth Day\nA,a@x.example,,2,29\n"

    (draft,) = read("x", data)

    assert whys(draft, "Birthday") == ["has no year; the list holds whole dates only"]


def test_the_code_page_and_utf8_make_the_same_contact():
    ansi = sample("contacts-io/thunderbird_german_cp1252.csv")

    assert ansi == sample("contacts-io/thunderbird_german_utf8.csv")
    assert ansi[0].phones[0].value == "Tel geschäftlich"


def test_a_display_name_that_says_more_than_the_parts_is_listed():
    (draft,) = sample("contacts-io/thunderbird_german_utf8.csv")

    assert whys(draft, "Anzeigename") == [
        "the parts of the name say something else; they were taken"
    ]


def test_a_display_name_alone_is_taken_apart():
    data = (
        b"First Name,Last Name,Display Name,Primary Email\n,,Anna Berg,a@x.example\n,,Berg Ltd,\n"
    )

    anna, company = read("x", data)

    assert anna.scalars == {"first_name": "Anna", "last_name": "Berg"}
    assert (company.kind, company.scalars) == ("company", {"name": "Berg Ltd"})
    assert whys(company, "Display Name") == ["looks like a company, and was taken as one"]


def test_windows_live_mail_is_read_with_semicolons():
    (draft,) = sample("contacts-io/windows_live_mail_german_semicolon.csv")

    assert draft.scalars["middle_name"] == "Middle Name"
    assert draft.addresses[0].value == ("Straße 42", "Ort", "Sachsen-Anhalt", "PLZ", "DE")


# --- LinkedIn


def test_linkedin_has_lines_before_its_headings_and_rows_with_a_date_alone():
    ana, jordan, bad, chris = sample("written-here/linkedin_connections.csv")

    assert ana.scalars["last_name"] == "García Ruiz"
    assert str(jordan.source) == "row 6 (line 6)"
    assert bad.reason == "The row holds nothing that the list could hold."
    assert chris.websites[0].value == "https://www.example.com/in/chris"


# --- Clio


def test_clios_template_has_one_of_each_and_its_phone_is_primary():
    renee, company, *_ = sample("written-here/clio_contact_import.csv")

    assert renee.phones == (DraftValue("Work", "(604) 555-0100", True),)
    assert (company.kind, company.scalars) == ("company", {"name": "Example Holdings Ltd"})


def test_clios_table_is_written_in_its_own_order_and_the_rest_is_reported():
    left = []
    draft = Draft(
        "person",
        {"first_name": "Anna", "middle_name": "B.", "last_name": "Berg", "birthday": "1980-02-29"},
        emails=(DraftValue("Work", "a@x.example"), DraftValue("Home", "b@x.example", True)),
        phones=(DraftValue("Fax", "1"), DraftValue("Mobile", "+1 604 555 0100")),
        addresses=(DraftValue("Work", ("1 Way", "Bergen", "", "5003", "Norway")),),
    )

    data = b"".join(clio_csv.write([draft], lambda draft, item: left.append(item.what)))

    heading, row, _ = data.decode().split("\r\n")
    assert heading.split(",") == HEADERS["clio_manage_contact_import"]["columns"]
    assert row == ",,Anna,Berg,,1 Way,Bergen,,5003,b@x.example,+1 604 555 0100"
    assert left == [
        "Address (Work), country",
        "middle_name",
        "birthday",
        "E-mail (Work)",
        "Phone (Fax)",
    ]


# --- Limits


def test_a_file_with_too_many_rows_is_refused_before_it_is_read():
    data = b"First Name,E-mail Address\n" + b"A,a@x.example\n" * 12

    with pytest.raises(TooLarge, match=r"holds 12 contacts; at most 10 .*Split it"):
        detect("x.csv", data, Limits(rows=10))


def test_a_file_with_too_many_cards_is_refused_before_it_is_read():
    data = b"BEGIN:VCARD\nFN:A\nEND:VCARD\n" * 3

    with pytest.raises(TooLarge, match="holds 3 contacts; at most 2"):
        read("x.vcf", data, Limits(rows=2))


def test_a_file_with_too_many_bytes_is_refused_by_its_size():
    with pytest.raises(TooLarge, match=r"has 0.2 MB; at most 0 MB .* without pictures"):
        detect("x.csv", bytes(200_000), Limits(size=100_000))


def test_lines_inside_of_cells_are_no_rows():
    data = b'First Name,E-mail Address,Notes\nA,a@x.example,"' + b"line\n" * 20 + b'"\n'

    assert detect("x.csv", data, Limits(rows=10)).name == "outlook-csv"


def test_a_cell_that_is_too_long_is_left_out_with_a_note():
    data = b"First Name,E-mail Address,Notes\nA,a@x.example," + b"x" * 100_001 + b"\n"

    (draft,) = read("x.csv", data)

    assert whys(draft, "Notes") == ["is longer than 100,000 characters and was left out"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "old Office file"),
        (b"!BDN" + bytes(99), "Outlook data file"),
        (b"just one line of words", "holds no table of contacts"),
    ],
)
def test_a_file_that_is_nothing_of_ours_says_what_it_is(data, sentence):
    with pytest.raises(UnknownFormat, match=rf"“x.bin” .*{sentence}.*Expected was a vCard file"):
        detect("x.bin", data)
