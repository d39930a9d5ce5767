"""Pairs that look alike and are not the same: a person said so, and nobody is asked again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts_sync.models.connection import Connection
from contacts_sync.models.contact import Contact


class Distinct(models.Model):
    """Two contacts of the firm's list that differ, or a contact and an Outlook contact.

    Of two contacts the older one is `contact`. An Outlook contact is named by its mailbox and id, so
    that the answer holds also when it becomes a contact of the firm's list.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="differs_from")
    other = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="differs_too"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, blank=True, related_name="distinct"
    )
    remote_id = models.CharField(max_length=512, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("pair of different contacts")
        verbose_name_plural = _("pairs of different contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(other__gt=F("contact"), connection=None, remote_id="")
                | (Q(other=None, connection__isnull=False) & ~Q(remote_id="")),
                name="distinct_from_one",
            ),
            models.UniqueConstraint(
                fields=["contact", "other"],
                condition=Q(other__isnull=False),
                name="one_answer_per_pair",
            ),
            models.UniqueConstraint(
                fields=["contact", "connection", "remote_id"],
                condition=Q(other=None),
                name="one_answer_per_outlook_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact} ≠ {self.other or self.remote_id}"
