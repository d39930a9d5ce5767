"""What a mailbox holds: folders, contacts, their versions and marks, what changed when.

Everything a request needs is one look-up away: contacts by id, the contacts of
a folder in order, the change log by position, marks by value. All public
methods take the mailbox's lock.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

from contacts_sync.simulator import ids
from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.changelog import Entry
from contacts_sync.simulator.errors import conflict
from contacts_sync.simulator.extended import MarkIndex, Marks, read_marks
from contacts_sync.simulator.fields import (
    EXTENDED,
    NAME_PARTS,
    Fields,
    compose_display_name,
    compose_file_as,
    merge,
    read_body,
    show_plainly,
)
from contacts_sync.simulator.items import (
    Folder,
    Item,
    Version,
    load_change,
    load_folder,
    load_item,
    save_change,
    save_folder,
    save_item,
)
from contacts_sync.simulator.journal import Journal, Statement

CONTACTS, DELETED = "Contacts", "Deleted Items"
WELL_KNOWN = {"contacts": CONTACTS, "deleteditems": DELETED}


class Store:
    """A mailbox as the service handles it; Graph's requests end here."""

    def __init__(
        self,
        key: str,
        behaviour: Behaviour,
        clock: Callable[[], float] = time.time,
        journal: Journal | None = None,
        name_of: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self.key, self.behaviour, self.clock = key, behaviour, clock
        self.lock = threading.RLock()
        self.folders: dict[str, Folder] = {}
        self.index = MarkIndex()
        self.items: dict[str, Item] = {}
        self.sequence = 0
        self._numbers = 0
        self._digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        self._journal = journal or Journal(None)
        self._name_of = name_of
        self._due: list[Item] = []
        self._load()
        self.main, self.bin = self.folder(CONTACTS), self.folder(DELETED)

    # Folders

    def folder(self, name: str) -> Folder:
        """Find a folder by id, well-known name or display name, or make it."""
        with self.lock:
            return self.find_folder(name) or self.make_folder(name, self.root)

    def find_folder(self, name: str) -> Folder | None:
        with self.lock:
            if name in self.folders:
                return self.folders[name]
            name = WELL_KNOWN.get(name.lower(), name)
            return next((f for f in self.folders.values() if f.name == name), None)

    @property
    def root(self) -> str:
        return ids.folder_id(self.key, 0)

    def make_folder(self, name: str, parent: str) -> Folder:
        with self.lock:
            self.sequence += 1
            number = self.sequence
            made = Folder(ids.folder_id(self.key, number), name, parent, number)
            self.folders[made.id] = made
            self._journal.write(save_folder(self.key, made))
            return made

    def rename_folder(self, folder: Folder, name: str) -> None:
        with self.lock:
            folder.name = name
            self._journal.write(save_folder(self.key, folder))

    def remove_folder(self, folder: Folder) -> None:
        with self.lock:
            for item in list(folder.items.values()):
                self.delete(item)
            del self.folders[folder.id]
            self._journal.write(
                ("delete from folders where mailbox = ? and id = ?", (self.key, folder.id)),
                ("delete from changes where mailbox = ? and folder = ?", (self.key, folder.id)),
            )

    # Contacts, as Graph handles them

    def find(self, remote_id: str) -> Item | None:
        """Find a contact by either form of its id; a long id from before a move finds none."""
        item = self.items.get(remote_id)
        if item is not None:
            return item
        if (read := ids.read_rest_id(remote_id)) is None:
            return None
        item = self.items.get(read[0])
        return item if item is not None and item.moves == read[1] else None

    def create(
        self, fields: Fields, folder: Folder, marks: Marks, remote_id: str | None = None
    ) -> Item:
        with self.lock:
            self._numbers += 1
            stored = merge({}, fields)
            stored.setdefault("displayName", compose_display_name(stored))
            stored.setdefault("fileAs", compose_file_as(stored))
            version = self._version({name: value for name, value in stored.items() if value})
            item = Item(
                remote_id or ids.immutable_id(self.key, self._numbers),
                self._numbers,
                folder.id,
                0,
                version.modified,
                version,
            )
            self.items[item.id] = folder.items[item.id] = item
            self._mark(item, marks)
            self._changed(item)
            return item

    def change(self, item: Item, new: Fields, marks: Marks, etag: str = "") -> None:
        """Write fields and marks; a display name that is not sent follows the name."""
        with self.lock:
            self.check(item, etag)
            fields = merge(item.version.fields, new)
            if "displayName" not in new and any(name in new for name in NAME_PARTS):
                fields = merge(fields, {"displayName": compose_display_name(fields)})
            self._mark(item, marks)
            self._replace(item, fields)

    def delete(self, item: Item, etag: str = "") -> None:
        """Move to Deleted Items; what lies there already is purged."""
        with self.lock:
            self.check(item, etag)
            if item.folder == self.bin.id:
                self.purge(item)
            else:
                self.relocate(item, self.bin, "deleted")

    def purge(self, item: Item) -> None:
        with self.lock:
            folder = self.folders[item.folder]
            del folder.items[item.id], self.items[item.id]
            for key, mark in item.marks.items():
                self.index.drop(item.id, key, mark.value)
            gone = self._log(folder, item, "deleted")
            self._journal.write(
                ("delete from items where mailbox = ? and id = ?", (self.key, item.id)), gone
            )

    def relocate(self, item: Item, target: Folder, reason: str = "changed") -> None:
        with self.lock:
            source = self.folders[item.folder]
            if source is target:
                return
            del source.items[item.id]
            left = self._log(source, item, reason)
            item.folder, item.moves = target.id, item.moves + 1
            item.version = item.version._replace(change_key=self._next_key())
            target.items[item.id] = item
            self._changed(item, left)

    def check(self, item: Item, etag: str) -> None:
        """Compare an If-Match header, unless the service ignores it. Raises 412."""
        given = etag.strip().removeprefix("W/").strip('"')
        if self.behaviour.if_match == "ignored" or given in ("", "*"):
            return
        if given != item.version.change_key:
            raise conflict()

    def record(self, item: Item, version: Version | None = None) -> Fields:
        """Give a contact as stored, with its read-only properties."""
        version = version or item.version
        return {
            "id": item.id,
            "changeKey": version.change_key,
            "createdDateTime": item.created,
            "lastModifiedDateTime": version.modified,
            "parentFolderId": item.folder,
            **show_plainly(version.fields),
        }

    def body(self, payload: Any) -> tuple[Fields, Marks]:
        """Read a request body; raises the refusals of the service."""
        fields = read_body(payload, self.behaviour, self._name_of)
        return fields, read_marks(payload.get(EXTENDED))

    def settle(self) -> None:
        """Do what the service does by itself a moment after a write."""
        if not self._due:
            return
        with self.lock:
            due, self._due = self._due, []
            for item in due:
                if item.id in self.items:
                    item.previous = item.version
                    item.version = item.version._replace(change_key=self._next_key())
                    self._changed(item)

    def _replace(self, item: Item, fields: Fields) -> None:
        item.previous, item.version = item.version, self._version(fields)
        self._changed(item)
        if self.behaviour.extra_version_bump:
            self._due.append(item)

    def _version(self, fields: Fields) -> Version:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock()))
        return Version(fields, self._next_key(), stamp)

    def _next_key(self) -> str:
        self.sequence += 1
        return ids.change_key(self._digest, self.sequence)

    def _mark(self, item: Item, marks: Marks) -> None:
        for key, mark in marks.items():
            if old := item.marks.pop(key, None):
                self.index.drop(item.id, key, old.value)
            if mark.value:
                item.marks[key] = mark
                self.index.put(item.id, key, mark.value, self.clock())

    def _changed(self, item: Item, *before: Statement) -> None:
        entry = self._log(self.folders[item.folder], item, "present")
        if self._journal.keeps:
            self._journal.write(*before, save_item(self.key, item), entry)

    def _log(self, folder: Folder, item: Item, kind: str) -> Statement:
        self.sequence += 1
        entry = Entry(self.sequence, self.clock(), item.id, item.moves, kind)
        folder.log.add(entry)
        return save_change(self.key, folder.id, entry)

    def _load(self) -> None:
        """Take in what the journal kept."""
        folders = self._journal.rows("select id, data from folders where mailbox = ?", self.key)
        for row in folders:
            folder = load_folder(*row)
            self.folders[folder.id] = folder
            self.sequence = max(self.sequence, folder.number)
        items = self._journal.rows(
            "select id, data from items where mailbox = ? order by rowid", self.key
        )
        for row in items:
            self._take_in(load_item(*row))
        changes = self._journal.rows(
            "select folder, item, moves, seq, time, kind from changes "
            "where mailbox = ? order by seq",
            self.key,
        )
        for change in changes:
            folder_id, entry = load_change(change)
            self.folders[folder_id].log.add(entry)
            self.sequence = max(self.sequence, entry.seq)
        # Each creation took at least one step of the sequence: no number comes twice.
        self._numbers = self.sequence

    def _take_in(self, item: Item) -> None:
        self.items[item.id] = self.folders[item.folder].items[item.id] = item
        for key, mark in item.marks.items():
            self.index.put(item.id, key, mark.value, 0.0)
