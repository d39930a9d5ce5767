"""Files of contacts on their way into the firm's list: what was read of them, and what became of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts_sync import contact as shape
from contacts_sync.models.contact import Contact


class ContactImport(models.Model):
    """One file, from its upload to its report.

    `turn` rises whenever somebody begins to work on it anew: whoever holds an older one writes
    nothing any more. `columns` is a mapping of `files.mapping`, for a table that is not known.
    """

    class Step(models.TextChoices):
        READING = "reading", _("is being read")
        COLUMNS = "columns", _("asks what its columns hold")
        READY = "ready", _("read, waits for your choice")
        CREATING = "creating", _("is being imported")
        DONE = "done", _("imported")
        REFUSED = "refused", _("cannot be read")
        FAILED = "failed", _("stopped half-way")
        UNDOING = "undoing", _("is being undone")
        UNDONE = "undone", _("undone")

    WORKING = (Step.READING, Step.CREATING, Step.UNDOING)
    """Steps that a worker does."""

    file_name = models.TextField(_("file"))
    size = models.PositiveBigIntegerField(_("size"), default=0)
    format = models.TextField(_("format"), blank=True, default="")
    encoding = models.CharField(max_length=20, blank=True, default="")
    read_as = models.CharField(max_length=60, blank=True, default="")
    unsure = models.BooleanField(default=False)
    headings: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    columns: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    remembered = models.BooleanField(default=False)
    step = models.CharField(_("status"), max_length=8, choices=Step, default=Step.READING)
    halted = models.CharField(max_length=8, blank=True, default="")
    turn = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(_("rows read"), default=0)
    planned = models.PositiveIntegerField(_("to do"), default=0)
    done = models.PositiveIntegerField(_("done so far"), default=0)
    keep_edited = models.BooleanField(default=True)
    message = models.TextField(_("what happened"), blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Whether a worker has something to do for it."""
        return self.step in self.WORKING


class ImportPart(models.Model):
    """A piece of an uploaded file, encrypted. It goes when the import begins."""

    file = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.TextField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_part_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"


class ImportRow(models.Model):
    """One card or row of a file: what it tells, what it seems to be, and what became of it.

    `likes` lists [number, name, reason] of contacts it resembles; number 0 is another row of the same
    file. `contact` is the contact that was made of it, or the one that the list had already.
    """

    class Verdict(models.TextChoices):
        NEW = "new", _("new")
        LIKE = "like", _("looks like one you have")
        KNOWN = "known", _("already there")
        UNREADABLE = "unread", _("cannot be read")

    class Outcome(models.TextChoices):
        NONE = "", _("left out")
        CREATED = "created", _("imported")
        KNOWN = "known", _("was there already")

    CHOOSABLE = (Verdict.NEW, Verdict.LIKE)
    """Rows that a person may import. What the list has already is never made again."""

    file = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    place = models.CharField(_("where"), max_length=60, blank=True, default="")
    kind = models.CharField(max_length=7, default=shape.PERSON)
    name = models.TextField(_("name"), blank=True, default="")
    verdict = models.CharField(_("verdict"), max_length=6, choices=Verdict, default=Verdict.NEW)
    reason = models.TextField(blank=True, default="")
    likes: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    draft: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    unread: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    has_unread = models.BooleanField(default=False)
    search = models.TextField(blank=True, default="")
    chosen = models.BooleanField(default=False)
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True, default="")
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="import_rows"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_row_per_number")
        ]
        indexes = [models.Index(fields=["file", "verdict", "number"], name="import_verdict")]

    def __str__(self) -> str:
        return self.name or self.place


class RememberedColumns(models.Model):
    """What somebody said the columns of a table hold, by its heading row."""

    digest = models.CharField(max_length=64, unique=True)
    columns: models.JSONField[Any, Any] = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.digest[:12]
