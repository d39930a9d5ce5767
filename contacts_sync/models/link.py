"""The mirror of each mailbox, and the links between its contacts and the firm's."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts_sync import contact as shape
from contacts_sync.models.connection import Connection
from contacts_sync.models.contact import Contact


class RemoteContact(models.Model):
    """A contact of theirs as last seen: the mapped values as received.

    `fingerprint` tells the values apart, and `settled` is the fingerprint that was last dealt with:
    a row whose two differ is `open` and the next plan looks at it. A contact that left the folder
    has `present` False and an empty fingerprint; the row stays until its link is settled. `doubtful`
    marks a reported removal that could not be verified yet, and `reported` is False while the list of
    changes has not shown a contact that we created. `deleted_at` is when we deleted it
    ourselves: a late echo of its last version is then no news.
    """

    connection = models.ForeignKey(
        Connection,
        verbose_name=_("mailbox"),
        on_delete=models.CASCADE,
        related_name="mirror",
        editable=False,
    )
    remote_id = models.CharField(_("id in Outlook"), max_length=512)
    version = models.CharField(_("version"), max_length=255, blank=True, default="")
    modified = models.DateTimeField(_("changed in Outlook"), null=True, blank=True)
    values: models.JSONField[Any, Any] = models.JSONField(default=dict)
    extras: models.JSONField[Any, Any] = models.JSONField(default=dict)
    notes: models.JSONField[Any, Any] = models.JSONField(default=list)
    skip = models.CharField(_("takes no part because"), max_length=200, blank=True, default="")
    present = models.BooleanField(_("in the folder"), default=True)
    doubtful = models.BooleanField(default=False)
    reported = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    listing = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=32, blank=True, default="")
    settled = models.CharField(max_length=32, blank=True, default="")
    open = models.GeneratedField(
        expression=~Q(fingerprint=F("settled")) | Q(doubtful=True),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("Outlook contact")
        verbose_name_plural = _("Outlook contacts")
        constraints = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="one_mirror_per_id"),
        ]
        indexes = [
            models.Index(fields=["connection"], condition=Q(open=True), name="mirror_open"),
            models.Index(fields=["connection", "fingerprint"], name="mirror_fingerprint"),
            models.Index(fields=["connection", "settled"], name="mirror_settled"),
            models.Index(
                fields=["connection"], condition=Q(reported=False), name="mirror_unreported"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or gettext("without a name")

    @property
    def kind(self) -> str:
        """What this contact would be in the firm's list."""
        return shape.kind_of(self.scalars)

    @property
    def linked(self) -> bool:
        """Whether a link knows this contact."""
        return self.pk is not None and hasattr(self, "link")

    @property
    def scalars(self) -> dict[str, str]:
        """The single-valued fields, as received."""
        scalars: dict[str, str] = self.values.get("scalars", {})
        return scalars

    @property
    def display_name(self) -> str:
        """The name under which people know the contact."""
        return shape.display_name(shape.PERSON, self.scalars)


class ExternalLink(models.Model):
    """This contact of ours and that contact of theirs are the same. It outlives the contact.

    The two shadows are what each side held when both last agreed. `local_revision` is the revision
    of the contact that was settled; equality is the truth. `pending` marks a link that was looked
    at and could not be settled, so that the next run looks again.
    """

    class State(models.TextChoices):
        CREATING = "creating", _("to be created in Outlook")
        LINKED = "linked", _("in sync")
        DELETING = "deleting", _("to be deleted in Outlook")
        GONE = "gone", _("removed in Outlook")
        HELD = "held", _("waits for a decision")
        APART = "apart", _("left out")

    class Decision(models.TextChoices):
        NONE = "", _("none")
        KEEP = "keep", _("keep both")
        HERE = "here", _("the firm's values")
        THERE = "there", _("Outlook's values")
        DROP = "drop", _("delete the copy in Outlook")

    connection = models.ForeignKey(
        Connection,
        verbose_name=_("mailbox"),
        on_delete=models.CASCADE,
        related_name="links",
        editable=False,
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="links",
    )
    mirror = models.OneToOneField(
        RemoteContact,
        verbose_name=_("Outlook contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="link",
    )
    # Null, not "": a unique constraint lets many links be without an id or a key.
    remote_id = models.CharField(_("id in Outlook"), max_length=512, null=True, blank=True)  # noqa: DJ001
    client_key = models.CharField(max_length=80, null=True, blank=True, unique=True)
    name = models.TextField(_("contact"), blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.LINKED)
    decision = models.CharField(max_length=5, choices=Decision, blank=True, default="")
    reason = models.TextField(_("why"), blank=True, default="")
    group = models.CharField(max_length=64, blank=True, default="")

    local_shadow: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    remote_shadow: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    local_revision = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    pending = models.BooleanField(default=False)
    problem = models.TextField(_("problem"), blank=True, default="")
    problem_count = models.PositiveIntegerField(_("times refused"), default=0)
    problem_mark = models.CharField(max_length=80, blank=True, default="")
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)

    created_at = models.DateTimeField(_("linked since"), auto_now_add=True)
    changed_at = models.DateTimeField(_("last looked at"), auto_now=True)
    open = models.GeneratedField(
        expression=Q(state__in=["creating", "deleting", "held"])  # type: ignore[arg-type]
        | (Q(contact=None) & ~Q(state="apart"))
        | Q(pending=True)
        | Q(sent_at__isnull=False)
        | ~Q(decision=""),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["connection", "contact"], name="one_link_per_contact"),
            models.UniqueConstraint(fields=["connection", "remote_id"], name="one_link_per_remote"),
        ]
        indexes = [
            models.Index(fields=["connection"], condition=Q(open=True), name="link_open"),
            models.Index(fields=["connection", "state"], name="link_state"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.contact or self.remote_id)
