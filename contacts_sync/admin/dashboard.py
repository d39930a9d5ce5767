"""The front page of the control room: is everything in step, who needs somebody, what is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.admin import chart, duplicates
from contacts_sync.admin.base import BAD, GOOD, WARN, badge
from contacts_sync.admin.connections import needing_attention, with_numbers
from contacts_sync.admin.room import overflowing
from contacts_sync.admin.runs import WITH_PROBLEMS
from contacts_sync.admin.words import run_link
from contacts_sync.models import Connection, Contact, ExternalLink, Heartbeat, SyncChange, SyncRun
from contacts_sync.store.search import ASKED
from contacts_sync.wording import guarded, tally, until

SHOWN = 10
RECENT = timedelta(days=30)
LISTS = ("externallink", "syncchange", "contact", "syncrun")
SILENT = timedelta(minutes=10)


def overview(user: Any) -> dict[str, Any]:
    """Gather the page, in a fixed number of queries."""
    found: dict[str, Any] = {}
    if user.has_perm("contacts_sync.view_contact"):
        found["contacts"] = _contacts()
    if user.has_perm("contacts_sync.view_connection"):
        found |= _connections()
    if user.has_perm("contacts_sync.view_syncrun"):
        found |= {"runs": _runs(), **_charts()}
    if user.has_perm("contacts_sync.view_syncchange"):
        held = list(_held())
        found |= {"held": held[:SHOWN], "held_total": sum(row["number"] for row in held)}
    if user.has_perm("contacts_sync.view_externallink"):
        found["questions"] = _questions(found.get("held_total", 0))
    if user.has_perm("contacts_sync.view_heartbeat"):
        found["worker"] = _worker()
    if "mailboxes" in found:
        found |= {"headline": _headline(found), "detail": _detail(found)}
    return found


def _contacts() -> dict[str, Any]:
    alive = Q(deleted_at=None)
    counted = Contact.objects.aggregate(
        people=Count("pk", filter=alive & Q(kind=Contact.Kind.PERSON)),
        companies=Count("pk", filter=alive & Q(kind=Contact.Kind.COMPANY)),
        trash=Count("pk", filter=~alive),
    )
    return {**counted, "duplicates": duplicates.known(counted["people"] + counted["companies"])}


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
        reasons.append(_("%(number)s held") % {"number": f"{held:,}"})
    if connection.last_status in (SyncRun.Status.FAILED, SyncRun.Status.REFUSED):
        label = SyncRun.Status(connection.last_status).label
        reasons.append(_("last run: %(status)s") % {"status": label})
    if not reasons:
        reasons.append(_("overdue"))
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


def _charts() -> dict[str, Any]:
    counted = chart.days(SyncRun.objects.all())
    return {"changes": chart.changes(counted), "endings": chart.endings(counted)}


def _questions(held: int) -> list[dict[str, Any]]:
    """Count what somebody may ask about, with the list that answers."""
    links = ExternalLink.objects.exclude(connection__state=Connection.State.RETIRED)
    counted = links.aggregate(
        problem=Count("pk", filter=~Q(problem="")),
        gone=Count("pk", filter=Q(state=ExternalLink.State.GONE)),
        apart=Count("pk", filter=Q(state=ExternalLink.State.APART)),
    )
    recent = SyncRun.objects.filter(started_at__gte=timezone.now() - RECENT)
    recent = recent.exclude(kind=SyncRun.Kind.PREVIEW)
    runs = recent.aggregate(conflicts=Sum("conflicts"), bad=Count("pk", filter=WITH_PROBLEMS))
    pages = {name: reverse(f"admin:contacts_sync_{name}_changelist") for name in LISTS}
    return [
        {"number": number, "text": text, "url": url, "urgent": urgent}
        for number, text, url, urgent in (
            (held, _("held for a decision"), reverse("admin:contacts_sync_syncchange_held"), True),
            (
                runs["bad"],
                _("runs with problems, in 30 days"),
                f"{pages['syncrun']}?problems=yes",
                True,
            ),
            (
                counted["problem"],
                _("set aside with a problem"),
                f"{pages['externallink']}?problem=yes",
                True,
            ),
            (
                runs["conflicts"] or 0,
                _("edited on both sides, in 30 days"),
                f"{pages['syncchange']}?conflicts=yes",
                False,
            ),
            (
                overflowing(Contact.objects.alive()).count(),
                _("hold more than Outlook can"),
                f"{pages['contact']}?outlook=overflow",
                False,
            ),
            (
                counted["gone"],
                _("removed in Outlook"),
                f"{pages['externallink']}?state__exact=gone",
                False,
            ),
            (counted["apart"], _("left out"), f"{pages['externallink']}?state__exact=apart", False),
        )
    ]


def _held() -> Iterator[dict[str, Any]]:
    changes = (
        SyncChange.objects.filter(status=SyncChange.Status.HELD)
        .exclude(guard="")  # these are links, and asked about below
        .order_by()
        .values("guard", "connection", "connection__username")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    url = reverse("admin:contacts_sync_syncchange_held")
    for row in changes:
        yield {
            "title": guarded(row["guard"]).title,
            "account": row["connection__username"],
            "number": row["number"],
            "url": f"{url}?mailbox={row['connection'] or ''}",
        }
    links = (
        ExternalLink.objects.filter(ASKED)
        .order_by()
        .values("connection", "connection__username")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    for group in links:
        yield {
            "title": _("Which contacts belong together?"),
            "account": group["connection__username"],
            "number": group["number"],
            "url": f"{url}?mailbox={group['connection']}",
        }


def _worker() -> dict[str, Any]:
    beat = Heartbeat.objects.order_by("-at").first()
    if beat is None:
        return {"alive": False, "badge": badge(_("never seen"), BAD)}
    alive = timezone.now() - beat.at < SILENT
    text = _("seen %(ago)s") % {"ago": naturaltime(beat.at)}
    return {"alive": alive, "badge": badge(text, GOOD if alive else BAD)}


def _headline(found: dict[str, Any]) -> SafeString:
    """Answer the one question of the page: is everything in step, and if not, who is needed?"""
    if not found["mailboxes"]:
        return badge(_("No mailbox is connected yet"))
    if found["syncing"] and not found.get("worker", {}).get("alive", True):
        return badge(_("Nothing is synced: the background worker is silent"), BAD)
    if number := found["needing_total"]:
        text = ngettext(
            "%(number)s mailbox needs somebody", "%(number)s mailboxes need somebody", number
        )
        return badge(text % {"number": f"{number:,}"}, WARN)
    return badge(_("Everything is in step"), GOOD)


def _detail(found: dict[str, Any]) -> str:
    """Say when a run last ended and when the next one begins."""
    last = SyncRun.objects.exclude(finished_at=None).order_by("-finished_at")
    ended = last.values_list("finished_at", flat=True).first()
    waiting = Connection.objects.filter(state=Connection.State.ON).exclude(next_run_at=None)
    due = waiting.order_by("next_run_at").values_list("next_run_at", flat=True).first()
    parts = []
    if ended:
        parts.append(_("The last run ended %(ago)s.") % {"ago": naturaltime(ended)})
    if due:
        parts.append(_("The next one begins %(when)s.") % {"when": until(due, timezone.now())})
    return " ".join(parts)
