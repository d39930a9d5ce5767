"""Start, stop and hurry the sync, and tell how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from contacts_sync import connections, tasks
from contacts_sync.models import Connection, SyncRun
from contacts_sync.views import find
from contacts_sync.views.page import needs_mailbox, show

State = Connection.State


@require_POST
@needs_mailbox
def start(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Start Sync: what the preview showed is planned again and done."""
    if connection.state == State.ON:
        messages.info(request, _("The sync is on already."))
        return redirect("office365")
    preview = find.latest_preview(connection)
    if connection.state == State.DISCONNECTED or preview is None or not previewed(preview):
        messages.warning(request, _("Look at the preview first, then press Start Sync."))
        return redirect("office365_preview")
    if preview.warning and "sure" not in request.POST:
        messages.warning(request, _("Read the warning and tick the box below it first."))
        return redirect("office365_preview")
    tasks.start(connection, request.user)
    messages.success(
        request,
        _(
            "The sync has started. You can close this page: it goes on by itself, and then runs"
            " about once an hour."
        ),
    )
    return redirect("office365")


def previewed(run: SyncRun) -> bool:
    """Say whether a preview came to its end."""
    return run.status in (SyncRun.Status.DONE, SyncRun.Status.HELD)


@require_POST
@needs_mailbox
def stop(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Stop Sync, or cancel a preview that is being made."""
    if connection.state == State.ON:
        connections.stop(connection)
    elif (run := find.open_run(connection)) and run.kind == SyncRun.Kind.PREVIEW:
        connections.stop(connection)
        messages.success(request, _("The preview is cancelled. Nothing was changed."))
        return redirect("office365")
    messages.success(
        request,
        _("The sync is stopped. Both contact lists stay as they are, and the links are kept."),
    )
    return redirect("office365")


@require_POST
@needs_mailbox
def sync_now(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Sync now, instead of when the hour is over."""
    if connection.state != State.ON:
        messages.warning(request, _("The sync is not on. Press Sync to begin with a preview."))
        return redirect("office365")
    if find.open_run(connection):
        messages.info(request, _("A sync is running already."))
        return redirect("office365")
    tasks.enqueue(connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.OWNER, actor=request.user)
    messages.success(request, _("The sync begins in a moment."))
    return redirect("office365")


@require_safe
@login_not_required
def progress(request: HttpRequest) -> HttpResponse:
    """Answer the polling of a page that shows an open run; when it is over, the page loads anew.

    Whoever was signed out meanwhile gets the same answer: the new page then asks them to sign in,
    where a redirect would have put the sign-in form into the middle of this one.
    """
    connection = connections.mailbox_of(request.user) if request.user.is_authenticated else None
    run = find.open_run(connection) if connection else None
    if connection is None or run is None:
        return HttpResponseClientRefresh()
    now = find.progress(connection, run)
    return show(
        request,
        "_progress.html",
        {"run": run, "progress": now, "aloud": request.GET.get("said") != now.said},
    )
