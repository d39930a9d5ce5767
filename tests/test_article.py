"""The tables in tests/README.md name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_\w+)`", (HERE / "README.md").read_text()))
    files = (path.read_text() for path in HERE.rglob("test_*.py"))
    known = {name for text in files for name in re.findall(r"def (test_\w+)\(", text)}

    assert named
    assert sorted(named - known) == []
