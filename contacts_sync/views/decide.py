"""What waits for a person: contacts that match several others, and what a guard held back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from contacts_sync import wording
from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions
from contacts_sync.views import find, groups, rows, same_for_all
from contacts_sync.views.page import back, decide, needs_mailbox, number, page_of, show

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
    held = changes.order_by().values("held_by").annotate(count=Count("pk"), upto=Max("pk"))
    return [
        {
            "name": each["held_by"],
            "count": each["count"],
            "upto": each["upto"],
            "words": wording.guarded(each["held_by"]),
            "examples": list(changes.filter(held_by=each["held_by"])[:EXAMPLES]),
        }
        for each in held.order_by("held_by")
    ]


@require_safe
@needs_mailbox
def guard(request: HttpRequest, connection: Connection, name: str) -> HttpResponse:
    """List all the changes that one guard holds back."""
    changes = find.held_changes(connection).filter(held_by=name)
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
            "answers": _answers(name),
            "words": words,
            "page": page,
            "rows": [rows.told(each) for each in page],
        },
    )


def _answers(name: str) -> list[dict[str, Any]]:
    words = wording.guarded(name)
    return [
        {"name": "approve", "label": words.approve, "effect": words.approved},
        {"name": "dismiss", "label": words.dismiss, "effect": words.dismissed},
    ]


@require_POST
@needs_mailbox
def answer(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Approve or dismiss what a guard holds back: exactly the changes that the page has listed."""
    listed = find.held_changes(connection).filter(
        held_by=request.POST.get("guard", ""), pk__lte=number(request, "upto")
    )
    words = wording.guarded(request.POST.get("guard", ""))
    match request.POST.get("answer"):
        case "approve":
            effect, count = words.approved, decisions.approve(listed, request.user)
        case "dismiss":
            effect, count = words.dismissed, decisions.dismiss(listed, request.user)
        case _:
            raise Http404
    if count:
        text = ngettext(
            "Your decision about %(count)d contact is kept. In %(firm)s: %(here)s In Outlook: %(there)s",
            "Your decision about %(count)d contacts is kept. In %(firm)s: %(here)s In Outlook: %(there)s",
            count,
        )
        told = {"firm": wording.firm_list(), "here": effect.here, "there": effect.there}
        messages.success(request, text % {"count": count, **told})
    else:
        messages.info(request, _("This was decided already."))
    return back(request, "office365_decisions")


@require_POST
@needs_mailbox
def link(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Link a pair: one contact of each side, chosen in a group or named by a row."""
    if "change" in request.POST:
        change: SyncChange = get_object_or_404(
            connection.changes.exclude(remote_id=""), pk=number(request, "change")
        )
        contact = get_object_or_404(Contact.objects.alive(), pk=change.contact_id)
        remote_id = change.remote_id
    elif request.POST.get("contact") and request.POST.get("remote"):
        contact = get_object_or_404(Contact.objects.alive(), pk=number(request, "contact"))
        remote_id = get_object_or_404(connection.mirror, pk=number(request, "remote")).remote_id
    else:
        messages.warning(request, _("Choose one contact on each side."))
        return back(request, "office365_decisions")
    return decide(
        request,
        lambda: decisions.link_pair(connection, contact.pk, remote_id, request.user),
        _("%(name)s: the two are linked.") % {"name": wording.named(contact)},
        "office365_decisions",
    )


@require_POST
@needs_mailbox
def tell_apart(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say that a pair which looks alike is two different contacts."""
    near = same_for_all.near(connection).filter(pk=number(request, "change")).first()
    if near is None or near.contact is None:
        messages.info(request, _("This was decided already."))
        return back(request, "office365_preview")
    decisions.tell_apart(connection, near.contact, near.remote_id, request.user)
    messages.success(
        request, _("They are kept as different contacts, and you are not asked about them again.")
    )
    return back(request, "office365_preview")


@require_POST
@needs_mailbox
def keep_both(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say of a group that its contacts are different ones: each is kept, on both sides."""

    def keep(link: ExternalLink) -> None:
        decisions.keep_both(link, request.user)

    return _each(request, connection, keep, _("They are kept as contacts of their own."))


@require_POST
@needs_mailbox
def leave_out_group(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Leave out all contacts of a group."""

    def leave(link: ExternalLink) -> None:
        remote_id = link.remote_id or ""
        decisions.leave_out(
            connection, contact_id=link.contact_id, remote_id=remote_id, actor=request.user
        )

    return _each(request, connection, leave, _("They are left out."))


def _each(
    request: HttpRequest,
    connection: Connection,
    decision: Callable[[ExternalLink], None],
    done: str,
) -> HttpResponse:
    """Decide about all of a group, or about nobody."""
    found = list(groups.links_of(connection, request.POST.get("group", "")))
    if not found:
        messages.info(request, _("This was decided already."))
        return back(request, "office365_decisions")

    @transaction.atomic
    def all_of_them() -> None:
        for link in found:
            decision(link)

    return decide(request, all_of_them, done, "office365_decisions")
