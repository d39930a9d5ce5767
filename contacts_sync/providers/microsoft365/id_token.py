"""Check an id token, which MSAL has not done since 1.38 (its pull request 943). Knows no contact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
import requests

from contacts_sync.providers.errors import Unavailable
from contacts_sync.providers.microsoft365.refusals import PORTAL, STALE, UNREACHABLE, SignInFailed

LEEWAY = 120.0
"""Seconds by which clocks may differ."""

CLOCK = (
    "Microsoft's confirmation of who you are is not of this hour. Start again; if that does not"
    " help, the clock of this server is off: tell your administrator."
)


def check_id_token(
    token: Any,
    authority: str,
    client_id: str,
    nonce: str,
    session: requests.Session,
    now: datetime,
) -> Mapping[str, Any]:
    """Give the claims of an id token that Microsoft signed, now, for us, and for this sign-in.

    As OpenID Connect Core 3.1.3.7 asks. The keys are fetched in the same session as all the rest.
    Raises SignInFailed, or Unavailable when there are no keys to be had.
    """
    configuration = _json(session, f"{authority}/v2.0/.well-known/openid-configuration")
    keys = _json(session, str(configuration.get("jwks_uri")))
    try:
        claims = _signed(token, keys, client_id)
        _check_times(claims, now.timestamp())
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise SignInFailed(CLOCK) from error
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise SignInFailed(
            "Microsoft's confirmation of who you are could not be verified"
            f" ({type(error).__name__}). Start again."
        ) from error
    # Of several tenants, the configuration names the issuer with a gap for the tenant.
    issuer = str(configuration.get("issuer")).replace("{tenantid}", str(claims["tid"]))
    if claims.get("iss") != issuer:
        raise SignInFailed("The confirmation of who you are is not from Microsoft. Start again.")
    if claims.get("nonce") != hashlib.sha256(nonce.encode()).hexdigest():
        raise SignInFailed(STALE)
    return claims


def _signed(token: Any, keys: dict[str, Any], client_id: str) -> Mapping[str, Any]:
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    claims: Mapping[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=client_id,
        # The times are checked beside this: PyJWT knows no clock but its own.
        options={"require": ["exp", "tid", "oid"], "verify_exp": False, "verify_nbf": False},
    )
    return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if float(claims["exp"]) + LEEWAY < now:
        raise jwt.ExpiredSignatureError
    if float(claims.get("nbf", 0)) - LEEWAY > now:
        raise jwt.ImmatureSignatureError


def _json(session: requests.Session, url: str) -> dict[str, Any]:
    try:
        response = session.get(url)
        document = response.json() if response.status_code == 200 else None
    except requests.JSONDecodeError as error:
        raise Unavailable(PORTAL) from error
    except requests.RequestException as error:
        raise Unavailable(UNREACHABLE) from error
    if not isinstance(document, dict):
        raise Unavailable(PORTAL)
    return document
