"""The firm's list: people and companies, found, read, edited and put into the trash."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import unquote
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf, Upper
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin import apart, duplicates, exports, removal, undoing
from contacts_sync.admin.base import ChangeList, ModelAdmin, badge
from contacts_sync.admin.contact_filters import (
    AttentionFilter,
    OutlookFilter,
    TrashFilter,
    with_phone,
)
from contacts_sync.admin.contact_form import (
    INLINES,
    ContactForm,
    doubt_emails,
    doubt_phones,
    step_down,
)
from contacts_sync.admin.contact_list import ContactList, outlook_badges
from contacts_sync.admin.contact_page import history_of, links_of, placed
from contacts_sync.admin.stale import refresh
from contacts_sync.admin.trash import TrashAdmin, purged_on
from contacts_sync.models import Contact, EmailAddress, PhoneNumber, SyncChange
from contacts_sync.store import record_admin_change, snapshot

_BLANK = Value("", output_field=TextField())
BY_NAME = Upper(Coalesce(NullIf("last_name", _BLANK), NullIf("name", _BLANK), "first_name"))
NAME_FIELDS = (("prefix", "suffix"), ("first_name", "middle_name"), "last_name")
PERSON_FIELDSETS = (
    (None, {"fields": (("first_name", "last_name"), "company", ("job_title", "department"))}),
    (
        gettext_lazy("More"),
        {"fields": (("prefix", "middle_name", "suffix"), "birthday"), "classes": ["collapse"]},
    ),
)
COMPANY_FIELDSETS = (
    (None, {"fields": ("name",)}),
    (
        gettext_lazy("A person's details at this company"),
        {
            "fields": (*NAME_FIELDS, ("job_title", "department"), "birthday"),
            "classes": ["collapse"],
            "description": gettext_lazy(
                "Kept when somebody enters them in Outlook. Usually blank."
            ),
        },
    ),
)


@admin.register(Contact)
class ContactAdmin(ModelAdmin):
    """Contacts. Deleting one puts it into the trash; its copies in Outlook follow."""

    form = ContactForm
    inlines = INLINES
    list_display = ("shown_name", "shown_company", "shown_email", "shown_phone", "in_outlook")
    list_filter = ("kind", OutlookFilter, AttentionFilter, TrashFilter)
    list_select_related = ("company",)
    ordering = (BY_NAME, "first_name", "pk")
    search_fields = ("first_name", "last_name", "name", "company__name", "emails__address")
    search_help_text = gettext_lazy("Name, company, e-mail or phone")
    autocomplete_fields = ("company",)
    actions = ("merge", "export", "leave_out", "take_back_in", "delete_selected")
    list_before_template = "admin/contacts_sync/contact/in_and_out.html"
    change_form_template = "admin/contacts_sync/contact/change_form.html"
    delete_confirmation_template = "admin/contacts_sync/contact/remove.html"

    # --- the list ---

    @admin.display(description=gettext_lazy("name"), ordering=BY_NAME)
    def shown_name(self, contact: Contact) -> str:
        return str(contact)

    @admin.display(description=gettext_lazy("company"), ordering="company__name")
    def shown_company(self, contact: Contact) -> Any:
        if contact.kind == Contact.Kind.COMPANY:
            return badge(_("Company"))
        return contact.company and contact.company.name

    @admin.display(description=gettext_lazy("e-mail"))
    def shown_email(self, contact: Contact) -> str | None:
        return next((email.address for email in contact.emails.all()), None)

    @admin.display(description=gettext_lazy("phone"))
    def shown_phone(self, contact: Contact) -> str | None:
        return next((phone.number for phone in contact.phones.all()), None)

    @admin.display(description=gettext_lazy("in Outlook"))
    def in_outlook(self, contact: Contact) -> SafeString:
        return outlook_badges(contact)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ContactList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[QuerySet[Contact], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        phones = with_phone(search_term)
        if phones is None:
            return found, duplicates
        either = Q(pk__in=found.values("pk")) | Exists(phones.filter(contact=OuterRef("pk")))
        return queryset.filter(either), False

    def get_urls(self) -> list[URLPattern]:
        trash = TrashAdmin(self.model, self.admin_site)
        views = (
            ("trash/", trash.changelist_view, "trash"),
            ("duplicates/", duplicates.changelist, "duplicates"),
            ("duplicates/apart/", duplicates.apart, "apart"),
            ("merge/", duplicates.merge, "merge"),
            ("export/", partial(exports.filtered, self), "export"),
            ("<int:pk>/export/", exports.one, "export_one"),
            ("changes/<int:pk>/put-back/", undoing.put_back, "put_back"),
            ("changes/<int:pk>/other-value/<int:number>/", undoing.other_value, "other_value"),
        )
        ours = [
            path(route, self.admin_site.admin_view(view), name=f"contacts_sync_contact_{name}")
            for route, view, name in views
        ]
        return [*ours, *super().get_urls()]

    # --- the form ---

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.deleted_at)

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        kind = obj.kind if obj else _wanted_kind(request)
        return COMPANY_FIELDSETS if kind == Contact.Kind.COMPANY else PERSON_FIELDSETS

    def get_form(
        self, request: HttpRequest, obj: Contact | None = None, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        form.stale = getattr(request, "stale", ())
        form.new_kind = _wanted_kind(request)
        return form

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any
    ) -> HttpResponse:
        """Lock the contact, and compare what was opened with what is there now."""
        extra_context = {**(extra_context or {}), "new_kind": _wanted_kind(request)}
        if object_id is None:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        pk = unquote(object_id)
        contacts = Contact.objects.filter(pk=pk if pk.isdigit() else 0)
        if request.method == "POST":
            contact = contacts.select_for_update().first()
            if contact and request.POST.get("revision") != str(contact.revision):
                fresh, stale = refresh(request.POST, contact)
                request.POST, request.stale = fresh, stale  # type: ignore[assignment,attr-defined]
        if contact := contacts.first():
            extra_context |= self._page(contact, request.user)
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def _page(self, contact: Contact, user: Any) -> dict[str, Any]:
        return {
            # Asked for once, where the template wants them, and not when the form is posted.
            "placed": SimpleLazyObject(lambda: placed(contact)),
            "links": SimpleLazyObject(lambda: links_of(contact)),
            "history": SimpleLazyObject(lambda: history_of(contact, user)),
            "purged_on": purged_on(contact),
            "trash_url": reverse("admin:contacts_sync_contact_trash"),
        }

    def save_model(
        self, request: HttpRequest, obj: Contact, form: ContactForm, change: bool
    ) -> None:
        """Write only what was edited: the row has columns that belong to others."""
        if not change:
            form.before = {}
            obj.save()
            return
        form.before = snapshot(Contact.objects.get(pk=obj.pk))
        fields = [name for name in form.changed_data if name in (form._meta.fields or ())]
        if fields:
            obj.save(update_fields=[*fields, "updated_at"])

    def save_formset(
        self, request: HttpRequest, form: ContactForm, formset: Any, change: bool
    ) -> None:
        step_down(form.instance, formset)
        if formset.model is PhoneNumber:
            doubt_phones(request, formset)
        if formset.model is EmailAddress:
            doubt_emails(request, formset)
        super().save_formset(request, form, formset, change)

    def save_related(
        self, request: HttpRequest, form: ContactForm, formsets: Any, change: bool
    ) -> None:
        """Record what the person changed, in the transaction that changes it."""
        super().save_related(request, form, formsets, change)
        contact = Contact.objects.get(pk=form.instance.pk)
        before, after = form.before, snapshot(contact)
        names = [name for name in after if before.get(name) != after[name]]
        if names:
            record_admin_change(
                contact,
                action=SyncChange.Action.UPDATE if change else SyncChange.Action.ADD,
                before={name: before[name] for name in names if name in before},
                after={name: after[name] for name in names},
                actor=request.user,
            )

    # --- merging, leaving out, and the trash ---

    def has_pair_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.change_externallink")

    @admin.action(description=gettext_lazy("Leave out of mailboxes…"), permissions=["pair"])
    def leave_out(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        return apart.leave_out(self, request, queryset)

    @admin.action(description=gettext_lazy("Take back in…"), permissions=["pair"])
    def take_back_in(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> HttpResponse | None:
        return apart.take_back_in(self, request, queryset)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return exports.may_export(request.user)

    @admin.action(description=gettext_lazy("Export…"), permissions=["export"])
    def export(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponseBase:
        return exports.selected(self, request, queryset)

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return duplicates.may_merge(request.user)

    @admin.action(description=gettext_lazy("Merge two…"), permissions=["merge"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        return duplicates.merge_selected(request, queryset)

    @admin.action(description=gettext_lazy("Delete…"), permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Contact]
    ) -> TemplateResponse | None:
        return removal.delete_selected(self, request, queryset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(contact) for contact in objs], {}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        contacts = Contact.objects.alive().filter(pk=object_id if object_id.isdigit() else 0)
        context = {**removal.page(contacts), **(extra_context or {})}
        return super().delete_view(request, object_id, context)

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        removal.remove(request, Contact.objects.filter(pk=obj.pk))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        messages.success(request, removal.told(request, 1, obj_display))
        url = reverse("admin:contacts_sync_contact_changelist")
        filters = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(filters, url))


def _wanted_kind(request: HttpRequest) -> str:
    """Tell what is to be added; the pop-up beside a person's company adds a company."""
    asked = request.POST.get("kind") or request.GET.get("kind")
    if asked in Contact.Kind.values:
        return asked
    return Contact.Kind.COMPANY if IS_POPUP_VAR in request.GET else Contact.Kind.PERSON
