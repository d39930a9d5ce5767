"""Sign in at Microsoft and keep access tokens coming. Knows no contact.

MSAL speaks the protocol and keeps the tokens. What it does not do is done here: it takes an id token
unchecked since 1.38 (its pull request 943), and it reports trouble in seven ways.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import jwt
import msal
import requests
from msal.exceptions import MsalServiceError

from contacts_sync.providers.account import Account
from contacts_sync.providers.errors import AuthRequired, Misconfigured, Unavailable
from contacts_sync.providers.microsoft365.id_token import check_id_token
from contacts_sync.providers.microsoft365.refusals import (
    DECLINED,
    PORTAL,
    STALE,
    UNREACHABLE,
    ConsentRefused,
    ForeignTenant,
    SignInFailed,
    sign_in_refusal,
)

SCOPES = ["User.Read", "Contacts.ReadWrite"]
HTTP_CACHE: dict[str, Any] = {}
"""What MSAL remembers of the discovery document and of failures, for all accounts of a process."""

NOT_SIGNED_IN = "Nobody is signed in to Microsoft 365. Sign in again."

# It logs a token answer that is no JSON as it is; half an answer holds whole tokens.
logging.getLogger("msal.oauth2cli.oauth2").addFilter(lambda record: record.levelno < logging.ERROR)


@dataclass(frozen=True, slots=True)
class Registration:
    """Our application as it is registered at Microsoft. `certificate` is a PEM with its key."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    tenant: str = "organizations"
    login_url: str = "https://login.microsoftonline.com"
    graph_url: str = "https://graph.microsoft.com"

    @property
    def authority(self) -> str:
        return f"{self.login_url}/{self.tenant}"

    @property
    def graph_base(self) -> str:
        """Where `http.ApiClient` sends requests."""
        return f"{self.graph_url}/v1.0"

    @property
    def credential(self) -> str | dict[str, str]:
        if not self.certificate:
            return self.client_secret
        return {"private_key": self.certificate, "public_certificate": self.certificate}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and what later gives access: a secret, to be stored encrypted."""

    account: Account
    credential: str = field(repr=False)


# --- Signing in ---------------------------------------------------------------------------------


def begin_sign_in(
    registration: Registration,
    session: requests.Session,
    redirect_uri: str,
    http_cache: MutableMapping[str, Any] = HTTP_CACHE,
) -> dict[str, Any]:
    """Begin a sign-in. The answer belongs into the person's session; `auth_uri` is where to go.

    State, nonce and PKCE are in it. The person always chooses the account.
    """
    application = _application(registration, session, msal.SerializableTokenCache(), http_cache)
    with warnings.catch_warnings():
        # We ask for the code in the query: after a cross-site POST a browser does not send our
        # session cookie, and the sign-in would not be found again.
        warnings.filterwarnings("ignore", message="response_mode='form_post'")
        flow: dict[str, Any] = application.initiate_auth_code_flow(
            SCOPES, redirect_uri=redirect_uri, prompt="select_account"
        )
    return flow


def finish_sign_in(
    registration: Registration,
    session: requests.Session,
    flow: Mapping[str, Any],
    query: Mapping[str, str],
    allowed_tenants: Collection[str],
    http_cache: MutableMapping[str, Any] = HTTP_CACHE,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SignedIn:
    """Finish a sign-in with what Microsoft sent the browser back with.

    `flow` is used once: take it out of the session first. No tenant in `allowed_tenants` allows
    every tenant. Every failure is a ProviderError whose text tells the person what to do.
    """
    cache = msal.SerializableTokenCache()
    application = _application(registration, session, cache, http_cache)
    result = _redeem(application, flow, query, http_cache)
    if "error" in result:
        raise sign_in_refusal(result)
    claims = check_id_token(
        result.get("id_token"),
        registration.authority,
        registration.client_id,
        str(flow.get("nonce")),
        session,
        now(),
    )
    tenant_id = str(claims["tid"])
    if allowed_tenants and tenant_id.casefold() not in map(str.casefold, allowed_tenants):
        raise ForeignTenant(
            f"{claims.get('preferred_username') or 'This account'} belongs to another organization"
            f" (tenant {tenant_id}). Sign in with an account of your firm."
        )
    if missing := _missing_scopes(result):
        raise ConsentRefused(f"{DECLINED} ({', '.join(missing)})")
    return SignedIn(_account(claims), cache.serialize())


def admin_consent_url(
    registration: Registration,
    session: requests.Session,
    redirect_uri: str,
    state: str,
    http_cache: MutableMapping[str, Any] = HTTP_CACHE,
) -> str:
    """Give the page on which an administrator agrees for a whole tenant.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
    """
    application = _application(registration, session, msal.SerializableTokenCache(), http_cache)
    start: str = application.authority.authorization_endpoint
    query = {
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(f"{registration.graph_url}/{scope}" for scope in SCOPES),
        "state": state,
    }
    return f"{start.removesuffix('/oauth2/v2.0/authorize')}/v2.0/adminconsent?{urlencode(query)}"


def _redeem(
    application: Any,
    flow: Mapping[str, Any],
    query: Mapping[str, str],
    http_cache: MutableMapping[str, Any],
) -> dict[str, Any]:
    try:
        with _asking(http_cache):
            result: dict[str, Any] = application.acquire_token_by_auth_code_flow(
                dict(flow), dict(query)
            )
    except (ValueError, RuntimeError) as error:  # a wrong state, a wrong nonce
        raise SignInFailed(STALE) from error
    return result


def _missing_scopes(result: Mapping[str, Any]) -> list[str]:
    """Say what was asked for and not given: the answer names what was given (RFC 6749, 5.1)."""
    given = str(result.get("scope") or " ".join(SCOPES)).casefold().split()
    given = [scope.rpartition("/")[2] for scope in given]
    return [scope for scope in SCOPES if scope.casefold() not in given]


def _account(claims: Mapping[str, Any]) -> Account:
    username = str(claims.get("preferred_username") or claims.get("upn") or "")
    return Account(
        tenant_id=str(claims["tid"]),
        object_id=str(claims["oid"]),
        username=username,
        name=str(claims.get("name") or username),
    )


# --- Staying signed in --------------------------------------------------------------------------


class TokenSource:
    """Access tokens of one account, from its stored credential.

    Refresh tokens rotate, so a credential that changed is given to `save` before the token that
    came with it is used. Somebody else may have rotated it meanwhile: on `invalid_grant` the
    credential is read once more with `reload` before a person is asked to sign in again.
    """

    def __init__(
        self,
        registration: Registration,
        session: requests.Session,
        credential: str,
        save: Callable[[str], None],
        reload: Callable[[], str],
        http_cache: MutableMapping[str, Any] = HTTP_CACHE,
    ) -> None:
        self._registration = registration
        self._session = session
        self._credential = credential
        self._save = save
        self._reload = reload
        self._http_cache = http_cache
        self._cache: Any = None
        self._application: Any = None

    def __call__(self, refresh: bool = False, claims: str = "") -> str:
        """Give a token; a new one to `refresh`, or when Graph asks for `claims` (CAE)."""
        result = self._silent(refresh, claims)
        if result.get("error") == "invalid_grant" and self._read_again():
            result = self._silent(refresh=False, claims=claims)
        if "access_token" not in result:
            raise sign_in_refusal(result)
        return str(result["access_token"])

    def tenant_id(self) -> str:
        """Say which tenant the credential belongs to: that of its id token, checked at sign-in."""
        self._open()
        tokens = list(self._cache.search(msal.TokenCache.CredentialType.ID_TOKEN))
        if not tokens:
            raise AuthRequired(NOT_SIGNED_IN)
        claims = jwt.decode(tokens[-1]["secret"], options={"verify_signature": False})
        return str(claims["tid"])

    def _silent(self, refresh: bool, claims: str) -> dict[str, Any]:
        self._open()
        accounts = self._application.get_accounts()
        if not accounts:
            raise AuthRequired(NOT_SIGNED_IN)
        try:
            with _asking(self._http_cache):
                result = self._application.acquire_token_silent_with_error(
                    SCOPES,
                    accounts[0],
                    force_refresh=refresh,
                    claims_challenge=claims or None,
                )
        finally:
            self._keep()
        if result is None:
            raise AuthRequired(NOT_SIGNED_IN)
        return dict(result)

    def _open(self) -> None:
        if self._application is not None:
            return
        self._cache = msal.SerializableTokenCache()
        if not _is_object(self._credential):
            raise AuthRequired(NOT_SIGNED_IN)
        self._cache.deserialize(self._credential)
        self._application = _application(
            self._registration, self._session, self._cache, self._http_cache
        )

    def _keep(self) -> None:
        if self._cache.has_state_changed:
            self._credential = self._cache.serialize()
            self._save(self._credential)

    def _read_again(self) -> bool:
        stored = self._reload()
        if stored == self._credential:
            return False
        self._credential, self._application = stored, None
        return True


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


# --- MSAL ---------------------------------------------------------------------------------------


def _application(
    registration: Registration,
    session: requests.Session,
    cache: Any,
    http_cache: MutableMapping[str, Any],
) -> Any:
    """Build MSAL's object, which asks for the discovery document unless `http_cache` has it."""
    try:
        with _asking(http_cache):
            return msal.ConfidentialClientApplication(
                registration.client_id,
                client_credential=registration.credential,
                authority=registration.authority,
                instance_discovery=False,  # it would ask the world-wide cloud about other clouds
                http_client=session,
                token_cache=cache,
                http_cache=http_cache,
                client_capabilities=["CP1"],  # we understand claims challenges
            )
    except ValueError as error:
        if isinstance(error.__context__, json.JSONDecodeError):
            http_cache.clear()
            raise Unavailable(PORTAL) from error
        raise Misconfigured(
            f"Microsoft's sign-in does not accept our settings: there is no tenant"
            f" “{registration.tenant}”, or our certificate cannot be read."
        ) from error
    except RuntimeError as error:
        raise Unavailable(PORTAL) from error


@contextmanager
def _asking(http_cache: MutableMapping[str, Any]) -> Iterator[None]:
    """Turn MSAL's ways to say "not now" into Unavailable.

    MSAL keeps whatever came with status 200 for a day: a network's sign-in page would outlive the
    visit, so the cache is emptied.
    """
    try:
        yield
    except (requests.RequestException, MsalServiceError) as error:
        raise Unavailable(UNREACHABLE) from error
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        http_cache.clear()
        raise Unavailable(PORTAL) from error
