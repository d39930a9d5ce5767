"""When our proof of identity at Microsoft ends, as far as we can know it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings


class Unreadable(Exception):
    """The proof, or its date, cannot be read. `hint` says what to do."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


def proof_ends() -> datetime | None:
    """Give the end of the certificate, or of the secret if its date is set; None if unknown."""
    if path := settings.MICROSOFT_CLIENT_CERTIFICATE:
        try:
            found = x509.load_pem_x509_certificate(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise Unreadable(
                f"MICROSOFT_CLIENT_CERTIFICATE cannot be read ({type(error).__name__}).",
                "It is the path of one PEM file with the private key and the certificate, readable"
                " for the user that runs the site and the worker.",
            ) from error
        return found.not_valid_after_utc
    if date := settings.MICROSOFT_SECRET_EXPIRES:
        try:
            return datetime.fromisoformat(date).replace(tzinfo=UTC)
        except ValueError as error:
            raise Unreadable(
                "MICROSOFT_SECRET_EXPIRES is not a date.", "Write it like 2027-06-30."
            ) from error
    return None
