"""Ask what runs in a worker to come to an end, because the worker is being stopped.

A byte that all processes share which were forked after this was imported: no lock that a killed process
could take with it, and nothing to look up between two requests.
"""

from __future__ import annotations

import mmap

_asked = mmap.mmap(-1, 1)


def ask() -> None:
    """Let every slice end where it is. Safe in a signal handler."""
    _asked[0] = 1


def asked() -> bool:
    """Say whether somebody has asked."""
    return _asked[0] == 1


def forget() -> None:
    """Go on as if nobody had asked."""
    _asked[0] = 0
