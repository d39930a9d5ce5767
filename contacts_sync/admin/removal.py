"""Deleting contacts: say first whose mailboxes it reaches, then do what was chosen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.admin.base import ModelAdmin
from contacts_sync.models import Contact, SyncChange
from contacts_sync.models.contact import ContactQuerySet
from contacts_sync.run import decisions
from contacts_sync.store import record_admin_change

SHOWN = 50
"""How many names the page lists."""


def page(contacts: ContactQuerySet) -> dict[str, Any]:
    """Give what a deletion page says: who goes, and how many copies in whose mailboxes."""
    copies = decisions.copies(contacts)
    number = contacts.count()
    return {
        "names": list(contacts[:SHOWN]),
        "more": max(number - SHOWN, 0),
        "number": number,
        "copies": copies,
        "copies_total": sum(copy for _, copy in copies),
    }


def leaves_outlook(request: HttpRequest) -> bool:
    """Whether the person chose to leave the copies in Outlook."""
    return "leave" in request.POST


def remove(request: HttpRequest, contacts: ContactQuerySet) -> int:
    """Put contacts into the trash, and record who did it."""
    leave = leaves_outlook(request)
    with transaction.atomic():
        chosen = list(contacts.alive())
        rows = Contact.objects.filter(pk__in=[contact.pk for contact in chosen])
        if leave:
            decisions.remove_here_only(rows, request.user)
        else:
            rows.delete()
        trashed = dict(rows.trashed().values_list("pk", "deleted_at"))
        for contact in chosen:
            if contact.pk in trashed:
                record_admin_change(
                    contact,
                    action=SyncChange.Action.DELETE,
                    before={"deleted_at": ""},
                    after={"deleted_at": f"{localtime(trashed[contact.pk]):%Y-%m-%d %H:%M}"},
                    actor=request.user,
                    reason="The copies in Outlook stay." if leave else "",
                )
    return len(trashed)


def told(request: HttpRequest, number: int, name: str = "") -> str:
    """Say what was done, and what follows."""
    follows = (
        _("The copies in Outlook stay.")
        if leaves_outlook(request)
        else _("The copies in Outlook are deleted with the next runs.")
    )
    text = _("%(name)s is in the trash.") % {"name": name}
    if number != 1 or not name:
        words = ngettext(
            "%(number)s contact is in the trash.", "%(number)s contacts are in the trash.", number
        )
        text = words % {"number": f"{number:,}"}
    return f"{text} {follows}"


def delete_selected(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Contact]
) -> TemplateResponse | None:
    """Show the deletion page for many contacts, or do what was chosen there."""
    contacts = Contact.objects.alive().filter(pk__in=queryset.values("pk"))
    if request.POST.get("post"):
        number = remove(request, contacts)
        messages.success(request, told(request, number))
        return None
    return TemplateResponse(
        request,
        "admin/contacts_sync/contact/remove.html",
        {
            **model_admin.admin_site.each_context(request),
            **page(contacts),
            "title": _("Delete contacts"),
            "subtitle": None,
            "opts": model_admin.opts,
            "media": model_admin.media,
            "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        },
    )
