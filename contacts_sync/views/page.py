"""What all pages share: how they are shown, whose mailbox they are about, and where they return."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from contacts_sync import connections, wording
from contacts_sync.models import Connection
from contacts_sync.run import decisions

ROWS = 50

P = ParamSpec("P")


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Render one of our pages. No browser keeps it: after signing out, *Back* shows no contact."""
    always = {"firm_list": wording.firm_list(), "now": timezone.now()}
    response = render(request, f"contacts_sync/{template}", {**always, **(context or {})})
    add_never_cache_headers(response)
    return response


def needs_mailbox(
    view: Callable[Concatenate[HttpRequest, Connection, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hand the view the mailbox of whoever asks. No address names a connection."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        mailbox = connections.mailbox_of(request.user)
        if mailbox is None:
            messages.info(request, _("Authorize a Microsoft 365 account first."))
            return redirect("office365")
        return view(request, mailbox, *args, **kwargs)

    return wrapper


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """Return to the page the form names in `next`, if it is one of ours."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return HttpResponseRedirect(target)
    return redirect(otherwise)


def decide(
    request: HttpRequest, decision: Callable[[], object], done: str, otherwise: str
) -> HttpResponseRedirect:
    """Carry out a decision, and say so; or say why it does not fit what is there now."""
    try:
        decision()
    except decisions.NotPossible as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, done)
    return back(request, otherwise)


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any]) -> Page[Any]:
    """Cut the page out of the rows that the address asks for, or the nearest there is."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def number(request: HttpRequest, field: str) -> int:
    """Read a row's number from a form; what is none finds nothing."""
    text = request.POST.get(field, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
