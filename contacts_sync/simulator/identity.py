"""The identity platform's machine side: discovery, keys, and the token endpoint."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from typing import TYPE_CHECKING, Any

from contacts_sync.simulator.accounts import Account
from contacts_sync.simulator.messages import Answer, Request
from contacts_sync.simulator.tokens import LOGIN, Grant, client_info, scopes_of

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365

ANY_TENANT = ("common", "organizations", "consumers")


class TokenRefused(Exception):
    """A token request the platform refuses, with its OAuth error and AADSTS number."""

    def __init__(
        self, error: str, number: int, text: str, status: int = 400, suberror: str = ""
    ) -> None:
        super().__init__(text)
        self.error, self.number, self.text = error, number, text
        self.status, self.suberror = status, suberror


def answer(sim: Microsoft365, request: Request) -> Answer | None:
    """Answer what machines ask; None for anything else."""
    segments = [segment for segment in request.path.split("/") if segment]
    match segments:
        case ["common", "discovery", "instance"]:
            return _plain(200, _instances())
        case [tenant, "v2.0", ".well-known", "openid-configuration"]:
            return _plain(200, _configuration(sim, tenant))
        case [tenant, "discovery", "v2.0", "keys"]:
            return _plain(200, sim.tokens.keys(_issuer(tenant)))
        case [tenant, "oauth2", "v2.0", "token"] if request.method == "POST":
            return _token(sim, request)
        case _:
            return None


def _configuration(sim: Microsoft365, tenant: str) -> dict[str, Any]:
    """Give the discovery document: machines go to the real host, browsers to the simulator."""
    base = f"{LOGIN}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": _issuer(tenant),
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{sim.origin}/{tenant}/oauth2/v2.0/authorize",
        "end_session_endpoint": f"{sim.origin}/{tenant}/oauth2/v2.0/logout",
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }


def _issuer(tenant: str) -> str:
    return f"{LOGIN}/{'{tenantid}' if tenant in ANY_TENANT else tenant}/v2.0"


def _instances() -> dict[str, Any]:
    host = "login.microsoftonline.com"
    return {
        "tenant_discovery_endpoint": f"{LOGIN}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": host,
                "preferred_cache": "login.windows.net",
                "aliases": [host, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
            }
        ],
    }


def _token(sim: Microsoft365, request: Request) -> Answer:
    form = request.form
    try:
        client_id = _check_client(sim, request, form)
        match form.get("grant_type"):
            case "authorization_code":
                return _plain(200, _redeem_code(sim, client_id, form))
            case "refresh_token":
                return _plain(200, _redeem_refresh_token(sim, client_id, form))
            case other:
                raise TokenRefused(
                    "unsupported_grant_type", 70003, f"The grant type '{other}' is not supported."
                )
    except TokenRefused as refused:
        return _refusal(sim, refused)


def _check_client(sim: Microsoft365, request: Request, form: dict[str, str]) -> str:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    kind, _, basic = request.header("authorization").partition(" ")
    if kind.lower() == "basic":
        client_id, _, secret = base64.b64decode(basic).decode("utf-8", "replace").partition(":")
    if not client_id:
        raise TokenRefused("invalid_request", 900144, "The request body must contain 'client_id'.")
    client = sim.clients.get(client_id)
    if sim.clients and client is None:
        raise TokenRefused(
            "unauthorized_client", 700016, f"Application '{client_id}' was not found.", 400
        )
    if sim.behaviour.secret_expired:
        raise TokenRefused(
            "invalid_client", 7000222, "The provided client secret keys are expired.", 401
        )
    if form.get("client_assertion"):
        return client_id
    if client is not None and secret != client.secret:
        raise TokenRefused("invalid_client", 7000215, "Invalid client secret provided.", 401)
    if not secret:
        raise TokenRefused(
            "invalid_client", 7000218, "The request must contain a client secret.", 401
        )
    return client_id


def _redeem_code(sim: Microsoft365, client_id: str, form: dict[str, str]) -> dict[str, Any]:
    code = form.get("code", "")
    grant = sim.tokens.find(code, "code")
    if grant is None or grant.client_id != client_id:
        raise TokenRefused("invalid_grant", 70000, "The provided code is malformed or not valid.")
    if grant.used:
        raise TokenRefused(
            "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed."
        )
    if grant.expires <= sim.clock():
        raise TokenRefused("invalid_grant", 70008, "The provided authorization code is expired.")
    if grant.redirect_uri != form.get("redirect_uri", grant.redirect_uri):
        raise TokenRefused("invalid_grant", 500112, "The reply address does not match.")
    _check_verifier(grant, form.get("code_verifier", ""))
    account = _account(sim, grant)
    sim.tokens.use_up(code)
    # The scope of the answer is in the form that was asked for: caches compare it as text.
    return _issue(sim, account, client_id, form.get("scope") or grant.scope, grant.nonce)


def _check_verifier(grant: Grant, verifier: str) -> None:
    if not grant.challenge:
        return
    proof = verifier
    if grant.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if proof != grant.challenge:
        raise TokenRefused(
            "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge."
        )


def _redeem_refresh_token(
    sim: Microsoft365, client_id: str, form: dict[str, str]
) -> dict[str, Any]:
    token = form.get("refresh_token", "")
    grant = sim.tokens.find(token, "refresh")
    if grant is None or grant.client_id != client_id:
        raise TokenRefused(
            "invalid_grant", 9002313, "The refresh token is malformed.", suberror="bad_token"
        )
    if grant.used and sim.behaviour.refresh_rotation == "strict":
        raise TokenRefused(
            "invalid_grant", 70000, "The refresh token was used before.", suberror="bad_token"
        )
    if grant.expires <= sim.clock():
        raise TokenRefused(
            "invalid_grant", 700082, "The refresh token has expired due to inactivity."
        )
    account = _account(sim, grant)
    asked = form.get("scope") or grant.scope
    wanted = set(scopes_of(asked)) - {"openid", "profile", "email", "offline_access", ".default"}
    if not account.has_granted(client_id, wanted):
        raise TokenRefused(
            "invalid_grant",
            65001,
            "The user or administrator has not consented to use the application.",
            suberror="consent_required",
        )
    sim.tokens.use_up(token)
    return _issue(sim, account, client_id, asked, "")


def _account(sim: Microsoft365, grant: Grant) -> Account:
    account = sim.accounts.get(grant.username)
    if account is None or account.disabled:
        raise TokenRefused("invalid_grant", 50057, "The user account is disabled.")
    if account.session != grant.session:
        raise TokenRefused(
            "invalid_grant", 50173, "The provided grant has expired due to it being revoked."
        )
    return account


def _issue(
    sim: Microsoft365, account: Account, client_id: str, scope: str, nonce: str
) -> dict[str, Any]:
    tokens = sim.tokens
    scopes = scopes_of(scope)
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(s for s in scope.split() if s != "offline_access"),
        "expires_in": sim.behaviour.token_lifetime,
        "ext_expires_in": sim.behaviour.token_lifetime,
        "access_token": tokens.access(account, client_id, scope),
        "client_info": client_info(account),
    }
    if "offline_access" in scopes:
        answer["refresh_token"] = tokens.refresh(account, client_id, scope)
    if "openid" in scopes:
        answer["id_token"] = tokens.id_token(account, client_id, nonce)
    return answer


def _refusal(sim: Microsoft365, refused: TokenRefused) -> Answer:
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(sim.clock()))
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    payload: dict[str, Any] = {
        "error": refused.error,
        "error_description": f"AADSTS{refused.number}: {refused.text} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [refused.number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{LOGIN}/error?code={refused.number}",
    }
    if refused.suberror:
        payload["suberror"] = refused.suberror
    return _plain(refused.status, payload)


def _plain(status: int, payload: Any) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, payload, headers)
