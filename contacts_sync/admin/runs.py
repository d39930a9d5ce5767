"""Sync runs: what each did, in a report that a person can read, filter and take away."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync import rights
from contacts_sync.admin import undoing
from contacts_sync.admin.base import RecordAdmin, badge
from contacts_sync.admin.words import RUN_COLOURS, change_badge, change_rows, changed, moment
from contacts_sync.models import SyncChange, SyncRun
from contacts_sync.models.run import COUNTS
from contacts_sync.wording import tally, what

URGENT = (SyncChange.Status.HELD, SyncChange.Status.FAILED, SyncChange.Status.UNKNOWN)
WITH_PROBLEMS = Q(problems__gt=0) | Q(
    status__in=(SyncRun.Status.FAILED, SyncRun.Status.NEEDS_SIGN_IN, SyncRun.Status.REFUSED)
)
SHOWN = 50
"""How many changes of one group the report lists; the change list has them all."""


class ProblemFilter(SimpleListFilter):
    """Runs that did not end well, or set a contact aside."""

    title = gettext_lazy("problems")
    parameter_name = "problems"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("With problems")), ("no", _("Without"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
        match self.value():
            case "yes":
                return queryset.filter(WITH_PROBLEMS)
            case "no":
                return queryset.exclude(WITH_PROBLEMS)
            case _:
                return queryset


@admin.register(SyncRun)
class SyncRunAdmin(RecordAdmin):
    """Runs. The page of one is its report."""

    list_display = (
        "shown_start",
        "connection",
        "kind",
        "shown_status",
        "did",
        "shown_trigger",
        "lasted",
    )
    list_filter = (ProblemFilter, "status", "kind", "trigger", "connection")
    list_select_related = ("connection", "actor")
    search_fields = ("connection__username", "message")
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("connection", "kind"),
                    ("shown_status", "shown_trigger"),
                    ("started_at", "finished_at"),
                    ("read", "requests"),
                    ("slices", "crashes"),
                )
            },
        ),
    )
    change_form_template = "admin/contacts_sync/syncrun/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        runs = super().get_queryset(request).select_related("connection", "actor")
        return runs.defer("connection__credential", "connection__cursor")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for row in self.fieldsets[0][1]["fields"] for name in row]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/changes.csv", wrap(self.export), name="contacts_sync_syncrun_export"),
            path("<int:pk>/undo/", wrap(undoing.undo_run), name="contacts_sync_syncrun_undo"),
            *super().get_urls(),
        ]

    # --- what a row says ---

    @admin.display(description=gettext_lazy("started"), ordering="started_at")
    def shown_start(self, run: SyncRun) -> str:
        return moment(run.started_at)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def shown_status(self, run: SyncRun) -> SafeString:
        return badge(run.get_status_display(), RUN_COLOURS[SyncRun.Status(run.status)])

    @admin.display(description=gettext_lazy("what happened"))
    def did(self, run: SyncRun) -> str:
        return run.message or tally(run)

    @admin.display(description=gettext_lazy("started by"), ordering="trigger")
    def shown_trigger(self, run: SyncRun) -> str:
        return str(run.actor or run.get_trigger_display())

    @admin.display(description=gettext_lazy("took"))
    def lasted(self, run: SyncRun) -> str:
        if run.finished_at is None:
            return run.get_step_display()
        seconds = int((run.finished_at - run.started_at).total_seconds())
        return f"{seconds // 60}:{seconds % 60:02} min" if seconds >= 60 else f"{seconds} s"

    # --- the report ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        may_see = run is not None and self.has_view_permission(request, run)
        report = _report(run, request.user) if run and may_see else {}
        context = {**report, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def export(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Give the changes of a run as CSV, a line for each field."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not SyncRun.objects.filter(pk=pk).exists():
            raise Http404
        changes = SyncChange.objects.filter(run=pk).order_by("pk").select_related("actor")
        return StreamingHttpResponse(
            _lines(changes),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="run-{pk}.csv"'},
        )


def _report(run: SyncRun, user: Any) -> dict[str, Any]:
    changes = SyncChange.objects.filter(run=run)
    full = rights.with_undone(changes).order_by("pk")
    groups = (
        changes.order_by()
        .values("action", "side", "status")
        .annotate(number=Count("pk"))
        .order_by("action", "side", "status")
    )
    return {
        "message": run.message or capfirst(tally(run)),
        "numbers": [(_label(name), getattr(run, name)) for name in COUNTS],
        "groups": [_group(row) for row in groups],
        "urgent": change_rows(full.filter(status__in=URGENT)[:SHOWN], user),
        "conflicts": change_rows(full.exclude(conflict=[])[:SHOWN], user),
        "shown": SHOWN,
        "can_undo": rights.may_undo_run(user, run) and undoing.undoable(run).exists(),
    }


def _label(name: str) -> str:
    return str(getattr(SyncRun._meta.get_field(name), "verbose_name", name))


def _group(row: Any) -> dict[str, Any]:
    change = SyncChange(action=row["action"], side=row["side"], status=row["status"])
    return {
        **row,
        "what": what(change),
        "badge": change_badge(change),
        "where": change.get_side_display(),
    }


class _Echo:
    """A file that hands each line on."""

    def write(self, line: str) -> str:
        return line


def _lines(changes: QuerySet[SyncChange]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # so that Excel reads UTF-8
    header = [
        "when",
        "contact",
        "what",
        "where",
        "status",
        "field",
        "before",
        "after",
        "reason",
        "who",
    ]
    yield writer.writerow(header)
    for change in changes.iterator(chunk_size=1000):
        first = [
            change.at.isoformat(timespec="seconds"),
            change.name,
            what(change),
            change.get_side_display(),
            change.get_status_display(),
        ]
        last = [change.reason, str(change.actor or "")]
        fields = [(row.field, row.before, row.after) for row in changed(change)]
        for field in fields or [("", "", "")]:
            yield writer.writerow([plain(cell) for cell in (*first, *field, *last)])


def plain(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return (
        f"'{cell}" if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
    )
