"""What a vCard means, told one oddity at a time."""

from __future__ import annotations

import pytest

from contacts_sync.files import BadCard, Draft, DraftValue, vcard


def card(*lines, version="3.0"):
    text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
    return text.encode()


def read(*lines, version="3.0"):
    (found,) = vcard.read(card(*lines, version=version))
    return found


def whys(draft, what):
    return [item.why for item in draft.unread if item.what == what]


# --- Broken files


def test_a_broken_card_does_not_stop_the_next():
    data = card("FN:") + card("FN:Anna Berg") + b"BEGIN:VCARD\r\nFN:Cut Off"

    bad, anna, cut = vcard.read(data)

    assert isinstance(bad, BadCard)
    assert str(bad.source) == "card 1 (line 1)"
    assert anna.scalars == {"first_name": "Anna", "last_name": "Berg"}
    assert whys(cut, "Card") == [
        "has no END:VCARD; what stands before the next card or the end of the file was read"
    ]


def test_a_card_that_is_never_closed_does_not_swallow_the_next():
    data = b"BEGIN:VCARD\nFN:Anna Berg\nBEGIN:VCARD\nFN:Bo Holm\nEND:VCARD\n"

    assert [draft.scalars["last_name"] for draft in vcard.read(data)] == ["Berg", "Holm"]


def test_an_agents_card_stays_inside_of_the_card():
    draft = read("FN:Anna Berg", "AGENT:", "BEGIN:VCARD", "FN:Bo Holm", "END:VCARD", "TEL:12")

    assert draft.scalars["last_name"] == "Berg"
    assert [phone.value for phone in draft.phones] == ["12"]


def test_text_outside_of_cards_is_reported_once():
    found = list(vcard.read(b"Dear all,\nhere they are\n\n" + card("FN:Anna Berg")))

    assert [type(item) for item in found] == [BadCard, Draft]
    assert "belongs to no card" in found[0].reason


def test_a_line_that_is_no_property_is_listed():
    draft = read("FN:Anna Berg", "what is this")

    assert [str(item) for item in draft.unread] == [
        "Line “what is this”: is no property of a vCard"
    ]


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n", "\r\r\n"])
def test_any_line_end_will_do(newline):
    data = card("FN:Anna Berg", "TEL:12").decode().replace("\r\n", newline).encode()

    (draft,) = vcard.read(data)

    assert draft.phones == (DraftValue("Other", "12"),)


@pytest.mark.parametrize(
    "line",
    [
        "TEL:1" + " " * 200_000 + "2",
        "EMAIL:<" + "@" * 200_000,
        "TEL" + ";A" * 200_000 + ":1",
        "item1.X-ABLabel:" + "_$!<" * 200_000,
    ],
    ids=["blanks", "signs", "parameters", "labels"],
)
def test_a_hostile_line_takes_no_longer_than_it_is_long(line):
    draft = read("FN:Anna Berg", "item1.TEL:12", line)  # each once took minutes

    assert draft.scalars["last_name"] == "Berg"


# --- Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_name_with_accents_is_read_in_any_usual_encoding(encoding):
    data = card("N:Müller;Jürgen;;;").decode().encode(encoding)

    (draft,) = vcard.read(data)

    assert draft.scalars == {"last_name": "Müller", "first_name": "Jürgen"}
    assert draft.unread == ()


def test_a_charset_that_is_not_true_is_noticed():
    data = b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1:M\xc3\xbcller\nEND:VCARD\n"

    (draft,) = vcard.read(data)

    assert draft.scalars == {"last_name": "Müller"}
    assert whys(draft, "N") == ["is not in the encoding that the file names for it; read as UTF-8"]


@pytest.mark.parametrize("name", ["zip", "unicode_escape", "no-such", "utf-16", "\\x00"])
def test_a_charset_that_is_none_costs_no_card(name):
    data = f"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET={name}:M\u00fcller\nEND:VCARD\n".encode()

    (draft,) = vcard.read(data)

    assert "last_name" in draft.scalars


def test_nul_is_dropped_with_a_note():
    draft = read("FN:Anna\x00 Berg")

    assert draft.scalars == {"first_name": "Anna", "last_name": "Berg"}
    assert "NUL" in whys(draft, "FN")[0]


