"""For machines that watch this one: is it alive, and can it work?"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from contacts_sync import triggers
from contacts_sync.models import Heartbeat


@require_safe
@never_cache
@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """Answer: that is all it takes."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """Look at the database and its migrations; the triggers and the worker are a report only.

    A web server that answers well must not be taken down because the worker is being replaced.
    """
    try:
        pending = _pending()
    except DatabaseError:
        return JsonResponse({"status": "not ready", "database": "unreachable"}, status=503)
    if pending:
        report = {"status": "not ready", "database": "ok", "migrations": pending}
        return JsonResponse(report, status=503)
    report = {"status": "ready", "database": "ok", "migrations": "ok"}
    return JsonResponse({**report, "triggers": _triggers(), "worker": _worker()})


def _pending() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _triggers() -> str:
    return "ok" if triggers.current(connection) else "missing or old; run manage.py migrate"


def _worker() -> dict[str, Any]:
    now = timezone.now()
    beats = {
        beat.name: {
            "at": beat.at.isoformat(),
            "seconds_ago": round((now - beat.at).total_seconds()),
        }
        for beat in Heartbeat.objects.all()
    }
    return beats or {"never_seen": True}
