"""A mailbox as its owner sees it in Outlook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contacts_sync.simulator import ids
from contacts_sync.simulator.extended import Marks, read_marks
from contacts_sync.simulator.fields import (
    EXTENDED,
    NAME_PARTS,
    Fields,
    compose_display_name,
    compose_file_as,
    merge,
    read_body,
)
from contacts_sync.simulator.items import Folder, Item, save_folder
from contacts_sync.simulator.store import CONTACTS, Store


class Mailbox(Store):
    """What a person does in Outlook, on top of what the service stores."""

    @property
    def contacts(self) -> Mapping[str, Fields]:
        """The contacts of the main folder by immutable id, as stored, empty values included."""
        return _FolderView(self, self.main)

    @property
    def deleted(self) -> Mapping[str, Fields]:
        return _FolderView(self, self.bin)

    def contacts_in(self, folder: str) -> Mapping[str, Fields]:
        return _FolderView(self, self.folder(folder))

    def put(self, fields: Fields, remote_id: str | None = None, folder: str = CONTACTS) -> str:
        """Add or edit a contact as a person would, and give its immutable id.

        An unknown `remote_id` becomes the id of a new contact. Saving what is
        there already changes nothing, so seeding may be repeated. Outlook
        composes the display name and the filing name anew with the name.
        """
        with self.lock:
            new = read_body(fields, self.behaviour, self._name_of)
            marks = read_marks(fields.get(EXTENDED))
            item = self.find(remote_id) if remote_id else None
            if item is None and remote_id and ids.read_rest_id(remote_id):
                raise KeyError(remote_id)
            if item is None:
                item = self.create(new, self.folder(folder), marks, remote_id)
            else:
                self._edit_as_person(item, new, marks)
            self._journal.flush()
            return item.id

    def remove(self, remote_id: str) -> None:
        """Move a contact to Deleted Items."""
        with self.lock:
            self.delete(self._known(remote_id))
            self._journal.flush()

    def move(self, remote_id: str, folder: str) -> None:
        """Move a contact to a folder by name or id, which is made if it is not there."""
        with self.lock:
            self.relocate(self._known(remote_id), self.folder(folder))
            self._journal.flush()

    def copy(self, remote_id: str) -> str:
        """Duplicate a contact in its folder; the copy carries the same extended properties."""
        with self.lock:
            item = self._known(remote_id)
            new = self.create(item.version.fields, self.folders[item.folder], item.marks)
            self._journal.flush()
            return new.id

    def get(self, remote_id: str) -> Fields:
        """Give a contact as stored, wherever it lies; KeyError when it is gone for good."""
        with self.lock:
            return self.record(self._known(remote_id))

    def marks(self, remote_id: str) -> dict[str, str]:
        """Give a contact's extended properties: values by id as written."""
        with self.lock:
            return {mark.id: mark.value for mark in self._known(remote_id).marks.values()}

    def expire_delta_tokens(self) -> None:
        """Make all delta and skip tokens of this mailbox unknown to the service."""
        with self.lock:
            for folder in self.folders.values():
                folder.generation += 1
                self._journal.write(save_folder(self.key, folder))
            self._journal.flush()

    def _known(self, remote_id: str) -> Item:
        item = self.find(remote_id)
        if item is None:
            raise KeyError(remote_id)
        return item

    def _edit_as_person(self, item: Item, new: Fields, marks: Marks) -> None:
        old = item.version.fields
        fields = merge(old, new)
        if any(fields.get(name) != old.get(name) for name in NAME_PARTS):
            composed = {
                "displayName": compose_display_name(fields),
                "fileAs": compose_file_as(fields),
            }
            fields = merge(fields, {k: v for k, v in composed.items() if k not in new})
        marked = any(item.marks.get(key) != mark for key, mark in marks.items() if mark.value)
        if fields != old or marked:
            self._mark(item, marks)
            self._replace(item, fields)


class _FolderView(Mapping[str, Fields]):
    """The contacts of one folder, read when asked for."""

    def __init__(self, mailbox: Store, folder: Folder) -> None:
        self._mailbox, self._folder = mailbox, folder

    def __getitem__(self, remote_id: str) -> Fields:
        return self._mailbox.record(self._folder.items[remote_id])

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._folder.items))

    def __len__(self) -> int:
        return len(self._folder.items)
