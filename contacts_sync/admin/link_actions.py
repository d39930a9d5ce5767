"""What staff decide about links: each button says first whom it touches, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts_sync import tasks
from contacts_sync.admin.asking import SHOWN, Question, agreed, ask
from contacts_sync.models import Connection, ExternalLink, SyncRun
from contacts_sync.run import decisions
from contacts_sync.wording import firm_list

State = ExternalLink.State


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do with links in these states. `effects` say what it does to each."""

    states: tuple[State, ...]
    title: Any
    effects: tuple[Any, ...]
    done: Any


DEEDS: dict[str, Deed] = {
    "put_back": Deed(
        (State.GONE,),
        gettext_lazy("Put back in Outlook"),
        (
            gettext_lazy("In {firm} each stays as it is."),
            gettext_lazy("In Outlook each is created again with the next run."),
        ),
        gettext_lazy("put back with the next run"),
    ),
    "keep_both": Deed(
        (State.HELD,),
        gettext_lazy("Keep both"),
        (
            gettext_lazy("None of them is linked with one that is there already."),
            gettext_lazy("What is only in Outlook is added to {firm} with the next run."),
            gettext_lazy("What is only in {firm} is added to Outlook with the next run."),
        ),
        gettext_lazy("kept on both sides"),
    ),
    "take_back_in": Deed(
        (State.APART,),
        gettext_lazy("Take back in"),
        (
            gettext_lazy("Each takes part in the sync again from the next run on."),
            gettext_lazy(
                "It is matched like a new one: linked where it matches, else added to the other list."
            ),
        ),
        gettext_lazy("taken back in"),
    ),
    "leave_out": Deed(
        (State.HELD, State.LINKED, State.GONE),
        gettext_lazy("Leave out"),
        (
            gettext_lazy("Both lists keep what they have; nothing is deleted."),
            gettext_lazy("Edits are not carried over any more, until somebody takes it back in."),
        ),
        gettext_lazy("left out"),
    ),
}


class LinkActions:
    """The actions of the list of links, and of the page of one."""

    @admin.action(description=gettext_lazy("Try again now…"), permissions=["decide"])
    def try_again(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> HttpResponse | None:
        refused = queryset.exclude(problem="")
        if not agreed(request):
            return ask(self, request, "try_again", _refused(queryset, refused))  # type: ignore[arg-type]
        number = decisions.try_again(ExternalLink.objects.filter(pk__in=refused.values("pk")))
        mailboxes = Connection.objects.filter(
            pk__in=refused.order_by().values("connection"), state=Connection.State.ON
        )
        for mailbox in mailboxes:
            trigger = SyncRun.Trigger.STAFF
            tasks.enqueue(mailbox, SyncRun.Kind.SYNC, trigger=trigger, actor=request.user)
        text = ngettext(
            "%(number)s contact is tried again with the next run.",
            "%(number)s contacts are tried again with the next run.",
            number,
        )
        messages.success(request, text % {"number": number})
        return None

    @admin.action(description=gettext_lazy("Put back in Outlook…"), permissions=["decide"])
    def put_back(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> HttpResponse | None:
        return self._do(request, queryset, "put_back", decisions.put_back)

    @admin.action(description=gettext_lazy("Keep both…"), permissions=["decide"])
    def keep_both(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> HttpResponse | None:
        return self._do(request, queryset, "keep_both", decisions.keep_both)

    @admin.action(description=gettext_lazy("Take back in…"), permissions=["decide"])
    def take_back_in(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> HttpResponse | None:
        return self._do(request, queryset, "take_back_in", decisions.take_back_in)

    @admin.action(description=gettext_lazy("Leave out…"), permissions=["decide"])
    def leave_out(
        self, request: HttpRequest, queryset: QuerySet[ExternalLink]
    ) -> HttpResponse | None:
        return self._do(request, queryset, "leave_out", _leave_out)

    def _do(
        self,
        request: HttpRequest,
        queryset: QuerySet[ExternalLink],
        name: str,
        decide: Callable[[ExternalLink, Any], Any],
    ) -> HttpResponse | None:
        deed = DEEDS[name]
        fits = queryset.filter(state__in=deed.states)
        others = queryset.exclude(state__in=deed.states)
        if not agreed(request):
            return ask(self, request, name, _question(deed, fits, others))  # type: ignore[arg-type]
        done, left = 0, others.count()
        for link in list(fits):
            try:
                decide(link, request.user)
                done += 1
            except decisions.NotPossible as error:
                messages.error(request, f"{link}: {error}")
        if done:
            text = ngettext(
                "%(number)s contact: %(words)s.", "%(number)s contacts: %(words)s.", done
            )
            messages.success(request, text % {"number": done, "words": deed.done})
        if left:
            messages.warning(request, _left(left))
        return None


def _leave_out(link: ExternalLink, actor: Any) -> None:
    decisions.leave_out(
        link.connection, contact_id=link.contact_id, remote_id=link.remote_id or "", actor=actor
    )


def _question(deed: Deed, fits: QuerySet[ExternalLink], others: QuerySet[ExternalLink]) -> Question:
    rows = [(link, link.connection, link.get_state_display()) for link in fits[:SHOWN]]
    effects = [str(effect).format(firm=firm_list()) for effect in deed.effects]
    number = others.count()
    return Question(
        str(deed.title),
        str(deed.title),
        effects,
        (_("Contact"), _("Mailbox"), _("Now")),
        rows,
        fits.count(),
        [_left(number)] if number else (),
    )


def _refused(chosen: QuerySet[ExternalLink], refused: QuerySet[ExternalLink]) -> Question:
    rows: Sequence[Any] = [(link, link.connection, link.problem) for link in refused[:SHOWN]]
    total = refused.count()
    number = chosen.count() - total
    return Question(
        _("Try again now"),
        _("Try again now"),
        (
            _("Each is sent again with the next run, which begins within a moment."),
            _("What is refused again is set aside again, with its reason."),
        ),
        (_("Contact"), _("Mailbox"), _("Why it was refused")),
        rows,
        total,
        [_left(number)] if number else (),
    )


def _left(number: int) -> str:
    text = ngettext(
        "%(number)s contact is in another state and stays as it is.",
        "%(number)s contacts are in another state and stay as they are.",
        number,
    )
    return text % {"number": f"{number:,}"}
