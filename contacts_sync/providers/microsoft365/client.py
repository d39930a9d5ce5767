"""Talk to Microsoft Graph: pages, batches, and what its refusals mean. Knows no contact.

Sources: "learn" is https://learn.microsoft.com/graph/, "docs#" an issue of
microsoftgraph/microsoft-graph-docs, "corso" alcionai/corso (`src/pkg/services/m365/api/graph/errors.go`),
"evolution" GNOME/evolution-ews (`src/Microsoft365/common/e-m365-connection.c`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts_sync.providers.errors import (
    AuthRequired,
    CursorExpired,
    NoMailbox,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
)
from contacts_sync.providers.http import (
    LONGEST_WAIT,
    PASSING,
    THROTTLED,
    ApiClient,
    OutcomeUnknown,
    Reply,
    plain_path,
)

logger = logging.getLogger(__name__)

SERVICE = "Microsoft 365"
QUOTA, QUOTA_SECONDS = 10_000, 600
"""Requests in ten minutes, for one application and mailbox (learn: throttling-limits, Outlook)."""

BATCH_SIZE = 20
"""Requests in one `$batch` (learn: json-batching)."""

PREFER = {"Prefer": 'IdType="ImmutableId", odata.maxpagesize=200'}
"""Ids that survive a move to another folder, and pages of 200, asked for on every request.

Neither is remembered in a link (learn: outlook-immutable-id), and contacts never came in larger
pages (Q&A 2052165).
"""

MAILBOX = (
    "This account has no mailbox that can be synced. It needs a Microsoft 365 plan with Exchange"
    " Online, in the cloud and not on the firm's own server. A new licence takes about 15 minutes"
    " to work: wait, then try again."
)
SIGN_IN = "Microsoft 365 no longer accepts the stored sign-in. Sign in again."
DENIED = (
    "Microsoft 365 refuses access to the contacts of this mailbox. Sign in again; if it is refused"
    " again, an administrator has limited what this application may open."
)
UNKNOWN_USER = "Microsoft 365 does not know this account any more. Sign in again."
FULL = (
    "The mailbox is full, so Microsoft 365 cannot list its changes or store new contacts. Make room"
    " in it; the sync then goes on by itself."
)
MOVING = "Microsoft is moving or repairing this mailbox. That can take hours; we try again."
EXPIRED = "Microsoft 365 has forgotten where we were in its list of changes."
PASSING_TROUBLE = "Microsoft 365 has a passing problem."
TOO_MANY = "Microsoft 365 asks us to wait: too many requests."


class NotThere(ProviderError):
    """There is certainly no such item."""


class Changed(ProviderError):
    """The item has been changed since we read it."""


class Unlisted(Unavailable):
    """A refusal that is not on the list below. The text quotes status, code and request id."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a status (0: any) with a code (empty: any) means."""

    status: int
    code: str
    error: type[ProviderError]
    says: str
    source: str


