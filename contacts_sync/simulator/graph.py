"""Microsoft Graph v1.0 for personal contacts: which request does what."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contacts_sync.simulator import folders, lists
from contacts_sync.simulator.delta import delta_page
from contacts_sync.simulator.errors import (
    GraphError,
    access_denied,
    answer_error,
    id_malformed,
    item_not_found,
    no_mailbox,
    not_supported,
)
from contacts_sync.simulator.ids import looks_like_id
from contacts_sync.simulator.items import Folder, Item
from contacts_sync.simulator.messages import Answer, Request
from contacts_sync.simulator.odata import read_expand, read_select
from contacts_sync.simulator.showing import Form, show_contact
from contacts_sync.simulator.store import Store

if TYPE_CHECKING:
    from contacts_sync.simulator.accounts import Account
    from contacts_sync.simulator.microsoft365 import Microsoft365

ROOT = "https://graph.microsoft.com/v1.0"
_KEYED = re.compile(r"(\w+)\('([^']*)'\)")
_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
_CONTACT_READING = frozenset({"Contacts.Read", "Contacts.ReadWrite"})
_CONTACT_WRITING = frozenset({"Contacts.ReadWrite"})


def act(sim: Microsoft365, request: Request) -> Answer:
    """Answer one request that has passed the throttle; refusals become envelopes."""
    try:
        answer = _act(sim, request)
    except GraphError as error:
        answer = answer_error(error, request, sim.clock())
    return answer


def add_headers(answer: Answer, request: Request, now: float) -> Answer:
    """Add what Graph sends with every answer."""
    request_id = str(uuid.uuid4())
    headers = answer.headers
    headers.setdefault("request-id", request_id)
    headers.setdefault("client-request-id", request.header("client-request-id") or request_id)
    headers.setdefault("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now)))
    headers.setdefault("x-ms-ags-diagnostic", '{"ServerInfo":{"DataCenter":"Simulated"}}')
    return answer


def split_path(path: str) -> list[str]:
    """Give the segments behind the version, keys in brackets spelled as segments."""
    path = _KEYED.sub(r"\1/\2", path).replace("delta()", "delta").replace("microsoft.graph.", "")
    return [segment for segment in path.split("/") if segment]


def _act(sim: Microsoft365, request: Request) -> Answer:
    account, scopes = sim.tokens.check(request)
    segments = split_path(request.path)[1:]
    owner, rest = _owner(sim, account, segments)
    if not rest:
        return _user(sim, owner, request)
    if rest[0] not in ("contacts", "contactFolders"):
        raise not_supported()
    allowed = _CONTACT_READING if request.method == "GET" else _CONTACT_WRITING
    if not scopes & allowed:
        raise access_denied()
    if not owner.mailbox:
        raise no_mailbox()
    if sim.behaviour.encoded_equals_lost and "%3d" in request.raw_path.lower():
        raise item_not_found()
    mailbox = sim.mailbox(owner.username)
    mailbox.settle()
    root = "/me" if segments[0] == "me" else f"/users/{quote(segments[1], safe='@')}"
    return _Call(mailbox, request, ROOT + root).answer(rest)


def _owner(sim: Microsoft365, account: Account, segments: list[str]) -> tuple[Account, list[str]]:
    if segments and segments[0] == "me":
        return account, segments[1:]
    if len(segments) < 2 or segments[0] != "users":
        raise not_supported()
    owner = sim.find_account(segments[1])
    if owner is None:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{segments[1]}' is invalid.")
    if owner is not account:
        raise access_denied()
    return owner, segments[2:]


def _user(sim: Microsoft365, account: Account, request: Request) -> Answer:
    if request.method != "GET":
        raise not_supported()
    wanted = request.options.get("$select", "").split(",")
    profile = {k: v for k, v in account.profile().items() if wanted == [""] or k in wanted}
    return Answer(200, {"@odata.context": f"{ROOT}/$metadata#users/$entity", **profile})


class _Call:
    """One request to one mailbox."""

    def __init__(self, mailbox: Store, request: Request, root: str) -> None:
        self.mailbox, self.request, self.root = mailbox, request, root
        self.options = request.options
        self.prefer = request.header("prefer")
        size = _PAGE_SIZE.search(self.prefer)
        self.form = Form(
            immutable='idtype="immutableid"' in self.prefer.lower().replace(" ", ""),
            page_size=int(size[1]) if size and int(size[1]) > 0 else None,
            minimal="return=minimal" in self.prefer.lower(),
        )

    def answer(self, segments: list[str]) -> Answer:
        match segments:
            case ["contacts", *rest]:
                answer = self._contacts(self.mailbox.main, rest, "/contacts")
            case ["contactFolders", folder_id, "contacts", *rest] if folder_id != "delta":
                folder = folders.find(self.mailbox, folder_id)
                base = f"/contactFolders('{folder.id}')/contacts"
                answer = self._contacts(folder, rest, base, inside=True)
            case _:
                answer = folders.answer(self.mailbox, self.request, self.root, segments[1:])
        applied = self._applied()
        if applied:
            answer.headers["Preference-Applied"] = applied
        return answer

    def _applied(self) -> str:
        applied = ['IdType="ImmutableId"'] if self.form.immutable else []
        if self.form.page_size:
            applied.append(f"odata.maxpagesize={self.form.page_size}")
        return ", ".join(applied)

    def _contacts(self, folder: Folder, rest: list[str], base: str, inside: bool = False) -> Answer:
        method = self.request.method
        match (method, rest):
            case ("GET", []):
                return Answer(200, self._list(folder, base))
            case ("POST", []):
                return self._create(folder)
            case ("GET", ["delta"]):
                form = self.form._replace(notes_cut=self.mailbox.behaviour.notes_cut)
                return Answer(
                    200, delta_page(self.mailbox, folder, self.root + base, self.options, form)
                )
            case ("GET" | "PATCH" | "DELETE", [contact_id]):
                item = self._find(contact_id, folder if inside else None)
                return _BY_METHOD[method](self, item)
            case ("POST", [contact_id, "permanentDelete"]):
                self.mailbox.purge(self._find(contact_id, folder if inside else None))
                return Answer(204)
            case _:
                raise not_supported()

    def _list(self, folder: Folder, base: str) -> dict[str, Any]:
        form = self.form._replace(
            select=read_select(self.options.get("$select")),
            expand=read_expand(self.options.get("$expand")),
            notes_cut=self.mailbox.behaviour.notes_cut,
        )
        return lists.list_page(self.mailbox, folder, self.root + base, self.options, form)

    def _find(self, contact_id: str, folder: Folder | None) -> Item:
        item = self.mailbox.find(contact_id)
        if item is None:
            raise item_not_found() if looks_like_id(contact_id) else id_malformed()
        if folder is not None and item.folder != folder.id:
            raise item_not_found()
        deleted = item.folder == self.mailbox.bin.id
        if deleted and not self.mailbox.behaviour.deleted_readable:
            raise item_not_found()
        return item

    def _create(self, folder: Folder) -> Answer:
        payload = self._payload()
        fields, marks = self.mailbox.body(payload)
        if self.mailbox.behaviour.given_name_required and not fields.get("givenName"):
            raise GraphError(
                400,
                "ErrorInvalidProperty",
                "The property 'GivenName' is required when creating the entity.",
            )
        item = self.mailbox.create(fields, folder, marks)
        answer = self._entity(201, item)
        answer.headers["Location"] = f"{self.root}/contacts/{answer.payload['id']}"
        return answer

    def _read(self, item: Item) -> Answer:
        self.form = self.form._replace(
            select=read_select(self.options.get("$select")),
            expand=read_expand(self.options.get("$expand")),
        )
        return self._entity(200, item)

    def _update(self, item: Item) -> Answer:
        payload = self._payload()
        fields, marks = self.mailbox.body(payload)
        self.mailbox.change(item, fields, marks, self.request.header("if-match"))
        target = payload.get("parentFolderId")
        if target and self.mailbox.behaviour.parent_folder_writable:
            self.mailbox.relocate(item, folders.find(self.mailbox, target))
        return Answer(204) if self.form.minimal else self._entity(200, item)

    def _delete(self, item: Item) -> Answer:
        self.mailbox.delete(item, self.request.header("if-match"))
        return Answer(204)

    def _entity(self, status: int, item: Item) -> Answer:
        context = f"{ROOT}/$metadata#users('me')/contacts/$entity"
        record = show_contact(item, self.form)
        return Answer(
            status,
            {"@odata.context": context, **record},
            {"ETag": record["@odata.etag"]},
        )

    def _payload(self) -> Any:
        payload = self.request.parsed
        try:
            if payload is None:
                payload = json.loads(self.request.body)
        except ValueError:
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from None
        if not isinstance(payload, dict):
            raise GraphError(400, "RequestBodyRead", "The request body is not a JSON object.")
        return payload


_BY_METHOD: dict[str, Callable[[_Call, Item], Answer]] = {
    "GET": _Call._read,
    "PATCH": _Call._update,
    "DELETE": _Call._delete,
}
