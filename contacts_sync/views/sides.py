"""A contact of ours and one of theirs side by side: what is equal, what differs, what stays home."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contacts_sync import contact as shape
from contacts_sync import wording
from contacts_sync.engine.entries import DROPPED
from contacts_sync.engine.merge import NOTHING_HERE, NOTHING_THERE, merge
from contacts_sync.engine.records import LocalRecord, RemoteRecord
from contacts_sync.engine.schema import Schema, ValueSet
from contacts_sync.models import Contact, ExternalLink, RemoteContact
from contacts_sync.store import records
from contacts_sync.wording.changes import field_name, say, say_entry


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one side. `alone` when the other side has none like it, `why` if it stays home."""

    text: str
    alone: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One field, with its values on both sides."""

    field: str
    here: tuple[Cell, ...]
    there: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        return any(cell.alone and not cell.why for cell in (*self.here, *self.there))


@dataclass(frozen=True, slots=True)
class Sides:
    """Whom a row is about: how people recognise them, all their values, and what stays home."""

    who: str
    lines: tuple[Line, ...]
    both: bool

    @property
    def home(self) -> list[tuple[str, Cell]]:
        """Name the values for which Outlook has no room."""
        return [(line.field, cell) for line in self.lines for cell in line.here if cell.why]

    @property
    def differences(self) -> int:
        return sum(line.differs for line in self.lines)


def compare(
    contact: Contact | None, mirror: RemoteContact | None, link: ExternalLink | None = None
) -> Sides:
    """Put two contacts side by side; either may be missing. The contact's values are loaded.

    A contact without a counterpart is shown with the room that Outlook would give it.
    """
    kind = contact.kind if contact else (mirror.kind if mirror else shape.PERSON)
    here = records.local_record(contact) if contact else NOTHING_HERE
    there = records.remote_record(mirror, kind) if mirror and mirror.values else NOTHING_THERE
    both = contact is not None and mirror is not None
    lines = [*_scalars(kind, here, there, both), *_sets(kind, here, there, link, both)]
    return Sides(_who(here, there), tuple(lines), both)


def _who(here: LocalRecord, there: RemoteRecord) -> str:
    """Say by what people tell two of the same name apart: an e-mail address, else a number."""
    for name in (shape.EMAILS, shape.PHONES):
        values = [one.value for one in here.sets.get(name, ())]
        values += [one.value for one in there.sets.get(name, ())]
        if values:
            return wording.shortened(say(values[0]), wording.texts.NAME)
    company = here.scalars.get("company") or there.scalars.get("company") or ""
    return wording.shortened(company, wording.texts.NAME)


def _scalars(kind: str, here: LocalRecord, there: RemoteRecord, both: bool) -> Iterable[Line]:
    for field in records.schema(kind).scalars:
        ours, theirs = here.scalars.get(field.name, ""), there.scalars.get(field.name, "")
        alone = both and field.canon(ours) != field.canon(theirs)
        if ours or theirs:
            yield Line(field_name(field.name), _cell(ours, alone), _cell(theirs, alone))


def _cell(text: str, alone: bool) -> tuple[Cell, ...]:
    return (Cell(wording.shortened(text), alone),) if text else ()


def _sets(
    kind: str, here: LocalRecord, there: RemoteRecord, link: ExternalLink | None, both: bool
) -> Iterable[Line]:
    schema = records.schema(kind)
    merged = merge(schema, here, _placed(schema, there), records.shadow_of(link) if both else None)
    for field in schema.sets:
        ours, theirs = here.sets.get(field.name, ()), there.sets.get(field.name, ())
        if not ours and not theirs:
            continue
        homeless = {
            one.row for one in merged.entries.get(field.name, ()) if one.room in (None, DROPPED)
        }
        known_here = {field.canon(one.value) for one in ours}
        known_there = {field.canon(one.value) for one in theirs}
        yield Line(
            field_name(field.name),
            tuple(
                Cell(
                    _told([one.label, one.value, one.primary]),
                    both and field.canon(one.value) not in known_there,
                    _why(field, one.label) if one.row in homeless else "",
                )
                for one in ours
            ),
            tuple(
                Cell(
                    _told([one.room, one.value]), both and field.canon(one.value) not in known_here
                )
                for one in theirs
            ),
        )


def _placed(schema: Schema, there: RemoteRecord) -> RemoteRecord:
    """Leave out values in rooms that the table of fields does not know, or not any more."""
    known = {field.name: {room.name for room in field.rooms} for field in schema.sets}
    sets = {
        name: tuple(one for one in values if one.room in known.get(name, ()))
        for name, values in there.sets.items()
    }
    return replace(there, sets=sets)


def _told(entry: list[object]) -> str:
    return wording.shortened(say_entry(entry))


def _why(field: ValueSet, label: str) -> str:
    return wording.why_home(field, label)
