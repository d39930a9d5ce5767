"""What holds for every page: its number, what the browser may load, and the second factor."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from contacts_sync import logs

Answer = Callable[[HttpRequest], HttpResponse]

COMMON = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
# Chromium applies form-action to redirects as well, and "Authorize" ends at Microsoft or at
# whatever sign-in page the tenant federates with; the simulator is plain http.
FORMS = "form-action 'self' https: http:" if settings.TRIAL else "form-action 'self' https:"
OURS = f"{COMMON}; {FORMS}"
# The admin's theme evaluates its expressions (Alpine) and sets styles from its scripts.
ADMIN = f"{OURS}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

_NUMBER = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id(get_response: Answer) -> Answer:
    """Give each request a number, which its log lines and its answer carry; a proxy may choose it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = request.headers.get("X-Request-ID", "")
        number = asked if _NUMBER.fullmatch(asked) else uuid.uuid4().hex
        with logs.about(request=number):
            response = get_response(request)
        response.headers["X-Request-ID"] = number
        return response

    return middleware


def content_security_policy(get_response: Answer) -> Answer:
    """Tell the browser what a page may load, and what it never needs."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = ADMIN if request.path.startswith(reverse("admin:index")) else OURS
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", FEATURES)
        return response

    return middleware


def no_nul(get_response: Answer) -> Answer:
    """Refuse what no person can type: PostgreSQL takes no NUL, so each look-up would fail."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if any("\0" in text for form in (request.GET, request.POST) for text in _texts(form)):
            raise BadRequest("NUL in a form")
        return get_response(request)

    return middleware


def _texts(form: QueryDict) -> Iterator[str]:
    for name, values in form.lists():
        yield name
        yield from map(str, values)


MACHINES = ("/healthz", "/readyz", "/metrics")


def no_session_for_machines(get_response: Answer) -> Answer:
    """Drop the session of whoever looks at a page for machines with a browser.

    Somebody would look it up, and these pages answer also when the database is away.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in MACHINES:
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return get_response(request)

    return middleware


def second_factor(get_response: Answer) -> Answer:
    """Lead staff without a second factor to where they set one up, if the firm demands it.

    What that takes stays open: the pages of the second factor, signing in again, signing out.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.REQUIRE_STAFF_MFA or not _lacks_factor(request):
            return get_response(request)
        messages.info(
            request,
            _(
                "Your firm asks everybody who sees its contacts for a second factor. Set one up"
                " here; it takes a minute, and a phone."
            ),
        )
        target = reverse("mfa_index")
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(target)
        return HttpResponseRedirect(target)

    return middleware


OPEN = (
    "mfa_index",
    "account_logout",
    "account_reauthenticate",
    "account_set_password",
    "account_reset_password",
)
"""Where somebody without a second factor may go: these, and what lies below them."""


def _lacks_factor(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated or not user.is_staff:
        return False
    if request.path.startswith((settings.STATIC_URL, *(reverse(name) for name in OPEN))):
        return False
    return not is_mfa_enabled(user)
