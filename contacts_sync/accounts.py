"""Sign-in without sign-up: staff invite people, nobody invites themselves."""

from __future__ import annotations

import base64
import logging
import secrets
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; a mail server that is away must not undo what a person has just done."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.error("a mail (%s) was not sent: %s", template_prefix, type(error).__name__)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Let a Microsoft account sign in only after its owner connected it to an existing account.

    An e-mail address never connects the two: in Entra ID a tenant's administrator chooses what
    the `mail` attribute says, so trusting it would let one firm sign in as another.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Drop the token: the profile is read, and a sign-in that waits is kept in the session."""
        sociallogin.token = None


class MFAAdapter(DefaultMFAAdapter):
    """Keep the secrets of second factors encrypted, with the keys of the mailbox credentials."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret. One that no key opens becomes a secret that nobody knows.

        An empty text would be worse than an error: anybody can compute the codes of an empty secret.
        """
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.error("a second factor cannot be read: its key of TOKEN_ENCRYPTION_KEYS is gone")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def rotate() -> tuple[int, int]:
    """Encrypt every second factor with the first key; give how many, and how many no key opens."""
    done = failed = 0
    for authenticator in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
        try:
            fresh = {
                name: _rotated(value) if name in ("secret", "seed") else value
                for name, value in authenticator.data.items()
            }
        except InvalidToken:
            failed += 1
            continue
        # A recovery code may be used this very moment; the next rotation takes what this one lost.
        done += Authenticator.objects.filter(pk=authenticator.pk, data=authenticator.data).update(
            data=fresh
        )
    return done, failed


def _rotated(sealed: str) -> str:
    return _fernet().rotate(sealed.encode()).decode()


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS])
