"""What Microsoft's refusals at sign-in mean: a closed list. Knows no contact.

"codes" is https://learn.microsoft.com/entra/identity-platform/reference-error-codes, which gives
number and meaning; what we do about it is our reading. "consent" is
https://learn.microsoft.com/entra/identity/enterprise-apps/user-admin-consent-overview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contacts_sync.providers.errors import (
    AuthRequired,
    ConsentRequired,
    Misconfigured,
    ProviderError,
    Unavailable,
)


class SignInFailed(AuthRequired):
    """This sign-in did not come to its end; another one may."""


class ConsentRefused(SignInFailed):
    """The person declined what we asked for."""


class ForeignTenant(SignInFailed):
    """The account belongs to an organization that may not be connected."""


ADMIN = "Your organization wants an administrator to agree before this application may be used."
DECLINED = "You declined the access that a sync needs. Sign in again and accept it."
AGAIN = "Microsoft 365 no longer accepts the stored sign-in. Sign in again."
REVOKED = "The sign-in was revoked, for instance with a new password. Sign in again."
IDLE = "The sign-in ended, because it was not used for long. Sign in again."
USED = "This sign-in was already used, or took too long. Start again."
PROVE = "Microsoft wants you to prove once more who you are. Sign in again."
BLOCKED = (
    "Your organization's rules for sign-ins or devices do not allow this. Ask your administrator."
)
DISABLED = "This account is disabled. Ask your administrator."
UNASSIGNED = "Your administrator has not given you this application. Ask for it."
UNKNOWN = "This account is not known in the organization we ask. Sign in with another one."
SECRET = "Our own secret or certificate at Microsoft is wrong or has expired."  # noqa: S105
UNREGISTERED = "Our application is not registered, or not registered for this kind of sign-in."
WRONG_REQUEST = (
    "Our registration at Microsoft does not fit: check redirect address and permissions."
)
STALE = "This sign-in was already used, or was begun somewhere else. Start again."
PORTAL = (
    "Microsoft's sign-in did not answer sensibly: something between us and the service, such as a"
    " proxy or a network's sign-in page, may have answered instead."
)
UNREACHABLE = "Microsoft's sign-in could not be reached. We try again later."
PATIENCE = "Microsoft's sign-in asks us to wait. We try again later."


@dataclass(frozen=True, slots=True)
class Row:
    """What a number (AADSTS…) or, with number 0, an OAuth error means."""

    number: int
    error: str
    raises: type[ProviderError]
    says: str
    source: str = "codes"


REFUSALS = (
    Row(50173, "invalid_grant", AuthRequired, REVOKED),
    Row(700082, "invalid_grant", AuthRequired, IDLE),
    Row(70043, "invalid_grant", AuthRequired, IDLE),
    Row(70008, "invalid_grant", AuthRequired, USED),
    Row(70000, "invalid_grant", AuthRequired, AGAIN),
    Row(54005, "invalid_grant", SignInFailed, USED),
    Row(501481, "invalid_grant", SignInFailed, USED),
    Row(65001, "invalid_grant", ConsentRequired, ADMIN),
    Row(65004, "access_denied", ConsentRefused, DECLINED),
    Row(90094, "access_denied", ConsentRequired, ADMIN, "consent"),
    Row(50076, "interaction_required", AuthRequired, PROVE),
    Row(50079, "interaction_required", AuthRequired, PROVE),
    Row(50074, "interaction_required", AuthRequired, PROVE),
    Row(50078, "interaction_required", AuthRequired, PROVE),
    Row(53003, "interaction_required", AuthRequired, BLOCKED),
    Row(53000, "interaction_required", AuthRequired, BLOCKED),
    Row(53001, "interaction_required", AuthRequired, BLOCKED),
    Row(50057, "invalid_grant", AuthRequired, DISABLED),
    Row(50105, "access_denied", AuthRequired, UNASSIGNED),
    Row(50020, "invalid_request", AuthRequired, UNKNOWN),
    Row(50034, "invalid_grant", AuthRequired, UNKNOWN),
    Row(50194, "invalid_request", Misconfigured, UNREGISTERED),
    Row(7000215, "invalid_client", Misconfigured, SECRET),
    Row(7000222, "invalid_client", Misconfigured, SECRET),
    Row(7000218, "invalid_client", Misconfigured, SECRET),
    Row(70002, "invalid_client", Misconfigured, SECRET),
    Row(700016, "unauthorized_client", Misconfigured, UNREGISTERED),
    Row(50011, "invalid_request", Misconfigured, WRONG_REQUEST),
    Row(70011, "invalid_scope", Misconfigured, WRONG_REQUEST),
    Row(50196, "invalid_grant", Unavailable, PATIENCE),
    Row(90033, "temporarily_unavailable", Unavailable, PATIENCE),
    Row(0, "invalid_grant", AuthRequired, AGAIN, "RFC 6749, 5.2"),
    Row(0, "interaction_required", AuthRequired, PROVE, "OpenID Connect Core, 3.1.2.6"),
    Row(0, "login_required", AuthRequired, PROVE, "OpenID Connect Core, 3.1.2.6"),
    Row(0, "consent_required", ConsentRequired, ADMIN, "OpenID Connect Core, 3.1.2.6"),
    Row(0, "access_denied", ConsentRefused, DECLINED, "RFC 6749, 4.1.2.1"),
    Row(0, "invalid_client", Misconfigured, SECRET, "RFC 6749, 5.2"),
    Row(0, "unauthorized_client", Misconfigured, UNREGISTERED, "RFC 6749, 5.2"),
    Row(0, "invalid_request", Misconfigured, WRONG_REQUEST, "RFC 6749, 5.2"),
    Row(0, "invalid_scope", Misconfigured, WRONG_REQUEST, "RFC 6749, 5.2"),
    Row(0, "temporarily_unavailable", Unavailable, PATIENCE, "RFC 6749, 4.1.2.1"),
    Row(0, "server_error", Unavailable, PATIENCE, "RFC 6749, 4.1.2.1"),
)


def sign_in_refusal(answer: Mapping[str, Any]) -> ProviderError:
    """Say what a refusal means, as an error to raise.

    The number decides before the error, which Microsoft uses for many things at once. Of the
    description only the number is read: the way back through the browser carries it nowhere else.
    """
    error = str(answer.get("error") or "")
    numbers = _numbers(answer)
    rows = [row for number in numbers for row in REFUSALS if row.number == number]
    rows += [row for row in REFUSALS if not row.number and row.error == error]
    trace = f"AADSTS{numbers[0]}" if numbers else error[:40]
    if not rows:
        return Unavailable(f"Microsoft's sign-in refused for a reason we do not know ({trace}).")
    return rows[0].raises(f"{rows[0].says} ({trace})")


def _numbers(answer: Mapping[str, Any]) -> list[int]:
    codes = answer.get("error_codes")
    if isinstance(codes, list) and codes:
        return [code for code in codes if isinstance(code, int)]
    return [
        int(number)
        for number in re.findall(r"AADSTS(\d{4,8})", str(answer.get("error_description")))
    ]
