"""Item, folder and change ids of the same size, alphabet and case rules as Exchange's."""

from __future__ import annotations

import base64
import binascii
import hashlib

_IMMUTABLE_PREFIX = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"
_REST_PREFIX = "AAMkADhmMzYx"


def immutable_id(mailbox: str, number: int) -> str:
    """Give the id that survives moves: 72 characters with `-`, `_` and a trailing `=`.

    Ids come in pairs that differ only by the case of one letter, so that a
    case-folding column or comparison breaks at the second contact.
    """
    pair, twin = divmod(number, 2)
    digest = hashlib.blake2b(f"{mailbox}/{pair}".encode(), digest_size=26).digest()
    text = base64.urlsafe_b64encode(digest).decode().rstrip("=")[:32]
    letter = "q" if twin else "Q"
    return f"{_IMMUTABLE_PREFIX}{text[:16]}{letter}{text[16:]}-_="[:68] + "_-A="


def rest_id(immutable: str, moves: int) -> str:
    """Give the long id that ends with the next move; it can be read back."""
    payload = (
        moves.to_bytes(3, "big")
        + hashlib.blake2b(f"{immutable}/{moves}".encode(), digest_size=29).digest()
    )
    payload += immutable.encode()
    payload += b"\0" * ((2 - len(payload)) % 3)
    return _REST_PREFIX + base64.urlsafe_b64encode(payload).decode()


def read_rest_id(text: str) -> tuple[str, int] | None:
    """Find the immutable id and the number of moves in a long id, if it is one."""
    if not text.startswith(_REST_PREFIX):
        return None
    try:
        payload = base64.b64decode(text[len(_REST_PREFIX) :], altchars=b"-_", validate=True)
        immutable = payload[32:].rstrip(b"\0").decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    moves = int.from_bytes(payload[:3], "big")
    return (immutable, moves) if rest_id(immutable, moves) == text else None


def folder_id(mailbox: str, number: int) -> str:
    digest = hashlib.blake2b(f"{mailbox}/folder/{number}".encode(), digest_size=64).digest()
    more = hashlib.blake2b(digest, digest_size=22).digest()
    return "AQMkADIx" + base64.urlsafe_b64encode(digest + more).decode()[:108] + "AAAA="


def change_key(mailbox_digest: bytes, number: int) -> str:
    stamp = b"\x11\0\0\0\x16\0\0\0" + mailbox_digest[:16] + number.to_bytes(6, "big")
    return base64.b64encode(stamp).decode()


def looks_like_id(text: str) -> bool:
    """Say whether the service would look for this id at all, or call it malformed."""
    return len(text) >= 60 and text.replace("-", "").replace("_", "").rstrip("=").isalnum()
