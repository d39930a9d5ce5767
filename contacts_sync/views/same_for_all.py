"""One answer to all questions of a kind, said once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from contacts_sync.models import Connection, SyncChange
from contacts_sync.run import decisions
from contacts_sync.run.preview import NEAR
from contacts_sync.views import groups
from contacts_sync.views.page import needs_mailbox, number, show

MOST = 500
"""So many pairs are decided with one press; the page then shows the rest."""


def near(connection: Connection) -> QuerySet[SyncChange]:
    """Find the pairs of the shown preview that look alike."""
    pairs = connection.changes.filter(status=SyncChange.Status.PLANNED, guard=NEAR)
    return pairs.select_related("contact").order_by("pk")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def same_for_all(
    request: HttpRequest, connection: Connection, about: str, answer: str
) -> HttpResponse:
    """Give one answer to all questions of a kind: say first what it does, and to how many."""
    if (about, answer) not in ALL:
        raise Http404
    asked = near(connection) if about == "near" else groups.held(connection)
    otherwise = "office365_preview" if about == "near" else "office365_decisions"
    if request.method != "POST":
        count = asked.count() if about == "near" else len(groups.keys(connection))
        if not count:
            messages.info(request, _("This was decided already."))
            return redirect(otherwise)
        context = {
            "connection": connection,
            "about": about,
            "answer": answer,
            "count": count,
            "upto": asked.aggregate(upto=Max("pk"))["upto"],
            "otherwise": otherwise,
        }
        return show(request, "same_for_all.html", context)
    done = ALL[about, answer](
        connection, asked.filter(pk__lte=number(request, "upto")), request.user
    )
    text = ngettext("%(count)d contact was decided.", "%(count)d contacts were decided.", done)
    messages.success(request, text % {"count": done})
    return redirect(otherwise)


def _link_all(connection: Connection, asked: QuerySet[Any], actor: Any) -> int:
    """Link all pairs. Who is in several is linked with the first, and not doubled."""
    done = 0
    for pair in asked[:MOST]:
        try:
            decisions.link_pair(connection, pair.contact_id or 0, pair.remote_id, actor)
        except decisions.NotPossible:
            continue
        done += 1
    return done


def _tell_all_apart(connection: Connection, asked: QuerySet[Any], actor: Any) -> int:
    told = [pair for pair in asked[:MOST] if pair.contact is not None]
    for pair in told:
        decisions.tell_apart(connection, pair.contact, pair.remote_id, actor)
    return len(told)


def _keep_all(connection: Connection, asked: QuerySet[Any], actor: Any) -> int:
    return decisions.keep_all(asked, actor)


def _leave_out_all(connection: Connection, asked: QuerySet[Any], actor: Any) -> int:
    about = [(each.contact_id, each.remote_id or "") for each in asked]
    return decisions.leave_out_all(connection, about, actor)


ALL: dict[tuple[str, str], Callable[[Connection, QuerySet[Any], Any], int]] = {
    ("near", "link"): _link_all,
    ("near", "keep"): _tell_all_apart,
    ("groups", "keep"): _keep_all,
    ("groups", "leave-out"): _leave_out_all,
}
"""What *Same for all* can be said about."""
