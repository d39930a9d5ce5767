"""Whole lives: people edit on every side, runs fail and die, and the laws of DESIGN.md hold.

Every person carries a serial number in the department, which nobody edits: so a twin is seen whatever
else happens. `lives/` holds what people do, what fails, and the laws.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.scenarios.lives.laws import Laws
from tests.scenarios.lives.ledger import LIVED


class Lives(Laws):
    """Two mailboxes, one list, and the people around them."""

    @initialize(
        ours=st.integers(1, 3),
        theirs=st.integers(0, 2),
        lanes=st.sampled_from([1, 4]),
        batch_size=st.sampled_from([1, 4, 20]),
    )
    def begin(self, ours, theirs, lanes, batch_size):
        """Start from linked contacts, so that the next bug is two steps away."""
        self.graph.behaviour.lanes = lanes
        for number in range(ours):
            self.add_here(number % 2 == 0, True)
        for number in range(theirs):
            self.add_there(number % 2, True, number % 2 == 0)
        for world in self.worlds:
            world.batch_size = batch_size
            world.press_start()


@pytest.mark.django_db
def test_whatever_people_do_and_whatever_fails_both_sides_come_to_agree():
    deep = settings.get_current_profile_name() == "deep"
    few = (
        settings() if deep else settings(max_examples=10, stateful_step_count=20, derandomize=True)
    )
    try:
        run_state_machine_as_test(Lives, settings=few)
    finally:
        print(dict(LIVED))  # noqa: T201  with `pytest -s`: how much was lived
