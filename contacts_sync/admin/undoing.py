"""Undo in the admin: every button leads to a page that says what it will do, here and in Outlook."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync import rights, tasks
from contacts_sync.admin.words import change_rows
from contacts_sync.models import Connection, ExternalLink, SyncChange, SyncRun
from contacts_sync.run import decisions, undo
from contacts_sync.wording import disputes, summed, undoing

SHOWN = 50
AT_ONCE = 100
"""A run of more changes is undone in the background: a page should not wait for it."""


def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what undoing a change will do, then do it."""
    change = _change(request, pk)
    if not rights.may_undo(request.user, change):
        raise PermissionDenied
    if request.method == "POST":
        try:
            record = undo.undo(change, request.user)
        except decisions.NotPossible as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, undoing.told(record))
        return _back(request, change)
    return _show(
        request,
        "admin/contacts_sync/put_back.html",
        title=_("Put back: %(name)s") % {"name": change.name},
        change=change,
        effect=undo.foresee(change),
        row=change_rows([change])[0],
        cancel=_way_back(request, change),
    )


def other_value(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Show both values of a conflict, then let the one that gave way count."""
    change = _change(request, pk)
    if not rights.may_choose(request.user, change):
        raise PermissionDenied
    if request.method == "POST":
        try:
            record = undo.choose_loser(change, number, request.user)
        except decisions.NotPossible as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, undoing.told(record))
        return _back(request, change)
    found = disputes(change)
    if number >= len(found):
        return _back(request, change)
    return _show(
        request,
        "admin/contacts_sync/other_value.html",
        title=_("Use the other value: %(name)s") % {"name": change.name},
        change=change,
        dispute=found[number],
        mailboxes=_mailboxes([change.contact_id]),
        cancel=_way_back(request, change),
    )


def undo_run(request: HttpRequest, pk: int) -> HttpResponse:
    """List what undoing a run will do, then do it; a large one is undone in the background."""
    run = get_object_or_404(SyncRun.objects.select_related("connection"), pk=pk)
    if not rights.may_undo_run(request.user, run):
        raise PermissionDenied
    url = reverse("admin:contacts_sync_syncrun_change", args=[pk])
    changes = undoable(run)
    if request.method == "POST":
        _undo_run(request, run, changes.count())
        return HttpResponseRedirect(url)
    listed = changes.order_by("-pk")
    groups = changes.order_by().values("action", "side").annotate(number=Count("pk"))
    return _show(
        request,
        "admin/contacts_sync/undo_run.html",
        title=_("Undo run %(number)s") % {"number": pk},
        run=run,
        groups=[undoing.forecast(**group) for group in groups.order_by("action", "side")],
        total=changes.count(),
        rows=change_rows(rights.with_undone(listed)[:SHOWN]),
        shown=SHOWN,
        mailboxes=_mailboxes(changes.values("contact")),
        at_once=AT_ONCE,
        cancel=url,
    )


def undoable(run: SyncRun) -> QuerySet[SyncChange]:
    """Find what a run did and nobody has undone. Who belongs together is not undone."""
    done = run.changes.filter(status=SyncChange.Status.DONE, undone_by=None)
    return done.exclude(action=SyncChange.Action.LINK)


def _undo_run(request: HttpRequest, run: SyncRun, number: int) -> None:
    if number > AT_ONCE:
        tasks.enqueue_undo(run, request.user)
        text = _("%(number)s changes are being undone in the background. Reload in a moment.")
        messages.success(request, text % {"number": f"{number:,}"})
        return
    done, stayed = undo.undo_run(run, request.user)
    text = ngettext("%(n)s change was undone.", "%(n)s changes were undone.", done)
    messages.success(request, text % {"n": done})
    if stayed:
        messages.warning(request, _("These stayed: %(list)s") % {"list": summed(stayed)})


def _change(request: HttpRequest, pk: int) -> SyncChange:
    if not request.user.has_perm("contacts_sync.view_contact"):
        raise PermissionDenied
    return get_object_or_404(rights.with_undone(SyncChange.objects.all()), pk=pk)


def _mailboxes(contacts: Any) -> list[str]:
    """Name the mailboxes that hold one of the contacts."""
    links = ExternalLink.objects.filter(contact__in=contacts, state=ExternalLink.State.LINKED)
    return list(
        Connection.objects.filter(pk__in=links.values("connection"))
        .order_by("username")
        .values_list("username", flat=True)
    )


def _way_back(request: HttpRequest, change: SyncChange) -> str:
    if change.contact_id:
        return reverse("admin:contacts_sync_contact_change", args=[change.contact_id])
    return reverse("admin:contacts_sync_contact_changelist")


def _back(request: HttpRequest, change: SyncChange) -> HttpResponseRedirect:
    return HttpResponseRedirect(_way_back(request, change))


def _show(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "subtitle": None, **context}
    )
