"""The demo's story: what stands in the firm's list, in two mailboxes, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contacts_sync.contact import COMPANY, HOME, MOBILE, OTHER, PERSON, WORK
from contacts_sync.demo.outlook import card
from contacts_sync.demo.people import COMPANIES, address, person
from contacts_sync.files import Draft, DraftValue

Cards = Iterator[dict[str, Any]]

BOTH = range(120)
"""These people are in both lists, and match."""

ONLY_HERE, ONLY_THERE = range(120, 190), range(190, 260)
PARTNERS = range(0, 200, 5)
"""These are in the partner's mailbox too."""

NOTE = "Met at the bar association’s dinner. Prefers to be called in the afternoon.\n" * 12


def firm() -> list[Draft]:
    """Give the firm's list."""
    return [
        *(_company(name) for name in COMPANIES[:5]),
        *map(person, BOTH),
        *map(person, ONLY_HERE),
        *_odd_here(),
    ]


def mailbox() -> Cards:
    """Give the main Contacts folder of the first mailbox."""
    yield card(_company(COMPANIES[0]), personalNotes="Policy questions: ask for Ms. Hale.")
    for number in BOTH:
        yield card(person(number), **_difference(number))
    for number in ONLY_THERE:
        yield card(person(number), **_unmapped(number))
    yield from _odd_there()


def partner() -> Cards:
    """Give the second mailbox: some of the firm's contacts, and some of the partner's own."""
    for number in PARTNERS:
        yield card(person(number))
    for number in range(260, 300):
        yield card(person(number), **_unmapped(number))


def private() -> Cards:
    """Give a folder beside the main one, which takes no part."""
    yield _card("Dr. Ida", "Fielding", personalNotes="Dentist.")
    yield _card("Uncle", "Bob", mobilePhone="(207) 555-0188")


def _difference(number: int) -> dict[str, Any]:
    """Say how the Outlook copy of somebody in both lists differs; most do not."""
    match number % 12:
        case 3:
            return {"homePhones": [f"(912) 555-01{number % 100:02}"]}  # to be added here
        case 5:
            return {"jobTitle": "Attorney at Law"}  # a conflict; the firm's list wins
        case 7:
            return {"mobilePhone": None}  # to be added there
        case 9:
            return _unmapped(number)
    return {}


def _unmapped(number: int) -> dict[str, Any]:
    """Give properties that the sync never reads and never loses."""
    return {
        "personalNotes": NOTE if number % 2 else "Referred by the Kingsport office.",
        "categories": ["Client", "Blue category"] if number % 3 else ["Opposing counsel"],
        "officeLocation": f"Floor {1 + number % 9}",
        "spouseName": "Robin" if number % 4 == 0 else None,
        "nickName": "Ace" if number % 10 == 0 else None,
    }


def _company(name: str) -> Draft:
    host = "".join(sign for sign in name.lower() if sign.isalnum()) + ".example"
    return Draft(
        COMPANY,
        {"name": name},
        emails=(DraftValue(WORK, f"office@{host}", primary=True),),
        phones=(
            DraftValue(WORK, "(423) 555-0100", primary=True),
            DraftValue("Fax", "423 555 0199"),
        ),
        websites=(DraftValue(WORK, f"https://{host}", primary=True),),
    )


def _person(first: str, last: str, *mails: str, **more: Any) -> Draft:
    entries = tuple(
        DraftValue(WORK if at == 0 else OTHER, mail, primary=at == 0)
        for at, mail in enumerate(mails)
    )
    sets = {name: more.pop(name) for name in ("phones", "addresses", "messengers") if name in more}
    names = {"first_name": first, "last_name": last}
    scalars = {name: text for name, text in {**names, **more}.items() if text}
    return Draft(PERSON, scalars, emails=entries, **sets)


def _card(first: str, last: str, *mails: str, **more: Any) -> dict[str, Any]:
    return card(_person(first, last, *mails), **more)


def _numbers(*entries: tuple[str, str]) -> tuple[DraftValue, ...]:
    return tuple(DraftValue(label, number, at == 0) for at, (label, number) in enumerate(entries))


