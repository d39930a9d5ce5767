"""Birthdays as files write them, read into whole dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from contacts_sync.contact import NO_BIRTH_YEARS

MONTH_FIRST, DAY_FIRST = "month first", "day first"

NO_YEAR = "has no year; the list holds whole dates only"
PARTIAL = "is only part of a date; the list holds whole dates only"
NO_DATE = "is not a date"
SHORT_YEAR = "has a year of two digits, which could be of either century"
GUESSED = "could be two dates; it was read with the {}"

_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T\s].*)?", re.ASCII | re.DOTALL)
_YEARLESS = re.compile(r"--(\d\d)?-?-?(\d\d)?(?:T.*)?", re.ASCII | re.DOTALL)
_PARTIAL = re.compile(r"\d{4}(?:-\d\d)?-{0,2}", re.ASCII)
_LOCAL = re.compile(
    r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d\d)\b.*", re.ASCII | re.DOTALL
)


def read_iso(text: str) -> tuple[str, str]:
    """Read a date as vCard writes it (RFC 6350 4.3, RFC 2426 3.1.5): the ISO date, or why not.

    A time behind the date is dropped without turning the day: a birthday has no time zone. Years
    0001 and 1604 mean that the year is not known.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
        return _date(year, month, day)
    if _YEARLESS.fullmatch(text) and text.strip("-"):
        return "", NO_YEAR
    return "", PARTIAL if _PARTIAL.fullmatch(text) else NO_DATE


def read_local(text: str, order: str = "") -> tuple[str, str]:
    """Read a date as Windows programs write it: the ISO date, and why not or what is doubtful.

    `order` is what the rest of the file shows; without it, numbers with slashes are taken month
    first, as the English headings suggest, and numbers with dots day first.
    """
    text = text.strip()
    match = _LOCAL.fullmatch(text)
    if match is None:
        return read_iso(text)
    first, mark, second, year = match.groups()
    if not int(first) and not int(second):
        return "", ""  # Outlook's 0/0/00: no date
    if len(year) == 2:
        return "", SHORT_YEAR
    chosen = DAY_FIRST if mark == "." else order or _evident(first, second) or MONTH_FIRST
    day, month = (first, second) if chosen == DAY_FIRST else (second, first)
    found, why = _date(int(year), int(month), int(day))
    sure = mark == "." or order or _evident(first, second) or first == second
    return found, why or ("" if sure else GUESSED.format(chosen.split()[0] + " first"))


def order_of(texts: Iterable[str]) -> str:
    """Find out from the dates of a file whether the day or the month comes first; "" if unclear."""
    seen = set()
    for text in texts:
        match = _LOCAL.fullmatch(text.strip())
        if match and match[2] != ".":
            seen.add(_evident(match[1], match[3]))
    seen.discard("")
    return seen.pop() if len(seen) == 1 else ""


def _evident(first: str, second: str) -> str:
    if int(first) > 12 >= int(second):
        return DAY_FIRST
    return MONTH_FIRST if int(second) > 12 >= int(first) else ""


def _date(year: int, month: int, day: int) -> tuple[str, str]:
    if year in NO_BIRTH_YEARS or year == 0:
        return "", NO_YEAR
    try:
        return datetime.date(year, month, day).isoformat(), ""
    except ValueError:
        return "", NO_DATE
