"""Simulate a day of many mailboxes, with a first sync of 50,000 in some, and print what came of it.

python tests/benchmark/day.py [--connections 1000] [--workers 4] [--first 5]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--first", type=int, default=5)
    parser.add_argument("--hours", type=float, default=24)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DATABASE_URL"] = "sqlite://:memory:"
    import django

    django.setup()
    from django.core.management import call_command

    from tests.benchmark.virtual_day import Day

    call_command("migrate", verbosity=0)
    begun = time.process_time()
    first = dict.fromkeys(range(options.first), 50_000)
    day = Day(options.connections, options.workers, first, options.hours).live()
    gaps, waits = day.gaps(), sorted(day.waits)
    print(f"{len(day.starts):,} slices, {len(gaps):,} hourly runs by {options.workers} workers")
    print(
        f"minutes from run to run: median {middle(gaps):.1f}, 99 % {at(gaps, 0.99):.1f}, longest {gaps[-1]:.1f}"
    )
    print(
        f"seconds a job waits: median {middle(waits):.1f}, 99 % {at(waits, 0.99):.1f}, longest {waits[-1]:.1f}"
    )
    print(f"most starts in a minute after six hours: {day.most_at_once()}")
    print(f"workers busy: {day.busy / (options.workers * options.hours * 36):.1f} %")
    print(f"CPU of the simulation: {time.process_time() - begun:.0f} s")


def at(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


def middle(values):
    return at(values, 0.5)


if __name__ == "__main__":
    main()
