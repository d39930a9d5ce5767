"""The form of a contact: its fields, and a table for each of its value sets."""

from __future__ import annotations

import json
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.forms import BaseModelFormSet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync import contact as shape
from contacts_sync.admin.base import InlineFormSet, TabularInline, Textarea
from contacts_sync.admin.stale import form_state
from contacts_sync.models import (
    Contact,
    EmailAddress,
    InstantMessenger,
    PhoneNumber,
    PostalAddress,
    Website,
)

ONLY_ONE = gettext_lazy("Only one can be primary.")


class ContactForm(forms.ModelForm):
    """A contact, and the revision and values from which the person set out.

    The admin fills in for one request what changed meanwhile, and what kind is added.
    """

    stale: tuple[str, ...] = ()
    new_kind: str = Contact.Kind.PERSON
    before: dict[str, Any] = {}

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["revision"] = self.instance.revision
            self.initial["opened"] = json.dumps(form_state(self.instance))
            self._keep_company()
        else:
            self.instance.kind = self.new_kind

    def _keep_company(self) -> None:
        """Let a person keep a company that went to the trash."""
        field = self.fields.get("company")
        if isinstance(field, forms.ModelChoiceField) and self.instance.company_id:
            field.queryset = Contact.objects.filter(
                models.Q(kind=Contact.Kind.COMPANY, deleted_at=None)
                | models.Q(pk=self.instance.company_id)
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.stale:
            raise ValidationError(
                [
                    _(
                        "Somebody changed this contact after you opened it, so nothing was saved."
                        " Check what is below and save again."
                    ),
                    *self.stale,
                ]
            )
        if self.instance.kind == Contact.Kind.COMPANY:
            if not str(values.get("name", "")).strip():
                self.add_error("name", _("A company needs a name."))
        elif not self.instance.pk and not self._says_who(values):
            raise ValidationError(_("Enter a name or a company."))
        return values

    def _says_who(self, values: dict[str, Any]) -> bool:
        names = [str(values.get(part, "")).strip() for part in shape.NAME_PARTS]
        return any(names) or bool(values.get("company"))

    def _get_validation_exclusions(self) -> set[str]:
        kept = set() if "company" in self.changed_data else {"company"}
        return {*super()._get_validation_exclusions(), *kept}  # type: ignore[misc]


class ValueForm(forms.ModelForm):
    """One value. That only one is primary is checked over the whole set, not row by row."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "primary"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self._meta.model is PostalAddress and not any(
            str(values.get(part, "")).strip() for part in shape.ADDRESS_PARTS
        ):
            raise ValidationError(_("Enter at least one part of the address, or remove the row."))
        return values


class ValueFormSet(InlineFormSet):
    """The values of one set, of which at most one is primary."""

    def clean(self) -> None:
        super().clean()
        chosen = (
            [
                form
                for form in self.forms
                if form.cleaned_data.get("primary") and not form.cleaned_data.get("DELETE")
            ]
            if not any(self.errors)
            else []
        )
        if len(chosen) > 1:
            raise ValidationError(ONLY_ONE)


class ValueInline(TabularInline):
    """A table of values. Whoever may change the contact may change its values."""

    form = ValueForm
    formset = ValueFormSet
    hide_title = True  # it repeats the value
    open_rows = 0
    """How many empty rows a new contact starts with."""

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Name each field for whoever does not see the heading of its column."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            field.widget.attrs["aria-label"] = capfirst(field.label)
        return field

    def get_extra(self, request: HttpRequest, obj: Contact | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.pk else self.open_rows

    def has_view_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return request.user.has_perm("contacts_sync.view_contact")

    def has_add_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        if obj is None or obj.pk is None:
            return request.user.has_perm("contacts_sync.add_contact")
        return obj.deleted_at is None and request.user.has_perm("contacts_sync.change_contact")

    def has_delete_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return self.has_change_permission(request, obj)


class EmailInline(ValueInline):
    model = EmailAddress
    open_rows = 1
    fields = ("address", "label", "primary")


class PhoneInline(ValueInline):
    model = PhoneNumber
    open_rows = 1
    fields = ("number", "label", "primary")


class AddressInline(ValueInline):
    model = PostalAddress
    fields = ("street", "city", "region", "postal_code", "country", "label", "primary")

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "street":
            kwargs["widget"] = Textarea(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class WebsiteInline(ValueInline):
    model = Website
    fields = ("url", "label", "primary")


class MessengerInline(ValueInline):
    model = InstantMessenger
    fields = ("address", "label", "primary")


INLINES = (EmailInline, PhoneInline, AddressInline, WebsiteInline, MessengerInline)


def step_down(contact: Contact, formset: BaseModelFormSet[Any, Any]) -> None:
    """Take *primary* from the rows that lose it, before another row gets it."""
    model: Any = formset.model
    if not any("primary" in form.changed_data for form in formset.forms):
        return
    stays = [
        form.instance.pk
        for form in formset.initial_forms
        if form.cleaned_data.get("primary") and not form.cleaned_data.get("DELETE")
    ]
    model._default_manager.filter(contact=contact, primary=True).exclude(pk__in=stays).update(
        primary=False
    )


def doubt_phones(request: HttpRequest, formset: BaseModelFormSet[Any, Any]) -> None:
    """Say which new numbers do not look like phone numbers. They are kept as typed."""
    region = settings.DEFAULT_PHONE_REGION
    for form in formset.forms:
        number = form.cleaned_data.get("number", "")
        if not number or "number" not in form.changed_data or form.cleaned_data.get("DELETE"):
            continue
        if form.cleaned_data.get("label") != "Skype" and not _valid(number, region):
            messages.warning(
                request,
                _(
                    "“%(number)s” does not look like a complete phone number (region %(region)s)."
                    " It was saved as you typed it."
                )
                % {"number": number, "region": region},
            )


def doubt_emails(request: HttpRequest, formset: BaseModelFormSet[Any, Any]) -> None:
    """Say which new e-mail addresses are none. They are kept as typed; Outlook may refuse them."""
    for form in formset.forms:
        address = form.cleaned_data.get("address", "").strip()
        if not address or "address" not in form.changed_data or form.cleaned_data.get("DELETE"):
            continue
        try:
            validate_email(address)
        except ValidationError:
            text = _(
                "“%(address)s” does not look like an e-mail address. It was saved as you typed it;"
                " Outlook may refuse it."
            )
            messages.warning(request, text % {"address": address})


def _valid(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
