"""Numbers for Prometheus, read from our own tables: every process gives the same ones.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models import Count, Min, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.models import OrmQ, Task

from contacts_sync.models import Connection, Contact, ExternalLink, Heartbeat, SyncChange, SyncRun
from contacts_sync.models.run import COUNTS

DAY = timedelta(days=1)
HOSTS = ("127.0.0.1", "::1")
Sample = tuple[dict[str, str], float]


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the numbers to whoever shows METRICS_TOKEN; without one, to this very machine.

    Everybody else finds nothing here, so that the address tells nobody what runs.
    """
    if not _may(request):
        raise Http404
    try:
        text, status = "".join(_text(*each) for each in _gather(timezone.now())), 200
    except DatabaseError:
        text, status = "# the database is unreachable\n", 503
    return HttpResponse(
        text, status=status, content_type="text/plain; version=0.0.4; charset=utf-8"
    )


def _may(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
    # What came through a proxy comes from elsewhere, whoever runs the proxy.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in HOSTS and not forwarded


def _text(name: str, help_text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP contact_sync_{name} {help_text}", f"# TYPE contact_sync_{name} gauge"]
    for labels, value in samples:
        inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"contact_sync_{name}{'{' + inner + '}' if inner else ''} {value:g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _gather(now: datetime) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    """Count, in a fixed number of queries that read no contact."""
    mailboxes = Connection.objects.exclude(state=Connection.State.RETIRED)
    ended = SyncRun.objects.filter(finished_at__gte=now - DAY)
    open_runs = SyncRun.objects.filter(status__in=SyncRun.OPEN)
    yield (
        "connections",
        "Connected mailboxes by state.",
        _by(mailboxes, "state", Connection.State.values),
    )
    yield (
        "connections_with_problem",
        "Connected mailboxes by what is wrong with them.",
        _by(mailboxes, "problem", [one for one in Connection.Problem.values if one]),
    )
    yield "contacts", "Contacts of the firm's list.", _contacts()
    yield "links", "Pairs of contacts by state.", _by(ExternalLink.objects, "state")
    yield (
        "held_changes",
        "Changes that wait for a person, by the guard that holds them.",
        _by(SyncChange.objects.filter(status=SyncChange.Status.HELD), "guard"),
    )
    yield "runs_last_day", "Runs that ended in the last 24 hours.", _by(ended, "kind", (), "status")
    sums = ended.exclude(kind=SyncRun.Kind.PREVIEW).aggregate(
        **{f"sum_{name}": Sum(name) for name in (*COUNTS, "requests", "crashes")}
    )
    yield (
        "changes_last_day",
        "What the runs of the last 24 hours did.",
        [({"what": name}, sums[f"sum_{name}"] or 0) for name in COUNTS],
    )
    yield (
        "graph_requests_last_day",
        "Requests to Microsoft Graph in the last 24 hours.",
        [({}, sums["sum_requests"] or 0)],
    )
    yield (
        "worker_deaths_last_day",
        "Slices whose worker died, in runs that ended in the last 24 hours.",
        [({}, sums["sum_crashes"] or 0)],
    )
    yield "runs_open", "Runs that are not finished.", [({}, open_runs.count())]
    yield (
        "runs_paused",
        "Open runs that wait, because Microsoft asked for it or is away.",
        [
            (
                {},
                open_runs.filter(
                    status=SyncRun.Status.CONTINUES,
                    connection__next_run_at__gt=now + timedelta(seconds=30),
                ).count(),
            )
        ],
    )
    due = mailboxes.filter(state=Connection.State.ON, next_run_at__lte=now)
    oldest = due.aggregate(oldest=Min("next_run_at"))["oldest"]
    yield (
        "oldest_due_seconds",
        "For how long the longest waiting mailbox has been due.",
        [({}, (now - oldest).total_seconds() if oldest else 0)],
    )
    yield (
        "heartbeat_age_seconds",
        "Seconds since a background process was last seen.",
        [
            ({"name": beat.name}, (now - beat.at).total_seconds())
            for beat in Heartbeat.objects.order_by("name")
        ],
    )
    yield "queue_length", "Jobs that wait in the queue.", [({}, OrmQ.objects.count())]
    yield (
        "queue_failures_last_day",
        "Jobs that failed in the last 24 hours.",
        [({}, Task.objects.filter(success=False, stopped__gte=now - DAY).count())],
    )


def _by(
    rows: QuerySet[Any] | Any, field: str, always: Iterable[str] = (), second: str = ""
) -> list[Sample]:
    """Count rows by a field or two; what `always` names is there also when there is none."""
    fields = [field, second] if second else [field]
    counted = {
        tuple(str(row[name]) for name in fields): float(row["number"])
        for row in rows.order_by().values(*fields).annotate(number=Count("pk"))
    }
    if always:
        counted = {(name,): counted.get((name,), 0.0) for name in always}
    return [
        (dict(zip(fields, key, strict=True)), number) for key, number in sorted(counted.items())
    ]


def _contacts() -> list[Sample]:
    alive = Contact.objects.alive().count()
    return [({"where": "list"}, alive), ({"where": "trash"}, Contact.objects.trashed().count())]