def test_a_text_of_more_than_ten_megabytes_is_left_out_with_a_note():
    draft = read("FN:Anna Berg", "TITLE:" + "x" * 100_001)

    assert "job_title" not in draft.scalars
    assert whys(draft, "TITLE") == ["is longer than 100,000 characters and was left out"]


def test_base64_text_and_quoted_printable_are_decoded():
    draft = read("FN;ENCODING=b:QW5uYSBCZXJn", "TITLE;ENCODING=QUOTED-PRINTABLE:J=C3=BAri=\r\nsta")

    assert draft.scalars["last_name"] == "Berg"
    assert draft.scalars["job_title"] == "Júrista"


def test_a_fold_of_2_1_keeps_its_blank_and_one_of_3_0_does_not():
    old = read("TITLE:Head", " of Law", "FN:A B", version="2.1")
    new = read("TITLE:Head of L", " aw", "FN:A B")

    assert old.scalars["job_title"] == new.scalars["job_title"] == "Head of Law"


# --- Names and companies


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Anna Berg", {"first_name": "Anna", "last_name": "Berg"}),
        ("Berg, Anna", {"first_name": "Anna", "last_name": "Berg"}),
        ("Cher", {"first_name": "Cher"}),
        ("Juan de la Vega", {"first_name": "Juan", "last_name": "de la Vega"}),
        (
            "Dr. Anna M. Berg Jr.",
            {
                "prefix": "Dr.",
                "first_name": "Anna",
                "middle_name": "M.",
                "last_name": "Berg",
                "suffix": "Jr.",
            },
        ),
        ("安藤ロイド", {"last_name": "安藤ロイド"}),
    ],
)
def test_a_name_in_one_text_is_taken_apart(text, parts):
    draft = read(f"FN:{text.replace(',', chr(92) + ',')}", "TEL:12")

    assert draft.scalars == parts


def test_a_split_that_could_be_wrong_asks_to_be_checked():
    sure, unsure = read("FN:Anna Berg"), read("FN:Anna Maria Berg")

    assert sure.unread == ()
    assert "please check" in whys(unsure, "Name")[0]


def test_no_word_of_a_name_is_lost_in_taking_it_apart():
    draft = read("FN:Anna (Annie) Berg")

    assert "Annie" in " ".join(draft.scalars.values())


def test_the_parts_of_n_win_over_another_shown_name_which_is_listed():
    draft = read("N:Gump;Forrest", "FN:Joe Due")

    assert draft.scalars == {"last_name": "Gump", "first_name": "Forrest"}
    assert [item.value for item in draft.unread] == ["Joe Due"]


@pytest.mark.parametrize(
    "lines",
    [
        ["FN:Berg Law", "ORG:Berg Law;", "X-ABShowAs:COMPANY"],
        ["FN:Berg Law", "ORG:Berg Law", "N:;;;;"],
        ["ORG:Berg Law"],
        ["KIND:org", "FN:Berg Law"],
        ["FN:Law\\, Berg", "ORG:Berg Law", "X-ABShowAs:COMPANY", "N:Law;Berg"],
        ["ORG:Berg Law", "FN:law@berg.example", "EMAIL:law@berg.example"],
    ],
)
def test_a_company_is_known_by_its_mark_or_by_having_no_other_name(lines):
    draft = read(*lines)

    assert draft.kind == "company"
    assert draft.scalars == {"name": "Berg Law"}


def test_a_name_alone_that_ends_in_a_legal_form_is_taken_as_a_company_with_a_note():
    draft = read("FN:Berg Law LLP")

    assert (draft.kind, draft.scalars) == ("company", {"name": "Berg Law LLP"})
    assert "taken as one" in draft.unread[0].why


def test_units_of_an_organisation_are_the_department():
    draft = read("FN:Anna Berg", "ORG:Berg Law;Courts;Floor 2")

    assert draft.scalars["company"] == "Berg Law"
    assert draft.scalars["department"] == "Courts Floor 2"


def test_a_number_shown_as_name_is_no_name():
    draft = read("FN:+1 604 555 0100", "TEL:+1 604 555 0100")

    assert draft.scalars == {}


# --- Values


