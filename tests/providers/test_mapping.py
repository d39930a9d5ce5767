"""Contacts of Graph into records and back, in values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contacts_sync.contact import as_value, remote_record, remote_values
from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.providers.base import Create, Update
from contacts_sync.providers.microsoft365 import mapping, mark
from contacts_sync.providers.microsoft365.mapping import create_body, read_contact, update_body

DATA = Path(__file__).parent.parent / "data" / "graph"
PLACE = {
    "street": "1 Way",
    "city": "Town",
    "state": "WA",
    "postalCode": "98052",
    "countryOrRegion": "US",
}


def load(name):
    return json.loads((DATA / name).read_text())


QUIRKS = {
    entry["case"]: entry["contact"]
    for entry in load("contacts/quirks_written_here.json")["contacts"]
}
SAMPLES = [
    load("contacts/corso_contact.json"),
    *load("contacts/data_connect_contacts.json"),
    *load("contacts/quirks_page.json")["value"],
    *QUIRKS.values(),
    load("examples/contact-get.response.json"),
    load("examples/contact-update.response.json"),
    load("examples/contact-create.response.json"),
    load("examples/folder-contact-create.response.json"),
    *load("examples/contacts-list.response.json")["value"],
    *load("examples/folder-contacts-list.response.json")["value"],
    *load("examples/contact-delta.response.json")["value"],
]


def values(contact, name):
    return [entry.value for entry in contact.record.sets.get(name, ())]


def record(emails=(), sets=None, **scalars):
    entries = {"emails": tuple(RemoteValue("any", email) for email in emails)} if emails else {}
    return RemoteRecord(scalars, {**entries, **(sets or {})})


def update(before, after, extras=None, key="k"):
    return update_body(Update("id", "v", key, before, after, extras or {}))


# --- Reading ------------------------------------------------------------------------------------


def test_a_whole_contact_is_read():
    contact = read_contact(load("contacts/corso_contact.json"))

    assert contact.remote_id.startswith("AAMkAGJi")
    assert contact.version == 'W/"EQAAABYAAABBFDg0JJk7TY1fmsJrh7tNAAFGKnME"'
    assert contact.modified == datetime(2023, 12, 18, 10, 37, 50, tzinfo=UTC)
    assert contact.folder_id.startswith("AQMkAGJi")
    assert contact.record == RemoteRecord(
        {
            "prefix": "Wo.",
            "first_name": "Random",
            "middle_name": "Peterson",
            "last_name": "Person",
            "suffix": "Jr.",
            "company": "Company Name",
            "job_title": "Principal Dough Beater",
            "department": "Mangrove",
            "birthday": "2012-09-11",
        },
        {
            "emails": (
                RemoteValue("any", "mockemail@provider.example.com"),
                RemoteValue("any", "anotheremail@place.example.com"),
            ),
            "phones": (
                RemoteValue("Home", "123091230921"),
                RemoteValue("Mobile", "00000111111"),
            ),
            "messengers": (RemoteValue("any", "immmm"),),
            "addresses": (
                RemoteValue(
                    "Work",
                    (
                        "Business Stree",
                        "Businss City",
                        "Business State",
                        "888888",
                        "Business Country",
                    ),
                ),
                RemoteValue(
                    "Home", ("Street Name", "City Name", "Province Name", "090909", "Country")
                ),
                RemoteValue("Other", ("Another street", "", "", "", "")),
            ),
        },
    )
    assert (contact.skip, contact.notes) == ("", ())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.get("displayName"))[:20])
def test_every_sample_is_read_and_survives_the_mirror(sample):
    contact = read_contact(sample)

    stored = json.loads(json.dumps(remote_values(contact.record)))
    assert remote_record(stored, "person") == contact.record
    json.dumps(dict(contact.extras)).encode()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.get("displayName"))[:20])
def test_writing_back_what_was_read_writes_nothing(sample):
    contact = read_contact(sample)

    assert update(contact.record, contact.record, contact.extras) is None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.get("displayName"))[:20])
def test_a_change_of_one_field_sends_back_the_chosen_names(sample):
    contact = read_contact(sample)
    after = RemoteRecord({**contact.record.scalars, "job_title": "Notary"}, contact.record.sets)

    body = update(contact.record, after, contact.extras)

    if sample.get("displayName"):
        assert body.pop("displayName") == sample["displayName"]
    body.pop("displayName", None)
    if sample.get("fileAs") is not None:
        assert body.pop("fileAs") == sample["fileAs"]
    assert body == {
        "givenName": sample.get("givenName") or None,
        "jobTitle": "Notary",
        **mark.body("k"),
    }


def test_null_and_empty_text_are_both_blank():
    one = read_contact({"givenName": "Ada", "surname": None, "title": "", "mobilePhone": ""})

    assert one.record == RemoteRecord({"first_name": "Ada"}, {})


def test_an_etag_is_made_of_the_change_key_when_it_is_missing():
    assert read_contact({"changeKey": "abc"}).version == 'W/"abc"'
    assert read_contact({}).version == ""


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("1974-07-22", "1974-07-22"),
        ("1815-12-10T11:59:00Z", "1815-12-10"),
        ("1980-02-29T00:00:00Z", "1980-02-29"),
        ("1980-02-28T23:00:00-05:00", "1980-02-28"),
        ("2016-10-19T10:37:00.0000000Z", "2016-10-19"),
        ("0001-01-01T00:00:00Z", None),
        ("1604-05-06T11:59:00Z", None),
        ("", None),
        (None, None),
    ],
)
def test_of_a_birthday_only_the_date_is_read(given, read):
    contact = read_contact({"givenName": "Ada", "birthday": given})

    assert contact.record.scalars.get("birthday") == read
    assert contact.notes == ()


def test_a_birthday_that_cannot_be_read_is_left_with_a_note():
    contact = read_contact({"givenName": "Ada", "birthday": "sometime"})

    assert "birthday" not in contact.record.scalars
    assert len(contact.notes) == 1


def test_line_breaks_in_an_address_become_one_kind():
    contact = read_contact(QUIRKS["company_only"])

    assert values(contact, "addresses")[0][0] == "1 Sample Court\nFloor 3"


def test_an_exchange_address_is_no_email_address_but_takes_its_room():
    contact = read_contact(QUIRKS["email_x500_mixed_with_smtp"])

    assert values(contact, "emails") == ["test@example.net"]
    assert contact.record.taken == {"emails": {"any": 1}}
    assert len(contact.notes) == 1


def test_an_exchange_address_in_capitals_alone_leaves_nothing_to_match():
    contact = read_contact(QUIRKS["email_x500_upper"])

    assert values(contact, "emails") == []
    assert contact.skip == ""


def test_an_email_entry_without_an_address_takes_its_room():
    contact = read_contact(QUIRKS["email_without_address"])

    assert contact.record.taken == {"emails": {"any": 1}}
    assert contact.extras["emailAddresses"] == [{"name": "BBB@example.com,"}]


def test_one_address_in_three_spellings_is_read_three_times():
    contact = read_contact(QUIRKS["same_address_thrice"])

    assert values(contact, "emails") == [
        "sam@example.com",
        "SAM@EXAMPLE.COM",
        "mailto:sam@example.com",
    ]


def test_texts_stay_as_received():
    contact = read_contact(QUIRKS["control_and_invisible"])

    assert contact.record.scalars["first_name"] == "Ann\tMarie\r\n"
    assert contact.record.scalars["last_name"] == " Example\u200b "


def test_nul_and_half_characters_are_left_out_with_a_note():
    contact = read_contact(
        {
            "givenName": "A\0da\ud83d",
            "emailAddresses": [{"name": "\udc00", "address": "a@x.example"}],
            "otherAddress": {"city": "To\0wn"},
        }
    )

    assert contact.record.scalars["first_name"] == "Ada"
    assert values(contact, "addresses")[0][1] == "Town"
    assert contact.extras["emailAddresses"] == [{"name": "", "address": "a@x.example"}]
    assert len(contact.notes) == 3


def test_whole_emoji_stay():
    contact = read_contact(json.loads('{"givenName": "\\ud83d\\ude00"}'))

    assert contact.record.scalars["first_name"] == "😀"
    assert contact.notes == ()


def test_an_empty_contact_is_skipped_with_a_reason():
    assert read_contact(QUIRKS["nothing_at_all"]).skip
    assert read_contact({"displayName": "Only shown", "fileAs": "Only shown"}).skip


def test_a_contact_group_is_skipped_with_a_reason():
    group = {"@odata.type": "#microsoft.graph.distributionList", "displayName": "Partners"}

    assert "group" in read_contact(group).skip


def test_a_row_of_a_delta_page_is_a_contact():
    row = {"@odata.type": "#microsoft.graph.contact", "givenName": "Ada"}

    assert read_contact(row).skip == ""


def test_what_is_not_mapped_is_not_read():
    contact = read_contact({**load("contacts/corso_contact.json"), "personalNotes": "secret"})

    assert set(contact.extras) == {"displayName", "fileAs", "emailAddresses"}
    assert "secret" not in repr(contact)


# --- Creating -----------------------------------------------------------------------------------


def test_a_created_person_carries_names_and_key():
    body = create_body(
        Create("key-1", record(["a@x.example"], first_name="Ada", last_name="Ash", suffix="Jr."))
    )

    assert body == {
        "givenName": "Ada",
        "surname": "Ash",
        "generation": "Jr.",
        "displayName": "Ada Ash Jr.",
        "fileAs": "Ash, Ada",
        "emailAddresses": [{"address": "a@x.example", "name": "Ada Ash Jr."}],
        "singleValueExtendedProperties": [{"id": mark.PROPERTY, "value": "key-1"}],
    }


def test_a_created_company_is_shown_and_filed_by_its_name():
    body = create_body(Create("", record(name="Acme Ltd.")))

    assert body == {
        "givenName": "",
        "companyName": "Acme Ltd.",
        "displayName": "Acme Ltd.",
        "fileAs": "Acme Ltd.",
    }


def test_a_created_contact_without_any_name_is_shown_by_its_address():
    body = create_body(Create("", record(["a@x.example"])))

    assert (body["givenName"], body["displayName"], body["fileAs"]) == (
        "",
        "a@x.example",
        "a@x.example",
    )


def test_every_room_has_its_property():
    sets = {
        "phones": (
            RemoteValue("Work", "1"),
            RemoteValue("Home", "2"),
            RemoteValue("Mobile", "3"),
            RemoteValue("Work", "4"),
        ),
        "messengers": (RemoteValue("any", "sip:a"),),
        "websites": (RemoteValue("any", "https://x.example"),),
        "addresses": (
            RemoteValue("Home", ("1 Way\nFloor 2", "Town", "WA", "98052", "US")),
            RemoteValue("Other", ("", "Town", "", "", "")),
        ),
    }

    body = create_body(Create("", record(sets=sets, birthday="1980-02-29", last_name="Ash")))

    assert body == {
        "givenName": "",
        "surname": "Ash",
        "displayName": "Ash",
        "fileAs": "Ash",
        "birthday": "1980-02-29T11:59:00Z",
        "businessPhones": ["1", "4"],
        "homePhones": ["2"],
        "mobilePhone": "3",
        "imAddresses": ["sip:a"],
        "businessHomePage": "https://x.example",
        "homeAddress": {**PLACE, "street": "1 Way\r\nFloor 2"},
        "otherAddress": {**dict.fromkeys(PLACE), "city": "Town"},
    }


def test_what_graph_could_not_read_is_not_sent():
    body = create_body(Create("", record(["a\0@x.example"], first_name="A\ud83dda")))

    assert body["givenName"] == "Ada"
    assert body["emailAddresses"][0]["address"] == "a@x.example"


# --- Updating -----------------------------------------------------------------------------------

SHOWN = {"displayName": "Ada Ash", "fileAs": "Ash, Ada"}
ADA = {"first_name": "Ada", "last_name": "Ash"}


def changed(before, after, extras=None):
    """Give what an update changes, without what is sent along every time."""
    body = update(before, after, {**SHOWN, **(extras or {})}, key="")
    along = {"givenName": body["givenName"], "displayName": "Ada Ash", "fileAs": "Ash, Ada"}
    return {name: value for name, value in body.items() if along.get(name, ...) != value}


def test_a_cleared_text_is_null_and_a_cleared_collection_empty():
    old = record(
        sets={
            "phones": (RemoteValue("Work", "1"), RemoteValue("Mobile", "2")),
            "messengers": (RemoteValue("any", "sip:a"),),
            "websites": (RemoteValue("any", "x"),),
            "addresses": (RemoteValue("Work", ("1 Way", "", "", "", "")),),
        },
        **ADA,
        job_title="Judge",
        birthday="1980-02-29",
    )

    assert changed(old, record(**ADA)) == {
        "jobTitle": None,
        "birthday": None,
        "businessPhones": [],
        "mobilePhone": None,
        "imAddresses": [],
        "businessHomePage": None,
        "businessAddress": mapping.CLEARED_PLACE,
    }


def test_cleared_addresses_are_an_empty_collection():
    extras = {"emailAddresses": [{"address": "a@x.example", "name": "Ada Ash"}]}

    assert changed(record(["a@x.example"], **ADA), record(**ADA), extras) == {"emailAddresses": []}


def test_a_collection_goes_whole_and_other_rooms_stay_at_home():
    old = record(sets={"phones": (RemoteValue("Work", "1"), RemoteValue("Home", "9"))}, **ADA)
    new = record(
        sets={
            "phones": (
                RemoteValue("Work", "1"),
                RemoteValue("Work", "2"),
                RemoteValue("Home", "9"),
            )
        },
        **ADA,
    )

    assert changed(old, new) == {"businessPhones": ["1", "2"]}


def test_a_changed_part_sends_the_whole_address():
    old = record(sets={"addresses": (RemoteValue("Work", ("1 Way", "Town", "", "", "US")),)}, **ADA)
    new = record(sets={"addresses": (RemoteValue("Work", ("2 Way", "Town", "", "", "US")),)}, **ADA)

    assert changed(old, new) == {
        "businessAddress": {
            "street": "2 Way",
            "city": "Town",
            "state": None,
            "postalCode": None,
            "countryOrRegion": "US",
        }
    }


def test_another_order_is_no_change():
    one = record(
        ["a@x.example", "b@x.example"],
        sets={"phones": (RemoteValue("Work", "1"), RemoteValue("Work", "2"))},
        **ADA,
    )
    other = record(
        ["b@x.example", "a@x.example"],
        sets={"phones": (RemoteValue("Work", "2"), RemoteValue("Work", "1"))},
        **ADA,
    )

    assert update(one, other, SHOWN) is None


def test_another_spelling_is_a_change():
    assert changed(record(**ADA, job_title="judge"), record(**ADA, job_title="Judge")) == {
        "jobTitle": "Judge"
    }


def test_a_company_may_be_written_as_name_or_as_company():
    before, after = record(company="Acme"), record(name="Acme")

    assert update(before, after, {"displayName": "Acme", "fileAs": "Acme"}) is None


def test_a_renamed_company_is_shown_and_filed_anew():
    body = update(
        record(company="Acme"), record(name="Apex"), {"displayName": "Acme", "fileAs": "Acme"}, ""
    )

    assert body == {
        "givenName": None,
        "companyName": "Apex",
        "displayName": "Apex",
        "fileAs": "Apex",
    }


def test_a_birthday_without_a_year_stays_when_other_things_change():
    contact = read_contact(
        {"givenName": "Ada", "displayName": "Ada", "birthday": "1604-05-06T11:59:00Z"}
    )
    after = RemoteRecord({**contact.record.scalars, "job_title": "Judge"}, {})

    assert "birthday" not in update(contact.record, after, contact.extras)


def test_the_key_goes_with_every_change_and_with_none():
    before, after = record(**ADA), record(**ADA, job_title="Judge")

    assert update(before, after, SHOWN, "key-1")[mark.EXTENDED] == [
        {"id": mark.PROPERTY, "value": "key-1"}
    ]
    assert mark.EXTENDED not in update(before, after, SHOWN, "")


# --- E-mail entries -----------------------------------------------------------------------------


def mails(contact, after):
    return update(contact.record, after, contact.extras)["emailAddresses"]


def test_entries_that_are_not_ours_go_back_as_they_are_and_in_their_place():
    sample = QUIRKS["email_x500_mixed_with_smtp"]
    contact = read_contact(sample)
    after = record(["test@example.net", "new@example.net"], **contact.record.scalars)

    assert mails(contact, after) == [
        sample["emailAddresses"][0],
        {"address": "test@example.net", "name": "Test Test (private)"},
        {"address": "new@example.net", "name": "Test Test"},
    ]


def test_an_entry_without_an_address_goes_back():
    contact = read_contact(QUIRKS["email_without_address"])
    after = record(["b@x.example"], **contact.record.scalars)

    assert {"name": "BBB@example.com,"} in mails(contact, after)


def test_the_name_beside_an_address_follows_only_when_it_was_the_old_name():
    entries = [
        {"address": "a@x.example", "name": "Ada Ash"},
        {"address": "b@x.example", "name": "Ada (office)"},
        {"address": "c@x.example", "name": "c@x.example"},
    ]
    contact = read_contact(
        {"givenName": "Ada", "surname": "Ash", "emailAddresses": entries, **SHOWN}
    )
    after = RemoteRecord({**contact.record.scalars, "last_name": "Oak"}, contact.record.sets)

    assert [mail["name"] for mail in mails(contact, after)] == [
        "Ada Oak",
        "Ada (office)",
        "c@x.example",
    ]


def test_a_name_that_the_directory_gives_is_no_reason_to_write():
    contact = read_contact(QUIRKS["org_contact_overrides_name"])
    after = RemoteRecord({**contact.record.scalars, "last_name": "Tag"}, contact.record.sets)

    assert "emailAddresses" not in update(contact.record, after, contact.extras)


def test_what_the_mirror_keeps_as_json_can_be_written_again():
    contact = read_contact(load("contacts/corso_contact.json"))
    stored = json.loads(json.dumps(remote_values(contact.record)))
    before = remote_record(stored, "person")

    assert as_value(stored["sets"]["addresses"][0][1]) == values(contact, "addresses")[0]
    assert update(before, contact.record, json.loads(json.dumps(contact.extras))) is None
