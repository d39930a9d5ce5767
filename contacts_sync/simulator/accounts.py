"""Work accounts of the simulated tenants, and what they allow an application."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

TENANT = "6f1d5a10-3c84-4f6b-9b0e-0c5f1a7e2d01"
Consent = Literal["user", "admin", "refused"]
_BASIC = {"openid", "profile", "email", "offline_access", "User.Read"}


@dataclass(slots=True, eq=False)
class Account:
    """One account. Its fields may be changed while the service runs; `Microsoft365.save` keeps it.

    consent: `user` may consent alone, `admin` needs an administrator for
    everything beyond signing in, `refused` always comes back declined.
    """

    username: str
    name: str
    tenant_id: str = TENANT
    object_id: str = ""
    mailbox: bool = True
    consent: Consent = "user"
    disabled: bool = False
    session: int = 1
    """Tokens name it; raising it revokes them."""
    granted: list[str] = field(default_factory=list)
    """Consented scopes, each as `client scope`."""

    def __post_init__(self) -> None:
        if not self.object_id:
            self.object_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"account:{self.username}"))

    @property
    def key(self) -> str:
        return f"{self.object_id}@{self.tenant_id}"

    def has_granted(self, client_id: str, scopes: set[str]) -> bool:
        return all(f"{client_id} {scope}" in self.granted for scope in scopes)

    def grant(self, client_id: str, scopes: set[str]) -> None:
        self.granted = sorted({*self.granted, *(f"{client_id} {scope}" for scope in scopes)})

    def subject(self, client_id: str) -> str:
        """Give the pairwise subject of id tokens: another one for each application."""
        return hashlib.blake2b(f"{client_id}/{self.object_id}".encode(), digest_size=22).hexdigest()

    def profile(self) -> dict[str, Any]:
        given, _, surname = self.name.partition(" ")
        return {
            "businessPhones": [],
            "displayName": self.name,
            "givenName": given,
            "jobTitle": None,
            "mail": self.username if self.mailbox else None,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": surname or None,
            "userPrincipalName": self.username,
            "id": self.object_id,
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def beyond_sign_in(scopes: set[str]) -> set[str]:
    """Give the scopes that a tenant's policy may reserve to administrators."""
    return scopes - _BASIC
