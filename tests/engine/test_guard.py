"""The guards, as the table of DESIGN.md, R15."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_sync.engine.guard import BY_NAME, GUARDS, Answer, Totals, judge
from contacts_sync.engine.plan import Action, Do

KINDS = {
    "deletions": Action(Do.DELETE_THERE),
    "vanished": Action(Do.MARK_GONE),
    "growth": Action(Do.CREATE_THERE),
    "arrivals": Action(Do.CREATE_HERE),
    "blanked": Action(Do.UPDATE, blanks=True),
    "changed_there": Action(Do.UPDATE, writes_here=True),
    "changed_here": Action(Do.UPDATE, writes_there=True),
}


def some(name, count):
    kind = KINDS[name]
    return [replace(kind, link=n) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("name", "total", "most"),
    [
        ("deletions", 0, 10),
        ("deletions", 100, 10),
        ("deletions", 1000, 100),
        ("vanished", 50, 10),
        ("vanished", 1000, 100),
        ("growth", 0, 20),
        ("growth", 1000, 100),
        ("arrivals", 0, 200),
        ("arrivals", 5000, 1000),
        ("blanked", 1000, 0),
        ("changed_there", 10, 50),
        ("changed_there", 1000, 900),
        ("changed_here", 10, 200),
        ("changed_here", 1000, 500),
    ],
)
def test_held_when_more_than(name, total, most):
    totals = Totals(links=total, records=total, previewed=total if name == "growth" else None)

    assert judge(some(name, most), totals).held == ()
    held = judge(some(name, most + 1), totals).held
    assert {guard.name for _action, guard in held} == {name}
    assert len(held) == most + 1


@pytest.mark.parametrize(
    ("name", "dismiss"),
    [
        ("deletions", Answer.RESTORE),
        ("vanished", Answer.PUT_BACK),
        ("growth", Answer.APART),
        ("arrivals", Answer.APART),
        ("blanked", Answer.TAKE_HERE),
        ("changed_there", Answer.TAKE_HERE),
        ("changed_here", Answer.TAKE_THERE),
    ],
)
def test_what_dismissing_does(name, dismiss):
    assert BY_NAME[name].dismiss is dismiss


def test_a_short_listing_holds_every_removal():
    totals = Totals(links=1000, records=1000, listing_shrunk=True)

    assert len(judge(some("vanished", 1), totals).held) == 1


def test_what_was_approved_or_previewed_is_not_counted():
    totals = Totals(links=0, records=0, previewed=0)

    assert judge(some("growth", 50), totals, previewed=lambda action: True).held == ()
    assert judge(some("deletions", 50), totals, approved=lambda action: True).held == ()
    some_approved = judge(some("deletions", 50), totals, approved=lambda one: (one.link or 0) > 10)
    assert some_approved.held == ()


def test_what_waits_goes_on_waiting_however_few_it_has_become():
    verdict = judge(
        some("deletions", 3),
        Totals(links=100, records=100),
        waiting=lambda action: "deletions" if action.link == 2 else "",
    )

    assert [action.link for action, _guard in verdict.held] == [2]
    assert [action.link for action in verdict.go] == [1, 3]


def test_what_earlier_slices_made_is_counted():
    totals = Totals(links=0, records=0, previewed=0, made=15)

    assert judge(some("growth", 5), totals).held == ()
    assert len(judge(some("growth", 6), totals).held) == 6


counts = st.fixed_dictionaries({name: st.integers(0, 300) for name in KINDS})


@given(counts, st.integers(0, 2000), st.booleans())
def test_every_action_goes_or_is_held_and_each_kind_as_a_whole(numbers, total, first):
    actions = [action for name, count in numbers.items() for action in some(name, count)]
    totals = Totals(links=total, records=total, previewed=total if first else None)

    verdict = judge(actions, totals)

    assert len(verdict.go) + len(verdict.held) == len(actions)
    for guard in GUARDS:
        held = [action for action, holder in verdict.held if holder is guard]
        if held:
            assert not any(guard.counts(action) for action in verdict.go)
