"""The firm's list: people and companies with their addresses and numbers, and its trash."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts_sync import contact as shape
from contacts_sync.engine.records import LocalValue


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts, with and without the trash."""

    def alive(self) -> ContactQuerySet:
        """Leave out what is in the trash."""
        return self.filter(deleted_at=None)

    def trashed(self) -> ContactQuerySet:
        """Give only what is in the trash."""
        return self.exclude(deleted_at=None)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Put the contacts into the trash. Every connected mailbox deletes its copy in its next run."""
        count = self.alive().update(deleted_at=timezone.now())
        return count, {self.model._meta.label: count}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def restore(self) -> int:
        """Take the contacts out of the trash."""
        return self.trashed().update(deleted_at=None)

    def purge(self) -> int:
        """Remove the rows for good. Their links outlive them."""
        return super().delete()[0]


class Contact(models.Model):
    """A person or a company of the firm's list.

    `revision` rises with every change to the contact or its values, whoever makes it: database
    triggers see to that (`contacts_sync.triggers`). It is never written by Python. `edited_at` is
    the time of the last edit, from the same triggers; for what a run brought from Outlook, it is
    the time at which it was edited there.
    """

    class Kind(models.TextChoices):
        PERSON = shape.PERSON, _("person")
        COMPANY = shape.COMPANY, _("company")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.PERSON)
    prefix = models.TextField(_("prefix"), blank=True, default="")
    first_name = models.TextField(_("first name"), blank=True, default="")
    middle_name = models.TextField(_("middle name"), blank=True, default="")
    last_name = models.TextField(_("last name"), blank=True, default="")
    suffix = models.TextField(_("suffix"), blank=True, default="")
    name = models.TextField(_("company name"), blank=True, default="")
    company = models.ForeignKey(
        "self",
        verbose_name=_("company"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        limit_choices_to={"kind": Kind.COMPANY, "deleted_at": None},
    )
    job_title = models.TextField(_("job title"), blank=True, default="")
    department = models.TextField(_("department"), blank=True, default="")
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    from_company_name = models.BooleanField(
        default=False,
        editable=False,
        help_text=_("Made from a company name in Outlook; stays home while it has no detail."),
    )
    deleted_at = models.DateTimeField(
        _("in the trash since"), null=True, blank=True, editable=False, db_index=True
    )
    revision = models.BigIntegerField(db_default=0, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    edited_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ContactQuerySet.as_manager()

    held: dict[str, tuple[LocalValue, ...]] | None = None
    """Its values by set, once `store.records` has loaded them beside the row."""

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["last_name", "first_name", "name", "pk"]
        permissions = [("export_contact", "Can take the list away as a file")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[shape.PERSON, shape.COMPANY]), name="contact_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind=shape.PERSON) | Q(company=None), name="company_has_no_company"
            ),
        ]
        indexes = [
            # Not of the names: PostgreSQL could not hold a row whose name is longer than a page.
            models.Index(
                fields=["deleted_at"], condition=Q(kind=shape.COMPANY), name="contact_company"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or f"#{self.pk}"

    @property
    def display_name(self) -> str:
        """The name under which people know the contact."""
        parts = ("name", *shape.NAME_PARTS)
        return shape.display_name(self.kind, {part: getattr(self, part) for part in parts})

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Put the contact into the trash. Every connected mailbox deletes its copy in its next run."""
        result = type(self).objects.filter(pk=self.pk).delete()
        self.refresh_from_db(fields=["deleted_at"])
        return result


class ContactValue(models.Model):
    """One of many values of a contact. Each model adds its value, and the labels it knows."""

    contact: models.ForeignKey[Contact, Contact]
    label: models.CharField[str, str]
    primary = models.BooleanField(_("primary"), default=False)

    class Meta:
        abstract = True
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(primary=True),
                name="%(class)s_one_primary",
                violation_error_message=_("Only one can be primary."),
            )
        ]


def _label(labels: tuple[str, ...]) -> models.CharField[str, str]:
    return models.CharField(
        _("label"),
        max_length=20,
        choices=[(label, _(label)) for label in labels],
        default=labels[0],
    )


class EmailAddress(ContactValue):
    """An e-mail address of a contact, as it was typed."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="emails")
    label = _label(shape.EMAIL_LABELS)
    address = models.TextField(_("address"))

    class Meta(ContactValue.Meta):
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")

    def __str__(self) -> str:
        return self.address


class PhoneNumber(ContactValue):
    """A phone number of a contact, as it was typed."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="phones")
    label = _label(shape.PHONE_LABELS)
    number = models.TextField(_("number"))

    class Meta(ContactValue.Meta):
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")

    def __str__(self) -> str:
        return self.number


class PostalAddress(ContactValue):
    """A postal address of a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    label = _label(shape.ADDRESS_LABELS)
    street = models.TextField(_("street"), blank=True, default="")
    city = models.TextField(_("city"), blank=True, default="")
    region = models.TextField(_("state or region"), blank=True, default="")
    postal_code = models.TextField(_("postal code"), blank=True, default="")
    country = models.TextField(_("country"), blank=True, default="")

    class Meta(ContactValue.Meta):
        verbose_name = _("postal address")
        verbose_name_plural = _("postal addresses")

    def __str__(self) -> str:
        parts = (self.street, self.city, self.region, self.postal_code, self.country)
        return ", ".join(" ".join(part.split()) for part in parts if part)


class Website(ContactValue):
    """A web site of a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="websites")
    label = _label(shape.WEBSITE_LABELS)
    url = models.TextField(_("address"))

    class Meta(ContactValue.Meta):
        verbose_name = _("web site")
        verbose_name_plural = _("web sites")

    def __str__(self) -> str:
        return self.url


class InstantMessenger(ContactValue):
    """An instant messenger address of a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="messengers")
    label = _label(shape.MESSENGER_LABELS)
    address = models.TextField(_("address"))

    class Meta(ContactValue.Meta):
        verbose_name = _("instant messenger")
        verbose_name_plural = _("instant messengers")

    def __str__(self) -> str:
        return self.address


VALUE_MODELS: dict[str, type[ContactValue]] = {
    shape.EMAILS: EmailAddress,
    shape.PHONES: PhoneNumber,
    shape.MESSENGERS: InstantMessenger,
    shape.ADDRESSES: PostalAddress,
    shape.WEBSITES: Website,
}
"""The model of each value set."""
