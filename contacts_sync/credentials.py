"""Keep what lets us into a mailbox: encrypted, bound to its account, and rotated with the keys."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import F

from contacts_sync.models import Connection, ImportPart


class Unreadable(Exception):
    """No key of ours opens this credential, or it belongs to another account."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS])


def seal(connection: Connection, credential: str) -> str:
    """Encrypt a credential for a connection. It opens for that account only."""
    bound = json.dumps({"account": _account(connection), "credential": credential})
    return _fernet().encrypt(bound.encode()).decode()


def unseal(connection: Connection, sealed: str) -> str:
    """Decrypt a credential; raises Unreadable, and never returns what it could not open."""
    try:
        bound: dict[str, Any] = json.loads(_fernet().decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable from error
    if bound.get("account") != _account(connection):
        raise Unreadable
    return str(bound["credential"])


def _account(connection: Connection) -> str:
    return f"{connection.provider}:{connection.tenant_id}:{connection.object_id}"


def store(connection: Connection, credential: str) -> None:
    """Store a new credential, as a person's sign-in brings it."""
    Connection.objects.filter(pk=connection.pk).update(
        credential=seal(connection, credential), credential_version=F("credential_version") + 1
    )


def replace(connection: Connection, credential: str, version: int) -> int:
    """Store a rotated credential if nobody was faster; returns the version that is stored now.

    After *Disconnect Account* the version is another one, so a run in flight brings nothing back.
    """
    Connection.objects.filter(pk=connection.pk, credential_version=version).update(
        credential=seal(connection, credential), credential_version=version + 1
    )
    return Connection.objects.values_list("credential_version", flat=True).get(pk=connection.pk)


def forget(connection: Connection) -> None:
    """Forget a credential for good."""
    Connection.objects.filter(pk=connection.pk).update(
        credential="", credential_version=F("credential_version") + 1
    )


def seal_bytes(data: bytes) -> str:
    """Encrypt a piece of an uploaded file."""
    return _fernet().encrypt(data).decode()


def unseal_bytes(sealed: str) -> bytes:
    """Decrypt what `seal_bytes` gave; raises Unreadable when no key of ours opens it."""
    try:
        return _fernet().decrypt(sealed.encode())
    except InvalidToken as error:
        raise Unreadable from error


def rotate() -> tuple[int, int]:
    """Encrypt everything sealed with the first key; returns how much was, and how much no key opens.

    That is the credentials, and the pieces of files that wait to be imported.
    """
    done = failed = 0
    for connection in Connection.objects.exclude(credential=""):
        try:
            sealed = _fernet().rotate(connection.credential.encode()).decode()
        except InvalidToken:
            failed += 1
            continue
        done += Connection.objects.filter(
            pk=connection.pk, credential_version=connection.credential_version
        ).update(credential=sealed)
    for part in ImportPart.objects.defer("file").iterator(chunk_size=4):
        try:
            sealed = _fernet().rotate(part.sealed.encode()).decode()
        except InvalidToken:
            failed += 1
            continue
        done += ImportPart.objects.filter(pk=part.pk).update(sealed=sealed)
    return done, failed
