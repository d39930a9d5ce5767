"""Settings, and the list of what can be synced."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from contacts_sync import connections, wording
from contacts_sync.views import find
from contacts_sync.views.page import show


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    return show(request, "settings.html")


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    connection = connections.mailbox_of(request.user)
    return show(
        request,
        "overview.html",
        {
            "connection": connection,
            "run": find.open_run(connection) if connection else None,
            "problem": wording.problem_of(connection) if connection else None,
        },
    )
