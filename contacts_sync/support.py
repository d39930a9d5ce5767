"""What helps somebody else to help: versions, settings, states and numbers, and nobody's data."""

from __future__ import annotations

import io
import json
import platform
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import distributions
from typing import Any

import django
from django.conf import settings
from django.core.checks import run_checks
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from contacts_sync import triggers
from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    Heartbeat,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.models.run import COUNTS

SHOWN = (
    "CREATE_SETTLE_SECONDS",
    "DEBUG",
    "DEFAULT_PHONE_REGION",
    "DEMO",
    "EMAIL_BACKEND",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "MICROSOFT_GRAPH_URL",
    "MICROSOFT_LOGIN_URL",
    "MICROSOFT_SECRET_EXPIRES",
    "REQUIRE_STAFF_MFA",
    "RETENTION_AUDIT_DAYS",
    "RETENTION_DISCONNECTED_DAYS",
    "RETENTION_IMPORT_DAYS",
    "RETENTION_QUIET_RUN_DAYS",
    "RETENTION_TRASH_DAYS",
    "SESSION_COOKIE_AGE",
    "TIME_ZONE",
)
"""Settings whose values name nobody and open nothing."""

NAMED = (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "METRICS_TOKEN",
    "MICROSOFT_ALLOWED_TENANTS",
    "MICROSOFT_CLIENT_CERTIFICATE",
    "MICROSOFT_CLIENT_ID",
    "MICROSOFT_CLIENT_SECRET",
    "MICROSOFT_SIMULATOR_URL",
    "MICROSOFT_TENANT",
    "REDIS_URL",
    "SENTRY_DSN",
    "SITE_URL",
    "TOKEN_ENCRYPTION_KEYS",
)
"""Settings of which only is told whether they are set."""

RUNS = 200


def bundle() -> bytes:
    """Give a zip of JSON files. Accounts, names, contents, addresses and messages are in none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, gather in FILES.items():
            try:
                found = gather()
            except DatabaseError as error:  # what is broken is what somebody wants to know
                found = {"failed": type(error).__name__}
            text = json.dumps(found, cls=DjangoJSONEncoder, indent=1, ensure_ascii=True)
            archive.writestr(f"{name}.json", text)
    return buffer.getvalue()


def _versions() -> dict[str, Any]:
    return {
        "python": sys.version,
        "system": platform.platform(),
        "django": django.get_version(),
        "database": _database(),
        "packages": {one.metadata["Name"]: one.version for one in distributions()},
        "at": timezone.now(),
    }


def _database() -> str:
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("SELECT sqlite_version()" if sqlite else "SELECT version()")
        return f"{connection.vendor} {cursor.fetchone()[0]}"


def _settings() -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SHOWN} | {
        name: "set" if getattr(settings, name) else "not set" for name in NAMED
    }


def _checks() -> list[dict[str, Any]]:
    return [
        {"id": message.id, "level": message.level, "text": str(message.msg)}
        for message in run_checks(include_deployment_checks=True)
    ]


def _tables() -> dict[str, Any]:
    def by(model: Any, *fields: str) -> list[dict[str, Any]]:
        rows = model.objects.order_by().values(*fields).annotate(number=Count("pk"))
        return list(rows.order_by(*fields))

    return {
        "contacts": by(Contact, "kind"),
        "trash": Contact.objects.trashed().count(),
        "links": by(ExternalLink, "connection", "state"),
        "links_open": by(ExternalLink, "connection", "open"),
        "links_refused": ExternalLink.objects.exclude(problem="").count(),
        "mirror": by(RemoteContact, "connection", "present", "open"),
        "changes": by(SyncChange, "action", "side", "status"),
        "guards": by(SyncChange, "guard", "status"),
        "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
        "triggers": triggers.current(connection),
    }


def _connections() -> Any:
    return list(
        Connection.objects.order_by("pk").values(
            "pk", "state", "problem", "problem_since", "winner", "failures", "next_run_at",
            "started_at", "synced_at", "created_at", "lease_until", "fence", "stop_requested",
            "listing", "listing_open", "listing_shrunk", "listed_at", "covered_at", "full_wanted",
            "keys_read", "seen", "mapping_version", "credential_version",
        )
    )  # fmt: skip


def _runs() -> Any:
    return list(
        SyncRun.objects.order_by("-pk").values(
            "pk", "connection", "kind", "trigger", "status", "step", "first", "slices", "crashes",
            *COUNTS, "read", "planned", "done", "requests", "started_at", "finished_at",
        )[:RUNS]
    )  # fmt: skip


def _queue() -> dict[str, Any]:
    since = timezone.now() - timedelta(days=7)
    failed = Task.objects.filter(success=False, stopped__gte=since).order_by("-stopped")
    return {
        "heartbeats": list(Heartbeat.objects.values("name", "at")),
        "waiting": list(OrmQ.objects.values("key", "lock")),
        "schedules": list(Schedule.objects.values("name", "func", "minutes", "next_run")),
        "failed": list(failed.values("func", "started", "stopped", "attempt_count")[:RUNS]),
    }


FILES: dict[str, Callable[[], Any]] = {
    "versions": _versions,
    "settings": _settings,
    "checks": _checks,
    "tables": _tables,
    "connections": _connections,
    "runs": _runs,
    "queue": _queue,
}
