"""Say at start-up what is missing or cannot work.

What would be dangerous is refused by the settings themselves, because gunicorn runs no checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from contacts_sync import expiry


@register
def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    return [
        *_keys(),
        *_microsoft(),
        *_proof(),
        *_mail(),
        *_queue(),
        *_database(),
    ]


def _keys() -> Iterator[CheckMessage]:
    keys = settings.TOKEN_ENCRYPTION_KEYS
    if not keys:
        yield Error(
            "TOKEN_ENCRYPTION_KEYS is empty: mailbox credentials could not be stored.",
            hint="Set it to a key that `python -c 'from cryptography.fernet import Fernet;"
            " print(Fernet.generate_key().decode())'` prints.",
            id="contacts_sync.E001",
        )
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"Key {position} of TOKEN_ENCRYPTION_KEYS is not a key.",
                hint="A key is 32 bytes in URL-safe base64. Separate several with commas, the"
                " one that encrypts first.",
                id="contacts_sync.E001",
            )


def _microsoft() -> Iterator[CheckMessage]:
    simulator = urlsplit(settings.MICROSOFT_SIMULATOR_URL)
    if simulator.geturl() and not settings.TRIAL:
        yield Error(
            "MICROSOFT_SIMULATOR_URL is set outside DEBUG and the demo.",
            hint="Remove it: the simulator answers in Microsoft's place, over plain http.",
            id="contacts_sync.E002",
        )
    if simulator.geturl() and (
        simulator.scheme != "http" or simulator.path or not simulator.netloc
    ):
        yield Error(
            "MICROSOFT_SIMULATOR_URL is not a plain-http origin.",
            hint="Give scheme, host and port only, like http://127.0.0.1:9000.",
            id="contacts_sync.E002",
        )
    if not settings.MICROSOFT_ALLOWED_TENANTS and not settings.TRIAL:
        yield Error(
            "MICROSOFT_ALLOWED_TENANTS is empty: nobody could connect a mailbox.",
            hint="Set it to the firm's Microsoft 365 tenant id, or to several with commas.",
            id="contacts_sync.E004",
        )
    for name in ("MICROSOFT_LOGIN_URL", "MICROSOFT_GRAPH_URL"):
        if urlsplit(getattr(settings, name)).scheme != "https":
            yield Error(
                f"{name} is not an https address.",
                hint="Tokens are sent there. For the simulator, set MICROSOFT_SIMULATOR_URL.",
                id="contacts_sync.E005",
            )
    proof = settings.MICROSOFT_CLIENT_SECRET or settings.MICROSOFT_CLIENT_CERTIFICATE
    if bool(settings.MICROSOFT_CLIENT_ID) != bool(proof):
        yield Error(
            "Only one half of the Microsoft app registration is set.",
            hint="Set MICROSOFT_CLIENT_ID together with MICROSOFT_CLIENT_SECRET (or"
            " MICROSOFT_CLIENT_CERTIFICATE), or neither.",
            id="contacts_sync.E006",
        )


def _proof() -> Iterator[CheckMessage]:
    try:
        ends = expiry.proof_ends()
    except expiry.Unreadable as error:
        yield Error(str(error), hint=error.hint, id="contacts_sync.E007")
        return
    if ends and ends < datetime.now(UTC) + timedelta(days=30):
        yield Warning(
            f"Our proof of identity at Microsoft (secret or certificate) ends on {ends:%Y-%m-%d}.",
            hint="Make a new one in Entra ID; docs/operating.md says how to change it without a"
            " pause. Afterwards no mailbox can be read.",
            id="contacts_sync.W003",
        )


def _mail() -> Iterator[CheckMessage]:
    sends = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    if sends in ("dummy", "console") and not settings.TRIAL:
        yield Warning(
            "EMAIL_URL sends no mail: nobody can be invited, and no alert reaches anybody.",
            hint="Give a mail server, like smtp+tls://user:password@host:587/.",
            id="contacts_sync.W002",
        )


def _queue() -> Iterator[CheckMessage]:
    queue = settings.Q_CLUSTER
    # A task's lock counts from when it is fetched, and it may wait behind a full queue.
    rounds = math.ceil((queue["queue_limit"] + 1) / queue["workers"]) + 1
    if queue["retry"] <= queue["timeout"] * rounds:
        yield Error(
            f"Q_CLUSTER: with retry={queue['retry']} a task may be started a second time while"
            " it still waits or runs.",
            hint=f"retry must be more than timeout × {rounds} = {queue['timeout'] * rounds} s.",
            id="contacts_sync.E003",
        )


def _database() -> Iterator[CheckMessage]:
    if settings.SQLITE and not settings.TRIAL:
        yield Warning(
            "SQLite in production: one process writes at a time, and var/ must be a local disk.",
            hint="Set DATABASE_URL to a PostgreSQL database, or silence this check.",
            id="contacts_sync.W001",
        )
