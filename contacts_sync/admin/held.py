"""What waits for a decision: the cards that the owner of a mailbox sees, for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.admin.asking import SHOWN, Question, agreed, ask
from contacts_sync.admin.base import ModelAdmin
from contacts_sync.admin.words import summary
from contacts_sync.engine.guard import BY_NAME
from contacts_sync.models import Connection, ExternalLink, SyncChange
from contacts_sync.run import decisions
from contacts_sync.store.search import ASKED
from contacts_sync.views import find, groups
from contacts_sync.wording import Effect, firm_list, guarded, what

EXAMPLES, PER_PAGE = 5, 10
ANSWERS = ("approve", "dismiss")


def page(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Show what waits in one mailbox, with the others beside it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    waiting = mailboxes()
    chosen = request.GET.get("mailbox", "")
    numbers = {str(connection.pk): connection for connection, _number in waiting}
    connection = numbers.get(chosen) or next(iter(numbers.values()), None)
    context: dict[str, Any] = {"mailboxes": waiting, "connection": connection}
    if connection is not None:
        keys = Paginator(groups.keys(connection), PER_PAGE).get_page(request.GET.get("page"))
        context |= {
            "guards": _guards(connection),
            "page": keys,
            "groups": groups.groups(connection, keys),
        }
    return TemplateResponse(
        request,
        "admin/contacts_sync/held.html",
        {
            **admin.site.each_context(request),
            "title": _("What waits for a decision"),
            "subtitle": None,
            "may_decide": request.user.has_perm("contacts_sync.change_syncchange"),
            "may_pair": request.user.has_perm("contacts_sync.change_externallink"),
            **context,
        },
    )


def mailboxes() -> list[tuple[Connection, int]]:
    """List the mailboxes in which something waits, with how many contacts."""
    counts: dict[int, int] = {}
    held = find.held_by_guards(SyncChange.objects.exclude(connection=None))
    for rows in (held, ExternalLink.objects.filter(ASKED)):
        counted = rows.order_by().values_list("connection").annotate(number=Count("pk"))
        for pk, number in counted:
            counts[pk] = counts.get(pk, 0) + number
    rows = Connection.objects.filter(pk__in=counts).exclude(state=Connection.State.RETIRED)
    found = rows.select_related("owner").defer("credential", "cursor").order_by("username")
    return [(connection, counts[connection.pk]) for connection in found]


def _guards(connection: Connection) -> list[dict[str, Any]]:
    changes = find.held_changes(connection)
    counted = changes.order_by().values("held_by").annotate(count=Count("pk"))
    return [
        {
            "name": each["held_by"],
            "count": each["count"],
            "words": guarded(each["held_by"]),
            "examples": list(changes.filter(held_by=each["held_by"])[:EXAMPLES]),
        }
        for each in counted.order_by("held_by")
    ]


def answer(
    model_admin: ModelAdmin, request: HttpRequest, pk: int, guard: str, given: str
) -> HttpResponse:
    """Say what approving or dismissing all that a guard holds touches, then do it."""
    if not request.user.has_perm("contacts_sync.change_syncchange"):
        raise PermissionDenied
    connection = get_object_or_404(Connection, pk=pk)
    back = f"{reverse('admin:contacts_sync_syncchange_held')}?{urlencode({'mailbox': pk})}"
    changes = find.held_changes(connection).filter(held_by=guard)
    if given not in ANSWERS:
        raise Http404
    if agreed(request):
        asked = request.POST.get("upto", "")
        listed = changes.filter(pk__lte=int(asked) if asked.isdecimal() and len(asked) < 19 else 0)
        messages.success(request, _carry_out(request, listed, given))
        return HttpResponseRedirect(back)
    upto = changes.aggregate(upto=Max("pk"))["upto"] or 0
    return ask(model_admin, request, "", _question(changes, given, upto), back)


def decide(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[SyncChange], given: str
) -> HttpResponse | None:
    """Say what approving or dismissing the selected changes touches, then do it."""
    held = queryset.filter(status=SyncChange.Status.HELD)
    if not agreed(request):
        return ask(model_admin, request, given, _question(held, given))
    messages.success(request, _carry_out(request, held, given))
    return None


def _question(held: QuerySet[SyncChange], given: str, upto: int = 0) -> Question:
    approve = given == "approve"
    kinds = held.order_by().values_list("guard", "reason").distinct()
    names = {guard or reason for guard, reason in kinds}
    effects = [line for name in sorted(names) for line in _effects(name, approve)]
    words = guarded(next(iter(names))) if len(names) == 1 else None
    plain = _("Approve") if approve else _("Dismiss")
    go = (words.approve if approve else words.dismiss) if words else plain
    rows = held.select_related("connection").defer("connection__credential", "connection__cursor")
    return Question(
        title=words.title if words else _("What waits for a decision"),
        go=go,
        effects=effects,
        columns=(_("Contact"), _("What"), _("Fields"), _("Mailbox")),
        rows=[
            (one.name or "–", what(one), summary(one) or "–", one.connection or "–")
            for one in rows[:SHOWN]
        ],
        total=held.count(),
        danger=approve and "deletions" in names,
        hidden=(("upto", upto),) if upto else (),
    )


def _effects(name: str, approve: bool) -> list[str]:
    """Say in sentences what an answer does on both sides, and how long it holds."""
    if name in BY_NAME:
        words = guarded(name)
        effect: Effect = words.approved if approve else words.dismissed
        here = _("In %(firm)s: %(text)s") % {"firm": firm_list(), "text": effect.here}
        lasts = (
            _("The approval covers exactly these changes, for 7 days.")
            if approve
            else _("What is dismissed does not come back.")
        )
        return [here, _("In Outlook: %(text)s") % {"text": effect.there}, lasts]
    if approve:
        return [_("Each is kept as a contact of its own, and added to the other list.")]
    return [_("Each stays where it is, and is left out of the sync.")]


def _carry_out(request: HttpRequest, held: QuerySet[SyncChange], given: str) -> str:
    if given == "approve":
        number = decisions.approve(held, request.user)
        text = ngettext(
            "%(number)s change approved, for 7 days. The next run sends it.",
            "%(number)s changes approved, for 7 days. The next run sends them.",
            number,
        )
    else:
        number = decisions.dismiss(held, request.user)
        text = ngettext(
            "%(number)s change dismissed. It does not come back.",
            "%(number)s changes dismissed. They do not come back.",
            number,
        )
    return text % {"number": f"{number:,}"}
