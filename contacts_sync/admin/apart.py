"""Leaving contacts out of mailboxes, and taking them back in: many at once, with what it touches first."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.admin.asking import SHOWN, Choice, Question, agreed, ask
from contacts_sync.admin.base import ModelAdmin
from contacts_sync.models import Connection, Contact, ExternalLink
from contacts_sync.run import decisions
from contacts_sync.wording import firm_list

State = ExternalLink.State


def leave_out(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Contact]
) -> HttpResponse | None:
    """Leave contacts out of the mailboxes that are ticked: what is in Outlook stays there."""
    contacts = Contact.objects.alive().filter(pk__in=queryset.order_by().values("pk"))
    if not agreed(request):
        return ask(model_admin, request, "leave_out", _leaving(contacts))
    done = 0
    with transaction.atomic():
        for connection in _ticked(request, _mailboxes()):
            apart = ExternalLink.objects.filter(connection=connection, state=State.APART)
            pks = contacts.exclude(pk__in=apart.exclude(contact=None).values("contact"))
            about = [(pk, "") for pk in pks.order_by("pk").values_list("pk", flat=True)]
            done += decisions.leave_out_all(connection, about, request.user)
    text = ngettext(
        "%(number)s time a contact was left out of a mailbox.",
        "%(number)s times a contact was left out of a mailbox.",
        done,
    )
    _tell(request, done, text)
    return None


def take_back_in(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Contact]
) -> HttpResponse | None:
    """Let contacts that were left out of the ticked mailboxes take part again."""
    left = _left_out(queryset)
    if not agreed(request):
        return ask(model_admin, request, "take_back_in", _returning(left))
    mailboxes = [connection.pk for connection in _ticked(request, _mailboxes())]
    done = 0
    with transaction.atomic():
        for link in list(left.filter(connection__in=mailboxes).select_related("contact")):
            decisions.take_back_in(link, request.user)
            done += 1
    text = ngettext(
        "%(number)s contact takes part again.", "%(number)s contacts take part again.", done
    )
    _tell(request, done, text)
    return None


def _tell(request: HttpRequest, done: int, text: str) -> None:
    if done:
        messages.success(request, text % {"number": f"{done:,}"})
    else:
        messages.warning(request, _("Nothing was changed. Tick at least one mailbox."))


def _left_out(contacts: QuerySet[Contact]) -> QuerySet[ExternalLink]:
    links = ExternalLink.objects.filter(
        state=State.APART, contact__in=contacts.order_by().values("pk"), contact__deleted_at=None
    )
    return links.exclude(connection__state=Connection.State.RETIRED)


def _mailboxes() -> QuerySet[Connection]:
    rows = Connection.objects.exclude(state=Connection.State.RETIRED)
    return rows.select_related("owner").defer("credential", "cursor").order_by("username")


def _ticked(request: HttpRequest, rows: QuerySet[Connection]) -> list[Connection]:
    chosen = set(request.POST.getlist("choice"))
    return [connection for connection in rows if str(connection.pk) in chosen]


def _leaving(contacts: QuerySet[Contact]) -> Question:
    shown = list(contacts[:SHOWN])
    links = ExternalLink.objects.filter(contact__in=contacts.order_by().values("pk"))
    linked = _numbers(links.filter(state=State.LINKED))
    apart = _numbers(links.filter(state=State.APART))
    choices = [
        Choice(
            connection.pk,
            _("%(mailbox)s: %(linked)s in Outlook, %(apart)s left out already")
            % {
                "mailbox": connection,
                "linked": f"{linked.get(connection.pk, 0):,}",
                "apart": f"{apart.get(connection.pk, 0):,}",
            },
        )
        for connection in _mailboxes()
    ]
    return Question(
        title=_("Leave out of mailboxes"),
        go=_("Leave out"),
        effects=(
            _("In %(firm)s they stay as they are.") % {"firm": firm_list()},
            _("What is in Outlook stays there; edits are not carried over any more."),
            _("What is not in Outlook yet is not created there."),
        ),
        columns=(_("Contact"), _("Company"), _("In Outlook of")),
        rows=_rows(shown, State.LINKED),
        total=contacts.count(),
        legend=_("Out of which mailboxes?"),
        choices=choices,
    )


def _returning(left: QuerySet[ExternalLink]) -> Question:
    numbers = _numbers(left)
    choices = [
        Choice(connection.pk, f"{connection}: {numbers[connection.pk]:,}", ticked=True)
        for connection in _mailboxes().filter(pk__in=numbers)
    ]
    contacts = Contact.objects.filter(pk__in=left.order_by().values("contact"))
    return Question(
        title=_("Take back in"),
        go=_("Take back in"),
        effects=(
            _("Each takes part in the sync again from the next run on."),
            _(
                "It is matched like a new one: linked where it matches, else added to the other list."
            ),
        ),
        columns=(_("Contact"), _("Company"), _("Left out of")),
        rows=_rows(list(contacts[:SHOWN]), State.APART),
        total=contacts.count(),
        legend=_("Back into which mailboxes?") if choices else "",
        choices=choices,
    )


def _numbers(links: QuerySet[ExternalLink]) -> dict[int, int]:
    counted = links.order_by().values_list("connection").annotate(number=Count("pk"))
    return dict(counted)


def _rows(contacts: list[Contact], state: State) -> list[tuple[Any, ...]]:
    companies = Contact.objects.in_bulk([one.company_id for one in contacts if one.company_id])
    links = ExternalLink.objects.filter(contact__in=contacts, state=state)
    names: dict[int, list[str]] = {}
    for pk, name in links.values_list("contact_id", "connection__username"):
        names.setdefault(pk, []).append(name)
    return [
        (
            one,
            companies[one.company_id].name if one.company_id else "–",
            ", ".join(sorted(names.get(one.pk, ()))) or "–",
        )
        for one in contacts
    ]
