"""Delta rounds: opaque links, pages from the change log, tombstones, and dead tokens."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import NamedTuple

from contacts_sync.simulator import ids
from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.changelog import Entry
from contacts_sync.simulator.errors import GraphError
from contacts_sync.simulator.fields import Fields
from contacts_sync.simulator.items import Folder, Item, Version
from contacts_sync.simulator.odata import read_select
from contacts_sync.simulator.showing import Form, show_contact
from contacts_sync.simulator.store import Store

_REFUSED = ("$top", "$filter", "$orderby", "$expand", "$search")
LARGEST_PAGE = 200


class Token(NamedTuple):
    """Where a round stands. `start` is where it began, `position` what it has covered."""

    folder: str
    generation: int
    start: int
    position: int
    page: int
    select: str
    began: int = 0
    """The end of the log when the round's first page was asked for."""
    last: int = 0
    """The row that ended the page before, for services that repeat it."""

    @property
    def listing(self) -> bool:
        return self.start == 0


def delta_page(
    mailbox: Store, folder: Folder, base: str, options: dict[str, str], form: Form
) -> Fields:
    """Answer one page of a round: rows and a next link, or rows and a delta link."""
    behaviour = mailbox.behaviour
    if any(name in options for name in _REFUSED):
        raise _query_refused()
    if behaviour.mailbox_full:
        raise quota_full()
    token = _read_token(folder, base, options, behaviour)
    select = read_select(token.select)
    with mailbox.lock:
        rows, token, more = _walk(mailbox, folder, token, form._replace(select=select))
    name, kind = ("next", "skiptoken") if more else ("delta", "deltatoken")
    if not more:
        token = token._replace(start=token.position, page=0, last=0)
    return {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(contact)",
        f"@odata.{name}Link": f"{base}/delta?${kind}={_write_token(token)}",
        "value": rows,
    }


def _walk(
    mailbox: Store, folder: Folder, token: Token, form: Form
) -> tuple[list[Fields], Token, bool]:
    behaviour, page = mailbox.behaviour, token.page
    if page == 0:
        token = token._replace(began=folder.log.end)
    size = min(form.page_size or behaviour.delta_page_size, LARGEST_PAGE)
    token = token._replace(page=page + 1)
    if behaviour.empty_pages and page % 2 == 0:
        return [], token, True
    until = mailbox.clock() - behaviour.delta_lag_seconds
    rows = _replays(mailbox, folder, token, form) if page == 0 else []
    if behaviour.repeated_rows and token.last:
        repeated = folder.log.before(token.last, 1)
        rows += [row for e in repeated if (row := _row(mailbox, folder, token, e, form, until))]
    fresh = 0
    for entry in folder.log.after(token.position):
        if entry.time > until:
            break
        row = _row(mailbox, folder, token, entry, form, until)
        if row is None:
            if fresh < size:
                token = token._replace(position=entry.seq)
            continue
        if fresh == size:
            return rows, token, True
        fresh += 1
        rows.append(row)
        token = token._replace(position=entry.seq, last=entry.seq)
    return rows, token, False


def _row(
    mailbox: Store, folder: Folder, token: Token, entry: Entry, form: Form, until: float
) -> Fields | None:
    """Give the row of one change, or None if a later one speaks for it."""
    item = folder.items.get(entry.item)
    if not folder.log.is_latest(entry) and not (item and _unseen(folder, item, until)):
        return None
    if entry.kind != "present":
        return _tombstone(mailbox, token, entry, item, form)
    if item is None or item.moves != entry.moves:
        return None
    bug = mailbox.behaviour.immutable_id_bug and form.immutable
    if bug and folder.log.removed_at(item.id) > token.start > 0:
        return None
    seen = item.previous if item.previous and _unseen(folder, item, until) else item.version
    return _present(item, seen, form)


def _unseen(folder: Folder, item: Item, until: float) -> bool:
    """Say whether the newest change of a contact is younger than what the round shows."""
    return folder.log.newest(item.id, item.moves).time > until


def _tombstone(
    mailbox: Store, token: Token, entry: Entry, item: Item | None, form: Form
) -> Fields | None:
    if token.listing and entry.seq <= token.began:
        return None  # A first round names what is gone only if it may have listed it before.
    if form.immutable and item is not None and not mailbox.behaviour.immutable_id_bug:
        return None
    name = entry.item if form.immutable else ids.rest_id(entry.item, entry.moves)
    return {
        "@odata.type": "#microsoft.graph.contact",
        "id": name,
        "@removed": {"reason": entry.kind},
    }


def _present(item: Item, version: Version, form: Form) -> Fields:
    return {"@odata.type": "#microsoft.graph.contact", **show_contact(item, form, version)}


def _replays(mailbox: Store, folder: Folder, token: Token, form: Form) -> list[Fields]:
    behaviour = mailbox.behaviour
    if token.listing or not behaviour.replayed_rows:
        return []
    rows = []
    for entry in folder.log.before(token.position, behaviour.replayed_rows):
        item = folder.items.get(entry.item)
        if item is not None and item.moves == entry.moves:
            stale = item.previous if behaviour.replayed_stale else None
            rows.append(_present(item, stale or item.version, form))
    return rows


def _read_token(folder: Folder, base: str, options: dict[str, str], behaviour: Behaviour) -> Token:
    text = options.get("$skiptoken") or options.get("$deltatoken")
    fresh = Token(folder.id, folder.generation, 0, 0, 0, options.get("$select", ""))
    if not text:
        return fresh
    try:
        token = Token(*json.loads(zlib.decompress(base64.urlsafe_b64decode(text))))
    except (ValueError, TypeError, binascii.Error, zlib.error):
        raise GraphError(400, "ErrorInvalidIdMalformed", "Badly formed token.") from None
    if token.folder != folder.id:
        raise GraphError(404, "ErrorSyncFolderNotFound", "The sync folder was not found.")
    if token.generation != folder.generation:
        raise dead_token(behaviour, f"{base}/delta?$deltatoken=")
    return token


def _write_token(token: Token) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(token).encode(), 1)).decode()


def dead_token(behaviour: Behaviour, fresh: str) -> GraphError:
    gone = (
        "The sync state generation is not found. The delta token is expired and data must be "
        "synchronized again."
    )
    match behaviour.dead_token:
        case "400 malformed":
            return GraphError(400, "ErrorInvalidIdMalformed", "Badly formed token.")
        case "ResyncRequired":
            return GraphError(410, "resyncRequired", gone)
        case "Location":
            return GraphError(410, "syncStateNotFound", gone, {"Location": fresh})
        case "403 quota":
            return quota_full()
        case _:
            return GraphError(410, "SyncStateNotFound", gone)


def quota_full() -> GraphError:
    return GraphError(403, "ErrorQuotaExceeded", "The mailbox is over its quota.")


def _query_refused() -> GraphError:
    return GraphError(
        400,
        "ErrorInvalidUrlQuery",
        "The following parameters are not supported with change tracking over the 'Contacts' "
        "resource: '$orderby, $filter, $select, $expand, $search, $top'.",
    )
