"""A connection: one user's mailbox, where its sync stands, and who is working on it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Connection(models.Model):
    """One user's mailbox.

    `cursor` continues the list of remote changes, and `covered_at` is when the last complete round of
    them began, by the service's clock. While `listing_open`, a round lists everything; its rows
    carry the number `listing`.
    `seen` only narrows the search for local ones.
    `fence` rises with every lease: a run that finds another number has lost its lease and must not
    write any more.
    """

    class State(models.TextChoices):
        AUTHORIZED = "authorized", _("authorized, not started")
        ON = "on", _("syncing")
        STOPPED = "stopped", _("stopped")
        DISCONNECTED = "disconnected", _("disconnected")
        RETIRED = "retired", _("retired")

    class Problem(models.TextChoices):
        NONE = "", _("none")
        SIGN_IN = "sign_in", _("has to be authorized again")
        CONSENT = "consent", _("needs the administrator's consent")
        NO_MAILBOX = "no_mailbox", _("has no mailbox")
        WRONG_MAILBOX = "wrong_mailbox", _("opens another account")
        CONFIGURATION = "configuration", _("is misconfigured")
        UNAVAILABLE = "unavailable", _("cannot be reached")
        FAILING = "failing", _("fails")

    class Winner(models.TextChoices):
        HERE = "here", _("the firm's list")
        THERE = "there", _("Outlook")
        NEWEST = "newest", _("the newest edit")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="connections",
    )
    provider = models.CharField(max_length=20, default="microsoft365", editable=False)
    tenant_id = models.CharField(_("tenant"), max_length=64, editable=False)
    object_id = models.CharField(_("account id"), max_length=64, editable=False)
    username = models.CharField(_("account"), max_length=320, editable=False)
    account_name = models.CharField(_("account name"), max_length=320, blank=True, editable=False)
    folder_id = models.CharField(max_length=512, blank=True, default="", editable=False)
    credential = models.TextField(blank=True, default="", editable=False)
    credential_version = models.PositiveIntegerField(default=0, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.AUTHORIZED)
    winner = models.CharField(
        _("when both sides changed a field"), max_length=6, choices=Winner, default=Winner.HERE
    )

    problem = models.CharField(_("problem"), max_length=14, choices=Problem, blank=True, default="")
    problem_text = models.TextField(_("what Microsoft says"), blank=True, default="")
    problem_since = models.DateTimeField(_("since"), null=True, blank=True)

    cursor = models.TextField(blank=True, default="", editable=False)
    round_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    covered_at = models.DateTimeField(null=True, blank=True, editable=False)
    listing = models.PositiveIntegerField(default=0, editable=False)
    listing_open = models.BooleanField(default=False, editable=False)
    listing_shrunk = models.BooleanField(default=False, editable=False)
    listed_at = models.DateTimeField(null=True, blank=True, editable=False)
    full_wanted = models.BooleanField(default=False, editable=False)
    keys_read = models.BooleanField(default=False, editable=False)
    seen = models.BigIntegerField(default=0, editable=False)
    mapping_version = models.PositiveIntegerField(default=0, editable=False)

    # What the service has counted of our requests lately: [[seconds since 1970, requests], ...].
    sent_lately: models.JSONField[Any, Any] = models.JSONField(default=list, editable=False)

    lease_owner = models.CharField(max_length=64, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.BigIntegerField(default=0, editable=False)
    stop_requested = models.BooleanField(default=False, editable=False)

    # What the owner was told by mail and is not over yet, so that each is told once.
    noticed = models.CharField(max_length=40, blank=True, default="", editable=False)

    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True, db_index=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    started_at = models.DateTimeField(_("sync started"), null=True, blank=True)
    synced_at = models.DateTimeField(_("last in step"), null=True, blank=True)
    created_at = models.DateTimeField(_("connected"), auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["username", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "owner"],
                condition=~Q(state="retired"),
                name="one_connection_per_owner",
            ),
            models.UniqueConstraint(
                fields=["provider", "tenant_id", "object_id"],
                condition=~Q(state="retired"),
                name="one_connection_per_account",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def started(self) -> bool:
        """Whether the owner has ever pressed Start Sync."""
        return self.started_at is not None

    @property
    def signed_in(self) -> bool:
        """Whether a credential is held."""
        return bool(self.credential)


class Heartbeat(models.Model):
    """When a background process was last seen alive."""

    name = models.CharField(_("process"), max_length=40, primary_key=True)
    at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
