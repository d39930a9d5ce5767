"""What every provider of contacts offers, and the values that go in and out.

A provider translates and transports. It builds no rows and takes no decisions: which write is due,
what a failure means for a contact and when to try again is said in `run` and `engine`.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contacts_sync.engine.records import RemoteRecord
from contacts_sync.providers.account import Account


@dataclass(frozen=True, slots=True)
class RemoteContact:
    """A contact of theirs as received.

    `record` holds what we sync. `extras` belongs to the provider: what it needs to write the contact
    back without changing anything that is not ours (JSON). `notes` say what was left out and why.
    A contact with a `skip` reason takes no part in the sync.
    """

    remote_id: str
    version: str
    modified: datetime | None
    folder_id: str
    record: RemoteRecord
    extras: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """They say that this id is no longer in the folder. It may still exist elsewhere."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes, and the cursor behind them. `last` closes a round."""

    changes: tuple[RemoteContact | Tombstone, ...]
    cursor: str
    last: bool


@dataclass(frozen=True, slots=True)
class Create:
    """Create a contact that carries our key."""

    key: str
    record: RemoteRecord


@dataclass(frozen=True, slots=True)
class Update:
    """Change what differs between `before` and `after`; `extras` are those of the mirror."""

    remote_id: str
    version: str
    key: str
    before: RemoteRecord
    after: RemoteRecord
    extras: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a contact, into their Deleted Items."""

    remote_id: str
    version: str


Write = Create | Update | Delete


class Result(enum.StrEnum):
    """What became of a write or a look-up."""

    DONE = "done"
    GONE = "gone"  # there is no such contact
    CHANGED = "changed"  # it has changed since we read it: plan it again
    REJECTED = "rejected"  # refused for a reason that will not pass by itself
    LATER = "later"  # certainly not carried out; may be sent again after `retry_after` seconds
    UNKNOWN = "unknown"  # nobody can say whether it was carried out


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one write or look-up.

    `contact` is the contact as the service now shows it; None when it was deleted, or when the
    service answered without a body. `reason` is a sentence for a person.
    """

    result: Result
    contact: RemoteContact | None = None
    reason: str = ""
    retry_after: float | None = None


class ContactProvider(Protocol):
    """The contacts of one account elsewhere.

    Every method may raise a `ProviderError` that concerns the whole connection. What concerns one
    contact comes back as its `Outcome`.
    """

    batch_size: int
    """How many writes go out in one request."""

    quota: int
    quota_seconds: int
    """How many requests the service takes in how many seconds, counted as `counted` does."""

    @property
    def requests(self) -> int:
        """How many requests were sent so far; a batch counts as one."""

    @property
    def counted(self) -> int:
        """How many requests the service has counted so far; in a batch, each member is one."""

    def time_there(self) -> datetime:
        """Say what time it is by the service's clock, as far as its answers have told."""

    def account(self) -> Account:
        """Ask whose mailbox this is."""

    def folder_id(self) -> str:
        """Ask which folder is the main one."""

    def changes(self, cursor: str) -> Iterator[Page]:
        """Yield what changed since the cursor; an empty cursor lists everything.

        Raises CursorExpired when the cursor is not known any more, also in mid-round.
        """

    def read(self, remote_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Read contacts by id, in whichever folder they are. GONE is a certain answer."""

    def find(self, keys: Collection[str]) -> Mapping[str, tuple[RemoteContact, ...]]:
        """Find the contacts of the main folder that carry one of our keys.

        A key that is missing in the answer was not found. A failed look-up raises.
        """

    def keyed(self) -> Iterator[tuple[str, str]]:
        """List (remote id, key) of all contacts of the main folder that carry a key of ours."""

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Send up to `batch_size` writes in one request; the outcomes come in the same order.

        A create whose outcome is unknown is not repeated.
        """
