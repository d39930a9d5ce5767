"""The mailboxes: which of them need somebody, and what can be done about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin.base import BAD, WARN, ModelAdmin, badge
from contacts_sync.admin.connection_actions import ConnectionActions
from contacts_sync.admin.words import CONNECTION_COLOURS, run_link
from contacts_sync.models import Connection, ExternalLink, SyncChange, SyncRun
from contacts_sync.store.search import ASKED
from contacts_sync.wording import problem_of, until

State = Connection.State
PROBLEM = gettext_lazy("Problem")
OVERDUE = timedelta(hours=2)
"""A connection that is on and has waited this long past its time is not being worked on."""

HELD = SyncChange.Status.HELD
_BROKEN = (SyncRun.Status.FAILED, SyncRun.Status.NEEDS_SIGN_IN, SyncRun.Status.REFUSED)


def with_numbers(connections: QuerySet[Connection]) -> QuerySet[Connection]:
    """Count links and what waits for a person, each once, and find the last run, without a query for each row."""
    links = ExternalLink.objects.filter(connection=OuterRef("pk"))
    held = SyncChange.objects.filter(connection=OuterRef("pk"), status=HELD).exclude(guard="")
    runs = SyncRun.objects.filter(connection=OuterRef("pk")).order_by("-started_at", "-pk")
    return connections.annotate(
        linked=_number(links.filter(state=ExternalLink.State.LINKED)),
        gone=_number(links.filter(state=ExternalLink.State.GONE)),
        held_links=_number(links.filter(ASKED)),
        refused=_number(links.exclude(problem="")),
        held=_number(held),
        last_status=Subquery(runs.values("status")[:1]),
        last_started=Subquery(runs.values("started_at")[:1]),
        last_id=Subquery(runs.values("pk")[:1]),
    )


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("connection").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def needing_attention(connections: QuerySet[Connection]) -> QuerySet[Connection]:
    """Find the connections that a person has to look at."""
    late = timezone.now() - OVERDUE
    runs = SyncRun.objects.filter(connection=OuterRef("pk")).order_by("-started_at", "-pk")
    links = ExternalLink.objects.filter(ASKED, connection=OuterRef("pk"))
    changes = SyncChange.objects.filter(connection=OuterRef("pk"), status=HELD).exclude(guard="")
    connections = connections.alias(last=Subquery(runs.values("status")[:1]))
    return connections.exclude(state=State.RETIRED).filter(
        ~Q(problem="")
        | Exists(links)
        | Exists(changes)
        | Q(state=State.ON, next_run_at__lt=late)
        | Q(last__in=_BROKEN)
    )


class AttentionFilter(SimpleListFilter):
    title = gettext_lazy("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Needs attention")), ("no", _("In order"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Connection]
    ) -> QuerySet[Connection]:
        needing = needing_attention(Connection.objects.all()).values("pk")
        match self.value():
            case "yes":
                return queryset.filter(pk__in=needing)
            case "no":
                return queryset.exclude(pk__in=needing)
            case _:
                return queryset


@admin.register(Connection)
class ConnectionAdmin(ConnectionActions, ModelAdmin):
    """Connections. Their credentials, cursors and leases are on no page."""

    list_display = (
        "username",
        "owner",
        "shown_state",
        "attention",
        "numbers",
        "last_run",
        "next_run",
    )
    list_filter = (AttentionFilter, "state", "problem")
    list_select_related = ("owner",)
    search_fields = ("username", "account_name", "owner__email", "owner__username")
    fieldsets = (
        (None, {"fields": (("username", "account_name"), "owner", "winner")}),
        (
            gettext_lazy("Sync"),
            {
                "fields": (
                    ("shown_state", "attention"),
                    "numbers",
                    ("last_run", "next_run"),
                    ("started_at", "synced_at"),
                    "failures",
                )
            },
        ),
        (
            PROBLEM,
            {"fields": ("shown_problem", "problem_text", "problem_since", "owner_reads")},
        ),
        (
            gettext_lazy("Account"),
            {"fields": (("tenant_id", "object_id"), "created_at"), "classes": ["collapse"]},
        ),
    )
    actions = ("preview", "sync_now", "resync", "stop", "release")
    change_form_template = "admin/contacts_sync/connection/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return with_numbers(super().get_queryset(request)).defer("credential", "cursor")

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        return [
            (title, options)
            for title, options in self.fieldsets
            if title is not PROBLEM or (obj and obj.problem)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> list[str]:
        names: list[str] = []
        for _title, options in self.fieldsets:
            for entry in options["fields"]:
                names += [entry] if isinstance(entry, str) else entry
        return [name for name in names if name != "winner"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts_sync.delete_connection")

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        """Write the winner alone: a run may be writing the rest of the row."""
        Connection.objects.filter(pk=obj.pk).update(winner=obj.winner)

    # --- what a row says ---

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, connection: Connection) -> SafeString:
        return badge(connection.get_state_display(), CONNECTION_COLOURS[connection.state])  # type: ignore[index]

    @admin.display(description=gettext_lazy("needs"))
    def attention(self, connection: Connection) -> SafeString:
        badges = []
        if connection.problem:
            badges.append(
                badge(connection.get_problem_display(), BAD, title=connection.problem_text)
            )
        if number := connection.held + connection.held_links:  # type: ignore[attr-defined]
            badges.append(badge(_("%(number)s held") % {"number": f"{number:,}"}, WARN))
        if number := connection.refused:  # type: ignore[attr-defined]
            badges.append(badge(_("%(number)s refused") % {"number": f"{number:,}"}, WARN))
        if connection.state == State.ON and _overdue(connection):
            badges.append(badge(_("overdue"), BAD, title=_("Is the background worker running?")))
        return mark_safe(" ".join(badges) or "–")  # noqa: S308  escaped by badge

    @admin.display(description=gettext_lazy("contacts"))
    def numbers(self, connection: Connection) -> str:
        return _("%(linked)s in sync, %(gone)s removed") % {
            "linked": f"{connection.linked:,}",  # type: ignore[attr-defined]
            "gone": f"{connection.gone:,}",  # type: ignore[attr-defined]
        }

    @admin.display(description=gettext_lazy("last run"), ordering="last_started")
    def last_run(self, connection: Connection) -> SafeString:
        if not connection.last_status:  # type: ignore[attr-defined]
            return mark_safe("–")
        return run_link(
            connection.last_id,  # type: ignore[attr-defined]
            connection.last_status,  # type: ignore[attr-defined]
            connection.last_started,  # type: ignore[attr-defined]
        )

    @admin.display(description=gettext_lazy("next run"), ordering="next_run_at")
    def next_run(self, connection: Connection) -> str:
        if connection.state != State.ON:
            return "–"
        return until(connection.next_run_at, timezone.now()) or "–"

    @admin.display(description=gettext_lazy("problem"))
    def shown_problem(self, connection: Connection) -> SafeString:
        return badge(connection.get_problem_display(), BAD)

    @admin.display(description=gettext_lazy("the owner reads"))
    def owner_reads(self, connection: Connection) -> str:
        notice = problem_of(connection)
        return f"{notice.title}. {notice.text}" if notice else ""


def _overdue(connection: Connection) -> bool:
    due = connection.next_run_at
    return due is not None and due < timezone.now() - OVERDUE
