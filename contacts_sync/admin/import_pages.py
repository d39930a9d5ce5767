"""What the pages of an import show, in a fixed number of queries."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts_sync import credentials, files
from contacts_sync.admin.base import BAD, GOOD, INFO, PLAIN, WARN, badge
from contacts_sync.admin.runs import _Echo, plain
from contacts_sync.files.mapping import is_single
from contacts_sync.importing import choosing, uploads
from contacts_sync.models import Connection, ContactImport, ImportRow
from contacts_sync.wording import file_reasons
from contacts_sync.wording import imports as words

Step, Verdict, Outcome = ContactImport.Step, ImportRow.Verdict, ImportRow.Outcome

PER_PAGE = 50
SAMPLES = 4
"""How many values a page shows beside each column."""

VERDICTS = {
    Verdict.NEW: GOOD,
    Verdict.LIKE: WARN,
    Verdict.KNOWN: PLAIN,
    Verdict.UNREADABLE: BAD,
}
NAMING = ("name", "first_name", "last_name", "company", "emails.")


def may_import(user: Any) -> bool:
    """Whether a person may bring files in: what they hold is added to the list."""
    return bool(user.has_perms(("contacts_sync.add_contactimport", "contacts_sync.add_contact")))


def limits() -> dict[str, Any]:
    """Give how much of a file is taken."""
    most = files.Limits()
    return {"most_rows": most.rows, "most_megabytes": most.size // 1_000_000}


def progress(file: ContactImport) -> dict[str, Any]:
    """Give how far an import is."""
    return {"file": file, "standing": words.standing(file)}


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the page shows it."""

    row: ImportRow
    badge: SafeString
    place: str
    reason: str
    details: list[str]
    likes: list[words.Like]
    left_over: list[tuple[str, str, str]]
    choosable: bool


def page(file: ContactImport, request: HttpRequest) -> dict[str, Any]:
    """Give what the page of an import shows."""
    if file.is_working:
        return progress(file)
    counts = choosing.count(file)
    show, search = request.GET.get("show", ""), request.GET.get("q", "")[:200]
    found = Paginator(choosing.find(file, show, search), PER_PAGE).get_page(request.GET.get("page"))
    others = {int(name) for one in found for pk, name, _why in one.likes if not pk}
    places = dict(file.rows.filter(number__in=others).values_list("number", "place"))
    on = Connection.objects.filter(state=Connection.State.ON)
    return {
        "file": file,
        "counts": counts,
        "told": words.told(file, counts),
        "problem": file_reasons.said(file.message),
        "tabs": _tabs(counts),
        "show": show if show in choosing.FILTERS else "",
        "search": search,
        "page": found,
        "rows": [_row(one, places) for one in found],
        "tickable": file.step in (Step.READY, Step.DONE)
        and may_import(request.user)
        and counts.new + counts.like > counts.created + counts.met,
        "can_reread": file.step == Step.READY and file.done == 0,
        "has_columns": bool(file.columns),
        "mailboxes": list(on.order_by("username").values_list("username", flat=True)),
        "stayed": _stayed(file),
        "encodings": files.ENCODINGS.items(),
        "can_forget": file.step == Step.READY and not file.done and may_import(request.user),
    }


def _tabs(counts: choosing.Counts) -> list[tuple[str, str, int]]:
    tabs = [
        ("", _("All"), counts.total),
        ("new", _("New"), counts.new),
        ("like", _("Look like one you have"), counts.like),
        ("known", _("Already there"), counts.known),
        ("unread", _("Cannot be read"), counts.unread),
        ("places", _("With something left over"), counts.places),
        ("chosen", _("Ticked"), counts.chosen),
        ("out", _("Left out"), counts.out),
        ("created", _("Imported"), counts.created),
    ]
    return [tab for tab in tabs if tab[2] or not tab[0]]


def _row(row: ImportRow, places: dict[int, str]) -> Row:
    if row.outcome == Outcome.NONE:
        shown = badge(row.get_verdict_display(), VERDICTS[Verdict(row.verdict)])
    else:
        colour = INFO if row.outcome == Outcome.CREATED else PLAIN
        shown = badge(row.get_outcome_display(), colour)
    return Row(
        row,
        shown,
        file_reasons.place(row.place),
        file_reasons.said(row.reason),
        words.details(row),
        words.likes(row, places),
        words.left_over(row),
        choosable=row.verdict in ImportRow.CHOOSABLE and row.outcome == Outcome.NONE,
    )


def _stayed(file: ContactImport) -> dict[str, Any]:
    """Read who stayed when an import was undone."""
    if file.step != Step.UNDONE or not file.message:
        return {}
    told: dict[str, Any] = json.loads(file.message)
    return told


# --- Columns ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, some of its values, and what it seems to hold."""

    number: int
    name: str
    samples: list[str]
    role: str

    def saying(self, role: str) -> Column:
        """Give the column with what a person said of it."""
        return replace(self, role=role)


def columns_of(file: ContactImport) -> list[Column]:
    """Give the columns of a file with what they seem to hold; nothing when it is too late to ask."""
    if file.step not in (Step.COLUMNS, Step.READY) or file.done or not file.columns:
        return []
    try:
        look = files.look(files.recode(uploads.content(file), file.encoding))
    except (files.Refused, credentials.Unreadable):
        return []
    return [
        Column(at, name, _samples(look, at), file.columns.get(name, "none"))
        for at, name in enumerate(look.mapping)
    ]


def _samples(look: files.Look, at: int) -> list[str]:
    cells = (row[at].strip() for row in look.samples if at < len(row))
    return [cell[:80] for cell in dict.fromkeys(filter(None, cells))][:SAMPLES]


def roles() -> list[tuple[str, str]]:
    """List what a column can hold."""
    return words.roles()


def doubt(said: dict[str, str]) -> str:
    """Say why a table cannot be read by what was said of its columns; nothing if it can."""
    chosen = [role for role in said.values() if role != "none"]
    if not any(role.startswith(NAMING) for role in chosen):
        return _("Say of at least one column that it holds a name, a company or an e-mail address.")
    twice = next((one for one in chosen if is_single(one) and chosen.count(one) > 1), "")
    if twice:
        return _("Only one column can be “%(field)s”.") % {"field": words.role_title(twice)}
    return ""


# --- The report ---------------------------------------------------------------------------------


def lines(file: ContactImport) -> Iterator[str]:
    """Write what became of each row, and what of it has no place, as CSV."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # so that Excel reads UTF-8
    yield writer.writerow(
        ["where", "name", "details", "verdict", "outcome", "looks like", "why", "no place"]
    )
    places = dict(file.rows.order_by().values_list("number", "place"))
    for row in file.rows.order_by("number").iterator(chunk_size=1000):
        left = "; ".join(": ".join(filter(None, one)) for one in words.left_over(row))
        like = "; ".join(
            " – ".join(filter(None, (one.name, one.why))) for one in words.likes(row, places)
        )
        cells = [
            file_reasons.place(row.place),
            row.name,
            "; ".join(words.details(row)),
            row.get_verdict_display(),
            row.get_outcome_display() if row.verdict in ImportRow.CHOOSABLE else "",
            like,
            file_reasons.said(row.reason),
            left,
        ]
        yield writer.writerow([plain(cell) for cell in cells])
