"""Give out the rooms of the other side: which values stand there, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contacts_sync.engine.entries import NOWHERE, Entry
from contacts_sync.engine.schema import ValueSet
from contacts_sync.engine.trace import Canon


def give_rooms(
    field: ValueSet,
    entries: Iterable[Entry],
    promote: bool,
    primary_before: int | None,
    taken: Mapping[str, int],
) -> list[Entry]:
    """Give out the rooms: who stands there keeps its room, then primary first, then the oldest.

    With `promote`, a value that has become primary since both sides agreed sends another one home.
    """
    done = [one for one in entries if one.room is not None]
    waiting = [one for one in entries if one.room is None]
    for room in field.rooms:
        queue = sorted(
            (one for one in waiting if field.room_for(one.label) == room),
            key=lambda one: (not one.primary, one.row or 0),
        )
        for one in queue:
            held = [other for other in done if other.room == room.name]
            if _stands(field.canon, one, held):
                continue
            if len(held) >= max(0, room.capacity - taken.get(room.name, 0)):
                promoted = promote and one.primary and one.row != primary_before
                leaving = _leaves(held) if promoted else None
                if leaving is None:
                    continue
                done[done.index(leaving)] = replace(leaving, room=None, text=None, position=NOWHERE)
            waiting.remove(one)
            done.append(replace(one, room=room.name, text=one.value))
    return done + waiting


def without_news(field: ValueSet, entries: list[Entry]) -> list[Entry]:
    """Drop what would be sent, and its copies: a person chose the other side's values."""
    news = {
        (one.room, field.canon(one.value))
        for one in entries
        if one.room and one.position == NOWHERE and one.value is not None
    }

    def is_news(one: Entry) -> bool:
        room = field.room_for(one.label)
        return (
            one.value is not None
            and room is not None
            and one.position == NOWHERE
            and ((room.name, field.canon(one.value)) in news)
        )

    return [one for one in entries if not is_news(one)]


def order(field: ValueSet, one: Entry) -> tuple[int, int, bool, int]:
    names = [room.name for room in field.rooms]
    room = names.index(one.room) if one.room in names else len(names)
    return room, one.position, not one.primary, NOWHERE if one.row is None else one.row


def _stands(canon: Canon, one: Entry, held: list[Entry]) -> bool:
    return any(
        other.text is not None and one.value is not None and canon(other.text) == canon(one.value)
        for other in held
    )


def _leaves(held: list[Entry]) -> Entry | None:
    """Choose the most recent value that is not primary."""
    others = [one for one in held if not one.primary and one.value is not None]
    return max(others, key=lambda one: (one.row is not None, one.row or 0), default=None)
