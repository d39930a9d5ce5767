"""Invite a person: a mail with a link to choose a password."""

from __future__ import annotations

from smtplib import SMTPException

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _


def invite(request: HttpRequest, user: User) -> bool:
    """Send the mail, and tell the inviting person how it went. The link is in the mail alone."""
    key = default_token_generator.make_token(user)
    link = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": key},
    )
    context = {
        "user": user,
        "inviter": request.user,
        "link": request.build_absolute_uri(link),
        "site": request.build_absolute_uri("/"),
    }
    body = render_to_string("admin/auth/user/invitation.txt", context)
    try:
        send_mail(_("Your account for the firm's contacts"), body, None, [user.email])
    except (SMTPException, OSError) as error:
        messages.error(
            request,
            _(
                "%(email)s was added, but the invitation was not sent (%(error)s). Repair the mail"
                " settings and use “Invite again”."
            )
            % {"email": user.email, "error": error.__class__.__name__},
        )
        return False
    messages.success(request, _("An invitation was sent to %(email)s.") % {"email": user.email})
    return True
