"""The colours of states, and changes in one line. The words themselves are in `wording`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contacts_sync import rights
from contacts_sync.admin.base import BAD, GOOD, INFO, PLAIN, WARN, badge
from contacts_sync.models import Connection, ExternalLink, SyncChange, SyncRun
from contacts_sync.wording import Difference, Dispute, differences, disputes, what, why

LINK_COLOURS = {
    ExternalLink.State.CREATING: INFO,
    ExternalLink.State.LINKED: GOOD,
    ExternalLink.State.DELETING: INFO,
    ExternalLink.State.GONE: WARN,
    ExternalLink.State.HELD: WARN,
    ExternalLink.State.APART: PLAIN,
}
RUN_COLOURS = {
    SyncRun.Status.RUNNING: INFO,
    SyncRun.Status.CONTINUES: INFO,
    SyncRun.Status.DONE: GOOD,
    SyncRun.Status.HELD: WARN,
    SyncRun.Status.STOPPED: PLAIN,
    SyncRun.Status.NEEDS_SIGN_IN: BAD,
    SyncRun.Status.REFUSED: BAD,
    SyncRun.Status.FAILED: BAD,
}
CHANGE_COLOURS = {
    SyncChange.Status.PLANNED: PLAIN,
    SyncChange.Status.SENT: INFO,
    SyncChange.Status.DONE: GOOD,
    SyncChange.Status.UNKNOWN: WARN,
    SyncChange.Status.FAILED: BAD,
    SyncChange.Status.HELD: WARN,
    SyncChange.Status.APPROVED: INFO,
    SyncChange.Status.DISMISSED: PLAIN,
}
CONNECTION_COLOURS = {
    Connection.State.AUTHORIZED: INFO,
    Connection.State.ON: GOOD,
    Connection.State.STOPPED: PLAIN,
    Connection.State.DISCONNECTED: PLAIN,
    Connection.State.RETIRED: PLAIN,
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as a table shows it."""

    change: SyncChange
    what: str
    badge: SafeString
    fields: list[Difference]
    why: str = ""
    disputes: list[Dispute] = field(default_factory=list)
    can_undo: bool = False
    can_choose: bool = False


def change_rows(changes: Iterable[SyncChange], user: Any = None) -> list[ChangeRow]:
    """Prepare changes for a table; with a user, changes loaded by `rights.with_undone`."""
    return [_row(one, user) for one in changes]


def _row(change: SyncChange, user: Any) -> ChangeRow:
    return ChangeRow(
        change,
        what(change),
        change_badge(change),
        changed(change),
        why(change.reason),
        disputes(change),
        can_undo=user is not None
        and rights.looks_undoable(change)
        and rights.may_undo(user, change),
        can_choose=user is not None
        and change.contact is not None
        and change.contact.deleted_at is None
        and rights.may_choose(user, change),
    )


def changed(change: SyncChange) -> list[Difference]:
    """List the fields that a change alters, before and after."""
    return [row for row in differences(change) if row.before != row.after]


def moment(at: datetime | None) -> SafeString | str:
    """Write a time in one short line."""
    if at is None:
        return "–"
    return format_html(
        '<span class="whitespace-nowrap">{}</span>', date_format(localtime(at), "j M Y, H:i")
    )


def link_badge(link: ExternalLink) -> SafeString:
    """Show the state of a link."""
    return badge(link.get_state_display(), LINK_COLOURS[ExternalLink.State(link.state)])


def change_badge(change: SyncChange) -> SafeString:
    """Show the status of a change."""
    return badge(change.get_status_display(), CHANGE_COLOURS[SyncChange.Status(change.status)])


def summary(change: SyncChange, limit: int = 3) -> str:
    """Say in one line what a change did to the fields."""
    rows = changed(change)
    parts = [f"{row.field}: {row.before or '–'} → {row.after or '–'}" for row in rows[:limit]]
    if len(rows) > limit:
        parts.append(_("and %(n)s more") % {"n": len(rows) - limit})
    return "; ".join(parts)


def run_link(pk: int, status: str, started: datetime) -> SafeString:
    """Link to a run's report: how it ended, and how long ago it began."""
    label = SyncRun.Status(status).label
    return format_html(
        '<a href="{}">{} <span class="whitespace-nowrap">{}</span></a>',
        reverse("admin:contacts_sync_syncrun_change", args=[pk]),
        badge(label, RUN_COLOURS[SyncRun.Status(status)]),
        naturaltime(started),
    )


def contact_link(change: SyncChange) -> SafeString | str:
    """Link to the contact of a change, while there is one."""
    if change.contact_id is None:
        return change.name or "–"
    url = reverse("admin:contacts_sync_contact_change", args=[change.contact_id])
    return anchor(url, change.name or f"#{change.contact_id}")


def anchor(url: str, text: Any) -> SafeString:
    """Link within a table or a form."""
    words = '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>'
    return format_html(words, url, text)
