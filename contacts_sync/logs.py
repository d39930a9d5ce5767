"""Log lines: one JSON object each, with the request or the run they belong to, and no secret."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)

# What could be typed into an address or quoted by a library, and lets somebody in.
_SECRETS = re.compile(
    r"(?i)\b(code|state|nonce|key|token|password|client_secret|refresh_token|access_token|id_token"
    r"|assertion|code_verifier|session_state)=[^&\s\"']+"
    r"|\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # a JSON web token
    r"|(?<=/password/reset/key/)[^/\s]+"
    r"|(?<=/confirm-email/)[^/\s]+"
)


@contextmanager
def about(**what: Any) -> Iterator[None]:
    """Name the run or the request that everything logged within belongs to."""
    token = _about.set({**_context(), **what})
    try:
        yield
    finally:
        _about.reset(token)


def _context() -> dict[str, Any]:
    return _about.get() or {}


def redact(text: str) -> str:
    """Take out what would let a reader of the log sign in."""
    return _SECRETS.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    name = found[1] or found[2]
    return f"{name}{'=' if found[1] else ' '}…" if name else "…"


class Plain(logging.Formatter):
    """A line for people. What somebody sent us cannot begin a line of its own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        context = "".join(f" {name}={value}" for name, value in _context().items())
        return redact(super().format(record)) + context

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message)
        return super().formatMessage(record)


class Json(logging.Formatter):
    """A line for machines: one object, whatever the message contains."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_context(),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True, default=str)


def printable(text: str) -> str:
    """Write what would end the line, turn its direction, or steer a terminal, as an escape."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1]
        for char in text.replace("\r", "\\r")
    ).replace("\n", "\n    ")


def configuration(form: str, level: str) -> dict[str, Any]:
    """Give Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"()": "contacts_sync.logs.Plain"},
            "json": {"()": "contacts_sync.logs.Json"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["console"], "level": level, "propagate": False},
            # What they say at DEBUG quotes pages and rows, that is: contacts.
            "django.template": {"level": "INFO"},
            "django.db.backends": {"level": "INFO"},
            # It would add a handler of its own, whose lines are no JSON.
            "django-q": {"handlers": ["console"], "level": level, "propagate": False},
            # Their warnings quote addresses, which hold contact ids and cursors.
            "urllib3": {"level": "ERROR"},
            "msal": {"level": "ERROR"},
        },
    }


def report_errors_to(dsn: str) -> bool:
    """Send exceptions to Sentry: where they happened, and nothing of what was being handled.

    A frame's variables hold contacts and tokens, and so may the text of an exception.
    """
    try:
        sentry_sdk: Any = import_module("sentry_sdk")
    except ImportError:
        return False
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_without_contents,
    )
    return True


def _without_contents(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    for name in ("request", "user", "extra", "breadcrumbs", "message", "logentry"):
        event.pop(name, None)
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = ""
    return event
