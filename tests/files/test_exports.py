"""The formats that are written, as a page offers them."""

from __future__ import annotations

import pytest

from contacts_sync.files import EXPORTS, Draft, DraftValue, clio_csv, detect, read, vcard

DRAFT = Draft(
    "person",
    {"first_name": "Anna", "last_name": "Berg", "birthday": "1980-02-29"},
    emails=(DraftValue("Home", "a@x.example"), DraftValue("Work", "b@x.example", True)),
    phones=(DraftValue("Skype", "anna"), DraftValue("Fax", "12"), DraftValue("Other", "13")),
    messengers=(DraftValue("Work", "skype:anna"),),
    addresses=(DraftValue("Billing", ("1 Way", "Bergen", "", "5003", "Norway"), True),),
    uid="0b1c2d3e-0000-4000-8000-0123456789ab",
)


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_what_is_written_is_recognised_and_read_or_reported(export):
    left = []

    data = b"".join(export.write([DRAFT], lambda draft, item: left.append(item)))

    (back,) = read(f"contacts{export.suffix}", data)
    assert detect("contacts", data).name == export.name.removesuffix("-4")
    assert back.scalars["last_name"] == "Berg"
    assert bool(left) == (export.name not in {"vcard", "vcard-4", "google-csv"})
    assert export.cannot.endswith(".") or export.name.startswith("vcard")


def test_a_card_of_version_4_looks_like_this():
    assert b"".join(vcard.write([DRAFT], vcard.V4)).decode().split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "PRODID:-//contacts_sync//vCard export//EN",
        "UID:urn:uuid:0b1c2d3e-0000-4000-8000-0123456789ab",
        "FN:Anna Berg",
        "N:Berg;Anna;;;",
        "BDAY:19800229",
        "EMAIL;TYPE=home:a@x.example",
        "EMAIL;PREF=1;TYPE=work:b@x.example",
        "item1.TEL;TYPE=x-skype:anna",
        "item1.X-ABLabel:Skype",
        "TEL;TYPE=fax:12",
        "TEL;TYPE=voice:13",
        "item2.ADR;PREF=1;TYPE=x-billing:;;1 Way;Bergen;;5003;Norway",
        "item2.X-ABLabel:Billing",
        "IMPP;X-SERVICE-TYPE=Skype;TYPE=work:skype:anna",
        "END:VCARD",
        "",
    ]


@pytest.mark.parametrize("version", [vcard.V3, vcard.V4])
def test_the_identity_of_a_card_comes_back(version):
    (back,) = vcard.read(b"".join(vcard.write([DRAFT], version)))

    assert back == Draft(
        DRAFT.kind,
        DRAFT.scalars,
        DRAFT.emails,
        DRAFT.phones,
        DRAFT.messengers,
        DRAFT.addresses,
        uid=DRAFT.uid,
        source=back.source,
    )


@pytest.mark.parametrize("kind", ["person", "company"])
def test_a_company_and_a_person_with_nothing_but_a_company_are_told_apart(kind):
    draft = Draft(kind, {"name" if kind == "company" else "company": "Berg Law"})

    for version in (vcard.V3, vcard.V4):
        (back,) = vcard.read(b"".join(vcard.write([draft], version)))
        assert (back.kind, back.scalars) == (draft.kind, draft.scalars)


def test_a_person_of_whom_clio_keeps_the_company_only_is_reported_as_read_back_otherwise():
    person = Draft("person", {"middle_name": "Q.", "company": "Acme"})
    left = []

    list(clio_csv.write([person], lambda _draft, item: left.append(item.what)))

    assert set(left) == {"Kind", "middle_name"}
