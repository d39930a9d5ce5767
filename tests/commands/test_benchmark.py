"""The benchmark runs from nothing, touches nothing, and counts requests against the least possible."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def measure(folder, *options):
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "benchmark", "--json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return {one["phase"]: one for one in map(json.loads, done.stdout.splitlines())}


def test_it_measures_every_phase_in_a_world_of_its_own(tmp_path):
    phases = measure(tmp_path, "--contacts", "45")

    assert {one["outcome"] for one in phases.values()} == {"done"}
    assert phases["unchanged"]["requests"] == 1
    assert phases["link all"]["items"] == 45
    wasted = {name: one["requests"] - one["least"] for name, one in phases.items()}
    # Faults cost requests; what is changed within the second that it was made in is asked again.
    assert wasted.pop("10 % faults") > 0
    assert wasted.pop("1 % changed") in (0, 1)
    assert not any(wasted.values())


def test_it_measures_what_is_wanted_at_the_latency_that_is_wanted(tmp_path):
    phases = measure(
        tmp_path, "--contacts", "25", "--latency", "5", "--phases", "first download", "unchanged"
    )

    assert set(phases) == {"first upload", "echo of the upload", "unchanged", "first download"}
    assert phases["unchanged"]["latency"] == 5
    assert phases["unchanged"]["seconds"] >= phases["unchanged"]["ideal"] == 0.005
