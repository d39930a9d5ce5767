"""What a merge gives: one value as it shall be on both sides, and conflicts."""

from __future__ import annotations

from dataclasses import dataclass

from contacts_sync.engine.records import LocalValue, RemoteValue, Side
from contacts_sync.engine.schema import Value

DROPPED = ""
"""The room of a value that was sent once and not kept: it is not sent again until it is edited."""

NOWHERE = 1_000_000
"""The position of a value that the other side does not have yet: behind all it has."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that changed on both sides, and whose value counts. None stands for removed."""

    name: str
    here: Value | None
    there: Value | None
    winner: Side


@dataclass(frozen=True, slots=True)
class Entry:
    """One value as it shall be on both sides.

    `row` is None for a value that is new here, `value` None for one that stands only there. `room`
    is None for a value that stays home, and `DROPPED` for one that their service does not keep;
    `text` is how it shall be written there.
    """

    row: int | None
    label: str
    value: Value | None
    primary: bool = False
    room: str | None = None
    text: Value | None = None
    position: int = NOWHERE

    def local(self) -> LocalValue | None:
        """Give our half, once the row is known."""
        if self.value is None or self.row is None:
            return None
        return LocalValue(self.row, self.label, self.value, self.primary)

    def remote(self) -> RemoteValue | None:
        """Give their half."""
        if not self.room or self.text is None:
            return None
        return RemoteValue(self.room, self.text)