@pytest.mark.parametrize(
    ("line", "version", "label", "primary"),
    [
        ("TEL;WORK;FAX:12", "2.1", "Fax", False),
        ("TEL;CELL;PREF:12", "2.1", "Mobile", True),
        ("TEL;TYPE=work,voice,pref:12", "3.0", "Work", True),
        ('TEL;TYPE="HOME,VOICE":12', "3.0", "Home", False),
        ("TEL;type=HOME;type=pref:12", "3.0", "Home", True),
        ("TEL;VALUE=uri;TYPE=pager;PREF=1:tel:12", "4.0", "Pager", True),
        ("TEL;PREF=7:12", "4.0", "Other", True),
        ("TEL:12", "3.0", "Other", False),
    ],
)
def test_labels_and_preference_in_the_spelling_of_each_version(line, version, label, primary):
    draft = read("FN:Anna Berg", line, version=version)

    assert draft.phones == (DraftValue(label, "12", primary),)


def test_the_lowest_pref_of_4_0_is_primary():
    draft = read("FN:A B", "EMAIL;PREF=2:a@x.example", "EMAIL;PREF=1:b@x.example", version="4.0")

    assert [one.primary for one in draft.emails] == [False, True]


def test_a_label_of_apples_own_is_understood_and_a_users_own_is_listed():
    draft = read(
        "FN:Anna Berg",
        "item1.TEL:12",
        "item1.X-ABLabel:_$!<WorkFAX>!$_",
        "item2.TEL:13",
        "item2.X-ABLabel:Boat",
    )

    assert [one.label for one in draft.phones] == ["Fax", "Other"]
    assert [item.value for item in draft.unread] == ["Boat"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("tel:+1-604-555-0103;ext=7", ["+1-604-555-0103 ext. 7"]),
        ("555-0107 (direct)\\, 555-0108 (night)", ["555-0107", "555-0108"]),
        ("020 7946 0005\\,\\,\\,123#", ["020 7946 0005,,,123#"]),
        ("012341/ 2 22 67", ["012341/ 2 22 67"]),
        ("BusinessPhone", ["BusinessPhone"]),
        ("604 555 0100\\, ext. 123456", ["604 555 0100, ext. 123456"]),
    ],
)
def test_two_numbers_are_told_from_one_with_pauses_words_and_extensions(text, numbers):
    draft = read("FN:Anna Berg", f"TEL:{text}")

    assert [one.value for one in draft.phones] == numbers


def test_a_sip_address_in_a_phone_field_is_a_messenger():
    draft = read("FN:Anna Berg", "TEL:sip:anna@x.example")

    assert draft.phones == ()
    assert draft.messengers == (DraftValue("Other", "sip:anna@x.example"),)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("IMPP;X-SERVICE-TYPE=Skype:skype:live:anna", "skype:live:anna"),
        ("IMPP;X-SERVICE-TYPE=Jabber:x-apple:anna", "xmpp:anna"),
        ("X-AIM:anna", "aim:anna"),
        ("X-SKYPE:anna", "skype:anna"),
        ("X-MS-IMADDRESS:anna@x.example", "anna@x.example"),
    ],
)
def test_a_messenger_keeps_its_service(line, address):
    assert [one.value for one in read("FN:Anna Berg", line).messengers] == [address]


@pytest.mark.parametrize(
    ("text", "addresses", "why"),
    [
        ("mailto:a@x.example", ["a@x.example"], ""),
        ('"Anna" <a@x.example>', ["a@x.example"], "came with a name"),
        ("a@x.example; b@x.example", ["a@x.example", "b@x.example"], "more than one"),
        ("/o=Exchange/cn=anna", [], "Exchange"),
        ("anna", [], "not an e-mail address"),
    ],
)
def test_an_email_field_is_read_as_a_person_would(text, addresses, why):
    draft = read("FN:Anna Berg", f"EMAIL:{text}")

    assert [one.value for one in draft.emails] == addresses
    assert why in "".join(whys(draft, "E-mail"))
    assert bool(why) == bool(whys(draft, "E-mail"))


