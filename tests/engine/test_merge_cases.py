"""Single cases of the merge, and what both sides agree on once it is written or was refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contacts_sync.engine.merge import Merge, agree, merge
from contacts_sync.engine.records import (
    LocalRecord,
    LocalValue,
    Pair,
    RemoteRecord,
    RemoteValue,
    Shadow,
    Side,
)
from tests.engine.worlds import PERSON, sync

ROOM = {
    (field.name, label): room.name
    for field in PERSON.sets
    for room in field.rooms
    for label in (room.labels or {"Work"})
}


def here(name, *values, **scalars):
    """Values are (label, value); rows count from 1."""
    rows = [LocalValue(row, label, value) for row, (label, value) in enumerate(values, start=1)]
    return LocalRecord(scalars, {name: tuple(rows)})


def there(name, *values, **scalars):
    rooms = [RemoteValue(ROOM[name, label], value) for label, value in values]
    return RemoteRecord(scalars, {name: tuple(rooms)})


def address(street="", city=""):
    return (street, city, "", "", "")


def local(record, name="addresses"):
    return sorted((one.label, one.value) for one in record.sets[name])


def remote(record, name="addresses"):
    return sorted((one.room, one.value) for one in record.sets[name])


# --- Addresses ----------------------------------------------------------------------------------

WORK = ROOM["addresses", "Work"]


@pytest.mark.parametrize(
    ("ours", "theirs", "one"),
    [
        (address("1 Main St"), address("1 Main St", "Boston"), True),
        (address("1  Main St", "Boston"), address("1 Main St", ""), True),
        (address("1 Main St", "Boston"), address("1 Main St", "Salem"), False),
        (address("1 Main St"), address("", "Boston"), False),
    ],
)
def test_at_first_link_addresses_that_complete_each_other_are_one(ours, theirs, one):
    mine, yours, _ = sync(here("addresses", ("Work", ours)), there("addresses", ("Work", theirs)))

    assert len(local(mine)) == (1 if one else 2)
    if one:
        assert local(mine)[0][1][1] == remote(yours)[0][1][1] == "Boston"


def test_an_address_with_a_label_of_another_room_completes_nothing():
    mine, _yours, _ = sync(
        here("addresses", ("Home", address("1 Main St"))),
        there("addresses", ("Work", address("1 Main St", "Boston"))),
    )

    assert len(local(mine)) == 2


@pytest.mark.parametrize("winner", Side)
def test_of_an_address_that_both_edited_one_side_counts_as_a_whole(winner):
    old = address("1 Main St", "Boston")
    mine, yours, shadow = sync(here("addresses", ("Work", old)), there("addresses", ("Work", old)))
    edited = replace(mine.sets["addresses"][0], value=address("2 Main St", "Boston"))
    mine = LocalRecord({}, {"addresses": (edited,)})
    yours = there("addresses", ("Work", address("1 Main St", "Salem")))

    merged = merge(PERSON, mine, yours, shadow, winner)
    mine, yours, _ = sync(mine, yours, shadow, winner=winner)

    stays = address("2 Main St", "Boston") if winner is Side.HERE else address("1 Main St", "Salem")
    assert [one.winner for one in merged.conflicts] == [winner]
    assert (local(mine), remote(yours)) == ([("Work", stays)], [(WORK, stays)])


def test_a_value_that_both_sides_removed_is_no_conflict():
    record = here("emails", ("Work", "a@example.com")), there("emails", ("Work", "a@example.com"))
    _mine, _yours, shadow = sync(*record)

    merged = merge(PERSON, here("emails"), there("emails"), shadow)

    assert (merged.conflicts, merged.writes_here, merged.writes_there) == ((), False, False)


@pytest.mark.parametrize("winner", Side)
def test_a_value_that_one_removed_and_the_other_edited_is_a_conflict(winner):
    record = here("emails", ("Work", "a@example.com")), there("emails", ("Work", "a@example.com"))
    _mine, _yours, shadow = sync(*record)
    edited = there("emails", ("Work", "b@example.com"))

    merged = merge(PERSON, here("emails"), edited, shadow, winner)

    assert [(one.here, one.there) for one in merged.conflicts] == [(None, "b@example.com")]
    assert merged.writes_there == (winner is Side.HERE)
    assert merged.writes_here == (winner is Side.THERE)


# --- What is agreed on --------------------------------------------------------------------------


BEFORE = Shadow(
    {"first_name": "Anna", "job_title": "Clerk"},
    {"first_name": "Anna", "department": "Probate"},
    {"emails": (Pair(LocalValue(1, "Work", "a@x"), RemoteValue(ROOM["emails", "Work"], "a@x")),)},
)


def agreed(merged, before, **done):
    ours = {"first_name": "Anne", "job_title": "Judge", "last_name": "Ash"}
    theirs = RemoteRecord({"first_name": "Anna", "last_name": "Ash"}, {})
    return agree(PERSON, ours, merged, theirs, theirs, {}, before, **done)


@pytest.mark.parametrize("side", Side)
def test_a_field_that_was_not_written_keeps_what_was_agreed_before_and_others_move_on(side):
    entries = {field.name: () for field in PERSON.sets}
    todo = {"first_name": "Anne", "job_title": "Judge", "department": "", "birthday": "2000-01-01"}
    sets = frozenset({"emails", "phones"})
    if side is Side.HERE:
        merged, done = Merge(todo, {}, entries, sets_here=sets), {"pulled": False}
    else:
        merged, done = Merge({}, todo, entries, sets_there=sets), {"pushed": False}

    shadow = agreed(merged, BEFORE, **done)

    assert (shadow.here["first_name"], shadow.there["first_name"]) == ("Anna", "Anna")
    assert (shadow.here["job_title"], shadow.there["job_title"]) == ("Clerk", "")
    assert (shadow.here["department"], shadow.there["department"]) == ("", "Probate")
    assert "birthday" not in shadow.here and "birthday" not in shadow.there, "never agreed on"
    assert (shadow.here["last_name"], shadow.there["last_name"]) == ("Ash", "Ash")
    assert shadow.pairs["emails"] == BEFORE.pairs["emails"]
    assert "phones" not in shadow.pairs
    assert shadow.pairs["websites"] == ()


def test_a_value_that_the_service_writes_its_own_way_is_learnt():
    ours, theirs = here("phones", ("Work", "212-555-0101")), there("phones")
    merged = merge(PERSON, ours, theirs)
    answer = there("phones", ("Work", "+44 20 7946 0000"))

    shadow = agree(PERSON, {}, merged, theirs, answer, {})

    [pair] = shadow.pairs["phones"]
    assert (pair.here.value, pair.there.value) == ("212-555-0101", "+44 20 7946 0000")
    again = merge(PERSON, ours, answer, shadow)
    assert not (again.writes_here or again.writes_there or again.conflicts)


def test_a_value_that_the_service_drops_is_neither_sent_again_nor_removed_here():
    ours, theirs = here("emails", ("Work", "no address")), there("emails")
    shadow = agree(PERSON, {}, merge(PERSON, ours, theirs), theirs, theirs, {})

    again = merge(PERSON, ours, theirs, shadow)

    assert not (again.writes_here or again.writes_there)
    edited = here("emails", ("Work", "a@example.com"))
    assert merge(PERSON, edited, theirs, shadow).sets_there == {"emails"}
