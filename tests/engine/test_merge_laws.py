"""Laws of the merge, for any two records and any edits."""

from hypothesis import given, settings
from hypothesis import strategies as st

from contacts_sync.engine.merge import merge
from contacts_sync.engine.records import Side
from tests.engine.worlds import (
    PERSON,
    assert_agree,
    edited_here,
    edited_there,
    in_rooms,
    records,
    sync,
    there_values,
)

sides = st.sampled_from(Side)


@given(records(), sides)
def test_a_first_link_makes_both_sides_agree_and_then_rests(both, winner):
    here, there = both
    ours, theirs, shadow = sync(here, there, winner=winner)

    assert_agree(ours, theirs)
    again = merge(PERSON, ours, theirs, shadow, winner)
    assert not again.writes_here and not again.writes_there and not again.conflicts


@given(records(), sides)
def test_a_first_link_loses_no_value_of_a_set(both, winner):
    here, there = both
    ours, _, _ = sync(here, there, winner=winner)

    for field in PERSON.sets:
        if field.name == "addresses":
            continue  # addresses that complete each other become one
        kept = {field.canon(one.value) for one in ours.sets.get(field.name, ())}
        before = {field.canon(one.value) for one in here.sets.get(field.name, ())}
        arrived = {field.canon(one.value) for one in there.sets.get(field.name, ())}
        assert before | arrived == kept


@given(records(), sides)
def test_what_stands_in_outlook_keeps_its_room_at_first_link(both, winner):
    here, there = both
    _ours, theirs, _ = sync(here, there, winner=Side.THERE)

    for field in PERSON.sets:
        if field.name != "addresses":
            assert {field.canon(one.value) for one in there.sets.get(field.name, ())} <= {
                field.canon(one.value) for one in theirs.sets.get(field.name, ())
            }


@settings(max_examples=300)
@given(st.data(), records(), sides)
def test_edits_on_both_sides_meet_and_then_rest(data, both, winner):
    here, there = both
    here, there, shadow = sync(here, there)
    here = data.draw(edited_here(here))
    there = data.draw(edited_there(there))

    ours, theirs, shadow = sync(here, there, shadow, winner=winner)

    assert_agree(ours, theirs)
    again = merge(PERSON, ours, theirs, shadow, winner)
    assert not again.writes_here and not again.writes_there and not again.conflicts


@given(st.data(), records())
def test_values_without_room_never_change_by_a_run(data, both):
    here, there = both
    here, there, shadow = sync(here, there)
    stay_home = {
        (field.name, one.row, one.label, one.value)
        for field in PERSON.sets
        for one in here.sets.get(field.name, ())
        if field.room_for(one.label) is None
    }
    there = data.draw(edited_there(there))

    ours, _, _ = sync(here, there, shadow)

    after = {(name, o.row, o.label, o.value) for name, values in ours.sets.items() for o in values}
    assert stay_home <= after


@given(st.data(), records())
def test_an_edit_on_one_side_only_is_never_a_conflict(data, both):
    here, there = both
    here, there, shadow = sync(here, there)

    moved = data.draw(edited_there(there))
    assert not merge(PERSON, here, moved, shadow).conflicts
    assert not merge(PERSON, data.draw(edited_here(here)), there, shadow).conflicts


@given(st.data(), records())
def test_an_edit_there_writes_nothing_back_but_what_gets_a_free_room(data, both):
    here, there = both
    here, there, shadow = sync(here, there)
    moved = data.draw(edited_there(there))

    _, theirs, _ = sync(here, moved, shadow)

    assert there_values(moved) <= there_values(theirs)


@settings(max_examples=200)
@given(st.data(), records(), sides)
def test_a_person_who_takes_a_side_gets_its_values(data, both, side):
    here, there = both
    here, there, shadow = sync(here, there)
    here = data.draw(edited_here(here))
    there = data.draw(edited_there(there))

    ours, theirs, shadow = sync(here, there, shadow, take=side)

    if side is Side.HERE:
        assert_agree(ours, theirs)
        assert {name: set(values) for name, values in ours.sets.items() if values} == {
            name: set(values) for name, values in here.sets.items() if values
        }
        again = merge(PERSON, ours, theirs, shadow)
        assert not again.writes_here and not again.writes_there
    else:
        assert there_values(theirs) == there_values(there) <= in_rooms(ours)