@pytest.mark.parametrize(
    ("line", "birthday", "why"),
    [
        ("BDAY:1980-02-29", "1980-02-29", ""),
        ("BDAY:19800229", "1980-02-29", ""),
        ("BDAY:1980-02-29T23:00:00Z", "1980-02-29", ""),
        ("BDAY;VALUE=date:1980-02-29", "1980-02-29", ""),
        ("BDAY:--0229", "", "has no year"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29", "", "has no year"),
        ("BDAY:0001-01-01", "", "has no year"),
        ("BDAY:1980-02", "", "only part of a date"),
        ("BDAY:19723101", "", "is not a date"),
        ("BDAY:1981-02-29", "", "is not a date"),
        ("BDAY;VALUE=text:around Easter", "", "is not a date"),
    ],
)
def test_a_birthday_is_a_whole_date_or_listed(line, birthday, why):
    draft = read("FN:Anna Berg", line)

    assert draft.scalars.get("birthday", "") == birthday
    assert why in "".join(whys(draft, "Birthday"))


def test_office_and_post_box_are_lines_of_the_street():
    draft = read("FN:A B", "ADR;TYPE=WORK:Box 9;Suite 2;1 Test Way;Burnaby;BC;V0V;Canada")

    assert draft.addresses == (
        DraftValue("Work", ("Suite 2\n1 Test Way\nBox 9", "Burnaby", "BC", "V0V", "Canada")),
    )


def test_an_address_that_came_only_as_printed_is_taken_whole():
    draft = read(
        "FN:A B",
        "ADR;WORK:;;1 Test Way;Burnaby",
        "LABEL;WORK:1 Test Way",
        "LABEL;HOME;ENCODING=QUOTED-PRINTABLE:2 Side St=0D=0AVictoria",
        version="2.1",
    )

    assert draft.addresses[1:] == (DraftValue("Home", ("2 Side St\nVictoria", "", "", "", "")),)
    assert "printed lines" in whys(draft, "Address")[0]


def test_what_the_list_has_no_field_for_is_listed_without_its_content():
    draft = read("FN:Anna Berg", "NOTE:owes us money", "PHOTO;ENCODING=b:" + "QUJD" * 99)

    assert [(item.what, item.value) for item in draft.unread] == [
        ("Note", "(13 bytes)"),
        ("Picture", "(396 bytes)"),
    ]


# --- Writing


def test_a_written_card_looks_like_this():
    draft = Draft(
        "person",
        {
            "first_name": "Anna",
            "last_name": "Berg; Holm",
            "company": "Berg, Law",
            "department": "A",
        },
        emails=(DraftValue("Work", "a@x.example", True),),
        phones=(DraftValue("Skype", "anna.berg"), DraftValue("Fax", "12")),
        messengers=(DraftValue("Home", "skype:anna"),),
        addresses=(DraftValue("Billing", ("1 Way\nFloor 2", "Bergen", "", "5003", "Norway")),),
        websites=(DraftValue("Other", "https://x.example/a,b"),),
        uid="u-1",
    )

    assert b"".join(vcard.write([draft])).decode().split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "PRODID:-//contacts_sync//vCard export//EN",
        "UID:u-1",
        "FN:Anna Berg\\; Holm",
        "N:Berg\\; Holm;Anna;;;",
        "ORG:Berg\\, Law;A",
        "EMAIL;TYPE=INTERNET;TYPE=WORK;TYPE=PREF:a@x.example",
        "item1.TEL;TYPE=X-SKYPE:anna.berg",
        "item1.X-ABLabel:Skype",
        "TEL;TYPE=FAX:12",
        "item2.ADR;TYPE=X-BILLING:;;1 Way\\nFloor 2;Bergen;;5003;Norway",
        "item2.X-ABLabel:Billing",
        "IMPP;X-SERVICE-TYPE=Skype;TYPE=HOME:skype:anna",
        "URL:https://x.example/a,b",
        "END:VCARD",
        "",
    ]


def test_a_company_is_written_as_apple_does():
    lines = b"".join(vcard.write([Draft("company", {"name": "Berg Law"})])).decode().split("\r\n")

    assert {"FN:Berg Law", "N:;;;;", "ORG:Berg Law", "X-ABShowAs:COMPANY"} <= set(lines)


def test_a_number_of_ours_that_looks_like_two_stays_one():
    draft = Draft("person", {"last_name": "B"}, phones=(DraftValue("Work", "555 0107, 555 0108"),))

    (back,) = vcard.read(b"".join(vcard.write([draft])))

    assert back.phones == draft.phones


def test_a_contact_from_a_hostile_mailbox_can_be_written():
    draft = Draft("person", {"last_name": "a\x00b\ud800c\r\nEND:VCARD"})

    (back,) = vcard.read(b"".join(vcard.write([draft])))

    assert back.scalars == {"last_name": "abc\nEND:VCARD"}


def test_reading_holds_one_card_at_a_time():
    cards = vcard.read(card("FN:Anna Berg") * 3)

    assert next(cards).source.number == 1
    assert str(next(cards).source) == "card 2 (line 5)"
