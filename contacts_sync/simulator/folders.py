"""Contact folders: list, make, rename, delete, and which of them changed."""

from __future__ import annotations

import json
from typing import Any

from contacts_sync.simulator.errors import (
    GraphError,
    access_denied,
    id_malformed,
    item_not_found,
    not_supported,
)
from contacts_sync.simulator.ids import looks_like_id
from contacts_sync.simulator.items import Folder
from contacts_sync.simulator.messages import Answer, Request
from contacts_sync.simulator.odata import next_link, page_bounds
from contacts_sync.simulator.store import Store

ROOT = "https://graph.microsoft.com/v1.0"


def find(mailbox: Store, folder_id: str) -> Folder:
    """Find a folder by id, or by the well-known name `contacts`. Raises 404 and 400."""
    if folder_id.lower() == "contacts":
        return mailbox.main
    folder = mailbox.folders.get(folder_id)
    if folder is None:
        raise item_not_found() if looks_like_id(folder_id) else id_malformed()
    return folder


def answer(mailbox: Store, request: Request, root: str, rest: list[str]) -> Answer:
    match (request.method, rest):
        case ("GET", []):
            return _list(mailbox, request, f"{root}/contactFolders", mailbox.root)
        case ("POST", []):
            return _make(mailbox, request, mailbox.root)
        case ("GET", [folder_id]):
            return _entity(200, find(mailbox, folder_id))
        case ("PATCH", [folder_id]):
            return _rename(mailbox, request, find(mailbox, folder_id))
        case ("DELETE", [folder_id]) | ("POST", [folder_id, "permanentDelete"]):
            return _remove(mailbox, find(mailbox, folder_id))
        case ("GET", [folder_id, "childFolders"]):
            parent = find(mailbox, folder_id)
            base = f"{root}/contactFolders('{parent.id}')/childFolders"
            return _list(mailbox, request, base, parent.id)
        case ("POST", [folder_id, "childFolders"]):
            return _make(mailbox, request, find(mailbox, folder_id).id)
        case _:
            raise not_supported()


def show(folder: Folder) -> dict[str, Any]:
    return {"id": folder.id, "parentFolderId": folder.parent, "displayName": folder.name}


def _list(mailbox: Store, request: Request, base: str, parent: str) -> Answer:
    """List the folders under a parent; the default folder is never among them."""
    options = request.options
    skip, top = page_bounds(options, None)
    found = [
        show(folder)
        for folder in list(mailbox.folders.values())
        if folder.parent == parent and folder is not mailbox.main and folder is not mailbox.bin
    ]
    payload: dict[str, Any] = {"@odata.context": f"{ROOT}/$metadata#users('me')/contactFolders"}
    if len(found) > skip + top:
        payload["@odata.nextLink"] = next_link(base, options, skip + top, top)
    return Answer(200, {**payload, "value": found[skip : skip + top]})


def _make(mailbox: Store, request: Request, parent: str) -> Answer:
    name = _name(request)
    with mailbox.lock:
        _refuse_taken(mailbox, name, parent)
        return _entity(201, mailbox.make_folder(name, parent))


def _rename(mailbox: Store, request: Request, folder: Folder) -> Answer:
    name = _name(request)
    with mailbox.lock:
        if name != folder.name:
            _refuse_taken(mailbox, name, folder.parent)
            mailbox.rename_folder(folder, name)
    return _entity(200, folder)


def _remove(mailbox: Store, folder: Folder) -> Answer:
    if folder is mailbox.main or folder is mailbox.bin:
        raise access_denied()
    mailbox.remove_folder(folder)
    return Answer(204)


def _refuse_taken(mailbox: Store, name: str, parent: str) -> None:
    for folder in mailbox.folders.values():
        if folder.parent == parent and folder.name.casefold() == name.casefold():
            raise GraphError(
                409, "ErrorFolderExists", f"A folder with the specified name already exists: {name}"
            )


def _name(request: Request) -> str:
    try:
        payload = request.parsed or json.loads(request.body)
        name = payload["displayName"]
    except (ValueError, KeyError, TypeError):
        raise GraphError(400, "RequestBodyRead", "A displayName was expected.") from None
    if not isinstance(name, str) or not name.strip():
        raise GraphError(400, "ErrorInvalidProperty", "The folder name is empty.")
    return name.strip()


def _entity(status: int, folder: Folder) -> Answer:
    context = f"{ROOT}/$metadata#users('me')/contactFolders/$entity"
    return Answer(status, {"@odata.context": context, **show(folder)})
