"""What the sync did: the runs, and the changes of one run."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts_sync import rights, wording
from contacts_sync.models import Connection, SyncRun
from contacts_sync.views import find, rows
from contacts_sync.views.page import needs_mailbox, page_of, show


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
            "runs": [(run, wording.tally(run)) for run in page],
        },
    )


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
            "tally": wording.tally(shown),
            "total": changes.count(),
            "kind": kind,
            "words": words,
            "page": page,
            "rows": [rows.told(each, request.user) for each in page],
        },
    )
