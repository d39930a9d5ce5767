"""Run the benchmark over sizes, latencies and databases, the most telling cells first.

    python tests/benchmark/matrix.py FILE [--sizes 1000 10000] [--latencies 0 50 100] [--minutes 25]

Appends a line of JSON for each phase to FILE. What FILE has already is not measured again, so that
a run which was broken off goes on. PostgreSQL takes part with `--postgresql URL`: databases of our
own are made and dropped beside the one that URL names.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DAYS = ("first upload", "echo of the upload", "unchanged", "1 % changed", "expired cursor")
REST = ("10 % faults", "first download", "link all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, 20, 50, 100])
    parser.add_argument("--repeat", type=int, default=5, help="of cells that take below a minute")
    parser.add_argument("--minutes", type=float, default=600, help="begin no cell after so long")
    parser.add_argument("--phases", nargs="+", default=[*DAYS, *REST])
    parser.add_argument("--postgresql", default="", metavar="URL")
    options = parser.parse_args()
    until = time.monotonic() + options.minutes * 60
    done = _done(options.file)
    for repeat, size, latency, database in cells(options):
        cell = (database, size, latency)
        if done[cell] > repeat:
            continue
        if time.monotonic() + expected(size, latency) > until:
            print(f"no time for {cell}", file=sys.stderr)
            continue
        print(f"{time.strftime('%H:%M:%S')} {cell} number {repeat + 1}", file=sys.stderr)
        _measure(options, *cell)


def cells(options):
    """Give repeat, size, latency and database of every cell, in the order to measure them."""
    databases = ["sqlite", "postgresql"] if options.postgresql else ["sqlite"]
    every = [
        (repeat, size, latency, database)
        for repeat in range(options.repeat)
        for size in options.sizes
        for latency in options.latencies
        for database in databases
        if repeat == 0 or expected(size, latency) < 60
    ]
    return sorted(every, key=lambda cell: (cell[0], expected(*cell[1:3])))


def expected(size, latency):
    """Guess the seconds of a cell: two uploads at the ceiling, and what our own work takes."""
    return 2 * size * latency / 1000 / 4 + 0.012 * size + 10


def _measure(options, database, size, latency):
    name = f"bench_{size}_{latency}"
    if database == "postgresql":
        server = options.postgresql.rsplit("/", 1)[0]
        _sql(options.postgresql, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
    command = [
        sys.executable,
        str(ROOT / "manage.py"),
        "benchmark",
        "--json",
        f"--contacts={size}",
        f"--latency={latency}",
        *([f"--database={server}/{name}"] if database == "postgresql" else []),
        "--phases",
        *options.phases,
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{name} on {database} did not come to its end", file=sys.stderr)
    else:
        with options.file.open("a") as lines:
            lines.writelines(
                json.dumps({"tool": "ours", "source": "matrix", **json.loads(line)}) + "\n"
                for line in done.stdout.splitlines()
            )
    if database == "postgresql":
        _sql(options.postgresql, f'DROP DATABASE IF EXISTS "{name}"')


def _sql(url, *statements):
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


def _done(file):
    """Count how often each cell has been measured."""
    if not file.exists():
        return Counter()
    lines = map(json.loads, file.read_text().splitlines())
    phases = Counter(
        (one["database"], one["contacts"], one["latency"], one["phase"]) for one in lines
    )
    most = Counter()
    for (*cell, _phase), count in phases.items():
        most[tuple(cell)] = max(most[tuple(cell)], count)
    return most


if __name__ == "__main__":
    main()
