"""The preview before a first sync: three numbers, a row per contact, and what to leave out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts_sync import tasks, wording
from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.run import decisions
from contacts_sync.views import find, groups, rows
from contacts_sync.views.page import back, needs_mailbox, number, page_of, show
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
        context["progress"] = wording.progress(run, timezone.now())
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
        "numbers": {
            name: max(getattr(latest, name) - counted[f"left_out_{name}"], 0)
            for name in ("added_here", "added_there", "linked", "deleted_there")
        },
        "left_out": sum(
            counted[f"left_out_{name}"] for name in ("added_here", "added_there", "linked")
        ),
        "health": find.health(connection) if connection.started else None,
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
        "rows": [_row(change) for change in page],
    }


def _row(change: SyncChange) -> dict[str, Any]:
    return {
        "change": change,
        "what": wording.what(change),
        "why": wording.why(change.reason),
        "differences": wording.differences(change),
        "left_out": change.left_out,  # type: ignore[attr-defined]  annotated by `rows_of`
        "can_be_left_out": change.action in rows.CAN_BE_LEFT_OUT,
        "can_link": bool(change.guard == rows.NEAR and change.contact_id and change.remote_id),
    }


@require_POST
@needs_mailbox
def leave_out(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Leave out the contact of a row: it is then neither read nor written nor matched."""
    change = _row_of(request, connection)
    if change.action in rows.CAN_BE_LEFT_OUT:
        decisions.leave_out(connection, **rows.subject(change), actor=request.user)
        messages.success(request, _("%(name)s is left out.") % {"name": change.name})
    return back(request, "office365_preview")


@require_POST
@needs_mailbox
def take_back_in(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Take a contact that was left out back in, from a row or from the list of those left out."""
    if "link" in request.POST:
        link = connection.links.filter(pk=number(request, "link"), state="apart").first()
    else:
        link = rows.left_out_link(connection, _row_of(request, connection))
    if link is None:
        messages.info(request, _("This contact takes part already."))
    else:
        decisions.take_back_in(link, request.user)
        messages.success(request, _("%(name)s takes part again.") % {"name": link})
    return back(request, "office365_preview")


def _row_of(request: HttpRequest, connection: Connection) -> SyncChange:
    change: SyncChange = get_object_or_404(connection.changes, pk=number(request, "change"))
    return change
