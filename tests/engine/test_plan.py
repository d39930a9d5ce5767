"""The plan, as tables: every link in every state, and strangers together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_sync.engine.match import Candidate
from contacts_sync.engine.plan import (
    Action,
    Do,
    LinkView,
    Ours,
    State,
    Strangers,
    Theirs,
    decide,
    decide_answered,
    decide_strangers,
    pair_up,
    references_to_add,
    without_returned,
)
from contacts_sync.engine.records import Side

ALL = list(itertools.product(State, Ours, Theirs))


def do(state, ours, theirs, **more):
    action = decide(LinkView(1, state, ours, theirs, contact=2, mirror=3, **more))
    return action and action.do


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_nothing_is_deleted_there_but_what_was_deleted_here(state, ours, theirs):
    if do(state, ours, theirs) is Do.DELETE_THERE:
        assert ours is not Ours.ALIVE
        assert state is not State.APART
        assert theirs is not Theirs.ABSENT


@pytest.mark.parametrize(
    ("state", "contact", "kept", "agreed", "expected"),
    [
        (State.HELD, 2, True, False, Do.CREATE_THERE),
        (State.HELD, None, True, False, Do.CREATE_HERE),
        (State.HELD, 2, False, False, None),
        (State.LINKED, 2, False, False, Do.ADOPT),
        (State.LINKED, 2, False, True, Do.UPDATE),
        (State.APART, 2, False, False, None),
    ],
)
def test_an_answer_decides_about_its_link_alone(state, contact, kept, agreed, expected):
    view = LinkView(1, state, Ours.ALIVE, Theirs.PRESENT, contact=contact, mirror=3)

    action = decide_answered(view, kept, agreed)

    assert (action and action.do) is expected


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_no_action_ever_deletes_here(state, ours, theirs):
    assert do(state, ours, theirs) in {None, *Do} - {Do.CREATE_HERE, Do.ADOPT, Do.HOLD}


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_what_is_gone_is_never_created_again(state, ours, theirs):
    if state is State.GONE:
        assert do(state, ours, theirs) is not Do.CREATE_THERE


@pytest.mark.parametrize("ours", Ours)
@pytest.mark.parametrize("theirs", Theirs)
def test_what_is_left_out_is_left_alone(ours, theirs):
    assert do(State.APART, ours, theirs) in (None, Do.CLOSE)


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_a_doubtful_removal_concludes_nothing(state, ours, theirs):
    if theirs is Theirs.UNKNOWN:
        assert do(state, ours, theirs) in (None, Do.DELETE_THERE)


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_a_creation_without_an_answer_waits(state, ours, theirs):
    if state is State.CREATING:
        assert do(state, ours, theirs, sent=True) is None


@pytest.mark.parametrize(("state", "ours", "theirs"), ALL)
def test_a_link_that_has_both_ends_is_never_closed_but_for_a_purged_stranger(state, ours, theirs):
    if do(state, ours, theirs) is Do.CLOSE and theirs is Theirs.PRESENT:
        assert (state, ours) == (State.GONE, Ours.PURGED)


@pytest.mark.parametrize(
    ("state", "ours", "theirs", "expected"),
    [
        (State.LINKED, Ours.ALIVE, Theirs.PRESENT, Do.UPDATE),
        (State.LINKED, Ours.ALIVE, Theirs.ABSENT, Do.MARK_GONE),
        (State.LINKED, Ours.TRASHED, Theirs.PRESENT, Do.DELETE_THERE),
        (State.LINKED, Ours.TRASHED, Theirs.ABSENT, Do.CLOSE),
        (State.LINKED, Ours.PURGED, Theirs.PRESENT, Do.DELETE_THERE),
        (State.DELETING, Ours.ALIVE, Theirs.PRESENT, Do.UPDATE),
        (State.DELETING, Ours.ALIVE, Theirs.ABSENT, Do.CREATE_THERE),
        (State.CREATING, Ours.ALIVE, Theirs.ABSENT, Do.CREATE_THERE),
        (State.CREATING, Ours.TRASHED, Theirs.ABSENT, Do.CLOSE),
        (State.GONE, Ours.ALIVE, Theirs.PRESENT, Do.UPDATE),
        (State.GONE, Ours.ALIVE, Theirs.ABSENT, None),
        (State.GONE, Ours.TRASHED, Theirs.ABSENT, None),
    ],
)
def test_a_link_by_its_two_ends(state, ours, theirs, expected):
    assert do(state, ours, theirs) is expected


# --- Strangers ----------------------------------------------------------------------------------


def one(pk, *keys, twin=""):
    return Candidate(pk, frozenset(keys), twin)


def plan(**strangers):
    all_of_them = Strangers(
        **{
            name: tuple(value) if name in ("ours", "theirs") else value
            for name, value in strangers.items()
        }
    )
    return list(decide_strangers(all_of_them, pair_up(all_of_them)))


def told(actions):
    return {(action.do, action.contact, action.mirror) for action in actions}


def test_who_matches_is_adopted_and_the_rest_is_created():
    actions = plan(ours=[one(1, "a"), one(2)], theirs=[one(11, "a"), one(12, "b")])

    assert told(actions) == {
        (Do.ADOPT, 1, 11),
        (Do.CREATE_THERE, 2, None),
        (Do.CREATE_HERE, None, 12),
    }


def test_a_group_is_held_with_one_name():
    actions = plan(ours=[one(1, "a"), one(2, "a")], theirs=[one(11, "a")])

    assert {action.do for action in actions} == {Do.HOLD}
    assert len({action.group for action in actions}) == 1


def test_the_name_of_a_group_begins_with_three_of_each_side():
    ours, theirs = [one(pk, "a") for pk in range(1, 6)], [one(pk, "a") for pk in range(11, 16)]

    assert {action.group for action in plan(ours=ours, theirs=theirs)} == {
        "group-h1-h2-h3-t11-t12-t13"
    }


def test_what_may_be_the_result_of_a_creation_waits_with_whoever_matches_it():
    ours = [one(1, "a"), one(2, "b"), one(3, "b"), one(4, "c"), one(5, "d"), one(6, "d")]
    theirs = [one(11, "a"), one(12, "b"), one(13, "x"), one(14, "c"), one(15, "d"), one(16, "y")]

    actions = plan(ours=ours, theirs=theirs, unsure=frozenset({11, 12, 13}))

    assert told(actions) == {
        (Do.ADOPT, 4, 14),
        (Do.HOLD, 5, None),
        (Do.HOLD, 6, None),
        (Do.HOLD, None, 15),
        (Do.CREATE_HERE, None, 16),
    }


def test_who_is_gone_is_matched_and_never_created():
    actions = plan(ours=[one(1, "a"), one(2, "b")], theirs=[one(11, "a")], gone=frozenset({1, 2}))

    assert told(actions) == {(Do.ADOPT, 1, 11)}


def test_who_is_kept_is_created_though_it_matches():
    kept = frozenset({(Side.HERE, 1), (Side.THERE, 11)})

    actions = plan(ours=[one(1, "a")], theirs=[one(11, "a")], kept=kept)

    assert told(actions) == {(Do.CREATE_THERE, 1, None), (Do.CREATE_HERE, None, 11)}


def test_a_copy_is_held_until_it_is_kept():
    copies = frozenset({11})

    assert told(plan(theirs=[one(11, "a")], copies=copies)) == {(Do.HOLD, None, 11)}
    kept = frozenset({(Side.THERE, 11)})
    assert told(plan(theirs=[one(11)], copies=copies, kept=kept)) == {(Do.CREATE_HERE, None, 11)}


def test_who_is_left_over_waits_and_may_still_match():
    waiting = frozenset({(Side.HERE, 1)})

    assert plan(ours=[one(1, "a")], left_over=waiting) == []
    actions = plan(ours=[one(1, "a")], theirs=[one(11, "a")], left_over=waiting)
    assert told(actions) == {(Do.ADOPT, 1, 11)}


def test_whoever_matches_again_has_not_gone():
    strangers = Strangers(ours=(one(1, "a"),), theirs=(one(11, "a"),), gone=frozenset({1}))
    leaving = [Action(Do.MARK_GONE, 5, 1), Action(Do.MARK_GONE, 6, 2)]

    assert list(without_returned(leaving, pair_up(strangers))) == leaving[1:]


numbers = st.sets(st.integers(1, 9), max_size=7)
letters = st.sampled_from("abcd")


@st.composite
def some(draw, start):
    return [
        Candidate(start + pk, frozenset(draw(st.sets(letters, max_size=2))), draw(letters))
        for pk in sorted(draw(numbers))
    ]


@given(some(0), some(100), st.data())
def test_every_stranger_gets_exactly_one_action(ours, theirs, data):
    gone = frozenset(data.draw(st.sets(st.sampled_from([c.id for c in ours]))) if ours else ())
    actions = plan(ours=ours, theirs=theirs, gone=gone)

    here = [action.contact for action in actions if action.contact]
    there = [action.mirror for action in actions if action.mirror]
    assert sorted(there) == [c.id for c in theirs]
    assert len(here) == len(set(here))
    assert {c.id for c in ours} - gone <= set(here)
    assert not any(a.do is Do.CREATE_THERE and a.contact in gone for a in actions)


def test_references_are_added_once_and_not_if_they_come_along():
    wanted = ["ash", "", "birch", "ash", "clay"]
    assert references_to_add(wanted, {"birch"}, {"clay"}) == ["ash"]
