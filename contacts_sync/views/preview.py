"""The preview before a sync starts: three numbers, a row per contact, and what to leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts_sync import tasks, wording
from contacts_sync.models import Connection, SyncChange, SyncRun
from contacts_sync.run import decisions
from contacts_sync.run.preview import NEAR
from contacts_sync.views import find, groups, rows
from contacts_sync.views.page import ROWS, back, decide, needs_mailbox, number, page_of, show
from contacts_sync.views.sync import previewed

SHOWN_GROUPS = 3
EXAMPLES = 8


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
    run = tasks.enqueue(
        connection, SyncRun.Kind.PREVIEW, trigger=SyncRun.Trigger.OWNER, actor=request.user
    )
    if run.kind != SyncRun.Kind.PREVIEW:
        messages.info(
            request, _("The sync is just coming to its end. Press Sync again in a moment.")
        )
        return redirect("office365")
    return redirect("office365_preview")


def _found(request: HttpRequest, connection: Connection, latest: SyncRun) -> dict[str, Any]:
    kind, words = request.GET.get("show", ""), request.GET.get("q", "").strip()
    found = rows.rows_of(latest)
    counted = rows.count(found)
    page = page_of(request, rows.pick(found, kind, words))
    keys = groups.keys(connection)
    return {
        "done": True,
        "known": find.known(connection),
        "groups": groups.groups(connection, keys[:SHOWN_GROUPS]),
        "group_count": len(keys),
        "kinds": [
            (name, rows.kind_name(name), counted[name]) for name in rows.KINDS if counted[name]
        ],
        "total": counted["all"],
        "near": counted["near"],
        "kind": kind,
        "words": words,
        "page": page,
        "can_be_left_out": found.filter(action__in=rows.CAN_BE_LEFT_OUT).exists(),
        "rows": list(_rows(connection, list(page))),
    }


def _rows(connection: Connection, page: list[SyncChange]) -> Iterator[dict[str, Any]]:
    """Put the rows into words. A row that goes away leaves the browser at the one before it."""
    anchor = "rows"
    people = rows.people(connection, page)
    for change in page:
        about = people[change.pk]
        yield {
            **rows.told(change),
            "sides": about,
            "anchor": anchor,
            "can_be_left_out": bool(rows.subject(change)),
            "can_link": change.guard == NEAR and about is not None and about.both,
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
        _("%(name)s is left out.") % {"name": wording.named(change.name)},
        "office365_preview",
    )


@require_POST
@needs_mailbox
def leave_out_ticked(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Leave out the contacts of the rows that are ticked."""
    ticked = [int(text) for text in request.POST.getlist("change") if text.isdecimal()][:ROWS]
    if not ticked:
        messages.info(request, _("Tick the contacts that you want to leave out first."))
        return back(request, "office365_preview")
    planned = connection.changes.filter(status=SyncChange.Status.PLANNED)
    count = decisions.leave_out_all(
        connection, rows.ends(planned.filter(pk__in=ticked)), request.user
    )
    _tell_left_out(request, count)
    return back(request, "office365_preview")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def leave_out_all(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say what leaving out all rows that fit means, then leave out exactly those."""
    latest = find.latest_preview(connection)
    if latest is None or not previewed(latest):
        messages.info(request, _("There is no preview at the moment."))
        return redirect("office365_preview")
    asked = request.POST if request.method == "POST" else request.GET
    kind, words = asked.get("show", ""), asked.get("q", "").strip()
    fitting = rows.pick(rows.rows_of(latest), kind, words)
    fitting = fitting.filter(action__in=rows.CAN_BE_LEFT_OUT)
    if request.method == "POST":
        listed = fitting.filter(pk__lte=number(request, "upto"))
        count = decisions.leave_out_all(connection, rows.ends(listed), request.user)
        _tell_left_out(request, count)
        return redirect("office365_preview")
    return show(
        request,
        "leave_out.html",
        {
            "connection": connection,
            "count": fitting.count(),
            "upto": fitting.aggregate(upto=Max("pk"))["upto"] or 0,
            "examples": [wording.named(one.name) for one in fitting[:EXAMPLES]],
            "kind": kind,
            "kind_name": rows.kind_name(kind),
            "words": words,
        },
    )


def _tell_left_out(request: HttpRequest, count: int) -> None:
    text = ngettext("%(count)d contact is left out.", "%(count)d contacts are left out.", count)
    messages.success(request, text % {"count": count})
