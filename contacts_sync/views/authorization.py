"""Authorize a Microsoft account, disconnect it, or make room for another one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts_sync import connections
from contacts_sync.models import Connection
from contacts_sync.views.page import needs_mailbox, show

FLOW = "microsoft365_flow"
REFUSAL = "microsoft365_refusal"


@require_POST
def authorize(request: HttpRequest) -> HttpResponse:
    """Send the browser to Microsoft. A second press simply begins again."""
    try:
        flow = connections.begin_authorization(
            request.build_absolute_uri(reverse("office365_callback"))
        )
    except connections.Refused as refused:
        return _refuse(request, refused)
    request.session[FLOW] = flow
    return HttpResponseRedirect(flow["auth_uri"])


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take what Microsoft sends back. It is good for one use, and leaves the address bar at once."""
    if request.GET.get("admin_consent", "").lower() == "true":
        messages.success(
            request,
            _("The administrator has agreed. Everybody can press Authorize Office 365 Access now."),
        )
        return redirect("office365")
    flow = request.session.pop(FLOW, None)
    if flow is None:
        messages.warning(
            request,
            _(
                "This sign-in has expired or was used already. If no account is shown below,"
                " press Authorize Office 365 Access again."
            ),
        )
        return redirect("office365")
    try:
        connection = connections.finish_authorization(request.user, flow, request.GET.dict())
    except connections.Refused as refused:
        return _refuse(request, refused)
    messages.success(
        request,
        _("You authorized access to the contacts of %(account)s.") % {"account": connection},
    )
    return redirect("office365")


def _refuse(request: HttpRequest, refused: connections.Refused) -> HttpResponse:
    request.session[REFUSAL] = {
        "text": str(refused),
        "admin_consent_url": refused.admin_consent_url,
    }
    return redirect("office365")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def disconnect(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say what disconnecting does, then do it."""
    if request.method != "POST":
        return show(request, "disconnect.html", {"connection": connection})
    if connection.state != Connection.State.DISCONNECTED:
        connections.disconnect(connection)
    messages.success(
        request,
        _("%(account)s is disconnected. Both contact lists stay as they are.")
        % {"account": connection},
    )
    return redirect("office365")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_mailbox
def replace(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Say what it means to use another account, then make room for it."""
    if request.method != "POST":
        return show(
            request,
            "replace.html",
            {"connection": connection, "linked": connection.links.filter(state="linked").count()},
        )
    connections.retire(connection)
    messages.success(
        request,
        _("%(account)s is released. Now authorize the other account.") % {"account": connection},
    )
    return redirect("office365")
