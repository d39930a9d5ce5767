"""Every vCard that other people's programs wrote for us, 124 files of them."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

import pytest

from contacts_sync.files import BadCard, Draft, detect, vcard
from tests.files.drafts import told

ROOT = Path(__file__).parent.parent / "data" / "vcards"
MANIFEST = json.loads((ROOT / "manifest.json").read_text())["files"]
EXPECTED = json.loads((ROOT / "expected.json").read_text())
ANDROID = EXPECTED["android-aosp"]["files"]
NAMES = {"family": "last_name", "given": "first_name", "middle": "middle_name"}
NAMES |= {"prefix": "prefix", "suffix": "suffix"}
SAME_NAME = {"company": "company", "department": "department", "job_title": "job_title"}

# Cards that hold nothing for the list, by file: pictures and custom data only, and groups.
NO_CONTACT = {
    "folkerkinzel-vcards/outlook_german_photo_only.vcf": "holds nothing",
    "android-aosp/v21_android_custom_prop.vcf": "holds nothing",
    "sabre-vobject/photo_first_2.1.vcf": "holds nothing",
    "apple-ccs/put_16.vcf": "“Group” is a group",
    "apple-ccs/put_17.vcf": "“Group” is a group",
    "apple-ccs/put_19.vcf": "“Changed Group” is a group",
    "written-here/vcard4_law_firm.vcf": "“Smith v. Jones — parties” is a group",
}
NESTED = {"android-aosp/v21_nest.vcf": 2}


def cards(name):
    return list(vcard.read((ROOT / name).read_bytes()))


def only(name):
    (draft,) = cards(name)
    return draft


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_every_card_of_every_program_is_read_or_refused_with_a_reason(entry):
    found = cards(entry["file"])

    bad = [card for card in found if isinstance(card, BadCard)]
    assert len(found) == entry["cards"] - NESTED.get(entry["file"], 0)
    assert len(bad) == (entry["file"] in NO_CONTACT)
    for card in bad:
        assert NO_CONTACT[entry["file"]] in card.reason


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_what_was_read_survives_being_written(entry):
    drafts = [card for card in cards(entry["file"]) if isinstance(card, Draft)]

    again = vcard.read(b"".join(vcard.write(drafts)))

    assert [told(draft) for draft in again] == [told(draft) for draft in drafts]


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_every_file_is_recognised_as_vcards_by_its_content(entry):
    name = "contacts.vcf" if not entry["cards"] else "contacts.bin"

    assert detect(name, (ROOT / entry["file"]).read_bytes()).name == "vcard"


@pytest.mark.parametrize("name", [name for name in ANDROID if "phones" in ANDROID[name]])
def test_phones_are_those_of_the_android_suite(name):
    expected = ANDROID[name]["phones"]
    if not isinstance(expected[0], dict):
        pytest.skip("three cards, compared below")
    labels = {"home": "Home", "work": "Work", "mobile": "Mobile", "pager": "Pager"}

    phones = only(f"android-aosp/{name}").phones

    assert [phone.value for phone in phones] == [phone["number"] for phone in expected]
    for phone, wanted in zip(phones, expected, strict=True):
        assert phone.label == labels.get(wanted.get("type", ""), "Other")
        assert phone.primary or not wanted.get("primary")


@pytest.mark.parametrize("name", list(ANDROID))
def test_names_and_organisations_are_those_of_the_android_suite(name):
    expected = ANDROID[name]
    if name == "v21_multiple_entry.vcf" or not set(expected) & set(NAMES | SAME_NAME):
        return

    scalars = only(f"android-aosp/{name}").scalars

    for key, field in (NAMES | SAME_NAME).items():
        if key in expected:
            assert scalars.get(field, "") == expected[key]


def test_three_cards_in_shift_jis_are_those_of_the_android_suite():
    expected = ANDROID["v21_multiple_entry.vcf"]

    found = cards("android-aosp/v21_multiple_entry.vcf")

    assert [draft.scalars["last_name"] for draft in found] == expected["family"]
    assert [[one.value for one in draft.phones] for draft in found] == expected["phones"]
    assert found[0].phones[3].label == "Fax"
    assert found[1].phones[1].label == "Pager"


def test_addresses_and_birthdays_are_those_of_the_android_suite():
    japanese = only("android-aosp/v21_japanese_2.vcf").addresses[0].value
    german = [one.value for one in only("android-aosp/v21_adr_multiple_line.vcf").addresses]

    assert japanese[0] == ANDROID["v21_japanese_2.vcf"]["street"]
    assert japanese[3] == ANDROID["v21_japanese_2.vcf"]["postal_code"]
    for address, parts in zip(
        german, ANDROID["v21_adr_multiple_line.vcf"]["addresses"], strict=True
    ):
        # A backslash at the end of a line is a line break here; that suite keeps it and a blank.
        assert address == (re.sub(r"\\ ?", "\n", parts[2]), *parts[3:])
    assert only("android-aosp/v21_adr_multiple_line.vcf").scalars["birthday"] == "2008-12-03"
    assert only("android-aosp/v21_complicated.vcf").scalars["birthday"] == "1980-01-01"


def test_of_two_preferred_values_one_is_primary():
    emails = only("android-aosp/v21_pref_handling.vcf").emails

    assert [(one.value, one.primary) for one in emails] == [
        ("test@example.com", True),
        ("test2@examination.example.com", False),
    ]


def test_a_second_organisation_is_listed_and_not_lost_in_silence():
    unread = only("android-aosp/v21_pref_handling.vcf").unread

    assert [item.value for item in unread] == ["Mystery", "Blogger", "Poetry", "Poet"]


def test_the_parent_of_nested_cards_keeps_what_stands_behind_them():
    draft = only("android-aosp/v21_nest.vcf")

    assert draft.scalars == {"last_name": "parent"}
    assert [one.value for one in draft.phones] == ["1"]
    assert "2 other cards" in draft.unread[0].why


def test_quoted_printable_cut_inside_of_a_character_is_joined():
    expected = EXPECTED["written-here"]["files"]["android_2.1_split_utf8_style.vcf"]

    draft = only("written-here/android_2.1_split_utf8_style.vcf")

    assert draft.scalars["last_name"] == expected["family"]
    assert draft.scalars["first_name"] == expected["given"]


def test_a_group_is_no_contact_but_its_organisation_and_its_member_are():
    company, person, group = cards("written-here/vcard4_law_firm.vcf")

    assert (company.kind, company.scalars["name"]) == ("company", "Example, Sample & Partners LLP")
    assert next(one.value for one in person.emails if one.primary) == "maria@firm.example.com"
    assert "group" in group.reason
    assert person.phones[1].value == "+1-604-555-0103 ext. 7"


@pytest.mark.parametrize(
    "name", ["iphone_ios17_style.vcf", "google_contacts_2024_style.vcf", "vcard4_law_firm.vcf"]
)
def test_a_birthday_without_a_year_is_listed_and_not_made_up(name):
    drafts = [card for card in cards(f"written-here/{name}") if isinstance(card, Draft)]

    assert not any("birthday" in draft.scalars for draft in drafts)
    assert any(item.what == "Birthday" for draft in drafts for item in draft.unread)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ansi_german", "Nüßlebaum"),
        ("ansi_greek", "Παπαθανασίου"),
        ("ansi_ukrainian", "Кличко"),
        ("ansi_unknown_charset", "Mößlitz"),
        ("outlook_german_cp1252", "Lämmerweg 12"),
        ("outlook_german_cp1252_bad_charset", "Lämmerweg 12"),
        ("outlook_german_cp1252_no_charset", "Lämmerweg 12"),
        ("google_3.0_cp1252", "KMS Außenstelle"),
        ("google_3.0_utf16le_bom", "KMS Außenstelle"),
        ("thunderbird_cardbook_4.0", "Größe"),
    ],
)
def test_the_encoding_is_found_out_by_what_the_bytes_and_the_neighbours_say(name, text):
    found = str(cards(f"folkerkinzel-vcards/{name}.vcf"))

    assert text in found
    assert "Ã" not in found


def test_the_table_of_what_was_read_and_left_is_complete(capsys):
    """Print a row for each file; PYTEST_SHOW_FILES=1 shows them."""
    rows = []
    for entry in MANIFEST:
        found = cards(entry["file"])
        drafts = [card for card in found if isinstance(card, Draft)]
        unread = sum(len(draft.unread) for draft in drafts)
        rows.append((entry["file"], len(drafts), len(found) - len(drafts), unread))
    with capsys.disabled() if "PYTEST_SHOW_FILES" in os.environ else contextlib.nullcontext():
        for row in rows:
            print("{:60} {:5} read {:3} refused {:4} left over".format(*row))  # noqa: T201

    assert sum(row[1] for row in rows) == 1160
    assert sum(row[2] for row in rows) == len(NO_CONTACT)
