"""The pages a person meets when signing in: account, consent, and the way back."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from contacts_sync.simulator.accounts import Account, beyond_sign_in
from contacts_sync.simulator.identity import ANY_TENANT
from contacts_sync.simulator.messages import Answer, Request, page, redirect
from contacts_sync.simulator.pages import button, card, hidden, layout
from contacts_sync.simulator.tokens import CODE_SECONDS, Grant, scopes_of

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365

_COOKIE = "SimulatedSession"
_SCOPE_TEXTS = {
    "Contacts.ReadWrite": "Have full access to your contacts",
    "Contacts.Read": "Read your contacts",
    "User.Read": "Sign you in and read your profile",
    "offline_access": "Maintain access to data you have given it access to",
}
_SILENT = {"openid", "profile", "email"}


def answer(sim: Microsoft365, request: Request) -> Answer | None:
    """Answer what browsers ask of the identity platform; None for anything else."""
    match [segment for segment in request.path.split("/") if segment]:
        case [tenant, "oauth2", "v2.0", "authorize"]:
            return _authorize(sim, request, tenant)
        case [tenant, "v2.0", "adminconsent"]:
            return _admin_consent(sim, request, tenant)
        case [_, "oauth2", "v2.0", "logout"]:
            return _sign_out(request)
        case _:
            return None


def _authorize(sim: Microsoft365, request: Request, tenant: str) -> Answer:
    asked = request.options
    if problem := _unusable(sim, asked):
        return page(layout("Sign in", card("Sign in", problem), narrow=True, links=False), 400)
    if asked.get("response_type") != "code":
        return _refuse(asked, "unsupported_response_type", 70005, "Only 'code' is supported.")
    if not scopes_of(asked.get("scope", "")):
        return _refuse(asked, "invalid_request", 900144, "The request must contain 'scope'.")
    account = _chosen(sim, request, asked)
    if account is None:
        if asked.get("prompt") == "none":
            return _refuse(asked, "login_required", 50058, "No user is signed in.")
        return _choose_account(sim, request, asked)
    if tenant not in ANY_TENANT and tenant != account.tenant_id:
        text = (
            f"AADSTS50020: User account '{escape(account.username)}' does not exist in tenant "
            f"'{escape(tenant)}' and cannot access the application in that tenant."
        )
        return _problem_page(text)
    if account.disabled:
        return _problem_page("AADSTS50057: The user account is disabled.")
    return _consent(sim, request, asked, account)


def _unusable(sim: Microsoft365, asked: dict[str, str]) -> str:
    """Say why the request must not be answered by going back to its redirect address."""
    client = sim.clients.get(asked.get("client_id", ""))
    if not asked.get("client_id") or (sim.clients and client is None):
        return "<p class=bad>AADSTS700016: The application was not found in the directory.</p>"
    if not asked.get("redirect_uri"):
        return "<p class=bad>AADSTS900971: No reply address provided.</p>"
    if client and client.redirect_uris and asked["redirect_uri"] not in client.redirect_uris:
        return "<p class=bad>AADSTS50011: The redirect URI does not match the configured ones.</p>"
    return ""


def _chosen(sim: Microsoft365, request: Request, asked: dict[str, str]) -> Account | None:
    """Give the account chosen on the page, or the signed-in one unless a prompt asks anew."""
    if request.method == "POST":
        return sim.accounts.get(request.form.get("account", ""))
    if asked.get("prompt") in ("select_account", "login"):
        return None
    return sim.accounts.get(asked.get("login_hint", "")) or sim.accounts.get(_cookie(request))


def _choose_account(sim: Microsoft365, request: Request, asked: dict[str, str]) -> Answer:
    buttons = "".join(
        button(f"{account.name} · {account.username}", "account", account.username, wide=True)
        for account in sim.accounts.values()
    )
    cancel = button("Cancel", "decision", "cancel")
    if request.method == "POST" and request.form.get("decision") == "cancel":
        return _refuse(asked, "access_denied", 50199, "The user canceled the sign-in.")
    form = _form(request, buttons + cancel)
    return page(layout("Pick an account", card("Pick an account", form), True, False))


def _consent(
    sim: Microsoft365, request: Request, asked: dict[str, str], account: Account
) -> Answer:
    client_id = asked["client_id"]
    wanted = set(scopes_of(asked["scope"]))
    decision = request.form.get("decision", "") if request.method == "POST" else ""
    missing = {scope for scope in wanted - _SILENT if not account.has_granted(client_id, {scope})}
    if decision == "cancel":
        return _refuse(asked, "access_denied", 65004, "User declined to consent to access the app.")
    if account.consent == "refused" and beyond_sign_in(missing):
        return _refuse(asked, "access_denied", 65004, "User declined to consent to access the app.")
    if account.consent == "admin" and beyond_sign_in(missing):
        return _needs_admin(request, asked, account, decision)
    if asked.get("prompt") == "none" and missing:
        return _refuse(asked, "interaction_required", 65001, "Consent is required.")
    if (missing or asked.get("prompt") == "consent") and decision != "accept":
        return _ask_consent(request, account, wanted)
    account.grant(client_id, wanted - _SILENT)
    sim.save(account)
    return _finish(sim, asked, account)


def _ask_consent(request: Request, account: Account, wanted: set[str]) -> Answer:
    texts = "".join(
        f"<li>{escape(_SCOPE_TEXTS.get(scope, scope))}</li>" for scope in sorted(wanted - _SILENT)
    )
    body = (
        f'<p class="soft">{escape(account.username)}</p><p>This application would like to:</p>'
        f"<ul>{texts}</ul>"
        + _form(
            request,
            hidden("account", account.username)
            + button("Accept", "decision", "accept", main=True)
            + " "
            + button("Cancel", "decision", "cancel"),
        )
    )
    return page(layout("Permissions requested", card("Permissions requested", body), True, False))


def _needs_admin(
    request: Request, asked: dict[str, str], account: Account, decision: str
) -> Answer:
    if decision == "return":
        return _refuse(
            asked, "access_denied", 90094, "Admin consent is required.", "consent_required"
        )
    body = (
        f'<p class="soft">{escape(account.username)}</p>'
        "<p>This application needs permission to access resources in your organization that "
        "only an admin can grant. Please ask an admin to grant permission before you can use "
        "it.</p>"
        + _form(
            request,
            hidden("account", account.username)
            + button("Return to the application without granting consent", "decision", "return"),
        )
    )
    return page(layout("Need admin approval", card("Need admin approval", body), True, False))


def _finish(sim: Microsoft365, asked: dict[str, str], account: Account) -> Answer:
    grant = Grant(
        "code",
        account.username,
        asked["client_id"],
        asked["scope"],
        sim.clock() + CODE_SECONDS,
        account.session,
        nonce=asked.get("nonce", ""),
        redirect_uri=asked["redirect_uri"],
        challenge=asked.get("code_challenge", ""),
        challenge_method=asked.get("code_challenge_method", "plain"),
    )
    values = {"code": sim.tokens.issue(grant), "session_state": secrets.token_hex(16)}
    back = _back(asked, values)
    cookie = urlencode({_COOKIE: account.username})
    back.headers["Set-Cookie"] = f"{cookie}; Path=/; HttpOnly; SameSite=Lax"
    return back


def _refuse(
    asked: dict[str, str], error: str, number: int, text: str, suberror: str = ""
) -> Answer:
    values = {"error": error, "error_description": f"AADSTS{number}: {text}"}
    if suberror:
        values["error_subcode"] = suberror
    return _back(asked, values)


def _back(asked: dict[str, str], values: dict[str, str]) -> Answer:
    """Go back to the application in the response mode it asked for."""
    if "state" in asked:
        values["state"] = asked["state"]
    target, mode = asked["redirect_uri"], asked.get("response_mode", "query")
    if mode == "form_post":
        fields = "".join(hidden(name, value) for name, value in values.items())
        form = (
            f'<form method="post" action="{escape(target)}">{fields}'
            f"{button('Continue', 'continue', main=True)}</form>"
        )
        return page(layout("Continue", card("Continue to the application", form), True, False))
    mark = "#" if mode == "fragment" else "&" if "?" in target else "?"
    return redirect(target + mark + urlencode(values))


def _admin_consent(sim: Microsoft365, request: Request, tenant: str) -> Answer:
    asked = request.options
    if not asked.get("client_id") or not asked.get("redirect_uri"):
        return _problem_page("AADSTS900144: client_id and redirect_uri are required.")
    tenants = sorted({account.tenant_id for account in sim.accounts.values()})
    granted_tenant = tenant if tenant in tenants else tenants[0] if tenants else tenant
    values = {"tenant": granted_tenant}
    if request.method == "POST" and request.form.get("decision") == "accept":
        scopes = set(scopes_of(asked.get("scope", ""))) - {".default"}
        sim.grant_admin_consent(granted_tenant, asked["client_id"], scopes)
        values |= {"admin_consent": "True", "scope": asked.get("scope", "")}
        return _back({**asked, "response_mode": "query"}, values)
    if request.method == "POST":
        denied = {"error": "access_denied", "error_description": "AADSTS65004: Declined."}
        return _back({**asked, "response_mode": "query"}, {**values, **denied})
    body = "<p>Grant this application its permissions for everybody in the organization?</p>"
    body += _form(
        request,
        button("Accept", "decision", "accept", main=True)
        + " "
        + button("Cancel", "decision", "cancel"),
    )
    return page(layout("Admin consent", card("Permissions requested", body), True, False))


def _sign_out(request: Request) -> Answer:
    target = request.options.get("post_logout_redirect_uri")
    body = card("You signed out of your account", "<p>It is a good idea to close the page.</p>")
    answer = redirect(target) if target else page(layout("Signed out", body, True, False))
    answer.headers["Set-Cookie"] = f"{_COOKIE}=; Path=/; Max-Age=0"
    return answer


def _problem_page(text: str) -> Answer:
    body = card("Sign in", f'<p class="bad">{text}</p>')
    return page(layout("Sign in", body, True, False), 400)


def _form(request: Request, inner: str) -> str:
    return f'<form method="post" action="{escape(request.target)}">{inner}</form>'


def _cookie(request: Request) -> str:
    for part in request.header("cookie").split(";"):
        if part.strip().startswith(f"{_COOKIE}="):
            return parse_qs(part.strip()).get(_COOKIE, [""])[0]
    return ""
