"""The trash: what was deleted here, until when it can come back, and how."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts_sync.admin.asking import SHOWN, Question, agreed, ask
from contacts_sync.admin.base import INFO, ModelAdmin, badge
from contacts_sync.admin.words import moment
from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run.housekeeping import TRASH
from contacts_sync.store import record_admin_change


def purged_on(contact: Contact) -> datetime | None:
    """When the contact is removed for good, if no link waits for it."""
    return contact.deleted_at and contact.deleted_at + TRASH


class TrashAdmin(ModelAdmin):
    """A second list of contacts, at its own address; it is not registered."""

    list_display = ("__str__", "kind", "deleted_at", "removed_for_good", "waits_for")
    list_filter = ("kind",)
    search_fields = ("first_name", "last_name", "name", "emails__address")
    ordering = ("-deleted_at", "pk")
    actions = ("restore",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        deleting = Count("links", filter=Q(links__state=ExternalLink.State.DELETING))
        return super().get_queryset(request).exclude(deleted_at=None).annotate(deleting=deleting)

    @admin.display(description=gettext_lazy("removed for good"), ordering="deleted_at")
    def removed_for_good(self, contact: Contact) -> datetime | None:
        return purged_on(contact)

    @admin.display(description="Outlook")
    def waits_for(self, contact: Contact) -> str:
        number = contact.deleting  # type: ignore[attr-defined]
        return badge(_("%(number)s to be deleted") % {"number": number}, INFO) if number else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return False

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.delete_contact")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        context = {"title": _("Trash"), **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.action(description=gettext_lazy("Restore…"), permissions=["restore"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        if not agreed(request):
            return ask(self, request, "restore", _question(queryset))
        with transaction.atomic():
            chosen = list(queryset)
            Contact.objects.filter(pk__in=[contact.pk for contact in chosen]).restore()
            for contact in chosen:
                record_admin_change(
                    contact,
                    action=SyncChange.Action.RESTORE,
                    before={"deleted_at": f"{localtime(contact.deleted_at):%Y-%m-%d %H:%M}"},
                    after={"deleted_at": ""},
                    actor=request.user,
                )
        text = ngettext(
            "%(number)s contact is back in the list, and in Outlook with the next runs.",
            "%(number)s contacts are back in the list, and in Outlook with the next runs.",
            len(chosen),
        )
        messages.success(request, text % {"number": len(chosen)})
        return None


def _question(contacts: QuerySet[Contact]) -> Question:
    shown = list(contacts[:SHOWN])
    living = ExternalLink.objects.filter(
        contact__in=[one.pk for one in shown],
        state__in=(ExternalLink.State.DELETING, ExternalLink.State.LINKED),
    )
    mailboxes: dict[int, list[str]] = {}
    for pk, name in living.values_list("contact_id", "connection__username"):
        mailboxes.setdefault(pk, []).append(name)
    return Question(
        title=_("Restore from the trash"),
        go=_("Restore"),
        effects=(
            _("They are in the list again, with all their values."),
            _("A copy that is in Outlook still stays there and is in sync again."),
            _("One that was deleted in Outlook is created there again, once."),
        ),
        columns=(_("Contact"), _("In the trash since"), _("Still in Outlook of")),
        rows=[
            (one, moment(one.deleted_at), ", ".join(sorted(mailboxes.get(one.pk, ()))) or "–")
            for one in shown
        ],
        total=contacts.count(),
    )