REFUSALS = (
    Row(401, "InvalidAuthenticationToken", AuthRequired, SIGN_IN, "learn: resolve-auth-errors"),
    Row(401, "TokenCreatedWithOutdatedPolicies", AuthRequired, SIGN_IN, "learn: claims-challenge"),
    Row(401, "AuthenticationError", AuthRequired, SIGN_IN, "learn: resolve-auth-errors"),
    Row(403, "AuthenticationError", AuthRequired, DENIED, "learn: resolve-auth-errors"),
    Row(403, "ErrorAccessDenied", AuthRequired, DENIED, "learn: auth-limit-mailbox-access"),
    Row(403, "Authorization_RequestDenied", AuthRequired, DENIED, "learn: resolve-auth-errors"),
    Row(0, "MailboxNotEnabledForRESTAPI", NoMailbox, MAILBOX, "corso; learn: known issues"),
    Row(0, "MailboxNotSupportedForRESTAPI", NoMailbox, MAILBOX, "learn: known issues"),
    Row(0, "ErrorNonExistentMailbox", NoMailbox, MAILBOX, "corso"),
    Row(404, "ResourceNotFound", NoMailbox, MAILBOX, "corso"),
    Row(404, "ErrorInvalidUser", AuthRequired, UNKNOWN_USER, "evolution"),
    Row(404, "Request_ResourceNotFound", AuthRequired, UNKNOWN_USER, "corso"),
    Row(0, "SyncStateNotFound", CursorExpired, EXPIRED, "learn: delta-query-overview; corso"),
    Row(0, "SyncStateInvalid", CursorExpired, EXPIRED, "corso"),
    Row(0, "ResyncRequired", CursorExpired, EXPIRED, "learn: delta-query-overview; corso"),
    Row(0, "ErrorSyncFolderNotFound", CursorExpired, EXPIRED, "corso"),
    Row(410, "", CursorExpired, EXPIRED, "learn: delta-query-overview"),
    Row(0, "ErrorQuotaExceeded", Unavailable, FULL, "learn: mailfolder-delta; corso"),
    Row(507, "", Unavailable, FULL, "learn: errors"),
    Row(0, "ErrorMailboxMoveInProgress", Unavailable, MOVING, "learn: EWS ResponseCode"),
    Row(0, "ErrorMailboxStoreUnavailable", Unavailable, MOVING, "learn: EWS ResponseCode"),
    Row(429, "", Throttled, TOO_MANY, "learn: throttling"),
    Row(500, "", Unavailable, PASSING_TROUBLE, "learn: errors"),
    Row(502, "", Unavailable, PASSING_TROUBLE, "dotnet/dev-proxy"),
    Row(503, "", Unavailable, PASSING_TROUBLE, "learn: errors"),
    Row(504, "", Unavailable, PASSING_TROUBLE, "learn: errors"),
    Row(404, "ErrorItemNotFound", NotThere, "There is no such item any more.", "learn: errors"),
    Row(412, "", Changed, "It has been changed in the meantime.", "davmail#463; docs#2256"),
    Row(
        0,
        "ErrorIrresolvableConflict",
        Changed,
        "It has been changed in the meantime.",
        "davmail#463",
    ),
    Row(400, "ErrorInvalidProperty", Rejected, "Microsoft 365 refuses it", "docs#15276"),
    Row(400, "RequestBodyRead", Rejected, "Microsoft 365 refuses it", "docs issues"),
    Row(400, "", Rejected, "Microsoft 365 refuses it", "RFC 9110, 15.5.1: not processed"),
)
"""All refusals we know. A row with a code goes before one without; what fits none is loud."""


@dataclass(frozen=True, slots=True)
class Request:
    """One member of a batch. `url` is a path below the base."""

    method: str
    url: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphPage:
    """One page of a list. `next_link` continues it, `delta_link` ends a round of changes."""

    rows: tuple[Mapping[str, Any], ...]
    next_link: str
    delta_link: str


