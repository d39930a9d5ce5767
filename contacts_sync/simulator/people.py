"""Pages on which a person uses the simulated mailboxes like in Outlook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from contacts_sync.simulator.errors import GraphError
from contacts_sync.simulator.fields import Fields, show_plainly
from contacts_sync.simulator.forms import contact_inputs, read_form
from contacts_sync.simulator.items import Folder, Item
from contacts_sync.simulator.mailbox import Mailbox
from contacts_sync.simulator.messages import Answer, Request, page, redirect
from contacts_sync.simulator.pages import button, card, choice, hidden, layout, text_input
from contacts_sync.simulator.store import CONTACTS

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365

PAGE = 50


def answer(sim: Microsoft365, request: Request) -> Answer | None:
    """Answer everything under /people/; None for other paths and unknown mailboxes."""
    match [segment for segment in request.path.split("/") if segment]:
        case ["people"]:
            return page(layout("Mailboxes", _mailboxes(sim)))
        case ["people", username, *rest] if username in sim.accounts:
            return _Desk(sim, request, username).answer(rest)
        case _:
            return None


def _mailboxes(sim: Microsoft365) -> str:
    rows = "".join(
        f'<tr><td><a id="mailbox-{escape(account.username)}" href="{_home(account.username)}">'
        f"{escape(account.name)}</a></td><td>{escape(account.username)}</td>"
        f'<td class="optional">{_size(sim, account.username)}</td></tr>'
        for account in sim.accounts.values()
    )
    table = (
        '<table id="mailboxes"><thead><tr><th>Name</th><th>Account</th>'
        f'<th class="optional">Contacts</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    text = '<p class="soft">Open a mailbox to read and change its contacts as its owner would.</p>'
    return card("Mailboxes", text + table)


def _size(sim: Microsoft365, username: str) -> str:
    account = sim.accounts[username]
    return str(len(sim.mailbox(username).contacts)) if account.mailbox else "no mailbox"


def _home(username: str) -> str:
    return f"/people/{quote(username, safe='@')}/"


class _Desk:
    """One person at one mailbox, for one request."""

    def __init__(self, sim: Microsoft365, request: Request, username: str) -> None:
        self.request, self.account = request, sim.accounts[username]
        self.home = _home(username)
        self.options = request.options
        self.mailbox: Mailbox = sim.mailbox(username)

    def answer(self, rest: list[str]) -> Answer | None:
        if not self.account.mailbox:
            body = card(self.account.name, "<p>This account has no mailbox.</p>")
            return page(layout(self.account.name, body))
        match (self.request.method, rest):
            case ("GET", []):
                return self._list()
            case ("GET", ["new"]):
                return self._edit(None)
            case ("POST", ["new"]):
                return self._save(None)
            case (method, ["contacts", remote_id, *verb]):
                item = self.mailbox.find(remote_id)
                return None if item is None else self._contact(method, item, verb)
            case _:
                return None

    def _contact(self, method: str, item: Item, verb: list[str]) -> Answer | None:
        match (method, verb):
            case ("GET", []):
                return self._edit(item)
            case ("POST", []):
                return self._save(item)
            case ("POST", ["delete"]):
                self.mailbox.remove(item.id)
            case ("POST", ["move"]):
                self.mailbox.move(item.id, self.request.form.get("folder") or CONTACTS)
            case ("POST", ["copy"]):
                self.mailbox.copy(item.id)
            case _:
                return None
        return redirect(self.home)

    # The list

    def _list(self) -> Answer:
        folder = self.mailbox.find_folder(self.options.get("folder", CONTACTS))
        if folder is None:
            return redirect(self.home)
        start = _number(self.options.get("start", ""))
        found = list(islice(self._search(folder), start, start + PAGE + 1))
        rows = "".join(self._row(item) for item in found[:PAGE])
        empty = "" if found else '<p class="soft" id="no-contacts">No contacts here.</p>'
        table = (
            '<table id="contacts"><thead><tr><th>Name</th><th class="optional">Company</th>'
            f"<th>E-mail</th></tr></thead><tbody>{rows}</tbody></table>{empty}"
        )
        title = f"{self.account.name}: {folder.name}"
        new = f'<a class="button main" id="new-contact" href="{self.home}new">New contact</a>'
        body = self._search_form(folder) + f"<p>{new}</p>" + table
        return page(layout(title, card(title, body + self._more(folder, start, len(found)))))

    def _search(self, folder: Folder) -> Iterator[Item]:
        """Give the newest contacts first; all of them, or those that contain the text."""
        wanted = self.options.get("q", "").strip().casefold()
        with self.mailbox.lock:
            items = list(folder.items.values())[::-1]
        return (item for item in items if not wanted or wanted in _text(item.version.fields))

    def _search_form(self, folder: Folder) -> str:
        folders = [(f.name, f"{f.name} ({len(f.items)})") for f in self.mailbox.folders.values()]
        return (
            f'<form method="get" action="{self.home}" class="row"><div class="grow">'
            f"{text_input('q', 'Search', self.options.get('q', ''), kind='search')}</div>"
            f'<div class="grow">{choice("folder", "Folder", folders, folder.name)}</div>'
            f"{button('Show', 'show')}</form>"
        )

    def _row(self, item: Item) -> str:
        fields = item.version.fields
        emails = [email for email in fields.get("emailAddresses") or () if email]
        email: dict[str, str] = emails[0] if emails else {}
        name = fields.get("displayName") or fields.get("companyName") or "(no name)"
        return (
            f'<tr id="row-{escape(item.id)}"><td><a href="{self.home}contacts/{escape(item.id)}">'
            f'{escape(name)}</a></td><td class="optional">{escape(fields.get("companyName") or "")}'
            f"</td><td>{escape(email.get('address') or email.get('name', ''))}</td></tr>"
        )

    def _more(self, folder: Folder, start: int, found: int) -> str:
        if found <= PAGE:
            return ""
        options = {"folder": folder.name, "q": self.options.get("q", ""), "start": start + PAGE}
        return f'<p><a id="more" href="{self.home}?{escape(urlencode(options))}">More</a></p>'

    # One contact

    def _edit(self, item: Item | None, problem: str = "", typed: Fields | None = None) -> Answer:
        stored = item.version.fields if item else {}
        record = show_plainly({**stored, **{k: v for k, v in (typed or {}).items() if v}})
        title = (record.get("displayName") or "Contact") if item else "New contact"
        action = f"{self.home}contacts/{quote(item.id, safe='=')}" if item else f"{self.home}new"
        warning = f'<p class="bad" id="problem">{escape(problem)}</p>' if problem else ""
        form = (
            f'{warning}<form method="post" action="{action}" id="contact-form">'
            f"{contact_inputs(record)}{button('Save', 'save', main=True)} "
            f'<a class="button" id="cancel" href="{self.home}">Cancel</a></form>'
        )
        body = card(title, form) + (self._verbs(item, action) if item else "")
        return page(layout(title, body), 400 if problem else 200)

    def _verbs(self, item: Item, action: str) -> str:
        names = [(f.name, f.name) for f in self.mailbox.folders.values() if f.id != item.folder]
        here = self.mailbox.folders[item.folder].name
        move = (
            f'<form method="post" action="{action}/move" class="row"><div class="grow">'
            f"{choice('folder', 'Move to', names)}</div>{button('Move', 'move')}</form>"
        )
        make = (
            f'<form method="post" action="{action}/move" class="row"><div class="grow">'
            f"{text_input('folder', 'Or to a new folder', ident='new-folder')}</div>"
            f"{button('Move to new folder', 'move-new')}</form>"
        )
        others = "".join(
            f'<form class="inline" method="post" action="{action}/{verb}">'
            f"{hidden('id', item.id)}{button(label, verb)}</form> "
            for verb, label in (("copy", "Duplicate"), ("delete", "Delete"))
        )
        return card(f"In the folder {here}", f"{move}{make}<p></p>{others}", 2)

    def _save(self, item: Item | None) -> Answer:
        record = show_plainly(item.version.fields) if item else show_plainly({})
        fields = read_form(self.request.form, record)
        try:
            self.mailbox.put(fields, item.id if item else None)
        except GraphError as error:
            return self._edit(item, error.message, fields)
        return redirect(self.home)


def _text(fields: Fields) -> str:
    emails = " ".join(str(email) for email in fields.get("emailAddresses") or ())
    texts = (str(v) for v in fields.values() if isinstance(v, str))
    return f"{' '.join(texts)} {emails}".casefold()


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
