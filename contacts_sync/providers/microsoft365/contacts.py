"""The contacts of one mailbox, as `base.ContactProvider` describes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from contacts_sync.providers.account import Account
from contacts_sync.providers.base import (
    Create,
    Delete,
    Outcome,
    Page,
    RemoteContact,
    Result,
    Tombstone,
    Update,
    Write,
)
from contacts_sync.providers.errors import (
    ProviderError,
    Rejected,
    Unavailable,
)
from contacts_sync.providers.http import Reply
from contacts_sync.providers.microsoft365 import mapping, mark
from contacts_sync.providers.microsoft365.client import (
    BATCH_SIZE,
    QUOTA,
    QUOTA_SECONDS,
    SERVICE,
    Changed,
    GraphClient,
    NotThere,
    Request,
    Unlisted,
)

FOLDER = "/me/contactFolders/contacts"
"""The main folder by its well-known name.

Undocumented for contacts but used by Evolution, DavMail and corso; hence the fallbacks. The list of
folders does not show the main one (https://learn.microsoft.com/graph/known-issues).
"""

ITEMS = "/me/contacts"
"""A contact by id, in whichever folder; as a list, the main folder."""

UNANSWERED = f"{SERVICE} did not answer, so nobody can say whether this was done."


class Microsoft365Contacts:
    """The main Contacts folder of the account that `client` speaks for.

    `tenant_id` says which tenant the sign-in belongs to: Graph does not. `folder_id`, when known,
    saves a request.
    """

    batch_size = BATCH_SIZE
    quota, quota_seconds = QUOTA, QUOTA_SECONDS

    def __init__(
        self, client: GraphClient, tenant_id: Callable[[], str], folder_id: str = ""
    ) -> None:
        self._client = client
        self._tenant_id = tenant_id
        self._folder_id = folder_id

    @property
    def requests(self) -> int:
        return self._client.requests

    @property
    def counted(self) -> int:
        return self._client.counted

    def time_there(self) -> datetime:
        """Say what time it is by Microsoft's clock."""
        return self._client.time_there()

    # --- Whose, and which -----------------------------------------------------------------------

    def account(self) -> Account:
        """Ask whose mailbox this is."""
        with _said_as_unavailable():
            me = self._client.get("/me?$select=id,displayName,userPrincipalName,mail")
        username = str(me.get("userPrincipalName") or me.get("mail") or "")
        if not me.get("id"):
            raise Unavailable(f"{SERVICE} did not say whose mailbox this is.")
        return Account(
            tenant_id=self._tenant_id(),
            object_id=str(me["id"]),
            username=username,
            name=str(me.get("displayName") or username),
        )

    def folder_id(self) -> str:
        """Ask which folder is the main one."""
        if not self._folder_id:
            self._folder_id = self._ask_folder_id()
        return self._folder_id

    def _ask_folder_id(self) -> str:
        try:
            found = str(self._client.get(f"{FOLDER}?$select=id").get("id") or "")
        except (NotThere, Rejected):
            found = self._folder_of_first_contact()
        if not found:
            raise Unavailable(
                f"{SERVICE} did not say which Contacts folder is the main one. If it is empty,"
                " create a contact in Outlook and try again."
            )
        return found

    def _folder_of_first_contact(self) -> str:
        """The documented way, which fails in an empty folder."""
        with _said_as_unavailable():
            contacts = self._client.get(f"{ITEMS}?$top=1&$select=parentFolderId").get("value")
        return str(contacts[0].get("parentFolderId") or "") if contacts else ""

    # --- Reading --------------------------------------------------------------------------------

    def changes(self, cursor: str) -> Iterator[Page]:
        """Yield what changed since the cursor; an empty cursor lists everything."""
        if cursor:
            with _said_as_unavailable():
                yield from self._round(cursor)
            return
        begun = False
        try:
            for page in self._round(f"{FOLDER}/contacts/delta"):
                begun = True
                yield page
        except (NotThere, Rejected) as error:
            if begun:
                raise Unavailable(str(error)) from error
            # Works as well, and does without the well-known name (Q&A 1634378).
            with _said_as_unavailable():
                yield from self._round(f"{ITEMS}/delta")

    def _round(self, url: str) -> Iterator[Page]:
        for page in self._client.pages(url):
            cursor = page.next_link or page.delta_link
            if not cursor:
                raise Unavailable(
                    f"{SERVICE} ended a list of changes without a link to go on from."
                )
            changes = tuple(_change(row) for row in page.rows)
            yield Page(changes, cursor, last=not page.next_link)

    def read(self, remote_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Read contacts by id, in whichever folder they are. GONE is a certain answer."""
        wanted = list(dict.fromkeys(remote_ids))
        requests = [Request("GET", _item(remote_id)) for remote_id in wanted]
        outcomes = self._outcomes(requests, self._client.look_up(requests))
        return dict(zip(wanted, outcomes, strict=True))

    def find(self, keys: Collection[str]) -> Mapping[str, tuple[RemoteContact, ...]]:
        """Find the contacts of the main folder that carry one of our keys."""
        wanted = list(dict.fromkeys(keys))
        requests = [Request("GET", _list(mark.carries(key))) for key in wanted]
        replies = self._client.look_up(requests)
        with _said_as_unavailable():
            hits = {
                key: tuple(self._hits(key, reply))
                for key, reply in zip(wanted, replies, strict=True)
            }
        return {key: found for key, found in hits.items() if found}

    def _hits(self, key: str, reply: Reply | None) -> Iterator[RemoteContact]:
        """Microsoft says that the filter looks at the whole mailbox, and without regard to case."""
        for row in self._rows(reply):
            contact = mapping.read_contact(row)
            if contact.folder_id == self.folder_id() and self._key(row) == key:
                yield contact

    def _rows(self, reply: Reply | None) -> Iterator[Mapping[str, Any]]:
        if reply is None:
            raise Unavailable(f"{SERVICE} did not answer a search for contacts of ours.")
        if not reply.ok:
            raise self._client.refusal(reply)
        body = reply.body or {}
        rows = body.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unavailable(f"{SERVICE} answered a search with a list that cannot be read.")
        yield from rows
        if link := body.get("@odata.nextLink"):
            for page in self._client.pages(str(link)):
                yield from page.rows

    def _key(self, row: Mapping[str, Any]) -> str:
        key = mark.read(row)
        if not key:
            raise Unavailable(f"{SERVICE} found a contact by our key but does not show the key.")
        return key

    def keyed(self) -> Iterator[tuple[str, str]]:
        """List (remote id, key) of all contacts of the main folder that carry a key of ours."""
        select = "&$select=id,parentFolderId"
        try:
            yield from self._keyed(_list(mark.carries()) + select)
        except Rejected:
            # A filter for "any value" is not documented: then list all, and look.
            with _said_as_unavailable():
                yield from self._keyed(_list() + select)

    def _keyed(self, url: str) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for page in self._client.pages(url):
            for row in page.rows:
                remote_id, key = str(row.get("id") or ""), mark.read(row)
                if key and remote_id not in seen and row.get("parentFolderId") == self.folder_id():
                    seen.add(remote_id)
                    yield remote_id, key

    # --- Writing --------------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Send up to `batch_size` writes in one request; the outcomes come in the same order.

        A create whose outcome is unknown is not repeated. What this raises is certain: none of the
        writes was carried out. A change that changes nothing is done without a request.
        """
        requests = [_request(write) for write in writes]
        due = [request for request in requests if request]
        outcomes = iter(self._send(due) if due else [])
        return [next(outcomes) if request else Outcome(Result.DONE) for request in requests]

    def _send(self, requests: list[Request]) -> list[Outcome]:
        """Send a batch; when it is refused as a whole, halve it until the culprit stands alone."""
        try:
            replies = self._client.batch(requests)
        except Rejected as error:
            if len(requests) == 1:
                return [Outcome(Result.REJECTED, reason=str(error))]
            middle = len(requests) // 2
            return self._send(requests[:middle]) + self._send_rest(requests[middle:])
        return self._outcomes(requests, replies)

    def _send_rest(self, requests: list[Request]) -> list[Outcome]:
        """Raise nothing: what was carried out before has outcomes that must not get lost."""
        try:
            return self._send(requests)
        except ProviderError as error:
            pause = getattr(error, "retry_after", None)
            return [Outcome(Result.LATER, reason=str(error), retry_after=pause)] * len(requests)

    def _outcomes(
        self, requests: Sequence[Request], replies: Sequence[Reply | None]
    ) -> list[Outcome]:
        """Judge every answer. What concerns the connection is raised, if nothing was carried out."""
        refusals = [
            self._client.refusal(reply) if reply and not reply.ok else None for reply in replies
        ]
        outcomes = [
            _outcome(request, reply, refusal)
            for request, reply, refusal in zip(requests, replies, refusals, strict=True)
        ]
        general = [refusal for refusal in refusals if refusal and not _concerns_one(refusal)]
        if general and all(outcome.result is Result.LATER for outcome in outcomes):
            raise max(general, key=_weight)
        return [_denied(*pair) for pair in zip(outcomes, replies, strict=True)]


@contextmanager
def _said_as_unavailable() -> Iterator[None]:
    """Turn a refusal of one thing into one of the whole connection, where nothing else is left."""
    try:
        yield
    except (NotThere, Rejected, Changed) as error:
        raise Unavailable(str(error)) from error


def _change(row: Mapping[str, Any]) -> RemoteContact | Tombstone:
    remote_id = row.get("id")
    if not isinstance(remote_id, str) or not remote_id:
        raise Unavailable(f"{SERVICE} listed a contact without an id.")
    return Tombstone(remote_id) if "@removed" in row else mapping.read_contact(row)


def _item(remote_id: str) -> str:
    """Ids end in "=", which Graph does not find in its encoded form."""
    return f"{ITEMS}/{quote(remote_id, safe='=')}"


def _list(only: str = "") -> str:
    query = f"$expand={quote(mark.expand(), safe=_PLAIN)}"
    return f"{FOLDER}/contacts?{query}" + (f"&$filter={quote(only, safe=_PLAIN)}" if only else "")


_PLAIN = "$=(),:/'"


def _request(write: Write) -> Request | None:
    match write:
        case Create():
            return Request("POST", f"{FOLDER}/contacts", mapping.create_body(write))
        case Update(remote_id=remote_id, version=version):
            body = mapping.update_body(write)
            return Request("PATCH", _item(remote_id), body, _if_match(version)) if body else None
        case Delete(remote_id=remote_id, version=version):
            return Request("DELETE", _item(remote_id), headers=_if_match(version))


def _if_match(version: str) -> Mapping[str, str]:
    """Best effort: nobody was seen relying on it for contacts, and it does no harm."""
    return {"If-Match": version} if version else {}


def _outcome(request: Request, reply: Reply | None, refusal: ProviderError | None) -> Outcome:
    if reply is None:
        return Outcome(Result.UNKNOWN, reason=UNANSWERED)
    if refusal is None:
        return _success(request, reply)
    reason, pause = str(refusal), getattr(refusal, "retry_after", None)
    if request.method != "GET" and reply.status >= 500 and reply.status != 507:
        # Also of a DELETE: repeated blindly, it would purge what the first put in Deleted Items.
        return Outcome(Result.UNKNOWN, reason=reason, retry_after=pause)
    if isinstance(refusal, NotThere):
        gone = Result.DONE if request.method == "DELETE" else Result.GONE
        return Outcome(gone, reason="" if gone is Result.DONE else reason)
    if isinstance(refusal, Changed):
        return Outcome(Result.CHANGED, reason=reason)
    if isinstance(refusal, Rejected):
        return Outcome(Result.REJECTED, reason=reason)
    result = Result.UNKNOWN if isinstance(refusal, Unlisted) else Result.LATER
    return Outcome(result, reason=reason, retry_after=pause)


def _denied(outcome: Outcome, reply: Reply | None) -> Outcome:
    """A 403 beside answers that were none concerns this one contact."""
    if outcome.result is Result.LATER and reply and reply.status == 403:
        return replace(outcome, result=Result.REJECTED)
    return outcome


def _concerns_one(refusal: ProviderError) -> bool:
    return isinstance(refusal, NotThere | Changed | Rejected)


def _weight(refusal: ProviderError) -> tuple[bool, float]:
    """What needs a person goes before what needs time, and the longest time before others."""
    if isinstance(refusal, Unavailable):
        return False, refusal.retry_after or 0.0
    return True, 0.0


def _success(request: Request, reply: Reply) -> Outcome:
    contact = mapping.read_contact(reply.body) if reply.body and reply.body.get("id") else None
    if contact is None and request.method in ("GET", "POST"):
        return Outcome(Result.UNKNOWN, reason=f"{SERVICE} answered without the contact.")
    return Outcome(Result.DONE, contact)
