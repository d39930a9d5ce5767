"""Runs and changes: what was planned, sent and done, by whom, with the values before and after."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts_sync.models.connection import Connection
from contacts_sync.models.contact import Contact
from contacts_sync.models.imports import ContactImport
from contacts_sync.models.link import ExternalLink

COUNTS = (
    "added_here",
    "added_there",
    "linked",
    "updated_here",
    "updated_there",
    "deleted_there",
    "gone",
    "conflicts",
    "held",
    "problems",
)
"""What is counted of a run; each number equals the number of its change records."""


class SyncRun(models.Model):
    """One synchronisation of one connection, over as many slices as it took."""

    class Kind(models.TextChoices):
        PREVIEW = "preview", _("preview")
        SYNC = "sync", _("sync")
        RESYNC = "resync", _("resync")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        OWNER = "owner", _("owner")
        STAFF = "staff", _("staff")
        COMMAND = "command", _("command line")

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        CONTINUES = "continues", _("continues soon")
        DONE = "done", _("done")
        HELD = "held", _("done, something waits for a decision")
        STOPPED = "stopped", _("stopped")
        NEEDS_SIGN_IN = "needs_sign_in", _("has to be authorized again")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    OPEN = (Status.RUNNING, Status.CONTINUES)

    class Step(models.TextChoices):
        OPEN = "open", _("starting")
        PULL = "pull", _("reading Outlook")
        SETTLE = "settle", _("finishing what was left open")
        PLAN = "plan", _("comparing")
        APPLY = "apply", _("writing")
        CLOSED = "closed", _("finished")

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="runs"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SYNC)
    trigger = models.CharField(_("started by"), max_length=8, choices=Trigger)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=14, choices=Status, default=Status.RUNNING)
    step = models.CharField(_("step"), max_length=8, choices=Step, default=Step.OPEN)
    first = models.BooleanField(_("first sync"), default=False)
    slices = models.PositiveIntegerField(_("slices"), default=0)
    crashes = models.PositiveIntegerField(_("crashes"), default=0)

    added_here = models.PositiveIntegerField(_("added here"), default=0)
    added_there = models.PositiveIntegerField(_("added to Microsoft 365"), default=0)
    linked = models.PositiveIntegerField(_("linked"), default=0)
    updated_here = models.PositiveIntegerField(_("updated here"), default=0)
    updated_there = models.PositiveIntegerField(_("updated in Microsoft 365"), default=0)
    deleted_there = models.PositiveIntegerField(_("deleted in Microsoft 365"), default=0)
    gone = models.PositiveIntegerField(_("removed in Outlook"), default=0)
    conflicts = models.PositiveIntegerField(_("conflicts"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)
    problems = models.PositiveIntegerField(_("problems"), default=0)

    read = models.PositiveIntegerField(_("contacts read"), default=0)
    planned = models.PositiveIntegerField(_("to do"), default=0)
    done = models.PositiveIntegerField(_("done so far"), default=0)
    requests = models.PositiveIntegerField(_("requests"), default=0)
    message = models.TextField(_("what happened"), blank=True, default="")
    warning = models.TextField(_("to be considered"), blank=True, default="")
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status__in=["running", "continues"]),
                name="one_open_run_per_connection",
            )
        ]
        indexes = [models.Index(fields=["connection", "-started_at"], name="run_history")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the run is still working or will go on by itself."""
        return self.status in self.OPEN

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTS}


class SyncChange(models.Model):
    """One planned, sent, done, failed or held write to one contact on one side.

    Preview rows, the audit of every run, held changes, and what people change in the admin are all
    rows of this table. `before` and `after` hold only the fields that changed; `moved` is what else a
    merge moved from one contact to the other, so that it can be put back.
    """

    class Side(models.TextChoices):
        HERE = "here", _("firm's list")
        THERE = "there", _("Microsoft 365")
        BOTH = "both", _("both")

    class Action(models.TextChoices):
        ADD = "add", _("add")
        LINK = "link", _("link")
        UPDATE = "update", _("update")
        DELETE = "delete", _("delete")
        GONE = "gone", _("removed in Outlook")
        HOLD = "hold", _("hold")
        SKIP = "skip", _("skip")
        RESTORE = "restore", _("restore")
        MERGE = "merge", _("merge")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        SENT = "sent", _("sent")
        DONE = "done", _("done")
        UNKNOWN = "unknown", _("unknown")
        FAILED = "failed", _("failed")
        HELD = "held", _("held")
        APPROVED = "approved", _("approved")
        DISMISSED = "dismissed", _("dismissed")

    run = models.ForeignKey(
        SyncRun,
        verbose_name=_("sync run"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
    )
    connection = models.ForeignKey(
        Connection,
        verbose_name=_("mailbox"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
    )
    link = models.ForeignKey(
        ExternalLink,
        verbose_name=_("link"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
    )
    brought_by = models.ForeignKey(
        ContactImport, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes"
    )
    contact_uid = models.UUIDField(_("contact's id"), null=True, blank=True)
    remote_id = models.CharField(_("id in Outlook"), max_length=512, blank=True, default="")
    name = models.TextField(_("contact"), blank=True, default="")
    side = models.CharField(_("where"), max_length=5, choices=Side)
    action = models.CharField(_("what"), max_length=8, choices=Action)
    status = models.CharField(_("status"), max_length=9, choices=Status)
    before: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    after: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    conflict: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    moved: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True, editable=False)
    reason = models.TextField(_("why"), blank=True, default="")
    guard = models.CharField(max_length=20, blank=True, default="")
    mark = models.CharField(max_length=80, blank=True, default="", editable=False)
    undoes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undone_by"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["contact", "-at"], name="change_history"),
            models.Index(fields=["run", "action"], name="change_report"),
            models.Index(
                fields=["connection"],
                condition=Q(status__in=["held", "approved", "sent"]),
                name="change_undecided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.name}"
