"""Two sides without a database: how a merge looks once it is written, and generated records."""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from contacts_sync import contact as shape
from contacts_sync.engine.merge import Merge, after_there, agree, merge, numbered
from contacts_sync.engine.records import LocalRecord, LocalValue, RemoteRecord, RemoteValue, Shadow

PERSON = shape.schema(shape.PERSON, "US")
ROWS = count(1_000)


def write(
    here: LocalRecord, there: RemoteRecord, merged: Merge, before: Shadow | None = None
) -> tuple[LocalRecord, RemoteRecord, Shadow]:
    """Write a merge on both sides, as a service would that changes nothing by itself."""
    merged = numbered(
        merged,
        {
            name: [next(ROWS) for one in entries if one.row is None and one.value is not None]
            for name, entries in merged.entries.items()
        },
    )
    scalars = {**here.scalars, **merged.here}
    sets = {
        name: tuple(
            LocalValue(one.row, one.label, one.value, one.primary)
            for one in sorted(entries, key=lambda one: one.row or 0)
            if one.value is not None
        )
        for name, entries in merged.entries.items()
    }
    primaries = {name: one.row for name, values in sets.items() for one in values if one.primary}
    answer = after_there(there, merged)
    shadow = agree(PERSON, scalars, merged, there, answer, primaries, before)
    return LocalRecord(scalars, sets), answer, shadow


def sync(here, there, shadow=None, **options):
    """Merge and write."""
    return write(here, there, merge(PERSON, here, there, shadow, **options), shadow)


PHONES = ["212-555-0101", "(212) 555-0101", "2125550102", "+1 212 555 0103", "x4", "212-555-0105"]
EMAILS = ["a@example.com", "A@Example.com", "b@example.com", "c@example.com", "d@example.com"]
STREETS = ["", "1 Main St", "2 Main St"]
POOLS = {
    shape.PHONES: (st.sampled_from(PHONES), shape.PHONE_LABELS),
    shape.EMAILS: (st.sampled_from(EMAILS), shape.EMAIL_LABELS),
    shape.MESSENGERS: (st.sampled_from(["m1", "m2", "m3", "m4"]), shape.MESSENGER_LABELS),
    shape.WEBSITES: (st.sampled_from(["https://a.example", "b.example"]), shape.WEBSITE_LABELS),
    shape.ADDRESSES: (
        st.tuples(st.sampled_from(STREETS), st.sampled_from(["", "Boston"]), *[st.just("")] * 3),
        shape.ADDRESS_LABELS,
    ),
}
texts = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["", "Anna", "Anne", " Anna ", "Bea"])
        for name in ("first_name", "last_name", "job_title", "company", "birthday")
    },
)


@st.composite
def local_values(draw, name):
    pool, labels = POOLS[name]
    pairs = draw(st.lists(st.tuples(pool, st.sampled_from(labels)), max_size=5))
    primary = draw(st.integers(-3, len(pairs) - 1))
    return tuple(
        LocalValue(row, label, value, row - 1 == primary)
        for row, (value, label) in enumerate(pairs, start=1)
        if any(value)
    )


@st.composite
def remote_values(draw, name):
    pool, _ = POOLS[name]
    field = next(one for one in PERSON.sets if one.name == name)
    return tuple(
        RemoteValue(room.name, value)
        for room in field.rooms
        for value in draw(st.lists(pool, max_size=room.capacity))
        if any(value)
    )


@st.composite
def records(draw):
    """A record of ours and one of theirs. One set at a time: sets never meet each other."""
    name = draw(st.sampled_from(sorted(POOLS)))
    here = LocalRecord(draw(texts), {name: draw(local_values(name))})
    return here, RemoteRecord(draw(texts), {name: draw(remote_values(name))})


@st.composite
def edited_here(draw, here):
    """Edit a record of ours as a person would: change, relabel, remove, add, choose a primary."""
    sets = {}
    for name, values in here.sets.items():
        pool, labels = POOLS[name]
        kept = []
        for one in values:
            act = draw(st.sampled_from(["keep", "keep", "keep", "edit", "label", "drop"]))
            if act == "edit":
                value = draw(pool)
                one = LocalValue(
                    one.row, one.label, value if any(value) else one.value, one.primary
                )
            elif act == "label":
                one = LocalValue(one.row, draw(st.sampled_from(labels)), one.value, one.primary)
            if act != "drop":
                kept.append(one)
        for value in draw(st.lists(pool, max_size=2)):
            if any(value):
                kept.append(LocalValue(next(ROWS), draw(st.sampled_from(labels)), value))
        if draw(st.integers(0, 4)) == 0 and kept:
            chosen = draw(st.sampled_from(kept)).row
            kept = [LocalValue(o.row, o.label, o.value, o.row == chosen) for o in kept]
        sets[name] = tuple(kept)
    return LocalRecord({**here.scalars, **draw(texts)}, sets)


@st.composite
def edited_there(draw, there):
    """Edit a record of theirs: change, move to another room, remove, add, reorder."""
    sets = {}
    for name, values in there.sets.items():
        pool, _ = POOLS[name]
        field = next(one for one in PERSON.sets if one.name == name)
        kept = []
        for one in values:
            act = draw(st.sampled_from(["keep", "keep", "keep", "edit", "room", "drop"]))
            if act == "edit":
                value = draw(pool)
                one = RemoteValue(one.room, value if any(value) else one.value)
            elif act == "room":
                one = RemoteValue(draw(st.sampled_from(field.rooms)).name, one.value)
            if act != "drop":
                kept.append(one)
        kept += [
            RemoteValue(draw(st.sampled_from(field.rooms)).name, value)
            for value in draw(st.lists(pool, max_size=2))
            if any(value)
        ]
        fitting = [
            one
            for room in field.rooms
            for one in [o for o in draw(st.permutations(kept)) if o.room == room.name][
                : room.capacity
            ]
        ]
        sets[name] = tuple(fitting)
    return RemoteRecord({**there.scalars, **draw(texts)}, sets)


def in_rooms(here, schema=PERSON):
    """The values of ours that have a label with room, in canonical form."""
    return {
        (field.name, room.name, field.canon(one.value))
        for field in schema.sets
        for one in here.sets.get(field.name, ())
        if (room := field.room_for(one.label))
    }


def there_values(there, schema=PERSON):
    return {
        (field.name, one.room, field.canon(one.value))
        for field in schema.sets
        for one in there.sets.get(field.name, ())
    }


def assert_agree(here, there, schema=PERSON):
    """Both sides hold the same, as far as there is room."""
    for scalar in schema.scalars:
        assert scalar.canon(here.scalars.get(scalar.name, "")) == scalar.canon(
            there.scalars.get(scalar.name, "")
        )
    assert there_values(there, schema) <= in_rooms(here, schema), "what stands there is ours too"
    for field in schema.sets:
        for room in field.rooms:
            theirs = [one for one in there.sets.get(field.name, ()) if one.room == room.name]
            ours = {
                field.canon(one.value)
                for one in here.sets.get(field.name, ())
                if field.room_for(one.label) == room
            }
            held = {field.canon(one.value) for one in theirs}
            assert held == ours or len(theirs) >= room.capacity, "no room stays empty"
