"""Put a change back, or let the other value of a conflict count: for the owner of the mailbox."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from contacts_sync import rights, wording
from contacts_sync.models import Connection, SyncChange
from contacts_sync.run import decisions, undo
from contacts_sync.views import rows
from contacts_sync.views.page import needs_mailbox, show


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def put_back(request: HttpRequest, connection: Connection, pk: int) -> HttpResponse:
    """Say what undoing a change will do, then do it."""
    change = _change(connection, pk)
    if not rights.may_undo(request.user, change):
        raise PermissionDenied
    if request.method == "POST":
        return _done(request, change, lambda: undo.undo(change, request.user))
    context = {"row": rows.told(change), "change": change, "effect": undo.foresee(change)}
    return show(request, "put_back.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def other_value(request: HttpRequest, connection: Connection, pk: int, number: int) -> HttpResponse:
    """Show both values of a conflict, then let the one that gave way count."""
    change = _change(connection, pk)
    if not rights.may_choose(request.user, change):
        raise PermissionDenied
    found = wording.disputes(change)
    if number >= len(found):
        raise Http404
    if request.method == "POST":
        return _done(request, change, lambda: undo.choose_loser(change, number, request.user))
    return show(request, "other_value.html", {"change": change, "dispute": found[number]})


def _change(connection: Connection, pk: int) -> SyncChange:
    changes = rights.with_undone(SyncChange.objects.filter(connection=connection))
    change: SyncChange = get_object_or_404(changes, pk=pk)
    return change


def _done(request: HttpRequest, change: SyncChange, act: Callable[[], SyncChange]) -> HttpResponse:
    try:
        record = act()
    except decisions.NotPossible as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, wording.undoing.told(record))
    if change.run_id is None:
        return redirect("office365_history")
    return redirect("office365_run", pk=change.run_id)
