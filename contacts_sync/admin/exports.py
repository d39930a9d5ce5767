"""Take contacts away as a file: those that are selected, those a filter leaves, or one."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync import contact as shape
from contacts_sync import roles
from contacts_sync.admin.base import ModelAdmin
from contacts_sync.admin.runs import _Echo, plain
from contacts_sync.files import EXPORTS, Draft, Export, Unread
from contacts_sync.importing import all_drafts
from contacts_sync.models import Contact
from contacts_sync.wording import imports as words

COUNTED = 500
"""Of so many contacts the page says at once how much a format has no place for."""

Found = QuerySet[Contact]


def may_export(user: Any) -> bool:
    """Whether a person may take many contacts away as a file."""
    return bool(user.has_perms(("contacts_sync.view_contact", roles.EXPORT)))


def selected(
    model_admin: ModelAdmin, request: HttpRequest, contacts: QuerySet[Contact]
) -> HttpResponseBase:
    """Ask for a format for the contacts that are selected; then give the file."""
    chosen = Contact.objects.alive().filter(pk__in=contacts.values("pk"))
    fields = [(helpers.ACTION_CHECKBOX_NAME, pk) for pk in _ticked(request)]
    fields += [("action", "export"), ("select_across", request.POST.get("select_across", "0"))]
    if request.POST.get("format"):
        return _give(request, chosen)
    return _ask(request, chosen, fields)


def _ticked(request: HttpRequest) -> list[str]:
    return request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)


def filtered(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Do the same for all contacts, or those that the filters in the address leave."""
    if not may_export(request.user):
        raise PermissionDenied
    try:
        found = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return redirect("admin:contacts_sync_contact_changelist")
    contacts = Contact.objects.alive().filter(pk__in=found.order_by().values("pk"))
    return _give(request, contacts) if request.method == "POST" else _ask(request, contacts, [])


def one(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Do the same for one contact: whoever may see it may take it away."""
    if not request.user.has_perm("contacts_sync.view_contact"):
        raise PermissionDenied
    contacts = Contact.objects.filter(pk=get_object_or_404(Contact.objects.alive(), pk=pk).pk)
    return _give(request, contacts) if request.method == "POST" else _ask(request, contacts, [])


def _ask(
    request: HttpRequest, contacts: QuerySet[Contact], fields: list[tuple[str, Any]]
) -> HttpResponseBase:
    number = contacts.count()
    title = ngettext("Export %(number)s contact", "Export %(number)s contacts", number)
    formats = [
        (export, words.cannot(export.name), _without(export, contacts, number))
        for export in EXPORTS
    ]
    return TemplateResponse(
        request,
        "admin/contacts_sync/contact/export.html",
        {
            **admin.site.each_context(request),
            "title": title % {"number": f"{number:,}"},
            "subtitle": None,
            "number": number,
            "formats": formats,
            "fields": fields,
            "cancel": reverse("admin:contacts_sync_contact_changelist"),
        },
    )


def _without(export: Export, contacts: QuerySet[Contact], number: int) -> int | None:
    """Count the values that a format has no place for; None where that takes too long."""
    if number > COUNTED:
        return None
    counts: Counter[str] = Counter()
    for _chunk in export.write(_drafts(contacts), lambda draft, left: counts.update([left.what])):
        pass
    return counts.total()


def _drafts(contacts: QuerySet[Contact]) -> Iterator[Draft]:
    return all_drafts(contacts.order_by().values_list("pk", flat=True))


def _give(request: HttpRequest, contacts: QuerySet[Contact]) -> StreamingHttpResponse:
    asked = request.POST.get("format", "")
    export = next((one for one in EXPORTS if one.name == asked), EXPORTS[0])
    left = request.POST.get("do") == "left"
    day = f"{timezone.localdate():%Y-%m-%d}"
    if left:
        name, kind = f"no-place-{export.name}-{day}.csv", "text/csv; charset=utf-8"
        chunks: Iterator[Any] = _left_over(export, contacts)
    else:
        name, kind = f"contacts-{day}{export.suffix}", export.content_type
        chunks = export.write(_drafts(contacts), _say_nothing)
        _record(request, export, contacts)
    answer = StreamingHttpResponse(chunks, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _say_nothing(draft: Draft, left: Unread) -> None:
    """The page has said it, and lists it on request."""


def _left_over(export: Export, contacts: QuerySet[Contact]) -> Iterator[str]:
    """List what a format has no place for, contact by contact, as CSV."""
    writer, waiting = csv.writer(_Echo()), []

    def report(draft: Draft, left: Unread) -> None:
        name = shape.display_name(draft.kind, draft.scalars)
        waiting.append([plain(cell) for cell in (name, left.what, left.value, left.why)])

    yield "\ufeff"
    yield writer.writerow(["contact", "what", "value", "why"])
    for _chunk in export.write(_drafts(contacts), report):
        while waiting:
            yield writer.writerow(waiting.pop(0))
    for row in waiting:
        yield writer.writerow(row)


def _record(request: HttpRequest, export: Export, contacts: QuerySet[Contact]) -> None:
    """Remember who took how much away: it has left the house."""
    number = contacts.count()
    LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=None,
        object_repr=_("Export of contacts"),
        action_flag=CHANGE,
        change_message=f"{number:,} as {export.title}",
    )
