"""The Microsoft 365 sync settings: authorize, start, steer, and see how the sync is doing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts_sync import connections, wording
from contacts_sync.models import Connection
from contacts_sync.views import find, history
from contacts_sync.views.authorization import REFUSAL
from contacts_sync.views.page import needs_mailbox, show
from contacts_sync.views.standing import standing

RECENT = 5


@require_safe
def office365(request: HttpRequest) -> HttpResponse:
    """Show the one page from which a person steers the sync of their mailbox."""
    connection = connections.mailbox_of(request.user)
    context = {"connection": connection, "refusal": request.session.pop(REFUSAL, None)}
    if connection is None or connection.state == Connection.State.DISCONNECTED:
        return show(request, "unauthorized.html", context)

    now = timezone.now()
    run = find.open_run(connection)
    last_run = find.last_run(connection)
    runs = list(find.doings(connection)[:RECENT])
    told = history.told([*runs, *([last_run] if last_run else [])])
    context |= {
        "run": run,
        "progress": find.progress(connection, run) if run else None,
        "problem": wording.problem_of(connection),
        "preview": find.latest_preview(connection),
        "health": standing(connection) if connection.started else None,
        "next_run": wording.until(connection.next_run_at, now),
        "runs": told[: len(runs)],
        "last_run": last_run,
        "last_tally": told[-1]["tally"] if last_run else "",
        "winners": Connection.Winner.choices,
    }
    return show(request, "office365.html", context)


@require_POST
@needs_mailbox
def winner(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Keep whose value wins when both sides changed the same field."""
    chosen = request.POST.get("winner", "")
    if chosen not in Connection.Winner.values:
        messages.error(request, _("Choose one of the three."))
        return redirect("office365")
    Connection.objects.filter(pk=connection.pk).update(winner=chosen)
    messages.success(request, _("Saved. It counts from the next run on."))
    return redirect("office365")