class GraphClient:
    """Microsoft Graph v1.0 on behalf of one account. Never sends two requests at once."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._members = 0

    @property
    def requests(self) -> int:
        """How many requests were sent; a batch is one."""
        return self._api.requests

    @property
    def counted(self) -> int:
        """How many requests Graph has counted: the members of a batch, each as one."""
        return self._api.requests + self._members

    def time_there(self) -> datetime:
        """Say what time it is by Microsoft's clock."""
        return self._api.time_there()

    def get(self, url: str) -> Mapping[str, Any]:
        """Read one resource. Raises NotThere, Rejected, or what concerns the whole connection."""
        reply = self._api.send("GET", url, headers=PREFER)
        if reply.ok and reply.body is not None:
            return reply.body
        raise self.refusal(reply)

    def pages(self, url: str) -> Iterator[GraphPage]:
        """Follow a list from a path or a stored link to its end.

        A page may be empty and go on. Links are checked before they are given out, so that a
        stored one can be trusted. Raises CursorExpired when a link is not known any more.
        """
        while url:
            page = self._page(url)
            yield page
            url = page.next_link

    def _page(self, url: str) -> GraphPage:
        reply = self._api.send("GET", url, headers=PREFER)
        body = reply.body
        if not reply.ok or body is None:
            raise self._page_error(url, reply)
        rows = body.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unavailable(f"{SERVICE} answered with a list that cannot be read.")
        return GraphPage(
            tuple(rows), self._link(body, "@odata.nextLink"), self._link(body, "@odata.deltaLink")
        )

    def _link(self, body: Mapping[str, Any], name: str) -> str:
        link = body.get(name)
        return self._api.address(str(link)) if link else ""

    def _page_error(self, url: str, reply: Reply) -> ProviderError:
        """A link that carries a token, and is answered with 400, is dead (corso, evolution)."""
        carries_token = re.search(r"(delta|skip)token=", url, re.IGNORECASE)
        if carries_token and reply.status == 400 and _code(reply):
            return CursorExpired(EXPIRED)
        return self.refusal(reply)

    def batch(self, requests: Sequence[Request]) -> list[Reply | None]:
        """Send up to 20 requests as one `$batch`; the answers come in the same order.

        None stands for a request whose outcome nobody knows: its answer is missing, or the whole
        batch was lost on the way. Members that were refused with 401 are sent once more with a new
        token. What this raises is certain: nothing was carried out.
        """
        replies = self._batch_once(requests)
        refused = [i for i, reply in enumerate(replies) if reply and reply.status == 401]
        if not refused:
            return replies
        try:
            self._api.renew_token(_first_with_claims([replies[i] for i in refused]))
            again = self._batch_once([requests[i] for i in refused])
        except ProviderError:
            if len(refused) == len(replies):
                raise
            return replies  # others may have been carried out: their answers must not get lost
        for i, reply in zip(refused, again, strict=True):
            replies[i] = reply
        return replies

    def look_up(self, requests: Sequence[Request]) -> list[Reply | None]:
        """Send any number of GETs in batches, and repeat those that met passing trouble.

        Raises Throttled when one of them has to wait for long.
        """
        replies: list[Reply | None] = []
        for start in range(0, len(requests), BATCH_SIZE):
            replies += self._look_up_batch(requests[start : start + BATCH_SIZE])
        return replies

    def _look_up_batch(self, requests: Sequence[Request]) -> list[Reply | None]:
        """Outlook answers some members of a large batch with 429: it works on four at a time."""
        replies = self.batch(requests)
        waited = 0.0
        for attempt in range(4):
            open_ones = [i for i, reply in enumerate(replies) if _worth_repeating(reply)]
            pauses = [self._api.pause_of(reply) for i in open_ones if (reply := replies[i])]
            pause = max([pause for pause in pauses if pause is not None], default=2.0**attempt)
            waited += pause
            if not open_ones or waited > LONGEST_WAIT or not self._api.wait(pause):
                break
            again = self.batch([requests[i] for i in open_ones])
            for i, reply in zip(open_ones, again, strict=True):
                replies[i] = reply
        throttled = [reply for reply in replies if reply and reply.status == THROTTLED]
        if throttled:
            # Nothing else may be asked meanwhile, and whoever looks up can do so again.
            raise self.refusal(max(throttled, key=lambda reply: self._api.pause_of(reply) or 0.0))
        return replies

    def _batch_once(self, requests: Sequence[Request]) -> list[Reply | None]:
        self._members += len(requests) - 1
        harmless = all(request.method == "GET" for request in requests)
        members = [_member(i, request) for i, request in enumerate(requests)]
        try:
            reply = self._api.send(
                "POST",
                "/$batch",
                headers=PREFER,
                body={"requests": members},
                repeatable=harmless,
            )
        except OutcomeUnknown:
            return [None] * len(requests)
        if not reply.ok:
            raise self.refusal(reply)
        replies = _matched(reply.body or {}, len(requests))
        for request, one in zip(requests, replies, strict=True):
            if one is None or one.status >= 400:
                _log(request, one)
        return replies

    def refusal(self, reply: Reply) -> ProviderError:
        """Say what a refusal means, as an error to raise or to look at."""
        code, message = _code(reply), _message(reply)
        row = _row(reply.status, code)
        trace = f"status {reply.status}, {code or 'no code'}"
        number = _request_id(reply)
        trace += f", request {number}" if number != "-" else ""
        pause = self._api.pause_of(reply)
        if row is None:
            return Unlisted(f"{SERVICE} gave an answer we do not know ({trace}).", pause)
        if issubclass(row.error, Rejected):
            return Rejected(f"{row.says}: {message or 'no reason given'} ({trace})")
        if issubclass(row.error, Unavailable):
            return row.error(row.says, pause)
        return row.error(row.says)


