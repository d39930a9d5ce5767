"""What can go wrong at a provider, by what the caller should do about it.

* ProviderError
  * Unavailable        try the whole run again later, after `retry_after` seconds if given
    * Throttled        ... we asked too often
  * AuthRequired       a person has to sign in again
    * ConsentRequired  ... and an administrator has to agree first
  * Misconfigured      nobody can sync: tell the operator, not the user
  * NoMailbox          this account has no mailbox
  * WrongMailbox       this is not the mailbox we know
  * CursorExpired      read everything again
  * Rejected           this one record is refused; go on with the others
"""

from __future__ import annotations


class ProviderError(Exception):
    """Something went wrong at the other side. The text is fit for a person to read."""


class Unavailable(ProviderError):
    """The service did not answer, or not sensibly: try again later."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """The service asks for patience."""


class AuthRequired(ProviderError):
    """The stored sign-in is no longer accepted: a person has to sign in again."""


class ConsentRequired(AuthRequired):
    """An administrator of the tenant has to agree before anybody can sign in."""


class Misconfigured(ProviderError):
    """Our own registration at the service is wrong, for instance an expired client secret."""


class NoMailbox(ProviderError):
    """The account has no mailbox that could be synced."""


class WrongMailbox(ProviderError):
    """The credential opens another account than the one this connection belongs to."""


class CursorExpired(ProviderError):
    """The service does not know our place in its list of changes any more."""


class Rejected(ProviderError):
    """The service refuses this one record and says why."""
