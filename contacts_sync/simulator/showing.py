"""How a contact is shown to this caller: which id form, which properties, which marks."""

from __future__ import annotations

from typing import NamedTuple

from contacts_sync.simulator.fields import Fields, show
from contacts_sync.simulator.items import Item, Version


class Form(NamedTuple):
    """What a request asked for about the shape of its answer."""

    immutable: bool = False
    select: frozenset[str] | None = None
    expand: frozenset[str] | None = None
    """Keys of the extended properties to show; empty for all, None for none."""
    notes_cut: int = 0
    page_size: int | None = None
    minimal: bool = False


def show_contact(item: Item, form: Form, version: Version | None = None) -> Fields:
    version = version or item.version
    record: Fields = {
        "@odata.etag": f'W/"{version.change_key}"',
        "id": item.id if form.immutable else item.rest_id,
        "createdDateTime": item.created,
        "lastModifiedDateTime": version.modified,
        "changeKey": version.change_key,
        "parentFolderId": item.folder,
        **show(version.fields, item.number, form.notes_cut),
    }
    if form.select is not None:
        record = {
            name: value
            for name, value in record.items()
            if name in form.select or name in ("@odata.etag", "id")
        }
    if form.expand is not None:
        _expand(record, item, form.expand)
    return record


def _expand(record: Fields, item: Item, keys: frozenset[str]) -> None:
    shown = [
        {"id": mark.id, "value": mark.value}
        for key, mark in item.marks.items()
        if not keys or key in keys
    ]
    if shown:
        record["singleValueExtendedProperties@odata.context"] = (
            "https://graph.microsoft.com/v1.0/$metadata#users('me')/contacts"
            f"('{record['id']}')/singleValueExtendedProperties"
        )
        record["singleValueExtendedProperties"] = shown