def _log(request: Request, reply: Reply | None) -> None:
    """Say which member of a batch failed, as the request around it says it of itself."""
    said = f"{reply.status} {_request_id(reply)}" if reply else "without an answer"
    logger.info("%s %s %s in a batch", request.method, plain_path(request.url), said)


def _request_id(reply: Reply) -> str:
    """Give Microsoft's number of a request. A member of a batch has it in its error only."""
    inner = _error(reply).get("innerError")
    named = inner.get("request-id") if isinstance(inner, dict) else None
    return reply.request_id or re.sub(r"[^\w-]", "", str(named or "-"))[:64]


def _row(status: int, code: str) -> Row | None:
    """Find the row. Without a code only a status that cannot come from a proxy is believed."""
    known = code.casefold()
    fitting = [row for row in REFUSALS if row.status in (0, status)]
    exact = [row for row in fitting if row.code and row.code.casefold() == known]
    by_status = [row for row in fitting if not row.code and (code or status != 400)]
    return next(iter(exact + by_status), None)


def _member(index: int, request: Request) -> dict[str, Any]:
    member: dict[str, Any] = {
        "id": str(index + 1),
        "method": request.method,
        "url": request.url,
        "headers": {**PREFER, **request.headers},
    }
    if request.body is not None:
        member["headers"]["Content-Type"] = "application/json"
        member["body"] = request.body
    return member


def _matched(body: Mapping[str, Any], count: int) -> list[Reply | None]:
    """Bring the answers in order. Two answers to one request are as good as none."""
    answers = body.get("responses")
    found: dict[str, list[Reply | None]] = {}
    for answer in answers if isinstance(answers, list) else []:
        if isinstance(answer, dict):
            found.setdefault(str(answer.get("id")), []).append(_reply(answer))
    matches = [found.get(str(i + 1), []) for i in range(count)]
    return [match[0] if len(match) == 1 else None for match in matches]


def _reply(answer: Mapping[str, Any]) -> Reply | None:
    status, headers, body = answer.get("status"), answer.get("headers"), answer.get("body")
    if not isinstance(status, int):
        return None
    return Reply(
        status,
        {str(name).lower(): str(value) for name, value in headers.items()}
        if isinstance(headers, dict)
        else {},
        body if isinstance(body, dict) else None,
    )


def _worth_repeating(reply: Reply | None) -> bool:
    return reply is None or reply.status == 429 or reply.status in PASSING


def _first_with_claims(replies: Sequence[Reply | None]) -> Reply:
    known = [reply for reply in replies if reply]
    return next((reply for reply in known if reply.claims), known[0])


def _error(reply: Reply) -> Mapping[str, Any]:
    error = (reply.body or {}).get("error")
    return error if isinstance(error, dict) else {}


def _code(reply: Reply) -> str:
    return str(_error(reply).get("code") or "")[:80]


def _message(reply: Reply) -> str:
    return str(_error(reply).get("message") or "")[:300]
