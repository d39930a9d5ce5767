"""Many mailboxes: everybody has a turn each hour, however long somebody's first sync takes."""

from __future__ import annotations

import pytest

from tests.benchmark.virtual_day import Day


@pytest.fixture
def day(db):
    return Day(
        connections=20, workers=2, first={0: 50_000, 1: 50_000}, hours=4, unchanged=20
    ).live()


def test_first_syncs_of_50_000_starve_nobody(day):
    hourly = {pk: ends for pk, ends in day.ends.items() if len(ends) > 1}

    assert len(hourly) >= 18
    assert day.gaps()[-1] < 60 + 3 + 20


def test_runs_that_begin_together_spread_over_the_hour(day):
    assert day.most_at_once() <= 10
