"""From the cards of a file to drafts."""

from __future__ import annotations

from collections.abc import Iterator

from contacts_sync.contact import COMPANY, NAME_PARTS, PERSON, SETS, fold
from contacts_sync.files import names
from contacts_sync.files.draft import BadCard, Draft, DraftValue, distinct, shorten, with_sets
from contacts_sync.files.labels import plain_label
from contacts_sync.files.vcard_lines import Card, Line, Outside, cards, split, unescape
from contacts_sync.files.vcard_properties import HANDLERS, printed_addresses
from contacts_sync.files.vcard_reading import NO_FIELD, SILENT, URN, Reading, decode, title


def read(data: bytes) -> Iterator[Draft | BadCard]:
    """Read the cards of a file, one at a time; see `vcard.read`."""
    for card in cards(data):
        if isinstance(card, Outside):
            yield BadCard(card.source, "This text belongs to no card (no BEGIN:VCARD before it).")
        else:
            yield read_card(card)


def read_card(card: Card) -> Draft | BadCard:
    """Read one card. A list of other contacts, and a card that holds nothing, is no contact."""
    reading = Reading(card)
    decode(reading)
    kind = fold(reading.first("KIND") or reading.first("X-ADDRESSBOOKSERVER-KIND")).casefold()
    if kind == "group":
        name = shorten(reading.plain(reading.first("FN")))
        return BadCard(card.source, f"“{name}” is a group (a list of contacts), not a contact.")
    for line, text in reading.lines:
        if handler := HANDLERS.get(line.name):
            handler(reading, line, text)
        elif line.name not in SILENT and text.strip():
            _leave(reading, line, text)
    printed_addresses(reading)
    named = _name(reading, kind)
    if not reading.scalars and not any(reading.sets.values()):
        return BadCard(card.source, "The card holds nothing that the list could hold.")
    return _draft(reading, named)


def _leave(reading: Reading, line: Line, text: str) -> None:
    label = shorten(plain_label(reading.beside(line, "X-ABLABEL")))
    reading.note(label or title(line), unescape(text), NO_FIELD)


def _draft(reading: Reading, kind: str) -> Draft:
    sets = {name: _with_primary(reading, name) for name in SETS}
    uid = reading.plain(reading.first("UID"))[:255]
    uid = uid[len(URN) :] if uid.lower().startswith(URN) else uid
    scalars = {name: text for name, text in reading.scalars.items() if text}
    unread = tuple(reading.unread)
    draft = Draft(kind, scalars, uid=uid, source=reading.card.source, unread=unread)
    return with_sets(draft, sets)


def _with_primary(reading: Reading, name: str) -> tuple[DraftValue, ...]:
    entries, ranks = reading.sets[name], reading.preferences[name]
    best = min(ranks, default=101)
    if best < 101:
        at = ranks.index(best)
        entries[at] = DraftValue(entries[at].label, entries[at].value, primary=True)
    return distinct(entries)


def _name(reading: Reading, kind: str) -> str:
    """Fill in the name; say whether the card is a person or a company."""
    shown, parts = reading.plain(reading.first("FN")), split(reading.first("N"))
    order = ("last_name", "first_name", "middle_name", "prefix", "suffix")
    named = {part: text.strip() for part, text in zip(order, parts, strict=False) if text.strip()}
    if extra := " ".join(parts[len(order) :]).strip():
        reading.note("Name", extra, "stands behind the five parts of a name")
    company = reading.scalars.get("company", "")
    if _is_company(reading, kind, named, shown):
        reading.scalars.pop("company", None)
        composed = " ".join(named[part] for part in NAME_PARTS if part in named)
        name = company or shown or composed
        if fold(composed) == fold(name) and not reading.ours:
            named = {}  # Apple's programs split a company's name into the parts of a person's
        reading.scalars |= {**named, "name": name}
        return COMPANY
    if not named and shown and not _is_elsewhere(reading, shown):
        named, notes = names.split_name(shown)
        reading.unread.extend(notes)
    elif named and shown and names.adds_to(shown, (*named.values(), company)):
        reading.note("Shown as", shown, "the parts of the name say something else; they were taken")
    reading.scalars |= named
    return PERSON


def _is_company(reading: Reading, kind: str, named: dict[str, str], shown: str) -> bool:
    company = reading.scalars.get("company", "")
    if fold(reading.first("X-ABSHOWAS")).upper() == "COMPANY" or kind in {"org", "organization"}:
        return bool(company or shown or named)
    if named or kind == "individual":
        return False
    if company:
        return not shown or fold(shown) == fold(company) or _is_elsewhere(reading, shown)
    if names.is_company_name(shown):
        reading.note("Name", shown, "looks like a company, and was taken as one")
        return True
    return False


def _is_elsewhere(reading: Reading, shown: str) -> bool:
    """Say whether the name is only another value again: phones show a number so."""
    known = [reading.scalars.get("company", "")]
    for entries in reading.sets.values():
        known += [entry.value for entry in entries if isinstance(entry.value, str)]
    return fold(shown) in {fold(text) for text in known}
