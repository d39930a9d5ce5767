"""An uploaded file: kept in encrypted pieces until its rows are read and chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from contacts_sync import credentials
from contacts_sync.files import Limits, Refused, check_size
from contacts_sync.models import ContactImport, ImportPart, ImportRow

PIECE = 1_000_000
"""Bytes that are encrypted at a time."""

EMPTY = "The file is empty. Choose the file that holds your contacts."

Step = ContactImport.Step


def receive(name: str, size: int, pieces: Iterable[bytes], actor: Any) -> ContactImport:
    """Take a file in. Raises `Refused` with a sentence when it is too large, or empty."""
    check_size(size, Limits())
    if not size:
        raise Refused(EMPTY)
    with transaction.atomic():
        file = ContactImport.objects.create(file_name=name[-200:], size=size, actor=actor)
        for number, piece in enumerate(_even(pieces)):
            ImportPart.objects.create(
                file=file, number=number, sealed=credentials.seal_bytes(piece)
            )
    return file


def _even(pieces: Iterable[bytes]) -> Iterable[bytes]:
    kept = b""
    for piece in pieces:
        kept += piece
        while len(kept) >= PIECE:
            yield kept[:PIECE]
            kept = kept[PIECE:]
    if kept:
        yield kept


def content(file: ContactImport) -> bytes:
    """Give the bytes of a file; nothing when they are gone. Raises `credentials.Unreadable`."""
    parts = file.parts.order_by("number").values_list("sealed", flat=True)
    return b"".join(credentials.unseal_bytes(part) for part in parts.iterator(chunk_size=4))


def forget(file: ContactImport) -> None:
    """Let go of the bytes. What was read of them stays as rows."""
    file.parts.all().delete()


def restart(file: ContactImport, **fields: Any) -> bool:
    """Read a file anew, in another way; False when it is too late for that.

    Rows that were read go. A worker that is still at it notices by the turn.
    """
    ways = [Step.READING, Step.COLUMNS, Step.READY, Step.FAILED, Step.REFUSED]
    with transaction.atomic():
        fits = ContactImport.objects.filter(pk=file.pk, step__in=ways, done=0)
        if not file.parts.exists() or not fits.update(
            step=Step.READING,
            turn=F("turn") + 1,
            tries=0,
            read=0,
            halted="",
            message="",
            touched_at=timezone.now(),
            **fields,
        ):
            return False
        ImportRow.objects.filter(file=file).delete()
    file.refresh_from_db()
    return True
