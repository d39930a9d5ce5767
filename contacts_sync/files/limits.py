"""How much of a file is read, and the one kind of error that a whole file can raise."""

from __future__ import annotations

from dataclasses import dataclass


class Refused(ValueError):
    """The file cannot be read at all. The message is a sentence for the person who chose it."""


class TooLarge(Refused):
    """The file is larger than what is read at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows` counts contacts (rows or cards), `size` the bytes of the file as it was chosen."""

    rows: int = 100_000
    size: int = 50_000_000


DEFAULT = Limits()


def check_size(size: int, limits: Limits) -> None:
    """Refuse a file by its size; a page can ask before it takes the file in."""
    if size > limits.size:
        raise TooLarge(
            f"The file has {size / 1e6:,.1f} MB; at most {limits.size / 1e6:,.0f} MB are read at "
            "once. Export the contacts in several files, without pictures, and import one by one."
        )


def check_rows(rows: int, limits: Limits) -> None:
    """Refuse a file by the number of its contacts."""
    if rows > limits.rows:
        raise TooLarge(
            f"The file holds {rows:,} contacts; at most {limits.rows:,} are read at once. "
            "Split it into several files and import one by one."
        )
