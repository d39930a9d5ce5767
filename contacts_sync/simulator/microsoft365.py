"""The whole simulated service: accounts, mailboxes, tokens, faults, and its request log.

How it stays off the bottleneck: every answer is made from structures in memory
with one look-up per contact (see `mailbox`, `changelog`, `extended`); JSON is
read and written once per request, batches included; state goes to disk as one
appended transaction per request (see `journal`); nothing is sorted or searched
unless a request asks for an order or an unindexed filter.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from contacts_sync.simulator import identity, people, signin, switchboard
from contacts_sync.simulator.accounts import TENANT, Account, Consent
from contacts_sync.simulator.batch import read_items, work
from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.errors import GraphError, answer_error, not_supported
from contacts_sync.simulator.faults import Fault, first_fault, spoil
from contacts_sync.simulator.graph import act, add_headers
from contacts_sync.simulator.journal import Journal
from contacts_sync.simulator.mailbox import Mailbox
from contacts_sync.simulator.messages import Answer, Request, page, redirect
from contacts_sync.simulator.pages import card, layout
from contacts_sync.simulator.throttle import Throttle
from contacts_sync.simulator.tokens import Tokens, scopes_of

SCOPES = "openid profile offline_access User.Read Contacts.ReadWrite"


class LogEntry(NamedTuple):
    """One request that reached the service; a batch is one, with its number of items."""

    method: str
    path: str
    status: int
    items: int
    mailbox: str
    time: float
    prefer: str
    parts: tuple[tuple[str, str, int], ...] = ()
    """Method, path and status of each batch item."""


class Client(NamedTuple):
    """A registered application."""

    secret: str
    redirect_uris: tuple[str, ...]


class Microsoft365:
    """A Microsoft 365 stand-in: identity platform, Graph contacts, and pages for people.

    With a `path` the state is kept in that file and found again. `clock` gives
    the time of everything; `sleep` is what latency waits with. `origin` is where
    browsers reach it; machines keep using Microsoft's host names.
    """

    def __init__(
        self,
        path: str | None = None,
        clock: Callable[[], float] = time.time,
        behaviour: Behaviour | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        origin: str = "https://login.microsoftonline.com",
        log_size: int = 10_000,
    ) -> None:
        self.clock, self.sleep, self.origin = clock, sleep, origin
        self._behaviour = behaviour or Behaviour()
        self.faults: list[Fault] = []
        self.log: deque[LogEntry] = deque(maxlen=log_size)
        self.totals: Counter[str] = Counter()
        self.accounts: dict[str, Account] = {}
        self.clients: dict[str, Client] = {}
        self._mailboxes: dict[str, Mailbox] = {}
        self._throttles: dict[str, Throttle] = {}
        self._lock = threading.RLock()
        self.journal = Journal(path)
        self.tokens = Tokens(self.journal, clock, self.behaviour, self.accounts.get)
        for (data,) in self.journal.rows("select data from accounts order by rowid"):
            account = Account(**json.loads(data))
            self.accounts[account.username] = account

    @property
    def behaviour(self) -> Behaviour:
        return self._behaviour

    @behaviour.setter
    def behaviour(self, wanted: Behaviour) -> None:
        # Mailboxes and throttles hold the one object: it takes on the wanted values.
        for entry in fields(Behaviour):
            setattr(self._behaviour, entry.name, getattr(wanted, entry.name))

    # Accounts and applications

    def add_account(
        self,
        username: str,
        name: str = "",
        tenant_id: str = TENANT,
        object_id: str = "",
        mailbox: bool = True,
        consent: Consent = "user",
    ) -> Account:
        """Add an account, or give the one that has this name already, unchanged."""
        with self._lock:
            account = self.accounts.get(username)
            if account is None:
                shown = name or username.partition("@")[0].replace(".", " ").title()
                account = Account(username, shown, tenant_id, object_id, mailbox, consent)
                self.accounts[username] = account
                self.save(account)
            return account

    def save(self, account: Account) -> None:
        """Keep what was changed on an account."""
        self.journal.write(
            (
                "insert into accounts values (?, ?) on conflict do update set data = excluded.data",
                (account.username, json.dumps(account.as_dict())),
            )
        )
        self.journal.flush()

    def find_account(self, name: str) -> Account | None:
        """Find an account by username or object id."""
        found = self.accounts.get(name)
        matching = (a for a in self.accounts.values() if a.object_id == name)
        return found or next(matching, None)

    def mailbox(self, username: str) -> Mailbox:
        """Give an account's mailbox, made when it is first asked for."""
        account = self.accounts[username]
        with self._lock:
            box = self._mailboxes.get(account.key)
            if box is None:
                box = Mailbox(account.key, self.behaviour, self.clock, self.journal, self._name_of)
                self._mailboxes[account.key] = box
            return box

    def seeding(self) -> AbstractContextManager[None]:
        """Give a context in which writes go to disk together, for filling mailboxes fast."""
        return self.journal.hold()

    def register(self, client_id: str, secret: str, *redirect_uris: str) -> None:
        """Register an application. With none registered, any client id and secret will do."""
        self.clients[client_id] = Client(secret, redirect_uris)

    def grant_admin_consent(self, tenant_id: str, client_id: str, scopes: set[str]) -> None:
        """Do what an administrator does: consent for all accounts of a tenant."""
        wanted = scopes or set(scopes_of(SCOPES))
        for account in self.accounts.values():
            if account.tenant_id == tenant_id:
                account.grant(client_id, wanted)
                self.save(account)

    def withdraw_consent(self, username: str) -> None:
        """Forget what the account consented to: its refreshes fail with AADSTS65001."""
        account = self.accounts[username]
        account.granted = []
        self.save(account)

    def revoke(self, username: str) -> None:
        """Sign the account out everywhere: refreshing fails, access tokens answer 401."""
        account = self.accounts[username]
        account.session += 1
        self.save(account)

    def challenge_claims(self, username: str) -> None:
        """Make the account's access tokens answer 401 with a claims challenge."""
        self.tokens.challenge(username)
        self.journal.flush()

    def expire_delta_tokens(self, username: str) -> None:
        self.mailbox(username).expire_delta_tokens()

    def access_token(self, username: str, scope: str = SCOPES, client_id: str = "direct") -> str:
        """Give an access token without the sign-in, for tests of what comes after it."""
        token = self.tokens.access(self.accounts[username], client_id, scope)
        self.journal.flush()
        return token

    def authorize(self, auth_uri: str, username: str, decision: str = "accept") -> str:
        """Do what a person does on the sign-in pages, and give the address they end at.

        `decision` is `accept`, `cancel`, or `return` where an administrator is needed.
        """
        parts = urlsplit(auth_uri)
        form = urlencode({"account": username, "decision": decision}).encode()
        answer = self.handle(Request("POST", parts.path, parts.query, {}, form))
        if "Location" not in answer.headers:
            raise ValueError(answer.encode().decode())
        return answer.headers["Location"]

    # The log

    def requests(self, method: str = "", path: str = "") -> list[LogEntry]:
        """Give the logged requests, by method and a regular expression for the path."""
        return [
            entry
            for entry in self.log
            if (not method or entry.method == method) and (not path or re.search(path, entry.path))
        ]

    def graph_requests(self) -> list[LogEntry]:
        return self.requests(path=r"^/v1\.0/")

    def writes(self) -> list[tuple[str, str, int]]:
        """Give method, path and status of each write to Graph, those inside of batches too."""
        found: list[tuple[str, str, int]] = []
        for entry in self.graph_requests():
            parts = entry.parts or ((entry.method, entry.path, entry.status),)
            found += [part for part in parts if part[0] != "GET" and "$batch" not in part[1]]
        return found

    def forget_requests(self) -> None:
        """Empty the log and its totals."""
        self.log.clear()
        self.totals.clear()

    # Answering

    def handle(self, request: Request) -> Answer:
        """Answer a request. Raises ConnectionLost when a fault says so, acted on or not."""
        fault = None
        if self.faults:
            fault = first_fault(self.faults, request.method, request.target, item=False)
        acted = self._answer(request) if fault is None or fault.acts else None
        self.journal.flush()
        if fault is None:
            return acted or Answer(500)
        if acted is None:
            self._record(request, fault.status if fault.kind == "reply" else 0, "", ())
        return spoil(fault, acted)

    def close(self) -> None:
        self.journal.close()

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/v1.0/"):
            return self._graph(request)
        answer = identity.answer(self, request) or signin.answer(self, request)
        if answer is None:
            answer = self._page(request)
        self._record(request, answer.status, "", ())
        return answer

    def _page(self, request: Request) -> Answer:
        if request.path == "/":
            return redirect("/people/")
        if request.path == "/favicon.ico":
            return Answer(204)
        answer = people.answer(self, request) or switchboard.answer(self, request)
        if answer is None:
            body = card(
                "Not found", '<p>There is no such page. <a href="/people/">Mailboxes</a></p>'
            )
            answer = page(layout("Not found", body), 404)
        return answer

    def _graph(self, request: Request) -> Answer:
        username = ""
        parts: tuple[tuple[str, str, int], ...] = ()
        try:
            account, _ = self.tokens.check(request)
            username = account.username
            if request.path == "/v1.0/$batch":
                answer, parts = self._batch(request, account)
            else:
                answer = self._single(request, account)
        except GraphError as error:
            answer = answer_error(error, request, self.clock())
        self._record(request, answer.status, username, parts)
        return add_headers(answer, request, self.clock())

    def _single(self, request: Request, account: Account) -> Answer:
        throttle = self._throttle(account)
        if refusal := throttle.enter():
            raise refusal
        try:
            if self.behaviour.latency:
                self.sleep(self.behaviour.latency)
            return act(self, request)
        finally:
            throttle.leave()

    def _batch(
        self, request: Request, account: Account
    ) -> tuple[Answer, tuple[tuple[str, str, int], ...]]:
        if request.method != "POST":
            raise not_supported()
        items = read_items(request)
        answer = work(self, request, items, self._throttle(account))
        statuses = {part["id"]: part["status"] for part in answer.payload["responses"]}
        parts = tuple(
            (item["method"].upper(), item["url"], statuses.get(item["id"], 0)) for item in items
        )
        return answer, parts

    def _throttle(self, account: Account) -> Throttle:
        with self._lock:
            throttle = self._throttles.get(account.key)
            if throttle is None:
                throttle = self._throttles[account.key] = Throttle(self.behaviour, self.clock)
            return throttle

    def _record(
        self,
        request: Request,
        status: int,
        username: str,
        parts: tuple[tuple[str, str, int], ...],
    ) -> None:
        self.log.append(
            LogEntry(
                request.method,
                request.target,
                status,
                len(parts),
                username,
                self.clock(),
                request.header("prefer"),
                parts,
            )
        )
        with self._lock:
            self.totals["requests"] += 1
            self.totals["graph requests"] += request.path.startswith("/v1.0/")
            self.totals["batch items"] += len(parts)
            self.totals[f"status {status}"] += 1

    def _name_of(self, address: str) -> str | None:
        """Give the directory's name for an address, where the service would override it."""
        if not self.behaviour.email_names_overridden:
            return None
        named = (a.name for a in self.accounts.values() if a.username.casefold() == address)
        return next(named, None)
