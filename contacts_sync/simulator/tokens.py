"""Codes, access tokens, refresh tokens and id tokens: made, checked, rotated, revoked."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from contacts_sync.simulator.errors import GraphError, invalid_token
from contacts_sync.simulator.journal import Journal
from contacts_sync.simulator.messages import Request

if TYPE_CHECKING:
    from contacts_sync.simulator.accounts import Account
    from contacts_sync.simulator.behaviour import Behaviour

LOGIN = "https://login.microsoftonline.com"
CODE_SECONDS = 600
REFRESH_SECONDS = 90 * 24 * 3600


@dataclass(slots=True)
class Grant:
    """What a code or token stands for."""

    kind: Literal["code", "access", "refresh"]
    username: str
    client_id: str
    scope: str
    expires: float
    session: int
    nonce: str = ""
    redirect_uri: str = ""
    challenge: str = ""
    challenge_method: str = ""
    used: bool = False
    """A code or refresh token was redeemed; an access token needs fresh claims."""


class Tokens:
    """All grants of the service; they survive a restart when the journal keeps them."""

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], float],
        behaviour: Behaviour,
        find_account: Callable[[str], Account | None],
    ) -> None:
        self._journal, self._clock, self._behaviour = journal, clock, behaviour
        self._find_account = find_account
        self._grants: dict[str, Grant] = {}
        self._key: RSAPrivateKey | None = None
        self._prune_at = 1000
        for token, data in journal.rows("select token, data from grants"):
            self._grants[token] = Grant(**json.loads(data))

    def issue(self, grant: Grant) -> str:
        token = f"{_PREFIX[grant.kind]}{secrets.token_urlsafe(48)}"
        if len(self._grants) > self._prune_at:
            self._prune()
        self._grants[token] = grant
        self._save(token, grant)
        return token

    def find(self, token: str, kind: str) -> Grant | None:
        grant = self._grants.get(token)
        return grant if grant is not None and grant.kind == kind else None

    def use_up(self, token: str) -> None:
        grant = self._grants[token]
        grant.used = True
        self._save(token, grant)

    def challenge(self, username: str) -> None:
        """Make the account's access tokens ask for fresh claims (continuous access evaluation)."""
        for token, grant in list(self._grants.items()):
            if grant.kind == "access" and grant.username == username:
                self.use_up(token)

    def access(self, account: Account, client_id: str, scope: str) -> str:
        expires = self._clock() + self._behaviour.token_lifetime
        grant = Grant("access", account.username, client_id, scope, expires, account.session)
        return self.issue(grant)

    def refresh(self, account: Account, client_id: str, scope: str) -> str:
        expires = self._clock() + REFRESH_SECONDS
        grant = Grant("refresh", account.username, client_id, scope, expires, account.session)
        return self.issue(grant)

    def check(self, request: Request) -> tuple[Account, frozenset[str]]:
        """Give the account and scopes of a request's bearer token. Raises 401."""
        kind, _, token = request.header("authorization").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise invalid_token("Access token is empty.")
        grant = self.find(token.strip(), "access")
        if grant is None:
            raise invalid_token("IDX14100: JWT is not well formed.")
        account = self._find_account(grant.username)
        if account is None or account.disabled or account.session != grant.session:
            raise invalid_token("The access token has been revoked.")
        if grant.expires <= self._clock():
            raise invalid_token("Lifetime validation failed, the token is expired.")
        if grant.used:
            raise _claims_challenge()
        return account, scopes_of(grant.scope)

    def id_token(self, account: Account, client_id: str, nonce: str) -> str:
        now = int(self._clock())
        claims: dict[str, Any] = {
            "aud": client_id,
            "iss": f"{LOGIN}/{account.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": account.name,
            "oid": account.object_id,
            "preferred_username": account.username,
            "sub": account.subject(client_id),
            "tid": account.tenant_id,
            "ver": "2.0",
        }
        if account.mailbox:
            claims["email"] = account.username
        if nonce:
            claims["nonce"] = nonce
        return jwt.encode(claims, self._private_key(), "RS256", headers={"kid": KEY_ID})

    def keys(self, issuer: str) -> dict[str, Any]:
        """Give the public key as the key document of a tenant."""
        public = self._private_key().public_key()
        key = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "RS256", "issuer": issuer}]}

    def _prune(self) -> None:
        """Forget what expired an hour ago; until then the refusal says why."""
        since = self._clock() - 3600
        for token, grant in list(self._grants.items()):
            if grant.expires < since:
                del self._grants[token]
                self._journal.write(("delete from grants where token = ?", (token,)))
        self._prune_at = 2 * len(self._grants) + 1000

    def _private_key(self) -> RSAPrivateKey:
        if self._key is None:
            self._key = _load_key(self._journal) if self._journal.keeps else _process_key()
        return self._key

    def _save(self, token: str, grant: Grant) -> None:
        self._journal.write(
            (
                "insert into grants values (?, ?) on conflict do update set data = excluded.data",
                (token, json.dumps(asdict(grant))),
            )
        )


KEY_ID = "simulated-signing-key"
_PREFIX = {"code": "0.code-", "access": "eyJ0eXAi.", "refresh": "1.refresh-"}


def scopes_of(text: str) -> frozenset[str]:
    """Give short scope names, whatever form was asked for."""
    return frozenset(scope.rpartition("/")[2] for scope in text.split())


def client_info(account: Account) -> str:
    data = json.dumps({"uid": account.object_id, "utid": account.tenant_id})
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


@cache
def _process_key() -> RSAPrivateKey:
    # Making a key takes longer than most tests; all services of a process share it.
    return generate_private_key(public_exponent=65537, key_size=2048)


def _load_key(journal: Journal) -> RSAPrivateKey:
    for (pem,) in journal.rows("select value from settings where name = 'key'"):
        key = serialization.load_pem_private_key(pem.encode(), None)
        if isinstance(key, RSAPrivateKey):
            return key
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    journal.write(("insert or replace into settings values ('key', ?)", (pem,)))
    journal.flush()
    return key


def _claims_challenge() -> GraphError:
    claims = base64.b64encode(
        b'{"access_token":{"nbf":{"essential":true, "value":"1700000000"}}}'
    ).decode()
    error = invalid_token(
        "Continuous access evaluation resulted in challenge with result: InteractionRequired "
        "and code: TokenCreatedWithOutdatedPolicies"
    )
    error.headers["WWW-Authenticate"] = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/'
        f'authorize", error="insufficient_claims", claims="{claims}"'
    )
    return error
