"""Guessing what the columns of any table hold, by their headings and by the look of the values.

A guess is shown to a person before anything is read by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from contacts_sync.contact import ADDRESSES, EMAILS, MESSENGERS, PHONES, WEBSITES
from contacts_sync.files import google_tables, other_tables, outlook_csv, table_read
from contacts_sync.files.dates import read_local
from contacts_sync.files.draft import BadRow, Draft
from contacts_sync.files.heading_words import FIELDS, LABELS, plain
from contacts_sync.files.limits import DEFAULT, Limits
from contacts_sync.files.mapping import (
    NONE,
    Guess,
    Mapping,
    column_names,
    is_single,
    name_of,
    role_of,
)
from contacts_sync.files.sheets import HEAD, Sheet, Table, open_sheets, refuse_others
from contacts_sync.files.table import key

SAMPLES = 50
TITLE = "the table"
EXPECTED = "a CSV file or an Excel workbook (.xlsx)"

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_URL = re.compile(r"(?i)(https?://|www\.)\S+")
_PHONE = re.compile(r"(?i)[+(]?\d[\d ()./+-]{5,}(\s*(x|ext\.?)\s*\d+)?")
_POSTAL = re.compile(
    r"(?i)\d{5}(-\d{4})?|[a-z]\d[a-z] ?\d[a-z]\d|[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|\d{3}-\d{4}"
    r"|\d{4} ?[a-z]{2}|\d{2}-\d{3}"
)
_HONORIFIC = re.compile(
    r"(?i)(mr|mrs|ms|miss|mx|dr|prof|hon|sir|herr|frau|m|mme|mlle|me|sr|sra|dott|avv)\.?"
)
_ADDRESS_PARTS = frozenset({"street", "city", "region", "postal_code", "country"})
_LOOKS = {"emails": "email", "phones": "phone", "mobile": "phone", "fax": "phone"}
_LOOKS |= {"websites": "url", "birthday": "date", "postal_code": "postal"}


@dataclass(frozen=True, slots=True)
class Look:
    """A table as a page shows it: its columns, its first rows, and what they seem to hold."""

    headings: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    mapping: Mapping
    has_headings: bool = True


def look(data: bytes, limits: Limits = DEFAULT) -> Look:
    """Open any table and guess. Raises `NotACsv` and `TooLarge` with a sentence."""
    refuse_others(data, EXPECTED)
    sheet = _choose(open_sheets(data, limits))
    headings, start = _headings(sheet)
    rows = (
        tuple(cells)
        for source, cells in sheet.rows()
        if isinstance(cells, list) and source.number > start and any(cells)
    )
    samples = tuple(islice(rows, SAMPLES))
    return Look(headings, samples, table_guess(headings, samples), start > 0)


def read_table(data: bytes, mapping: Mapping, limits: Limits = DEFAULT) -> Iterator[Draft | BadRow]:
    """Read any table by what a person said about its columns; columns not named are listed."""
    sheet = _choose(open_sheets(data, limits))
    headings, start = _headings(sheet)
    roles = tuple(role_of(mapping[name]["role"]) if name in mapping else None for name in headings)
    return table_read.rows(Table(TITLE, sheet, headings, roles, start))


def table_guess(headings: Sequence[str], sample_rows: Sequence[Sequence[str]]) -> Mapping:
    """Guess a role for each column. Of two that want the same single field, the surer gets it."""
    names = column_names(headings)
    guesses = [
        _guess(name, [row[index].strip() for row in sample_rows if index < len(row)])
        for index, name in enumerate(names)
    ]
    found = {role for role, _ in guesses}
    if "first_name" in found and "last_name" not in found:
        # Beside a "Vorname" or "First name", a plain "Name" is the family's.
        guesses = [("last_name", 0.8) if role == "name" else (role, sure) for role, sure in guesses]
    best: dict[str, int] = {}
    for index, (role, certainty) in enumerate(guesses):
        if is_single(role) and certainty > guesses[best.setdefault(role, index)][1]:
            best[role] = index
    return {
        name: Guess(role=role, certainty=round(certainty, 2))
        if best.get(role, index) == index
        else Guess(role=NONE, certainty=0.3)
        for index, (name, (role, certainty)) in enumerate(zip(names, guesses, strict=True))
    }


def _choose(sheets: list[Sheet]) -> Sheet:
    """Choose how to take the cells apart: most rows with the same number of cells, more than one."""

    def score(sheet: Sheet) -> tuple[int, int]:
        widths = Counter(
            len(cells)
            for _, cells in islice(sheet.rows(), 2 * HEAD)
            if isinstance(cells, list) and len(cells) > 1
        )
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return rows, width

    return max(sheets, key=score)


def _headings(sheet: Sheet) -> tuple[tuple[str, ...], int]:
    """Find the row with the headings: the first that is as full as rows are here.

    A row that holds an e-mail address or a number is none; then the columns are numbered.
    """
    head = [(source.number, cells) for source, cells in islice(sheet.rows(), HEAD)]
    full = [(at, cells) for at, cells in head if isinstance(cells, list) and any(cells)]
    most = max((sum(map(bool, cells)) for _, cells in full), default=0)
    for at, cells in full:
        if sum(map(bool, cells)) * 2 < most:
            continue
        if any(_look_of(cell.strip()) or cell.strip().isdigit() for cell in cells):
            width = max(len(row) for _, row in full)
            return column_names([""] * width), at - 1
        return column_names(cells), at
    return (), 0


def _guess(heading: str, cells: list[str]) -> tuple[str, float]:
    values = [cell for cell in cells if cell]
    looks = Counter(_look_of(value) for value in values)
    seems, share = "", 0.0
    if values and (common := looks.most_common(1)[0])[0]:
        seems, share = common[0], common[1] / len(values)
    known = _known().get(key(heading), "")
    if known not in {"", NONE}:
        return known, 0.95
    field, label, certainty = _read_heading(heading)
    if field == "prefix" and "tit" in plain(heading):
        honorific = sum(bool(_HONORIFIC.fullmatch(value)) for value in values)
        field = "prefix" if honorific * 2 >= len(values) else "job_title"
    if wanted := _LOOKS.get(field):
        agree = looks[wanted] / len(values) if values else 0.5
        if values and agree < 0.2 and seems and share > 0.8:
            field = ""  # the heading says one thing and nearly all values another
        else:
            certainty *= 0.4 + 0.6 * agree if wanted != "postal" else 0.7 + 0.3 * agree
            certainty = min(0.99, certainty + 0.1 * (agree > 0.8))
    if field:
        return _role(field, label), certainty
    if known:
        return known, 0.9
    by_look = {"email": (f"{EMAILS}.Other", 0.8), "url": (f"{WEBSITES}.Other", 0.7)}
    by_look |= {"phone": (f"{PHONES}.Other", 0.5), "date": ("birthday", 0.3)}
    by_look |= {"postal": (f"{ADDRESSES}.Other.postal_code", 0.3)}
    role, sure = by_look.get(seems, (NONE, 0.0))
    return (role, sure * share) if share > 0.6 else (NONE, 0.0)


def _look_of(value: str) -> str:
    if len(value) > 300 or not value:
        return ""
    if _EMAIL.fullmatch(value):
        return "email"
    if _URL.fullmatch(value):
        return "url"
    if _POSTAL.fullmatch(value):
        return "postal"
    if read_local(value)[0]:
        return "date"
    return "phone" if _PHONE.fullmatch(value) else ""


def _read_heading(heading: str) -> tuple[str, str, float]:
    """Give the field that a heading names, its label, and how certain that is."""
    words = f" {plain(heading)} "
    bare = words.strip().rstrip("0123456789").strip()
    label = next((name for name, known in LABELS.items() if _find(words, known)), "")
    without = words
    for phrase in LABELS.get(label, ()):
        without = without.replace(f" {phrase} ", " ")
    without = without.strip().rstrip("0123456789").strip()
    for field, phrases in FIELDS.items():
        if bare in phrases:
            return field, "" if field in {"company", "job_title"} else label, 0.9
    for field, phrases in FIELDS.items():
        if without in phrases:
            return field, label, 0.9
    for field, phrases in FIELDS.items():
        if _find(words, phrases):
            return field, label, 0.6
    return "", label, 0.0


def _find(words: str, phrases: Sequence[str]) -> bool:
    return any(f" {phrase} " in words for phrase in phrases)


def _role(field: str, label: str) -> str:
    special = {"mobile": "Mobile", "fax": "Fax", "pager": "Pager", "skype": "Skype"}
    if field in special:
        return f"{PHONES}.{special[field]}"
    if field in _ADDRESS_PARTS:
        return f"{ADDRESSES}.{label or 'Other'}.{field}"
    if field in {EMAILS, PHONES, MESSENGERS, WEBSITES}:
        return f"{field}.{'Other' if label in {'', 'Billing'} else label}"
    return field


@cache
def _known() -> dict[str, str]:
    """Give the headings of the known tables on which they all agree."""
    known: dict[str, set[str]] = {}
    for dialect in (*outlook_csv.DIALECTS, *google_tables.DIALECTS, *other_tables.DIALECTS):
        for heading, roles in dialect.roles.items():
            known.setdefault(heading, set()).update(map(name_of, roles))
    return {
        heading: min(names) for heading, names in known.items() if len(names) == 1 and all(names)
    }