def _odd_here() -> Iterator[Draft]:
    # More than Outlook has room for: a third business number, fax, pager, a fourth e-mail, billing.
    yield _person(
        "Marguerite", "Overton", "m.overton@example.com", "overton@example.net",
        "marguerite@example.org", "old.address@example.com",
        phones=_numbers(
            (WORK, "(423) 555-0111"), (WORK, "(423) 555-0112"), (WORK, "(423) 555-0113"),
            ("Fax", "(423) 555-0114"), ("Pager", "(423) 555-0115"), (MOBILE, "(207) 555-0116"),
        ),
        addresses=(
            DraftValue(WORK, ("1 Court Square", "Kingsport", "TN", "37660", "USA")),
            DraftValue("Billing", ("P.O. Box 77", "Kingsport", "TN", "37662", "USA"), primary=True),
        ),
    )  # fmt: skip
    # The same name without an e-mail: not matched, listed as look-alikes.
    yield _person("Gordon", "Pike", phones=_numbers((WORK, "(423) 555-0121")))
    # The same e-mail, another last name; the same phone and last name, another first name.
    yield _person("Helena", "Marsh", "helena@example.org")
    yield _person(
        "Robert", "Yates", "r.yates@example.com", phones=_numbers((HOME, "(912) 555-0131"))
    )
    # One letter, and one capital, make another contact.
    yield _person("Jonathan", "Clarke", "j.clarke@example.com")
    yield _person("Fiona", "McDonald", "fiona@example.com")
    # Two here, one there: somebody has to say which one it is.
    yield _person("Peter", "Nolan", "p.nolan@example.com", job_title="Estate planning")
    yield _person("Peter", "Nolan", "p.nolan@example.com", job_title="Divorce")
    # Twins that are equal in everything: paired in order.
    for _twin in range(2):
        yield _person("Judith", "Sayer", "judith@example.com")
    # Other alphabets; the second name is decomposed in Outlook and matches all the same.
    yield _person("Дмитрий", "Соколов", "sokolov@example.com", job_title="Переводчик")
    yield _person("Zoë", "Müller", "zoe.mueller@example.com")
    yield _person("小明", "王", "wang.xiaoming@example.com")
    # A company without a detail of its own, named by somebody: it stays home.
    yield _person("Arthur", "Penn", "arthur@penn.example", company="Penn & Sons")
    yield _person("Ruth", "Castle", messengers=(DraftValue(WORK, "ruth.castle@chat.example"),))


def _odd_there() -> Cards:
    yield _card("Marguerite", "Overton", "m.overton@example.com", personalNotes=NOTE)
    yield _card("Gordon", "Pike", "gordon.pike@example.com")
    yield _card("Helena", "Brandt", "Helena@Example.org")
    yield _card("Bob", "Yates", homePhones=["+1 912 555 0131"])
    yield _card("Jonathon", "Clarke", "j.clarke@example.com")
    yield _card("Fiona", "Mcdonald", "fiona@example.com")
    yield _card("Peter", "Nolan", "p.nolan@example.com", mobilePhone="(207) 555-0141")
    for _twin in range(2):
        yield _card("Judith", "Sayer", "judith@example.com")
    yield _card("Дмитрий", "Соколов", "SOKOLOV@example.com", categories=["Перевод"])
    yield _card("Zoe\u0308", "Mu\u0308ller", "zoe.mueller@example.com")
    yield _card("Ελένη", "Παππά", "eleni@example.com", companyName="Παππάς & Υιοί")
    yield _card("ليلى", "حداد", "layla@example.com")
    # Two there, one here; no e-mail at all; a company nobody has entered here.
    yield _card(
        *_name_of(7), address(*_name_of(7)), personalNotes="A second card of the same person."
    )
    yield _card("Walter", "", businessPhones=["(423) 555-0151"])
    yield _card("Nadia", "Rahman", "nadia@lakeside.example", companyName="Lakeside Clinic")
    yield card(
        replace(_company("Quarry Hill Winery"), emails=()), personalNotes="Tastings on Fridays."
    )
    # Apple's birthday without a year, and a contact that holds only what the sync does not read.
    yield _card("Leap", "Day", "leap@example.com", birthday="1604-02-29T11:59:00Z")
    yield {"personalNotes": "Wi-Fi of the court house: ask the clerk.", "categories": ["Notes"]}


def _name_of(number: int) -> tuple[str, str]:
    scalars = person(number).scalars
    return scalars["first_name"], scalars["last_name"]
