"""Speak JSON over HTTP to one service: patiently, and without ever sending a token elsewhere.

`Session` is the one kind of HTTP session; `ApiClient` sends requests in a session, with a token.
Both know no service and no contact.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies

from contacts_sync.providers.errors import Throttled, Unavailable

logger = logging.getLogger(__name__)

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and seconds between two pieces of an answer."""

LONGEST_WAIT = 60.0
"""Seconds a request may wait in all before it is repeated for the last time (DESIGN.md, section 5)."""

ATTEMPTS = 5
FIRST_WAIT = 1.0

THROTTLED = 429
PASSING = frozenset({500, 502, 503, 504})
"""Trouble that passes (https://learn.microsoft.com/graph/errors). A write may have been done."""


class OutcomeUnknown(Unavailable):
    """A request that must not be repeated was sent, and nobody can say whether it was done."""


class TokenSource(Protocol):
    """Gives an access token; raises a ProviderError when there is none."""

    def __call__(self, refresh: bool = False, claims: str = "") -> str:
        """Give a token; a new one when the last was refused (`refresh`) or `claims` are asked."""


class Session(requests.Session):
    """A session that times out, follows no redirect, and trusts only what it was told to.

    A redirect would carry a client secret or a token to whichever host the answer names, so a 3xx
    is an answer like any other.

    `trust_env` is off: otherwise a `.netrc` entry for the host replaces our Authorization header,
    and REQUESTS_CA_BUNDLE overrides `session.verify` (psf/requests#3829). Two things are
    taken from the environment all the same, because firms behind a proxy cannot do without: the
    proxies, and, as long as nobody chose another `verify`, the bundle with the firm's own authority.
    """

    def __init__(self, verify: bool | str = True) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = verify

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT
        kwargs["allow_redirects"] = False
        return super().request(*args, **kwargs)

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        proxies = {**get_environ_proxies(url), **(proxies or {})}
        if verify is None and self.verify is True:
            verify = _environment_bundle()
        return super().merge_environment_settings(url, proxies, stream, verify, cert)


def _environment_bundle() -> str | bool:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


