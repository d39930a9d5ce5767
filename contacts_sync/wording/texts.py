"""Texts that other people typed: cut to a length that can be read, and kept from turning the line."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

LONG, NAME = 300, 100
"""From how many signs on a value, and a name, is cut."""

TURNING = frozenset({"R", "AL", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"})
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def shortened(text: str, limit: int = LONG) -> str:
    """Cut a long text, and say how long it is."""
    if len(text) <= limit:
        return text
    return _("%(beginning)s … (%(number)s characters in all)") % {
        "beginning": text[:limit].rstrip(),
        "number": f"{len(text):,}",
    }


def isolated(text: str) -> str:
    """Keep a text that is written from right to left, or turns the line, from turning its sentence."""
    if any(unicodedata.bidirectional(sign) in TURNING for sign in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def named(name: object) -> str:
    """Write a contact's name within a sentence."""
    text = " ".join(str(name or "").split())
    if not text:
        return _("Without a name")
    cut = text if len(text) <= NAME else f"{text[:NAME].rstrip()}…"
    return isolated(cut)
