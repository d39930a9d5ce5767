"""Contacts that are not in step: removed in Outlook, left out, skipped, or set aside."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from contacts_sync import tasks, wording
from contacts_sync.models import Connection, ExternalLink, SyncRun
from contacts_sync.run import decisions
from contacts_sync.views import find
from contacts_sync.views.page import back, decide, needs_mailbox, number, page_of, show

State = ExternalLink.State


@require_safe
@needs_mailbox
def missing(request: HttpRequest, connection: Connection) -> HttpResponse:
    """List what is not in Outlook, or does not take part, and why."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in ("gone", "apart", "skipped") else "gone"
    words = request.GET.get("q", "").strip()
    if chosen == "skipped":
        found = find.skipped(connection)
        found = found.filter(values__icontains=words) if words else found
    else:
        found = find.search(connection.links.filter(state=chosen), words)
        found = found.select_related("contact", "mirror").order_by("-changed_at", "-pk")
    page = page_of(request, found)
    return show(
        request,
        "missing.html",
        {
            "connection": connection,
            "chosen": chosen,
            "words": words,
            "health": find.health(connection),
            "page": page,
            "rows": [
                (each, each.skip if chosen == "skipped" else wording.why(each.reason))
                for each in page
            ],
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
        _("%(name)s is put back in Outlook with the next run.") % {"name": link},
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
        _("%(name)s takes part again. The next run or preview looks at it.") % {"name": link},
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
