"""List a folder's contacts by pages, filtered and ordered."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from contacts_sync.simulator.errors import GraphError
from contacts_sync.simulator.fields import Fields
from contacts_sync.simulator.items import Folder, Item
from contacts_sync.simulator.odata import MarkFilter, next_link, order, page_bounds, read_filter
from contacts_sync.simulator.showing import Form, show_contact
from contacts_sync.simulator.store import Store


def list_page(
    mailbox: Store, folder: Folder, base: str, options: dict[str, str], form: Form
) -> Fields:
    """Answer one page. Skip based, so that a change in between shifts the next page."""
    if "$search" in options:
        raise GraphError(400, "ErrorInvalidUrlQuery", "$search is not simulated.")
    skip, top = page_bounds(options, form.page_size)
    with mailbox.lock:
        items, total = _chosen(mailbox, folder, options)
        page = list(islice(items, skip, skip + top + 1))
        rows = [show_contact(item, form) for item in page[:top]]
    answer: Fields = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('me')/contacts"
    }
    if options.get("$count", "").lower() == "true":
        answer["@odata.count"] = total if total is not None else _count(mailbox, folder, options)
    if len(page) > top:
        answer["@odata.nextLink"] = next_link(base, options, skip + top, top)
    answer["value"] = rows
    return answer


def _chosen(
    mailbox: Store, folder: Folder, options: dict[str, str]
) -> tuple[Iterable[Item], int | None]:
    """Give the contacts that are listed, and how many if that is known without counting."""
    items: Iterable[Item] = folder.items.values()
    total: int | None = len(folder.items)
    if options.get("$filter"):
        mark, tests = read_filter(options["$filter"])
        if mark is not None:
            items = _marked(mailbox, folder, mark)
        if tests:
            items = (
                item
                for item in items
                if all(test(record) for record in [mailbox.record(item)] for test in tests)
            )
        total = None
    if options.get("$orderby"):
        items = order(
            list(items), options["$orderby"], lambda item, name: _value(mailbox, item, name)
        )
    return items, total


def _marked(mailbox: Store, folder: Folder, mark: MarkFilter) -> Iterable[Item]:
    until = mailbox.clock() - mailbox.behaviour.svep_filter_lag
    for name in mailbox.index.find(mark.key, mark.value, until):
        item = folder.items.get(name)
        if item is not None:
            yield item


def _value(mailbox: Store, item: Item, name: str) -> object:
    if name == "lastModifiedDateTime":
        return item.version.modified
    return item.version.fields.get(name) or mailbox.record(item).get(name)


def _count(mailbox: Store, folder: Folder, options: dict[str, str]) -> int:
    items, _ = _chosen(mailbox, folder, {"$filter": options.get("$filter", "")})
    return sum(1 for _ in items)
