"""Import a file: only creates, never changes a contact.

Left alone is what the list has already: a contact that matches fully (rule R4), that has the same
id, or that says everything the file says. What only looks alike is created, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db import transaction

from contacts_sync import contact as shape
from contacts_sync.files import BadCard, BadRow, Draft
from contacts_sync.importing.creating import create
from contacts_sync.importing.drafts import record_of
from contacts_sync.importing.known import Known, Look, Someone
from contacts_sync.store import writing

CHUNK = 500
"""So many contacts share a transaction, and are in memory at a time."""

Entry = Draft | BadCard | BadRow


class Verdict(StrEnum):
    """What became of a card or row."""

    NEW = "new"
    KNOWN = "already there"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one card or row. `like` names contacts of the list that it is, or looks like."""

    entry: Entry
    verdict: Verdict
    name: str = ""
    like: tuple[str, ...] = ()


def bring_in(
    read: Callable[[], Iterable[Entry]], *, reason: str, actor: Any = None, dry_run: bool = False
) -> Iterator[Told]:
    """Create what a file tells and the list does not have, and say so card by card.

    `read` is called twice: companies come first, so that people find the company they name. Each
    chunk is a transaction of its own. A dry run says the same and writes nothing.
    """
    known = Known()
    for kind in (shape.COMPANY, shape.PERSON):
        entries = (one for one in read() if _kind(one) == kind)
        while some := list(islice(entries, CHUNK)):
            if dry_run:
                yield from _judge(some, known)  # which keeps what would be in the list by now
            else:
                yield from _create(some, reason, actor)


def _kind(entry: Entry) -> str:
    return entry.kind if isinstance(entry, Draft) else shape.PERSON


def _create(entries: list[Entry], reason: str, actor: Any) -> list[Told]:
    with transaction.atomic():
        writing.lock_list()
        told = _judge(entries, Known())
        new = [one.entry for one in told if one.verdict is Verdict.NEW]
        create([one for one in new if isinstance(one, Draft)], reason=reason, actor=actor)
    return told


def _judge(entries: list[Entry], known: Known) -> list[Told]:
    looks = [
        Look(one.kind, record_of(one), one.uid) if isinstance(one, Draft) else None
        for one in entries
    ]
    known.load(look for look in looks if look)
    return [_verdict(one, look, known) for one, look in zip(entries, looks, strict=True)]


def _verdict(entry: Entry, look: Look | None, known: Known) -> Told:
    if look is None or not isinstance(entry, Draft):
        return Told(entry, Verdict.UNREADABLE)
    name = shape.display_name(entry.kind, entry.scalars)
    if same := known.same(look):
        return Told(entry, Verdict.KNOWN, name, (same.name,))
    like = tuple(f"{one.name} ({reason})" for one, reason in known.near(look).items())
    known.add(look, Someone(name))
    return Told(entry, Verdict.NEW, name, like)
