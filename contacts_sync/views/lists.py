"""Contacts that are not in step: removed in Outlook, left out, skipped, or set aside."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from contacts_sync import rights, tasks, wording
from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.run import decisions
from contacts_sync.store import records
from contacts_sync.views import find, rows, sides, standing
from contacts_sync.views.page import back, decide, needs_mailbox, number, page_of, show

State = ExternalLink.State


PILES = (
    standing.EVERYBODY,
    standing.IN_SYNC,
    standing.COMING,
    State.GONE,
    State.APART,
    standing.HOME,
    standing.SKIPPED,
)
"""The lists of this page, by their names in the address. What waits or fails has its own page."""


@require_safe
@needs_mailbox
def missing(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List what is not in Outlook, or does not take part, and why."""
    return _listed(request, connection, State.GONE)


@require_safe
@needs_mailbox
def contacts(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List the contacts of one pile: those in sync, those on their way, and so on."""
    return _listed(request, connection, standing.IN_SYNC)


def _listed(request: HttpRequest, connection: Connection, otherwise: str) -> HttpResponse:
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in PILES else otherwise
    words = request.GET.get("q", "").strip()
    if chosen in (State.GONE, State.APART):
        links = find.search(standing.piled(connection).filter(pile=chosen), words)
        links = links.select_related("contact", "mirror").order_by("-changed_at", "-pk")
        page = page_of(request, links)
        found = list(page)
    else:
        page = page_of(request, standing.keys(connection, chosen, words))
        found = standing.load(page)
    return show(
        request,
        "contacts.html",
        {
            "connection": connection,
            "chosen": chosen,
            "words": words,
            "health": standing.standing(connection),
            "page": page,
            "rows": [_row(each, chosen) for each in found],
        },
    )


def _row(each: Any, chosen: str) -> dict[str, Any]:
    link = each if isinstance(each, ExternalLink) else None
    return {
        "each": each,
        "link": link,
        "why": _why(each, link, chosen),
        "at": link.changed_at if link and chosen in (State.GONE, State.APART) else None,
    }


def _why(each: Any, link: ExternalLink | None, chosen: str) -> str:
    match chosen:
        case standing.SKIPPED:
            return str(each.skip)
        case standing.EVERYBODY if link is not None:
            return capfirst(wording.standing_of(link))
        case standing.EVERYBODY:
            return wording.alone(isinstance(each, Contact))
        case standing.COMING:
            return wording.coming(link.state if link else "")
        case standing.GONE | standing.APART if link is not None:
            return wording.why(link.reason)
    return ""


@require_safe
@needs_mailbox
def contact(request: HttpRequest, connection: Connection, pk: int) -> HttpResponse:
    """Show one contact of the mailbox: both sides, what stays home and why, and what happened."""
    link = get_object_or_404(connection.links.select_related("mirror", "contact"), pk=pk)
    loaded = records.load_contacts([link.contact_id] if link.contact_id else [])
    ours = loaded.get(link.contact_id or 0)
    theirs = link.mirror if link.mirror and link.mirror.present else None
    about = Q(link=link)
    if link.contact_id:
        about |= Q(contact=link.contact_id)
    changes = SyncChange.objects.filter(about).filter(Q(connection=connection) | Q(connection=None))
    changes = rights.with_undone(changes.exclude(status=SyncChange.Status.PLANNED))
    page = page_of(request, changes.select_related("actor").order_by("-at", "-pk"))
    return show(
        request,
        "contact.html",
        {
            "connection": connection,
            "link": link,
            "trashed": bool(ours and ours.deleted_at),
            "sides": sides.compare(ours, theirs, link),
            "state": wording.standing_of(link),
            "page": page,
            "rows": [rows.told(each, request.user, connection) for each in page],
        },
    )


@require_POST
@needs_mailbox
def put_back(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Put a contact that was removed in Outlook back there."""
    link = connection.links.filter(pk=number(request, "link"), state=State.GONE).first()
    if link is None:
        messages.info(request, _("This contact is not among the removed ones any more."))
        return back(request, "office365_missing")
    return decide(
        request,
        lambda: decisions.put_back(link, request.user),
        _("%(name)s is put back in Outlook with the next run.") % {"name": wording.named(link)},
        "office365_missing",
    )


@require_POST
@needs_mailbox
def take_back_in(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Let a contact that was left out take part again."""
    link = connection.links.filter(pk=number(request, "link"), state=State.APART).first()
    if link is None:
        messages.info(request, _("This contact takes part already."))
        return back(request, "office365_missing")
    return decide(
        request,
        lambda: decisions.take_back_in(link, request.user),
        _("%(name)s takes part again. The next run or preview looks at it.")
        % {"name": wording.named(link)},
        "office365_missing",
    )


@require_safe
@needs_mailbox
def problems(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List the contacts that one side refuses, with its reason and when they are tried again."""
    words = request.GET.get("q", "").strip()
    found = connection.links.exclude(problem="").select_related("contact", "mirror")
    page = page_of(request, find.search(found, words).order_by("next_try_at", "pk"))
    now = timezone.now()
    return show(
        request,
        "problems.html",
        {
            "connection": connection,
            "words": words,
            "page": page,
            "rows": [(link, wording.until(link.next_try_at, now)) for link in page],
        },
    )


@require_POST
@needs_mailbox
def try_again(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Try one contact again, or all of them, with a run that begins at once where the sync is on."""
    found = connection.links.exclude(problem="")
    if "all" not in request.POST:
        found = found.filter(pk=number(request, "link"))
    count = decisions.try_again(found)
    if not count:
        messages.info(request, _("This contact has no problem any more."))
        return back(request, "office365_problems")
    if connection.state != Connection.State.ON:
        messages.success(request, _("It is tried again when the sync is started."))
        return back(request, "office365_problems")
    tasks.enqueue(connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.OWNER, actor=request.user)
    text = ngettext(
        "%(count)d contact is tried again in a moment.",
        "%(count)d contacts are tried again in a moment.",
        count,
    )
    messages.success(request, text % {"count": count})
    return back(request, "office365_problems")
