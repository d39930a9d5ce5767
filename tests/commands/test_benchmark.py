"""The benchmark runs from nothing, touches nothing, and counts requests against the least possible."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_it_measures_every_phase_in_a_world_of_its_own(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "benchmark", "--contacts", "45", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    phases = {one["phase"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert {one["outcome"] for one in phases.values()} == {"done"}
    assert phases["first upload"]["requests"] == phases["first upload"]["least"] == 4
    assert phases["unchanged"]["requests"] == 1
    assert phases["link all"]["items"] == 45
