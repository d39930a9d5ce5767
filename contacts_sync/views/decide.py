"""What waits for a person: contacts that match several others, and what a guard held back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from contacts_sync import wording
from contacts_sync.models import Connection, Contact, SyncChange
from contacts_sync.run import decisions
from contacts_sync.views import find, groups, rows
from contacts_sync.views.page import back, needs_mailbox, number, page_of, show

EXAMPLES = 5


@require_safe
@needs_mailbox
def waiting(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List all that waits for a decision."""
    page = page_of(request, groups.keys(connection))
    return show(
        request,
        "decide.html",
        {
            "connection": connection,
            "guards": _guards(connection),
            "page": page,
            "groups": groups.groups(connection, page),
        },
    )


def _guards(connection: Connection) -> list[dict[str, Any]]:
    changes = find.held_changes(connection)
    held = changes.order_by().values("guard").annotate(count=Count("pk"), upto=Max("pk"))
    return [
        {
            "name": each["guard"],
            "count": each["count"],
            "upto": each["upto"],
            "words": wording.guarded(each["guard"]),
            "examples": list(changes.filter(guard=each["guard"])[:EXAMPLES]),
        }
        for each in held.order_by("guard")
    ]


@require_safe
@needs_mailbox
def guard(request: HttpRequest, connection: Connection, name: str) -> HttpResponse:
    """List all the changes that one guard holds back."""
    changes = find.held_changes(connection).filter(guard=name)
    if not (upto := changes.aggregate(upto=Max("pk"))["upto"]):
        raise Http404
    words = request.GET.get("q", "").strip()
    page = page_of(request, rows.pick(changes, "", words))
    return show(
        request,
        "guard.html",
        {
            "guard": {
                "name": name,
                "count": changes.count(),
                "upto": upto,
                "words": wording.guarded(name),
            },
            "words": words,
            "page": page,
            "rows": [
                {
                    "change": each,
                    "what": wording.what(each),
                    "why": wording.why(each.reason),
                    "differences": wording.differences(each),
                }
                for each in page
            ],
        },
    )


@require_POST
@needs_mailbox
def answer(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Approve or dismiss what a guard holds back: exactly the changes that the page has listed."""
    listed = find.held_changes(connection).filter(
        guard=request.POST.get("guard", ""), pk__lte=number(request, "upto")
    )
    match request.POST.get("answer"):
        case "approve":
            count = decisions.approve(listed, request.user)
        case "dismiss":
            count = decisions.dismiss(listed, request.user)
        case _:
            raise Http404
    if count:
        text = ngettext(
            "Your decision about %(count)d contact is kept, and the next run follows it.",
            "Your decision about %(count)d contacts is kept, and the next run follows it.",
            count,
        )
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("This was decided already."))
    return back(request, "office365_decisions")


@require_POST
@needs_mailbox
def link(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Link a pair: one contact of each side, chosen in a group or named by a row."""
    if "change" in request.POST:
        change: SyncChange = get_object_or_404(
            connection.changes.exclude(contact=None).exclude(remote_id=""),
            pk=number(request, "change"),
        )
        contact_id, remote_id, name = change.contact_id, change.remote_id, change.name
    elif request.POST.get("contact") and request.POST.get("remote"):
        contact = get_object_or_404(Contact.objects.alive(), pk=number(request, "contact"))
        mirror = get_object_or_404(connection.mirror, pk=number(request, "remote"))
        contact_id, remote_id, name = contact.pk, mirror.remote_id, str(contact)
    else:
        messages.warning(request, _("Choose one contact on each side."))
        return back(request, "office365_decisions")
    decisions.link_pair(connection, contact_id, remote_id, request.user)
    messages.success(request, _("%(name)s: the two are linked.") % {"name": name})
    return back(request, "office365_decisions")


@require_POST
@needs_mailbox
def keep_both(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say of a group that its contacts are different ones: each is kept, on both sides."""
    found = list(groups.links_of(connection, request.POST.get("group", "")))
    for each in found:
        decisions.keep_both(each, request.user)
    return _answered(request, found, _("They are kept as contacts of their own."))


@require_POST
@needs_mailbox
def leave_out_group(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Leave out all contacts of a group."""
    found = list(groups.links_of(connection, request.POST.get("group", "")))
    for each in found:
        decisions.leave_out(
            connection,
            contact_id=each.contact_id,
            remote_id=each.remote_id or "",
            actor=request.user,
        )
    return _answered(request, found, _("They are left out."))


def _answered(request: HttpRequest, found: list[Any], text: str) -> HttpResponse:
    if found:
        messages.success(request, text)
    else:
        messages.info(request, _("This was decided already."))
    return back(request, "office365_decisions")
