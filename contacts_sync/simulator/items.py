"""What a mailbox stores: folders, contacts and their versions, and their rows in the journal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contacts_sync.simulator import ids
from contacts_sync.simulator.changelog import ChangeLog, Entry
from contacts_sync.simulator.extended import Mark, Marks
from contacts_sync.simulator.fields import Fields
from contacts_sync.simulator.journal import Statement


class Version(NamedTuple):
    """The content after one write; never altered in place."""

    fields: Fields
    change_key: str
    modified: str


@dataclass(slots=True)
class Item:
    """One stored contact. `id` is the immutable id; `moves` makes the long one."""

    id: str
    number: int
    folder: str
    moves: int
    created: str
    version: Version
    previous: Version | None = None
    marks: Marks = field(default_factory=dict)

    @property
    def rest_id(self) -> str:
        return ids.rest_id(self.id, self.moves)


@dataclass(slots=True)
class Folder:
    id: str
    name: str
    parent: str
    number: int
    items: dict[str, Item] = field(default_factory=dict)
    log: ChangeLog = field(default_factory=ChangeLog)
    generation: int = 1
    """Delta tokens name it; raising it kills them."""


def save_item(mailbox: str, item: Item) -> Statement:
    version = item.version
    data = [
        item.number,
        item.folder,
        item.moves,
        item.created,
        version.fields,
        version.change_key,
        version.modified,
        item.marks,
    ]
    return (
        "insert into items values (?, ?, ?) on conflict do update set data = excluded.data",
        (mailbox, item.id, json.dumps(data)),
    )


def load_item(remote_id: str, text: str) -> Item:
    number, folder, moves, created, fields, change_key, modified, marks = json.loads(text)
    version = Version(fields, change_key, modified)
    read = {key: Mark(*mark) for key, mark in marks.items()}
    return Item(remote_id, number, folder, moves, created, version, None, read)


def save_folder(mailbox: str, folder: Folder) -> Statement:
    data = [folder.name, folder.parent, folder.number, folder.generation]
    return (
        "insert into folders values (?, ?, ?) on conflict do update set data = excluded.data",
        (mailbox, folder.id, json.dumps(data)),
    )


def load_folder(remote_id: str, text: str) -> Folder:
    name, parent, number, generation = json.loads(text)
    return Folder(remote_id, name, parent, number, generation=generation)


def save_change(mailbox: str, folder: str, entry: Entry) -> Statement:
    return (
        "insert into changes values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
        "seq = excluded.seq, time = excluded.time, kind = excluded.kind",
        (mailbox, folder, entry.item, entry.moves, entry.seq, entry.time, entry.kind),
    )


def load_change(row: tuple[Any, ...]) -> tuple[str, Entry]:
    folder, item, moves, seq, time, kind = row
    return folder, Entry(seq, time, item, moves, kind)
