"""A vCard while it is read: what is found in it, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass, field

from contacts_sync.contact import SETS
from contacts_sync.engine.schema import Value
from contacts_sync.files.charset import guess, is_utf8
from contacts_sync.files.draft import DraftValue, Unread, shorten
from contacts_sync.files.labels import label_of
from contacts_sync.files.text import known_codec
from contacts_sync.files.vcard_lines import CUT_OFF, Card, Line, unescape

PRODUCT = "-//contacts_sync//vCard export//EN"
"""PRODID of our own cards. Their fields hold one value each, also where it looks like two."""

URN = "urn:uuid:"
"""How 4.0 writes a UUID as a URI (RFC 4122 3)."""

NO_FIELD = "the list has no field for it"
ONE_ONLY = "the list has room for one; this is another"

SILENT = frozenset(
    [
        "VERSION",
        "PRODID",
        "REV",
        "KIND",
        "MAILER",
        "PROFILE",
        "SOURCE",
        "SORT-STRING",
        "CLASS",
        "N",
        "FN",
        "LABEL",
        "UID",
        "X-ABLABEL",
        "X-ABADR",
        "X-ABUID",
        "X-ABSHOWAS",
        "X-CLASS",
        "X-FILE-AS",
        "X-EVOLUTION-FILE-AS",
        "X-MS-OL-DESIGN",
        "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
        "X-ADDRESSBOOKSERVER-KIND",
        "X-ETAG",
        "X-ID",
        "BEGIN",
        "END",
        "X-YAHOO-ID",
        "X-EVOLUTION-WEBDAV-ETAG",
        "X-REDUCTION",
        "X-NO",
        "X-GNO",
        "CLIENTPIDMAP",
        "XML",
    ]
)
"""Properties about the card, not the contact, and those that are read together with others."""

TITLES = {
    "NOTE": "Note",
    "PHOTO": "Picture",
    "LOGO": "Logo",
    "SOUND": "Sound",
    "KEY": "Certificate",
    "X-MS-CARDPICTURE": "Picture",
    "CATEGORIES": "Categories",
    "NICKNAME": "Nickname",
    "ROLE": "Role",
    "ANNIVERSARY": "Anniversary",
    "X-ANNIVERSARY": "Anniversary",
    "X-ABDATE": "Date",
    "X-ABRELATEDNAMES": "Related name",
    "RELATED": "Related contact",
    "GEO": "Position",
    "TZ": "Time zone",
    "GENDER": "Gender",
    "AGENT": "Assistant's card",
    "X-SOCIALPROFILE": "Social profile",
}
SIZE_ONLY = frozenset({"NOTE", "PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
"""Listed with their size: what somebody noted about a person has no place in an import report."""


_NAMES = frozenset({"N", "FN"})


@dataclass(slots=True)
class Reading:
    """A card while it is read."""

    card: Card
    lines: list[tuple[Line, str]] = field(default_factory=list)
    firsts: dict[tuple[str, str], str] = field(default_factory=dict)
    scalars: dict[str, str] = field(default_factory=dict)
    sets: dict[str, list[DraftValue]] = field(default_factory=lambda: {name: [] for name in SETS})
    preferences: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in SETS})
    unread: list[Unread] = field(default_factory=list)

    @property
    def ours(self) -> bool:
        """Say whether we wrote the card ourselves: then nothing in it is to be guessed."""
        return self.first("PRODID") == PRODUCT

    def note(self, what: str, value: str, why: str) -> None:
        self.unread.append(Unread(shorten(what), shorten(value), why))

    def scalar(self, name: str, what: str, value: str) -> None:
        value = value.strip()
        if value and self.scalars.setdefault(name, value) != value:
            self.note(what, value, ONE_ONLY)

    def value(self, kind: str, line: Line, value: Value, what: str) -> None:
        custom = self.beside(line, "X-ABLABEL")
        label, strange = label_of(kind, line.params.get("TYPE", ()), custom)
        if strange:
            self.note(what, strange, f"the list has no such label; it became {label}")
        self.sets[kind].append(DraftValue(label, value))
        self.preferences[kind].append(_preference(line))

    def add(self, line: Line, text: str) -> None:
        """Take a decoded line in. Of several with text, the first of a card and of a group count."""
        self.lines.append((line, text))
        if text.strip():
            self.firsts.setdefault(("", line.name), text)
            self.firsts.setdefault((line.group, line.name), text)

    def beside(self, line: Line, name: str) -> str:
        """Give the text of another property of the same group (item1.X-ABLabel)."""
        return unescape(self.firsts.get((line.group, name), "")).strip() if line.group else ""

    def first(self, name: str) -> str:
        """Give the first text of a property that is not blank, escapes still in it."""
        return self.firsts.get(("", name), "")

    def plain(self, text: str) -> str:
        """Undo the escapes of a text; 2.1 has none outside of structured values."""
        return (text if self.card.version == "2" else unescape(text)).strip()


def decode(reading: Reading) -> None:
    card = reading.card
    if card.cut_off:
        reading.note("Card", "", CUT_OFF)
    if card.nested:
        reading.note("Card", "", f"holds {card.nested} other cards, which were left out")
    for stray in card.stray:
        reading.note("Line", stray[:300].decode("utf-8", "replace"), "is no property of a vCard")
    fallback = _fallback(card)
    for line in card.lines:
        if line.name in SIZE_ONLY:
            reading.add(line, f"({len(line.raw):,} bytes)" if line.raw.strip() else "")
            continue
        text, odd = line.text(fallback)
        reading.add(line, text)
        if odd and line.name not in SILENT - _NAMES:
            reading.note(title(line), text, odd)


def _fallback(card: Card) -> str:
    """Give the encoding for lines that are not in theirs: a neighbour's, or a guess by all lines."""
    if all(line.raw.isascii() and not line.params.get("ENCODING") for line in card.lines):
        return ""
    named = (line.param("CHARSET") for line in card.lines if "CHARSET" in line.params)
    if name := next((name for name in named if known_codec(name) not in {"", "utf-8"}), ""):
        return name
    lines = (line.octets() for line in card.lines if line.name not in SIZE_ONLY | SILENT | _NAMES)
    names = (line.octets() for line in card.lines if line.name in _NAMES)
    strange = [raw for raw in (*names, *lines) if not raw.isascii() and not is_utf8(raw)]
    return guess(b" ".join(strange)) if strange else ""


def title(line: Line) -> str:
    return TITLES.get(line.name, line.name)


def _preference(line: Line) -> int:
    """Rank: 1 to 100 as PREF of 4.0 says, 0 for the word PREF of 2.1 and 3.0, 101 without."""
    if any(word.upper() == "PREF" for word in line.params.get("TYPE", ())):
        return 0
    text = line.param("PREF")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 101
