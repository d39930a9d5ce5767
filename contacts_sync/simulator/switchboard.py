"""The operator's page: switches, faults, accounts, and what was asked lately."""

from __future__ import annotations

import json
import time
from dataclasses import fields
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, get_args

from contacts_sync.simulator.accounts import Account, Consent
from contacts_sync.simulator.behaviour import Behaviour, DeadToken
from contacts_sync.simulator.faults import Fault, Kind
from contacts_sync.simulator.messages import Answer, Request, page, redirect
from contacts_sync.simulator.pages import button, card, choice, hidden, layout, text_input

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365

_CHOICES: dict[str, tuple[str, ...]] = {
    "if_match": ("enforced", "ignored"),
    "dead_token": get_args(DeadToken),
    "refresh_rotation": ("lenient", "strict"),
}
_LABELS = {
    "latency": "Latency in seconds",
    "lanes": "Requests at a time",
    "quota": "Requests per quota time",
    "if_match": "If-Match",
    "crlf": "Line breaks as CR LF",
    "notes_cut": "Notes in lists cut to",
    "svep_filter_lag": "New marks found after (seconds)",
    "encoded_equals_lost": "Encoded = is lost",
    "delta_lag_seconds": "Delta shows changes after (seconds)",
    "token_lifetime": "Access tokens last (seconds)",
}
_SHOWN = 100


def answer(sim: Microsoft365, request: Request) -> Answer | None:
    """Answer everything under /simulator/; None for other paths."""
    match (request.method, [segment for segment in request.path.split("/") if segment]):
        case ("GET", ["simulator"]):
            return page(layout("Controls", _page(sim)))
        case ("GET", ["simulator", "totals"]):
            return Answer(200, dict(sim.totals), {"Content-Type": "application/json"})
        case ("POST", ["simulator", verb]) if verb in _VERBS:
            try:
                _VERBS[verb](sim, request.form)
            except (ValueError, KeyError, StopIteration) as error:
                body = card("Controls", f'<p class="bad" id="problem">{escape(str(error))}</p>')
                return page(layout("Controls", body), 400)
            return redirect("/simulator/")
        case _:
            return None


def _page(sim: Microsoft365) -> str:
    return (
        card("Behaviour", _behaviour(sim.behaviour))
        + card("Accounts", _accounts(sim), 2)
        + card("Faults", _faults(sim), 2)
        + card("Recent requests", _requests(sim), 2)
    )


def _behaviour(behaviour: Behaviour) -> str:
    inputs = "".join(_switch(entry.name, getattr(behaviour, entry.name)) for entry in _SWITCHES)
    return (
        '<form method="post" action="/simulator/behaviour" id="behaviour-form">'
        f'<div class="grid">{inputs}</div><p></p>{button("Set", "set", main=True)}</form>'
    )


def _switch(name: str, value: object) -> str:
    label = _LABELS.get(name) or name.replace("_", " ").capitalize()
    if isinstance(value, bool):
        return choice(name, label, (("on", "on"), ("off", "off")), "on" if value else "off")
    if name in _CHOICES:
        return choice(name, label, [(text, text) for text in _CHOICES[name]], str(value))
    return text_input(name, label, str(value))


def _set_behaviour(sim: Microsoft365, form: dict[str, str]) -> None:
    tried = Behaviour()
    for name, text in form.items():
        if name != "set":
            tried.set(name, text)
            sim.behaviour.set(name, text)


def _accounts(sim: Microsoft365) -> str:
    rows = "".join(_account(account) for account in sim.accounts.values())
    new = (
        '<form method="post" action="/simulator/add-account" class="row">'
        f'<div class="grow">{text_input("username", "Account")}</div>'
        f'<div class="grow">{text_input("name", "Name")}</div>'
        f"{choice('consent', 'Consent', [(text, text) for text in get_args(Consent)])}"
        f"{button('Add account', 'add-account')}</form>"
    )
    return (
        '<table id="accounts"><thead><tr><th>Account</th><th>State</th><th></th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{new}"
    )


def _account(account: Account) -> str:
    state = [
        f"consent: {account.consent}",
        "mailbox" if account.mailbox else "no mailbox",
        *(["disabled"] if account.disabled else []),
        *(["consented"] if account.granted else []),
    ]
    verbs = {
        "revoke": "Revoke sign-ins",
        "challenge": "Ask for claims",
        "expire": "Expire delta tokens",
        "withdraw": "Withdraw consent",
        "mailbox": "Remove mailbox" if account.mailbox else "Give mailbox",
        "disable": "Enable" if account.disabled else "Disable",
    }
    forms = " ".join(
        f'<form class="inline" method="post" action="/simulator/{verb}">'
        f"{hidden('username', account.username)}{button(label, verb, account.username)}</form>"
        for verb, label in verbs.items()
    )
    return (
        f"<tr><td>{escape(account.name)}<br>{escape(account.username)}</td>"
        f"<td>{escape(', '.join(state))}</td><td>{forms}</td></tr>"
    )


