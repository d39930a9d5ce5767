"""Generated contacts: the same seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

from contacts_sync import contact as shape
from contacts_sync.files.draft import Draft, DraftValue

FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dora",
    "Emil",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "Jun",
    "Kai",
    "Lea",
    "Mia",
    "Noor",
    "Olu",
    "Pia",
    "Quin",
    "Rui",
    "Sol",
    "Tess",
]
LAST = [
    "Ash",
    "Birch",
    "Cedar",
    "Dill",
    "Elm",
    "Fir",
    "Gorse",
    "Hazel",
    "Iris",
    "Juniper",
    "Kapok",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
]
TITLES = ("Attorney", "Judge", "Paralegal", "Clerk", "Partner", "")
CITIES = (("Boston", "MA", "02108"), ("Austin", "TX", "78701"), ("Salem", "OR", "97301"))


def make(count: int, seed: int) -> Iterator[Draft]:
    """Make people of the usual fullness: an e-mail each, one or two phones, often an address."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    for number in range(count):
        yield _person(number, chance)


def _person(number: int, chance: random.Random) -> Draft:
    first, last = chance.choice(FIRST), f"{chance.choice(LAST)} {number}"
    phones = [DraftValue(shape.WORK, f"+1 212 555 {number % 10_000:04}", True)]
    if chance.random() < 0.5:
        phones.append(DraftValue(shape.MOBILE, f"+1 646 555 {number % 10_000:04}"))
    addresses = []
    if chance.random() < 0.6:
        city, region, code = chance.choice(CITIES)
        street = f"{chance.randrange(1, 999)} Main Street"
        addresses.append(DraftValue(shape.WORK, (street, city, region, code, "USA"), True))
    return Draft(
        shape.PERSON,
        {"first_name": first, "last_name": last, "job_title": chance.choice(TITLES)},
        emails=(DraftValue(shape.WORK, f"{first.lower()}.{number}@example.com", True),),
        phones=tuple(phones),
        addresses=tuple(addresses),
    )
