"""The tables say what was measured: medians, ratios, and nothing that is not there."""

from __future__ import annotations

from tests.benchmark import tables

CELL = {"tool": "ours", "source": "matrix", "database": "sqlite", "contacts": 10_000, "latency": 50}
FIGURES = {"items": 10_000, "requests": 503, "least": 503, "cpu": 15, "queries": 9, "peak_mb": 130}
UPLOAD = {**CELL, **FIGURES, "phase": "first upload", "ideal": 125.0, "outcome": "done"}


def test_of_several_runs_the_median_counts():
    lines = [{**UPLOAD, "seconds": seconds} for seconds in (130, 900, 125, 140, 128)]

    (table,) = tables.tables(lines, short=True)

    assert "| 130.00 | 77 | 96 % |" in table


def test_peers_stand_beside_our_run_of_the_same_size_and_latency():
    ours = {**UPLOAD, "source": "peers", "seconds": 100}
    other = {**CELL, "source": "peers", "tool": "vdirsyncer", "database": "", "items": 10_000}
    other |= {"phase": "first upload", "seconds": 250, "cpu": 9}

    (table,) = tables.tables([ours, other, {**other, "latency": 20, "seconds": 1}], short=False)

    assert "| 100/s | 40/s (x 2.5) |" in table


def test_tables_go_between_the_marks_of_a_page():
    page = f"before {tables.OPEN} old {tables.CLOSE} after"

    assert tables.between_marks(page, "new") == (
        f"before {tables.OPEN}\n\nnew\n\n{tables.CLOSE} after"
    )
