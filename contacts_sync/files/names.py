"""Names that a file gives as one text, taken apart.

Guessing is for imports, which a person looks at; a sync never does it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from nameparser import HumanName

from contacts_sync.contact import fold
from contacts_sync.files.draft import Unread, shorten

_LEGAL_FORMS = frozenset(
    [
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "plc",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "company",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "mbb",
        "partg",
        "partgmbb",
        "sarl",
        "sas",
        "spa",
        "srl",
        "bv",
        "nv",
        "aps",
        "pty",
    ]
)
_LONG = 300
_UNSURE = "is one text; it was split into “{}”, please check"


def is_company_name(text: str) -> bool:
    """Say whether a name ends like a company's: with a legal form, after something else."""
    words = text.casefold().replace(",", " ").split()
    return len(words) > 1 and words[-1].strip("()").replace(".", "") in _LEGAL_FORMS


def split_name(text: str) -> tuple[dict[str, str], tuple[Unread, ...]]:
    """Take a name in one text apart; give the parts, and a note unless it was two plain words."""
    text = fold(text)
    if not text:
        return {}, ()
    if len(text) > _LONG:
        return {"last_name": text}, (
            Unread("Name", shorten(text), "is too long to be taken apart"),
        )
    parts = _parse(text)
    if re.fullmatch(r"[^\W\d_]{2,} [^\W\d_]{2,}", text) or " " not in text:
        return parts, ()
    shown = " | ".join(parts.values())
    return parts, (Unread("Name", shorten(text), _UNSURE.format(shorten(shown))),)


def _parse(text: str) -> dict[str, str]:
    if " " not in text:
        return {"first_name": text}
    name = HumanName(text)
    found = {
        "prefix": name.title,
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "suffix": name.suffix,
    }
    parts = {part: fold(str(value)) for part, value in found.items() if fold(str(value))}
    # What the parser drops (a nickname in brackets) or makes a mere title must not be lost.
    named = parts.get("first_name") or parts.get("last_name")
    return parts if named and not adds_to(text, parts.values()) else {"last_name": text}


def adds_to(text: str, known: Iterable[str]) -> bool:
    """Say whether a text holds letters or digits that the known texts do not hold."""
    return bool(_signs(text) - _signs("".join(known)))


def _signs(text: str) -> Counter[str]:
    return Counter(sign for sign in text.casefold() if sign.isalnum())