@dataclass(frozen=True, slots=True)
class Reply:
    """A definite answer. `headers` have lower-case names; `body` is a JSON object or None."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        return self.headers.get("request-id", "")[:64]

    @property
    def claims(self) -> str:
        """What the service wants to see in the next token (RFC 9470; Microsoft's CAE)."""
        return claims_challenge(self.headers.get("www-authenticate", ""))


def claims_challenge(header: str) -> str:
    """Read the claims out of a WWW-Authenticate header; empty when there are none.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    found = re.search(r'claims="([^"]*)"', header)
    if not found:
        return ""
    text = found[1]
    if text.startswith("{"):
        return text
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header in seconds: whole, fractional (Graph sends 2.128), or a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    moment = _moment(date)
    return math.nan if moment is None else (moment - now).total_seconds()


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


class ApiClient:
    """Sends requests to one service, below one base URL, on behalf of one account.

    * The token goes below the origin of `base` only. A link that leads elsewhere is refused.
    * GET, PATCH and DELETE are repeated after passing trouble. A POST is repeated only when it was
      certainly not carried out (429, 401, no connection); else it raises OutcomeUnknown.
    * A request waits up to LONGEST_WAIT seconds in all; who has to wait longer gets Throttled or
      Unavailable with `retry_after`, and may use the time for something else.
    * A 401 is answered with a new token, once.
    * When `stopping` says so, nothing is repeated: `sleep` may have been cut short for it.

    `before_request` is called ahead of every request; what it raises goes to the caller, and
    nothing is under way then.
    """

    def __init__(
        self,
        service: str,
        base: str,
        session: requests.Session,
        token: TokenSource,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        before_request: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        parts = urlsplit(base)
        self.service = service
        self.base = base.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}/".lower()
        self.requests = 0
        self.before_request = before_request
        self._session = session
        self._token = token
        self._sleep = sleep
        self._now = now
        self._stopping = stopping
        self._answered: tuple[datetime, datetime] | None = None

    def time_there(self) -> datetime:
        """Say what time it is there, by the `Date` of the latest answer; before any, by our clock.

        What has to be told apart by what the service did is timed by its clock: ours may be wrong,
        or be set meanwhile.
        """
        now = self._now()
        if self._answered is None:
            return now
        there, here = self._answered
        return there + max(now - here, timedelta())

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        repeatable: bool | None = None,
    ) -> Reply:
        """Send one request and return its definite answer, whatever its status.

        `repeatable` says that a POST changes nothing. Raises Throttled, Unavailable, or
        OutcomeUnknown; the last only when the request may have been carried out.
        """
        address = self.address(url)
        if repeatable is None:
            repeatable = method != "POST"
        waited, token = 0.0, self._token()
        renewed = False
        for attempt in range(ATTEMPTS):
            answer = self._once(method, address, headers or {}, body, token)
            if isinstance(answer, Reply):
                if answer.status == 401 and not renewed:
                    renewed, token = True, self.renew_token(answer)
                    continue
                if answer.status != THROTTLED and answer.status not in PASSING:
                    return answer
            failure = self._failure(answer, repeatable)
            pause = failure.retry_after
            if pause is None:
                pause = FIRST_WAIT * 2**attempt
            waited += pause
            if isinstance(failure, OutcomeUnknown) or waited > LONGEST_WAIT:
                raise failure
            if attempt == ATTEMPTS - 1 or not self.wait(pause):
                raise failure
        raise failure

    def address(self, url: str) -> str:
        """Complete a path, or check that a link stays on the host.

        The comparison is one of text, so that no two parsers can disagree about it.
        """
        if url.startswith("/"):
            return self.base + url
        if url[: len(self.origin)].lower() != self.origin:
            raise Unavailable(
                f"{self.service} answered with a link to another host. It was not followed,"
                " because it would have taken our access there."
            )
        return url

    def renew_token(self, refusal: Reply) -> str:
        """Get a new token after a 401, with the claims that the refusal asks for."""
        return self._token(refresh=True, claims=refusal.claims)

    def wait(self, seconds: float) -> bool:
        """Wait before something is asked again; False when it must not be: the worker is to end."""
        if not self._stopping():
            self._sleep(seconds)
        return not self._stopping()

    def pause_of(self, reply: Reply) -> float | None:
        """Say how many seconds an answer asks us to wait."""
        return retry_after(reply.headers.get("retry-after"), self._now())

    def _once(
        self, method: str, address: str, headers: Mapping[str, str], body: Any, token: str
    ) -> Reply | Exception:
        """Send a request and read its answer; or return what stood in the way."""
        self.before_request()
        self.requests += 1
        try:
            response = self._session.request(
                method,
                address,
                headers={
                    "Accept": "application/json",
                    **headers,
                    "Authorization": f"Bearer {token}",
                },
                json=body,
            )
            reply = _read(response, method)
        except (requests.RequestException, Unreadable) as error:
            logger.warning("%s %s: %s", method, plain_path(address), type(error).__name__)
            return error
        date = _moment(reply.headers.get("date", ""))
        if date is not None:
            self._answered = (date, self._now())
        level = logging.DEBUG if reply.status < 400 else logging.INFO
        logger.log(
            level, "%s %s %s %s", method, plain_path(address), reply.status, reply.request_id
        )
        return reply

    def _failure(self, answer: Reply | Exception, repeatable: bool) -> Unavailable:
        """Put passing trouble in words. The errors of requests quote addresses: never show them."""
        if isinstance(answer, Exception):
            text = f"{self.service} {_in_words(answer)}"
            certain = repeatable or _never_sent(answer)
            return Unavailable(text) if certain else OutcomeUnknown(text)
        pause = self.pause_of(answer)
        if answer.status == THROTTLED:
            return Throttled(f"{self.service} asks us to wait: too many requests.", pause)
        text = f"{self.service} has a passing problem (status {answer.status}"
        text += f", request {answer.request_id})." if answer.request_id else ")."
        return Unavailable(text, pause) if repeatable else OutcomeUnknown(text, pause)


class Unreadable(Exception):
    """The answer is not what an API answers: often a portal, a proxy, or half of the text."""


def _read(response: requests.Response, method: str) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = _json_object(response.content)
    status = response.status_code
    wanted = status in (200, 201) and method in ("GET", "POST")
    if 300 <= status < 400 or (
        response.ok and body is None and (wanted or response.content.strip())
    ):
        raise Unreadable
    return Reply(status, headers, body)


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _never_sent(error: Exception) -> bool:
    """Say whether a request certainly did not leave: there was no connection to send it on."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = error.args[0] if error.args else None
    reason = getattr(reason, "reason", reason)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _in_words(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "could not be reached safely: its certificate was not accepted."
    if isinstance(error, requests.exceptions.ProxyError):
        return "could not be reached: the proxy of this network refused."
    if isinstance(error, requests.Timeout):
        return "did not answer in time."
    if isinstance(error, Unreadable):
        return (
            "did not answer sensibly: something between us and the service, such as a proxy or"
            " a network's sign-in page, may have answered instead."
        )
    return "could not be reached."


def plain_path(address: str) -> str:
    """Give the path of an address for a log: without its query, and without ids."""
    segments = urlsplit(address).path.split("/")
    return "/".join(
        part if re.fullmatch(r"v1\.0|\$?[A-Za-z]{0,24}", part) else "{id}" for part in segments
    )
