"""What staff can do with mailboxes: each button says first which of them it touches, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts_sync import connections as mailboxes
from contacts_sync import tasks
from contacts_sync.admin.asking import Question, agreed, ask
from contacts_sync.models import Connection, SyncRun

State = Connection.State
SIGNED_IN = (State.AUTHORIZED, State.ON, State.STOPPED)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do with mailboxes in these states. `effects` say what it does to each."""

    states: tuple[State, ...]
    title: Any
    go: Any
    effects: tuple[Any, ...]
    danger: bool = False


DEEDS: dict[str, Deed] = {
    "preview": Deed(
        SIGNED_IN,
        gettext_lazy("Preview"),
        gettext_lazy("Preview"),
        (
            gettext_lazy("Outlook is read, and both lists are compared in the background."),
            gettext_lazy("Nothing is written to either list."),
        ),
    ),
    "sync_now": Deed(
        (State.ON,),
        gettext_lazy("Sync now"),
        gettext_lazy("Sync now"),
        (
            gettext_lazy("A run begins within a moment and brings both lists together."),
            gettext_lazy("What waits for a decision goes on waiting."),
        ),
    ),
    "resync": Deed(
        (State.ON,),
        gettext_lazy("Resync"),
        gettext_lazy("Read everything again"),
        (
            gettext_lazy("The whole Contacts folder is read again, and not only what changed."),
            gettext_lazy("A run then brings both lists together. A large folder takes a while."),
        ),
    ),
    "stop": Deed(
        (State.ON,),
        gettext_lazy("Stop"),
        gettext_lazy("Stop"),
        (
            gettext_lazy("A request in flight is finished; nothing more is sent."),
            gettext_lazy("Both lists stay as they are. Who is linked with whom is kept."),
            gettext_lazy("The owner can start again, and sees a new preview first."),
        ),
    ),
    "release": Deed(
        (State.AUTHORIZED, State.ON, State.STOPPED, State.DISCONNECTED),
        gettext_lazy("Release account"),
        gettext_lazy("Release"),
        (
            gettext_lazy("The sync stops, and access to the mailbox is forgotten."),
            gettext_lazy(
                "What was known of the mailbox goes: links, and the mirror of its contacts. The"
                " record of past changes stays."
            ),
            gettext_lazy("Nothing is deleted, neither in the firm's list nor in Outlook."),
            gettext_lazy(
                "The owner can connect another account, and somebody else can connect this one. A"
                " first sync then matches contacts anew, by name and e-mail address."
            ),
        ),
        danger=True,
    ),
}


class ConnectionActions:
    """The actions of the list of connections, and of the page of one."""

    @admin.action(description=gettext_lazy("Preview…"), permissions=["change"])
    def preview(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        return self._do(request, queryset, "preview", _starting(request, SyncRun.Kind.PREVIEW))

    @admin.action(description=gettext_lazy("Sync now…"), permissions=["change"])
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        return self._do(request, queryset, "sync_now", _starting(request, SyncRun.Kind.SYNC))

    @admin.action(
        description=gettext_lazy("Resync (read everything again)…"), permissions=["change"]
    )
    def resync(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        return self._do(request, queryset, "resync", _starting(request, SyncRun.Kind.RESYNC))

    @admin.action(description=gettext_lazy("Stop…"), permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        return self._do(request, queryset, "stop", _stop)

    @admin.action(description=gettext_lazy("Release account…"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Connection]) -> HttpResponse | None:
        return self._do(request, queryset, "release", _release)

    def _do(
        self,
        request: HttpRequest,
        queryset: QuerySet[Connection],
        name: str,
        act: Callable[[Sequence[Connection]], str],
    ) -> HttpResponse | None:
        deed = DEEDS[name]
        chosen = list(queryset.select_related("owner"))
        ready = [connection for connection in chosen if connection.state in deed.states]
        left = [f"{one} ({one.get_state_display()})" for one in chosen if one not in ready]
        if not agreed(request):
            return ask(self, request, name, _question(deed, ready, left))  # type: ignore[arg-type]
        if ready:
            messages.success(request, act(ready))
        if left:
            messages.warning(request, _("Not touched: %(list)s.") % {"list": ", ".join(left)})
        return None


def _question(deed: Deed, ready: Sequence[Any], left: Sequence[str]) -> Question:
    rows = [
        (
            one,
            one.owner,
            one.get_state_display(),
            f"{one.linked:,}",
            naturaltime(one.last_started) if one.last_started else "–",
        )
        for one in ready
    ]
    columns = (_("Account"), _("Owner"), _("State"), _("Contacts in sync"), _("Last run"))
    return Question(
        str(deed.title), str(deed.go), deed.effects, columns, rows, len(rows), left, deed.danger
    )


def _starting(request: HttpRequest, kind: SyncRun.Kind) -> Callable[[Sequence[Connection]], str]:
    def start(ready: Sequence[Connection]) -> str:
        for connection in ready:
            tasks.enqueue(connection, kind, trigger=SyncRun.Trigger.STAFF, actor=request.user)
        text = ngettext(
            "%(number)s run queued. See Sync runs in a moment.",
            "%(number)s runs queued. See Sync runs in a moment.",
            len(ready),
        )
        return text % {"number": len(ready)}

    return start


def _stop(ready: Sequence[Connection]) -> str:
    for connection in ready:
        mailboxes.stop(connection)
    text = ngettext(
        "%(number)s sync stopped. Both lists stay as they are; the owner can start again.",
        "%(number)s syncs stopped. Both lists stay as they are; the owners can start again.",
        len(ready),
    )
    return text % {"number": len(ready)}


def _release(ready: Sequence[Connection]) -> str:
    for connection in ready:
        mailboxes.retire(connection)
    text = ngettext("%(number)s account released.", "%(number)s accounts released.", len(ready))
    return text % {"number": len(ready)}
