"""What the sync did: the runs, and the changes of one run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts_sync import rights, wording
from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.views import find, rows
from contacts_sync.views.page import needs_mailbox, page_of, show

Status = SyncChange.Status
ENDED = (SyncRun.Status.DONE, SyncRun.Status.HELD)


@require_safe
@needs_mailbox
def runs(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List the runs; those with nothing to do are shown on request."""
    everything = request.GET.get("show") == "all"
    page = page_of(request, connection.runs.all() if everything else find.doings(connection))
    return show(
        request,
        "history.html",
        {
            "connection": connection,
            "everything": everything,
            "page": page,
            "runs": told(page),
        },
    )


def told(runs: Iterable[SyncRun]) -> list[dict[str, Any]]:
    """Put runs into words, with what of each still waits, in a constant number of queries."""
    listed = list(runs)
    waiting, unanswered = waiting_of(listed), unanswered_of(listed)
    again = _restarts(listed)
    return [
        {
            "run": each,
            "tally": wording.tally(each, unanswered.get(each.pk, 0)),
            "kind": wording.kind_of_run(each, each.pk in again),
            "waiting": waiting.get(each.pk, 0),
        }
        for each in listed
    ]


def waiting_of(runs: Iterable[SyncRun]) -> dict[int, int]:
    """Count what waited when each run ended and nobody has decided yet.

    A run holds what it found waiting as well: the first one has the questions of its preview.
    """
    listed = list(runs)
    mailboxes = {run.connection_id for run in listed}
    held = SyncChange.objects.filter(connection__in=mailboxes, status=Status.HELD).order_by()
    counted = list(held.values_list("connection", "run").annotate(Count("pk")))
    return {
        run.pk: sum(
            number
            for mailbox, since, number in counted
            if mailbox == run.connection_id and (since or 0) <= run.pk
        )
        for run in listed
    }


def unanswered_of(runs: Iterable[SyncRun]) -> dict[int, int]:
    """Count what each run sent without learning what became of it."""
    changes = SyncChange.objects.filter(run__in=[run.pk for run in runs], status=Status.UNKNOWN)
    return dict(changes.order_by().values_list("run").annotate(Count("pk")))


def _restarts(runs: Iterable[SyncRun]) -> set[int]:
    """Tell which first runs began a sync anew that had been stopped."""
    firsts = [run for run in runs if run.first]
    if not firsts:
        return set()
    earlier = SyncRun.objects.filter(
        connection=OuterRef("connection"), first=True, status__in=ENDED, pk__lt=OuterRef("pk")
    )
    again = SyncRun.objects.filter(Exists(earlier), pk__in=[run.pk for run in firsts])
    return set(again.values_list("pk", flat=True))


def _starts_again(run: SyncRun) -> bool:
    return run.pk in _restarts([run])


@require_safe
@needs_mailbox
def run(request: HttpRequest, connection: Connection, pk: int) -> HttpResponse:
    """Show one run and what it did to whom."""
    shown: SyncRun = get_object_or_404(connection.runs, pk=pk)
    kind, words = request.GET.get("show", ""), request.GET.get("q", "").strip()
    changes = shown.changes.all()
    page = page_of(request, rows.pick(rights.with_undone(changes), kind, words))
    return show(
        request,
        "run.html",
        {
            "connection": connection,
            "run": shown,
            "tally": wording.tally(shown, unanswered_of([shown]).get(shown.pk, 0)),
            "kind_of_run": wording.kind_of_run(shown, _starts_again(shown)),
            "waiting": waiting_of([shown]).get(shown.pk, 0),
            "total": changes.count(),
            "kind": kind,
            "words": words,
            "page": page,
            "rows": [rows.told(each, request.user) for each in page],
        },
    )