def _faults(sim: Microsoft365) -> str:
    rows = "".join(
        f"<li>{escape(fault.kind)}: {escape(fault.method or 'any method')} "
        f"{escape(fault.path or 'any path')}, status {fault.status}, happened {fault.happened} of "
        f"{'always' if fault.times is None else fault.times}</li>"
        for fault in sim.faults
    )
    kinds = [(kind, kind) for kind in get_args(Kind) if kind != "call"]
    methods = [("", "any")] + [(name, name) for name in ("GET", "POST", "PATCH", "DELETE")]
    return (
        f'<ul id="faults">{rows}</ul>'
        '<form method="post" action="/simulator/add-fault" class="grid">'
        f"{choice('kind', 'What happens', kinds)}{choice('method', 'Method', methods)}"
        f"{text_input('path', 'Path contains (regular expression)')}"
        f"{text_input('status', 'Status', '503')}"
        f"{text_input('retry_after', 'Retry-After')}{text_input('times', 'Times', '1')}"
        f"{text_input('every', 'To one in', '1')}"
        f"<div>{button('Add fault', 'add-fault')}</div></form><p></p>"
        '<form method="post" action="/simulator/clear-faults">'
        f"{button('Clear faults', 'clear-faults')}</form>"
    )


def _requests(sim: Microsoft365) -> str:
    lately = islice(reversed(list(sim.log)), _SHOWN)
    rows = "".join(
        f"<tr><td>{time.strftime('%H:%M:%S', time.gmtime(entry.time))}</td>"
        f"<td>{escape(entry.method)}</td><td>{escape(entry.path)}</td><td>{entry.status}</td>"
        f'<td class="optional">{entry.items or ""}</td></tr>'
        for entry in lately
        if not entry.path.startswith(("/people/", "/simulator/"))
    )
    totals = ", ".join(f"{name}: {count}" for name, count in sorted(sim.totals.items()))
    return (
        f'<p class="soft" id="totals">{escape(totals)}</p>'
        '<table id="requests"><thead><tr><th>Time</th><th>Method</th><th>Path</th><th>Status</th>'
        f'<th class="optional">Items</th></tr></thead><tbody>{rows}</tbody></table>'
        '<form method="post" action="/simulator/forget-requests">'
        f"{button('Forget requests', 'forget-requests')}</form>"
    )


def _add_account(sim: Microsoft365, form: dict[str, str]) -> None:
    username = form.get("username", "").strip()
    allowed: tuple[Consent, ...] = get_args(Consent)
    consent = next(name for name in allowed if name == form.get("consent", "user"))
    if "@" not in username or "/" in username:
        raise ValueError("An account is named like an e-mail address.")
    sim.add_account(username, form.get("name", "").strip(), consent=consent)


def _add_fault(sim: Microsoft365, form: dict[str, str]) -> None:
    kind = next(name for name in get_args(Kind) if name == form["kind"])
    wait = form.get("retry_after", "").strip()
    times = form.get("times", "1").strip()
    fault = Fault(kind, form.get("method", ""), form.get("path", "").strip())
    fault.status = int(form.get("status") or 503)
    fault.times = int(times) if times else None
    fault.nth, fault.every = int(form.get("nth") or 1), int(form.get("every") or 1)
    if wait:
        fault.headers["Retry-After"] = wait
    sim.faults.append(fault)


def _fill(sim: Microsoft365, form: dict[str, str]) -> None:
    """Put many contacts, a JSON list as Graph shows them, into a mailbox at once."""
    mailbox = sim.mailbox(form["username"])
    with sim.seeding():
        for fields_of_one in json.loads(form["contacts"]):
            mailbox.put(fields_of_one)


def _toggle_mailbox(sim: Microsoft365, form: dict[str, str]) -> None:
    account = sim.accounts[form["username"]]
    account.mailbox = not account.mailbox
    sim.save(account)


def _toggle_disabled(sim: Microsoft365, form: dict[str, str]) -> None:
    account = sim.accounts[form["username"]]
    account.disabled = not account.disabled
    sim.save(account)


_SWITCHES = fields(Behaviour)
_VERBS = {
    "behaviour": _set_behaviour,
    "add-account": _add_account,
    "add-fault": _add_fault,
    "fill": _fill,
    "clear-faults": lambda sim, _form: sim.faults.clear(),
    "forget-requests": lambda sim, _form: sim.forget_requests(),
    "revoke": lambda sim, form: sim.revoke(form["username"]),
    "challenge": lambda sim, form: sim.challenge_claims(form["username"]),
    "expire": lambda sim, form: sim.expire_delta_tokens(form["username"]),
    "withdraw": lambda sim, form: sim.withdraw_consent(form["username"]),
    "mailbox": _toggle_mailbox,
    "disable": _toggle_disabled,
}
