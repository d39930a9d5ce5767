"""Two weeks of runs and changes as bars: drawn here, so that no script and no other host is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format

from contacts_sync.models import SyncRun

DAYS = 14
WIDTH, HEIGHT, TOP = 40, 92, 18
"""Of one day's column, and the space above it for its number."""

BAD = (SyncRun.Status.FAILED, SyncRun.Status.NEEDS_SIGN_IN, SyncRun.Status.REFUSED)


@dataclass(frozen=True, slots=True)
class Day:
    """The numbers of one day."""

    day: date
    here: int = 0
    there: int = 0
    runs: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of two parts, the second on top of the first, in the drawing's units."""

    day: str
    short: str
    x: int
    low: int
    high: int
    number: str
    first: int
    second: int

    @property
    def low_y(self) -> int:
        return TOP + HEIGHT - self.low

    @property
    def high_y(self) -> int:
        return self.low_y - self.high

    @property
    def middle(self) -> int:
        return self.x + WIDTH // 2

    @property
    def number_y(self) -> int:
        return self.high_y - 3


def days(runs: QuerySet[SyncRun]) -> list[Day]:
    """Count what was changed and how runs ended, for each of the last days."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    start = timezone.now() - timedelta(days=DAYS)
    counted = (
        runs.filter(started_at__gte=start)
        .exclude(kind=SyncRun.Kind.PREVIEW)
        .annotate(day=TruncDate("started_at"))
        .order_by()
        .values("day")
        .annotate(
            here=Sum(F("added_here") + F("updated_here")),
            there=Sum(F("added_there") + F("updated_there") + F("deleted_there")),
            runs=Count("pk"),
            bad=Count("pk", filter=Q(status__in=BAD)),
        )
    )
    found = {row["day"]: Day(**row) for row in counted}
    wanted = (first + timedelta(days=number) for number in range(DAYS))
    return [found.get(day, Day(day)) for day in wanted]


def changes(counted: list[Day]) -> list[Bar]:
    """Draw what was changed here, and above it in Outlook."""
    return _bars([(one.day, one.here, one.there) for one in counted])


def endings(counted: list[Day]) -> list[Bar]:
    """Draw the runs that ended well, and above them the others."""
    return _bars([(one.day, one.runs - one.bad, one.bad) for one in counted])


def _bars(rows: list[tuple[date, int, int]]) -> list[Bar]:
    most = max(first + second for _day, first, second in rows) or 1
    return [
        Bar(
            date_format(day, "j M"),
            date_format(day, "j"),
            position * WIDTH,
            _height(first, most),
            _height(second, most),
            f"{first + second:,}" if first + second else "",
            first,
            second,
        )
        for position, (day, first, second) in enumerate(rows)
    ]


def _height(number: int, most: int) -> int:
    """Scale a number; what is not nothing is seen."""
    return max(round(HEIGHT * number / most), 2) if number else 0
