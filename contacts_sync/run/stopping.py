"""Ask what runs in a worker to come to an end, because the worker is being stopped.

A byte that all processes share which were forked after this was imported: no lock that a killed process
could take with it, and nothing to look up between two requests.
"""

from __future__ import annotations

import mmap
import time

LOOK = 0.5
"""How many seconds somebody who waits does not notice that the worker is being stopped."""

_asked = mmap.mmap(-1, 1)


def ask() -> None:
    """Let every slice end where it is. Safe in a signal handler."""
    _asked[0] = 1


def asked() -> bool:
    """Say whether somebody has asked."""
    return _asked[0] == 1


def sleep(seconds: float) -> None:
    """Wait, but no longer than until somebody asks."""
    ends = time.monotonic() + seconds
    while not asked() and (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, LOOK))


def forget() -> None:
    """Go on as if nobody had asked."""
    _asked[0] = 0
