"""Sign-in without sign-up: staff invite people, nobody invites themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Let a Microsoft account sign in only after its owner connected it to an existing account.

    An e-mail address never connects the two: in Entra ID a tenant's administrator chooses what
    the `mail` attribute says, so trusting it would let one firm sign in as another.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
