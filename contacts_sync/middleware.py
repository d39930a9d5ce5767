"""Tell the browser what a page may load."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

COMMON = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
# Chromium applies form-action to redirects as well, and "Authorize" ends at Microsoft or at
# whatever sign-in page the tenant federates with; the simulator is plain http.
FORMS = "form-action 'self' https: http:" if settings.TRIAL else "form-action 'self' https:"
OURS = f"{COMMON}; {FORMS}"
# The admin's theme evaluates its expressions (Alpine) and sets styles from its scripts.
ADMIN = f"{OURS}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = ADMIN if request.path.startswith(reverse("admin:index")) else OURS
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
