"""The preview before a sync starts: three numbers, a row per contact, and what to leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts_sync import tasks, wording
from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.run import decisions
from contacts_sync.views import find, groups, rows
from contacts_sync.views.page import back, decide, needs_mailbox, number, page_of, show
from contacts_sync.views.sync import previewed

SHOWN_GROUPS = 3


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def preview(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Begin a preview, show how far it is, or show what it found."""
    if request.method == "POST":
        return _begin(request, connection)

    run = find.open_run(connection)
    latest = find.latest_preview(connection)
    context: dict[str, Any] = {"connection": connection, "run": run, "preview": latest}
    if run:
        context["progress"] = find.progress(connection, run)
    elif latest and previewed(latest):
        context |= _found(request, connection, latest)
    else:
        context["problem"] = wording.problem_of(connection)
    return show(request, "preview.html", context)


def _begin(request: HttpRequest, connection: Connection) -> HttpResponse:
    if connection.state == Connection.State.DISCONNECTED:
        messages.warning(request, _("Authorize the account again first."))
        return redirect("office365")
    if connection.state == Connection.State.ON:
        messages.info(request, _("The sync is on already; it needs no preview."))
        return redirect("office365")
    tasks.enqueue(
        connection, SyncRun.Kind.PREVIEW, trigger=SyncRun.Trigger.OWNER, actor=request.user
    )
    return redirect("office365_preview")


def _found(request: HttpRequest, connection: Connection, latest: SyncRun) -> dict[str, Any]:
    kind, words = request.GET.get("show", ""), request.GET.get("q", "").strip()
    found = rows.rows_of(latest)
    counted = rows.count(found)
    page = page_of(request, rows.pick(found, kind, words))
    keys = groups.keys(connection)
    return {
        "done": True,
        "health": find.health(connection),
        "groups": groups.groups(connection, keys[:SHOWN_GROUPS]),
        "group_count": len(keys),
        "kinds": [
            (name, str(label).format(firm=wording.firm_list()), counted[name])
            for name, (label, _) in rows.KINDS.items()
            if counted[name]
        ],
        "total": counted["all"],
        "near": counted["near"],
        "kind": kind,
        "words": words,
        "page": page,
        "rows": list(_rows(page)),
    }


def _rows(page: Iterable[SyncChange]) -> Iterator[dict[str, Any]]:
    """Put the rows into words. A row that goes away leaves the browser at the one before it."""
    anchor = "rows"
    for change in page:
        yield {
            **rows.told(change),
            "anchor": anchor,
            "can_be_left_out": bool(rows.subject(change)),
            "can_link": bool(change.guard == rows.NEAR and change.contact_id and change.remote_id),
        }
        anchor = f"row-{change.pk}"


@require_POST
@needs_mailbox
def leave_out(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Leave out the contact of a row: it is then neither read nor written nor matched."""
    planned = connection.changes.filter(status=SyncChange.Status.PLANNED)
    change = planned.filter(pk=number(request, "change")).first()
    about = rows.subject(change) if change else {}
    if change is None or not about:
        messages.info(request, _("This row is not in the preview any more."))
        return back(request, "office365_preview")
    return decide(
        request,
        lambda: decisions.leave_out(connection, **about, actor=request.user),
        _("%(name)s is left out.") % {"name": change.name},
        "office365_preview",
    )
