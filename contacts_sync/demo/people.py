"""The people of the demo: made up from lists, the same ones every time."""

from __future__ import annotations

from collections.abc import Iterator

from contacts_sync.contact import HOME, MOBILE, PERSON, WORK
from contacts_sync.files import Draft, DraftValue

FIRST = (
    "Amelia", "Benjamin", "Clara", "Daniel", "Eleanor", "Felix", "Grace", "Henry", "Isabel",
    "Jonah", "Katherine", "Liam", "Miriam", "Nathan", "Olivia", "Patrick", "Quinn", "Rosa",
    "Samuel", "Teresa", "Ursula", "Victor", "Wendy", "Xavier", "Yasmin", "Zachary",
)  # fmt: skip
LAST = (
    "Abbott", "Barlow", "Castellano", "Donovan", "Eastman", "Ferreira", "Goldberg", "Hammond",
    "Iverson", "Jacobs", "Kowalski", "Lindqvist", "Moreau", "Novak", "O’Connor", "Pritchard",
    "Quigley", "Rosenthal", "Sandoval", "Thornton", "Underwood", "Vasquez", "Whitaker",
)  # fmt: skip
TITLES = (
    "General Counsel", "Claims Adjuster", "Paralegal", "Court Clerk", "Expert Witness",
    "Managing Director", "Mediator", "Notary", "Process Server", "Real Estate Broker", "",
)  # fmt: skip
COMPANIES = (
    "Harbor Point Insurance", "Northgate Realty LLC", "Bright & Daughters", "Alder Street Dental",
    "City of Kingsport", "Meridian Title Company", "Old Mill Brewing Co.", "Tidewater Freight",
)  # fmt: skip
STREETS = ("Alder Street", "Bay Road", "Court Square", "Dock Lane", "Elm Avenue", "Fourth Street")
CITIES = (
    ("Kingsport", "TN", "37660"), ("Portland", "ME", "04101"), ("Savannah", "GA", "31401"),
)  # fmt: skip


def person(number: int) -> Draft:
    """Make up a person: the same number gives the same one, another number another name."""
    first = FIRST[number % len(FIRST)]
    last = LAST[(number + number // len(FIRST)) % len(LAST)]
    scalars = {"first_name": first, "last_name": last, "job_title": TITLES[number % len(TITLES)]}
    if number % 3 == 0:
        scalars["company"] = COMPANIES[number % len(COMPANIES)]
    if number % 7 == 0:
        scalars["birthday"] = f"{1950 + number % 45}-{1 + number % 12:02}-{1 + number % 28:02}"
    return Draft(
        PERSON,
        {name: text for name, text in scalars.items() if text},
        emails=(DraftValue(WORK, address(first, last), primary=True),),
        phones=tuple(_phones(number)),
        addresses=tuple(_addresses(number)),
    )


def address(first: str, last: str, host: str = "example.com") -> str:
    """Give somebody's e-mail address."""
    return f"{first}.{last}@{host}".replace("’", "").replace(" ", "").lower()


def _phones(number: int) -> Iterator[DraftValue]:
    # 555-01xx is never a real subscriber's.
    yield DraftValue(WORK, f"(423) 555-01{number % 100:02}", primary=True)
    if number % 2:
        yield DraftValue(MOBILE, f"(207) 555-01{(number * 7) % 100:02}")


def _addresses(number: int) -> Iterator[DraftValue]:
    if number % 4 == 0:
        city, region, code = CITIES[number % len(CITIES)]
        street = f"{100 + number} {STREETS[number % len(STREETS)]}"
        yield DraftValue(HOME if number % 8 else WORK, (street, city, region, code, "USA"))
