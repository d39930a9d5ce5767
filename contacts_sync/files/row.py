"""A row of a table while it is read: what is found in it, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass, field

from contacts_sync.contact import (
    ADDRESS_PARTS,
    ADDRESSES,
    COMPANY,
    EMAILS,
    MESSENGERS,
    NAME_PARTS,
    PHONES,
    SETS,
    fold,
    kind_of,
)
from contacts_sync.files import names, values
from contacts_sync.files.dates import NO_DATE, NO_YEAR, read_iso
from contacts_sync.files.draft import (
    Draft,
    DraftValue,
    Source,
    Unread,
    distinct,
    shorten,
    with_sets,
)
from contacts_sync.files.labels import label_of
from contacts_sync.files.noted import FROM_NOTES

NO_FIELD = "the list has no field for it"
ONE_ONLY = "the list has room for one; this is another"
NO_LABEL = "the list has no such label; it became {}"
SAYS_MORE = "the parts of the name say something else; they were taken"
SEEMS_COMPANY = "looks like a company, and was taken as one"
NO_NAME = "is no name but another value again; it was left out"

_MESSENGER_WORDS = frozenset({"im", "messenger", "chat"})


@dataclass(slots=True)
class Row:
    """A row while it is read. `add_…` takes cells in, `draft` makes the contact of them."""

    scalars: dict[str, str] = field(default_factory=dict)
    sets: dict[str, list[DraftValue]] = field(default_factory=lambda: {name: [] for name in SETS})
    addresses: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    members: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    dates: dict[str, dict[str, str]] = field(default_factory=dict)
    whole_names: list[tuple[str, str]] = field(default_factory=list)
    noted: list[tuple[str, str, str, str]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def note(self, what: str, value: str, why: str) -> None:
        self.unread.append(Unread(shorten(what), shorten(value), why))

    def add_text(self, name: str, heading: str, pieces: list[str]) -> None:
        for piece in filter(None, pieces):
            if self.scalars.setdefault(name, piece) != piece:
                self.note(heading, piece, ONE_ONLY)

    def add_entry(
        self, kind: str, label: str, heading: str, content: str, *, primary: bool = False
    ) -> None:
        found, odd = [content], ""
        if kind == EMAILS:
            found, odd = values.read_emails(content)
        elif kind == PHONES and values.is_voice_over_ip(content):
            kind, label = MESSENGERS, "Other"
        elif kind == PHONES:
            found, odd = values.read_phones(content)
        entries = [DraftValue(label, value) for value in found if value]
        if entries and primary:
            entries[0] = DraftValue(label, entries[0].value, primary=True)
        self.sets[kind] += entries
        if odd:
            self.note(heading, content, odd)

    def draft(self, source: Source) -> Draft | None:
        """Give the contact, or None if the row holds nothing that the list could hold."""
        for name, parts in self.dates.items():
            self._date(name, parts)
        for label, lines in self.addresses.items():
            address = tuple("\n".join(lines.get(part, ())) for part in ADDRESS_PARTS)
            self.sets[ADDRESSES].append(DraftValue(label, address))
        for (kind, group), columns in self.members.items():
            self._members(kind, group, columns)
        for kind, label, heading, value in self.noted:
            self.add_entry(kind, label, heading, value)
            self.note(heading, value, FROM_NOTES)
        self._check_name()
        for heading, content in self.whole_names:
            self._whole_name(heading, content)
        if not self.scalars and not any(self.sets.values()):
            return None
        kind = kind_of(self.scalars)
        if kind == COMPANY:
            self.scalars["name"] = self.scalars.pop("company")
        sets = {name: distinct(entries) for name, entries in self.sets.items()}
        return with_sets(Draft(kind, self.scalars, source=source, unread=tuple(self.unread)), sets)

    def _date(self, name: str, parts: dict[str, str]) -> None:
        shown = "-".join(parts.get(part, "") for part in ("year", "month", "day"))
        year, month, day = (parts.get(part, "") for part in ("year", "month", "day"))
        if year.strip("0") and month and day:
            found, why = read_iso(f"{year:>04}-{month:>02}-{day:>02}")
            self.scalars |= {name: found} if found else {}
        elif any(part.strip("0") for part in parts.values()):
            why = NO_YEAR if not year.strip("0") else NO_DATE
        else:
            return
        if why:
            self.note(name.capitalize(), shown, why)

    def _members(self, kind: str, heading: str, columns: dict[str, list[str]]) -> None:
        """Place the values of one group of columns: one label, and values beside each other."""
        label = next(iter(columns.pop("label", [])), "")
        custom = label.removeprefix("*").strip()
        kind = kind or _messenger_set(custom)
        size = max((len(pieces) for pieces in columns.values()), default=0)
        # "*" marks the group with the primary, which is its first value.
        primary = label.startswith("*")
        for at in range(size):
            parts = {name: pieces[at] for name, pieces in columns.items() if at < len(pieces)}
            if not any(parts.values()):
                continue
            primary = not self._member(kind, heading, custom, parts, primary=primary) and primary

    def _member(
        self, kind: str, heading: str, custom: str, parts: dict[str, str], *, primary: bool
    ) -> bool:
        value = parts.get("value", "")
        if not kind:
            self.note(custom or heading, value, NO_FIELD)
            return False
        label, strange = label_of(kind, (), custom)
        if kind == MESSENGERS:
            words = custom.replace("(", " ").replace(")", " ").split()
            label, strange = label_of(kind, tuple(words))[0], ""
            value = values.messenger(value, parts.get("service", ""))
        if kind == ADDRESSES:
            order = ("box", "extended", "street", "city", "region", "postal_code", "country")
            address = values.postal_address([parts.get(part, "") for part in order])
            if not any(address):
                address = (parts.get("formatted", "").strip(), "", "", "", "")
                self.note(heading, address[0], values.PRINTED)
            self.sets[kind].append(DraftValue(label, address, primary))
        elif value:
            self.add_entry(kind, label, heading, value, primary=primary)
        if strange:
            self.note(heading, strange, NO_LABEL.format(label))
        return True

    def _check_name(self) -> None:
        """Drop a first name that is only an address again: Google's own lists hold such."""
        named = [part for part in (*NAME_PARTS, "company") if part in self.scalars]
        shown = self.scalars.get("first_name", "")
        if named == ["first_name"] and "@" in shown and self._is_elsewhere(shown):
            self.note("Name", self.scalars.pop("first_name"), NO_NAME)

    def _whole_name(self, heading: str, content: str) -> None:
        named = [self.scalars[part] for part in NAME_PARTS if part in self.scalars]
        company = self.scalars.get("company", "")
        if named:
            if names.adds_to(content, (*named, company)):
                self.note(heading, content, SAYS_MORE)
        elif fold(content) == fold(company) or self._is_elsewhere(content):
            return
        elif names.is_company_name(content) and not company:
            self.scalars["company"] = content
            self.note(heading, content, SEEMS_COMPANY)
        else:
            parts, notes = names.split_name(content)
            self.scalars |= parts
            self.unread += notes

    def _is_elsewhere(self, shown: str) -> bool:
        known = (entry.value for entries in self.sets.values() for entry in entries)
        return fold(shown).casefold() in {
            fold(value).casefold() for value in known if isinstance(value, str)
        }


def _messenger_set(custom: str) -> str:
    """Give the set of a custom field: Google's tables have no columns for messengers any more."""
    words = custom.casefold().replace("(", " ").replace(")", " ").split()
    return MESSENGERS if words and words[0] in _MESSENGER_WORDS else ""
