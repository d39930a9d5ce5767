"""Look through the rows of a file, and choose which of them are imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from contacts_sync.models import ContactImport, ImportRow

Verdict, Outcome = ImportRow.Verdict, ImportRow.Outcome

FILTERS: dict[str, Q] = {
    "": Q(),
    "new": Q(verdict=Verdict.NEW),
    "like": Q(verdict=Verdict.LIKE),
    "known": Q(verdict=Verdict.KNOWN),
    "unread": Q(verdict=Verdict.UNREADABLE),
    "places": Q(has_unread=True),
    "chosen": Q(chosen=True),
    "out": Q(chosen=False, verdict__in=ImportRow.CHOOSABLE),
    "created": Q(outcome=Outcome.CREATED),
}
"""Which rows a page can show, by the name in its address."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a file are what."""

    total: int
    new: int
    like: int
    known: int
    unread: int
    places: int
    chosen: int
    created: int
    met: int
    out: int

    @property
    def waiting(self) -> int:
        """Chosen, and not imported yet."""
        return self.chosen - self.created - self.met


def count(file: ContactImport) -> Counts:
    """Count the rows of a file, in one query."""
    filters = {
        "total": Q(),
        **{name: FILTERS[name] for name in ("new", "like", "known", "unread", "places", "created")},
        "chosen": FILTERS["chosen"] & Q(verdict__in=ImportRow.CHOOSABLE),
        "met": Q(outcome=Outcome.KNOWN),
        "out": FILTERS["out"],
    }
    # Under other names than the columns', which an aggregate would hide from the next one.
    counts = {f"{name}_rows": Count("pk", filter=which) for name, which in filters.items()}
    found = file.rows.order_by().aggregate(**counts)
    return Counts(**{name: found[f"{name}_rows"] for name in filters})


def find(file: ContactImport, show: str, search: str) -> QuerySet[ImportRow]:
    """Find the rows that a filter and a search leave, in the order of the file."""
    rows = file.rows.filter(FILTERS.get(show, Q()))
    for word in search.casefold().split()[:8]:
        rows = rows.filter(search__contains=word)
    return rows


def choose(rows: QuerySet[ImportRow], chosen: bool) -> int:
    """Tick or untick rows. What is imported, there already or unreadable stays as it is."""
    fits = rows.filter(verdict__in=ImportRow.CHOOSABLE, outcome=Outcome.NONE).exclude(chosen=chosen)
    return fits.order_by().update(chosen=chosen)


def choose_shown(file: ContactImport, shown: Iterable[int], ticked: Iterable[int]) -> None:
    """Take over the ticks of one page: `shown` are its rows, `ticked` those with a tick."""
    shown, ticked = set(shown), set(ticked)
    choose(file.rows.filter(pk__in=shown & ticked), chosen=True)
    choose(file.rows.filter(pk__in=shown - ticked), chosen=False)
