"""The front page of the control room: is everything in step, who needs somebody, what is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from contacts_sync.admin.base import BAD, GOOD, WARN, badge, count
from contacts_sync.admin.connections import needing_attention, with_numbers
from contacts_sync.admin.words import run_link
from contacts_sync.models import Connection, Contact, ExternalLink, Heartbeat, SyncChange, SyncRun
from contacts_sync.wording import guarded, tally

SHOWN = 10
SILENT = timedelta(minutes=10)


def overview(user: Any) -> dict[str, Any]:
    """Gather the page, in a fixed number of queries."""
    found: dict[str, Any] = {}
    if user.has_perm("contacts_sync.view_contact"):
        found["contacts"] = _contacts()
    if user.has_perm("contacts_sync.view_connection"):
        found |= _connections()
    if user.has_perm("contacts_sync.view_syncrun"):
        found["runs"] = _runs()
    if user.has_perm("contacts_sync.view_syncchange"):
        found["held"] = list(_held())
    if user.has_perm("contacts_sync.view_heartbeat"):
        found["worker"] = _worker()
    if "mailboxes" in found:
        found["headline"] = _headline(found)
    return found


def _contacts() -> dict[str, Any]:
    alive = Q(deleted_at=None)
    return Contact.objects.aggregate(
        people=Count("pk", filter=alive & Q(kind=Contact.Kind.PERSON)),
        companies=Count("pk", filter=alive & Q(kind=Contact.Kind.COMPANY)),
        trash=Count("pk", filter=~alive),
    )


def _connections() -> dict[str, Any]:
    states = dict(
        Connection.objects.exclude(state=Connection.State.RETIRED)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    needing = needing_attention(Connection.objects.all())
    number = needing.count()
    rows = with_numbers(needing).select_related("owner").defer("credential", "cursor")
    return {
        "mailboxes": sum(states.values()),
        "syncing": states.get(Connection.State.ON, 0),
        "needing": [_need(connection) for connection in rows.order_by("username")[:SHOWN]],
        "needing_total": number,
    }


def _need(connection: Any) -> dict[str, Any]:
    reasons = []
    if connection.problem:
        reasons.append(connection.get_problem_display())
    if held := connection.held + connection.held_links:
        reasons.append(f"{held:,} held")
    if connection.last_status in (SyncRun.Status.FAILED, SyncRun.Status.REFUSED):
        reasons.append(f"last run {SyncRun.Status(connection.last_status).label}")
    if not reasons:
        reasons.append("overdue")
    return {
        "url": reverse("admin:contacts_sync_connection_change", args=[connection.pk]),
        "account": connection.username,
        "owner": connection.owner,
        "reason": "; ".join(reasons),
        "since": connection.problem_since,
    }


def _runs() -> list[dict[str, Any]]:
    runs = SyncRun.objects.select_related("connection").defer(
        "connection__credential", "connection__cursor"
    )
    return [
        {
            "connection": run.connection,
            "kind": run.get_kind_display(),
            "status": run_link(run.pk, run.status, run.started_at),
            "did": tally(run),
        }
        for run in runs.order_by("-pk")[:SHOWN]
    ]


def _held() -> Iterator[dict[str, Any]]:
    changes = (
        SyncChange.objects.filter(status=SyncChange.Status.HELD)
        .order_by()
        .values("guard", "connection", "connection__username")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    url = reverse("admin:contacts_sync_syncchange_changelist")
    for row in changes[:SHOWN]:
        yield {
            "title": guarded(row["guard"]).title,
            "account": row["connection__username"],
            "number": row["number"],
            "url": f"{url}?status__exact=held&connection__id__exact={row['connection'] or ''}",
        }
    links = (
        ExternalLink.objects.filter(state=ExternalLink.State.HELD)
        .order_by()
        .values("connection", "connection__username")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    url = reverse("admin:contacts_sync_externallink_changelist")
    for group in links[:SHOWN]:
        yield {
            "title": "Which contacts belong together?",
            "account": group["connection__username"],
            "number": group["number"],
            "url": f"{url}?state__exact=held&connection__id__exact={group['connection']}",
        }


def _worker() -> Any:
    beat = Heartbeat.objects.order_by("-at").first()
    if beat is None:
        return badge("never seen", BAD)
    kind = GOOD if timezone.now() - beat.at < SILENT else BAD
    return badge(f"seen {naturaltime(beat.at)}", kind)


def _headline(found: dict[str, Any]) -> SafeString:
    if not found["mailboxes"]:
        return badge("No mailbox is connected yet")
    if number := found["needing_total"]:
        verb = "needs" if number == 1 else "need"
        return badge(f"{count(number, 'mailbox', 'mailboxes')} {verb} somebody", WARN)
    return badge("Everything is in step", GOOD)
