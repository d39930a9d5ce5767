"""Matching: identical keys pair, and nothing that is not one-to-one pairs by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contacts_sync.engine.match import Candidate, match, near_pairs


def one(pk, *keys, twin="", near=()):
    return Candidate(pk, frozenset(keys), twin, frozenset(near))


def test_a_key_that_both_sides_have_once_pairs():
    found = match([one(1, "a", "b")], [one(11, "b"), one(12, "c")])

    assert (found.pairs, found.groups) == (((1, 11),), ())


def test_a_key_of_one_side_only_connects_nothing():
    found = match([one(1, "a"), one(2, "a")], [one(11, "b")])

    assert (found.pairs, found.groups) == ((), ())


def test_one_with_two_addresses_connects_two_others():
    found = match([one(1, "a", "b")], [one(11, "a"), one(12, "b")])

    assert found.pairs == ()
    assert [(group.ours, group.theirs) for group in found.groups] == [((1,), (11, 12))]


def test_twins_pair_in_order_and_the_rest_is_held():
    ours = [one(pk, "a", twin="x") for pk in (3, 1, 2)]
    theirs = [one(12, "a", twin="x"), one(11, "a", twin="x"), one(13, "a", twin="y")]

    found = match(ours, theirs)

    assert found.pairs == ((1, 11), (2, 12))
    assert [(group.ours, group.theirs) for group in found.groups] == [((3,), (13,))]


def test_near_pairs_name_the_key_they_share():
    ours = [one(1, near=[("same name", "a")])]
    theirs = [one(11, near=[("same name", "a"), ("same e-mail", "b")]), one(12)]

    assert near_pairs(ours, theirs) == [(1, 11, ("same name", "a"))]


letters = st.sampled_from("abcdef")
candidates = st.lists(
    st.tuples(st.sets(letters, max_size=3), st.sampled_from(["", "x", "y"])), max_size=8
)


@given(candidates, candidates, st.randoms())
def test_nobody_is_in_two_places_and_the_order_does_not_matter(ours, theirs, random):
    here = [one(pk, *keys, twin=twin) for pk, (keys, twin) in enumerate(ours, 1)]
    there = [one(pk, *keys, twin=twin) for pk, (keys, twin) in enumerate(theirs, 101)]
    found = match(here, there)

    members = [pk for pair in found.pairs for pk in pair]
    members += [pk for group in found.groups for pk in group.ours + group.theirs]
    assert len(members) == len(set(members))
    random.shuffle(here)
    random.shuffle(there)
    again = match(here, there)
    assert again.pairs == found.pairs
    assert {(g.ours, g.theirs) for g in again.groups} == {(g.ours, g.theirs) for g in found.groups}


@given(candidates, candidates)
def test_a_pair_shares_a_key_or_a_group(ours, theirs):
    here = {pk: one(pk, *keys, twin=twin) for pk, (keys, twin) in enumerate(ours, 1)}
    there = {pk: one(pk, *keys, twin=twin) for pk, (keys, twin) in enumerate(theirs, 101)}

    found = match(here.values(), there.values())

    for mine, yours in found.pairs:
        same_twin = here[mine].twin and here[mine].twin == there[yours].twin
        assert here[mine].keys & there[yours].keys or same_twin


@given(candidates, candidates)
def test_whoever_shares_a_key_is_paired_or_held(ours, theirs):
    here = [one(pk, *keys) for pk, (keys, _twin) in enumerate(ours, 1)]
    there = [one(pk, *keys) for pk, (keys, _twin) in enumerate(theirs, 101)]

    found = match(here, there)

    for mine in here:
        shares = any(mine.keys & yours.keys for yours in there)
        assert shares == (mine.id in found.ours)
