"""Single values as files write them: numbers, addresses, messengers, taken as a person would."""

from __future__ import annotations

import re
from urllib.parse import unquote

from contacts_sync.contact import fold

TWO = "holds more than one; they were taken one by one"
NO_ADDRESS = "is not an e-mail address"
EXCHANGE = "is an address inside of an Exchange organisation, not an e-mail address"
PRINTED = "came as printed lines only; all of them became the street"
NAMED = "came with a name; only the address was taken"

LONG = 1_000
"""A longer value is taken as it is: no number or address is, and taking it apart could take long."""

_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_BRACKETS = re.compile(r"[^<>]*<\s*([^\s<>]+@[^\s<>]+?)\s*>\s*")
_NUMBERS = re.compile(r"\s*(?:[,;|\n]|\s/\s|\bor\b)\s*")
_EXTENSION = re.compile(r"(?i)\s*(?:x|ext|extension|poste|#)")
_REMARK = re.compile(r"\s*\([^()\d]*\)\s*\Z")

SERVICES = {
    "AIM": "aim",
    "ICQ": "icq",
    "MSN": "msn",
    "YAHOO": "yahoo",
    "GTALK": "gtalk",
    "GOOGLE-TALK": "gtalk",
    "JABBER": "xmpp",
    "SKYPE": "skype",
    "SKYPE-USERNAME": "skype",
    "QQ": "qq",
    "SIP": "sip",
    "GADUGADU": "gg",
    "GROUPWISE": "groupwise",
    "TELEGRAM": "telegram",
    "WHATSAPP": "whatsapp",
}
"""Instant messengers that programs write as properties of their own (X-AIM) or as service types."""


def read_emails(text: str) -> tuple[list[str], str]:
    """Give the addresses that an e-mail field holds, and what was odd about it."""
    text = text.strip()
    if text.lower().startswith("mailto:"):
        text = unquote(text[7:].partition("?")[0]).strip()
    if text.startswith("/") and "=" in text:
        return [], EXCHANGE
    if len(text) <= LONG and (match := _BRACKETS.fullmatch(text)):
        return [match[1]], NAMED if text[: match.start(1)].strip(' <"') else ""
    if "@" not in text:
        return [], NO_ADDRESS
    parts = [part for part in re.split(r"[;,\s]+", text[: LONG + 1]) if part]
    if len(text) <= LONG and len(parts) > 1 and all(_ADDRESS.fullmatch(part) for part in parts):
        return parts, TWO
    return [text], ""


def read_phones(text: str) -> tuple[list[str], str]:
    """Give the numbers that a phone field holds, and what was odd about it.

    Two numbers are taken apart only where both are long enough to be numbers; pauses (",,,123#"),
    extensions, words and slashes inside of a number stay as typed.
    """
    text = text.strip()
    if text.lower().startswith("tel:"):
        return [_from_tel(text[4:])], ""
    if len(text) > LONG:
        return [text], ""
    parts = [part for part in _NUMBERS.split(text) if part]
    if len(parts) > 1 and all(_is_number(part) for part in parts):
        return [_REMARK.sub("", part).strip() for part in parts], TWO
    return [text], ""


def _is_number(part: str) -> bool:
    digits = sum(sign.isdigit() for sign in part)
    letters = sum(sign.isalpha() for sign in _REMARK.sub("", part))
    return digits >= 6 and letters <= 4 and not _EXTENSION.match(part)


def _from_tel(uri: str) -> str:
    """Read a tel: URI (RFC 3966); of its parameters only the extension is part of the number."""
    number, *params = unquote(uri).split(";")
    extension = next((item[4:] for item in params if item.lower().startswith("ext=")), "")
    return f"{number.strip()} ext. {extension}" if extension else number.strip()


def is_voice_over_ip(text: str) -> bool:
    """Say whether a phone field holds the address of a SIP account instead of a number."""
    return text.strip().lower().startswith(("sip:", "sips:"))


def messenger(text: str, service: str = "") -> str:
    """Write a messenger address as the list holds it: with its service in front, as in a URI."""
    text = fold(text)
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "x-apple":
        text, colon = fold(unquote(rest)), ""
    if not text or (colon and scheme.isalnum()):
        return text
    name = SERVICES.get(service.upper().removeprefix("X-"), service.strip().lower())
    return f"{name}:{text}" if name.isalnum() else text


def postal_address(parts: list[str]) -> tuple[str, str, str, str, str]:
    """Fold the seven parts of ADR (RFC 6350 6.3.1) into five: three of them are lines of a street.

    Outlook keeps the office in the second part, and prints it above the street.
    """
    box, extended, street, *rest = (part.strip() for part in (*parts, *[""] * 7))
    lines = "\n".join(line for line in (extended, street, box) if line)
    return (lines, rest[0], rest[1], rest[2], rest[3])
