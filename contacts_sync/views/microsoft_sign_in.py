"""Sign in with Microsoft: only with an account of the firm's own tenants.

The sign-in of django-allauth reads a profile and asks nothing of its tenant. The id token says it. It
comes from Microsoft over TLS in answer to our own secret, which OpenID Connect Core 3.1.3.7 (6) lets
stand for its signature; audience, age and person are compared here.
"""

from __future__ import annotations

from typing import Any

import jwt
from allauth.socialaccount.providers.microsoft.views import MicrosoftGraphOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.http import HttpRequest

LEEWAY = 120


class Adapter(MicrosoftGraphOAuth2Adapter):
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Read the profile, and refuse it unless the id token is of an allowed tenant."""
        claims = _claims(kwargs.get("response", {}).get("id_token"), app.client_id)
        allowed = [tenant.casefold() for tenant in settings.MICROSOFT_ALLOWED_TENANTS]
        if allowed and str(claims["tid"]).casefold() not in allowed:
            raise OAuth2Error("The account belongs to another organization.")
        login = super().complete_login(request, app, token, **kwargs)
        if login.account.uid != str(claims["oid"]):
            raise OAuth2Error("The profile is not of the person who signed in.")
        return login


def _claims(token: Any, client_id: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            audience=client_id,
            leeway=LEEWAY,
            options={
                "verify_signature": False,
                "verify_aud": True,
                "verify_exp": True,
                "require": ["exp", "tid", "oid"],
            },
        )
    except jwt.PyJWTError as error:
        raise OAuth2Error(f"The id token is not acceptable: {type(error).__name__}") from error
    return claims


callback = OAuth2CallbackView.adapter_view(Adapter)
