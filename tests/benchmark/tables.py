"""Turn the lines of JSON that the benchmark wrote into Markdown tables, on standard output.

    python tests/benchmark/tables.py FILE... [--short] [--write PAGE...]

Of several measurements of the same thing the median counts. `--write` puts the tables between the
marks of the pages that are named: the short ones into README.md, all of them into any other.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import median

PHASES = (
    "first upload",
    "first download",
    "link all",
    "echo of the upload",
    "unchanged",
    "1 % changed",
    "expired cursor",
    "10 % faults",
)
SHORT = ("first upload", "first download", "link all", "unchanged", "1 % changed")
OPEN, CLOSE = "<!-- measured -->", "<!-- end -->"
PEERS = ("vdirsyncer", "O365-undelayed", "O365", "msgraph-sdk", "msgraph-sdk-4")
SAME = {"first download": ("first download", "read all")}
"""What peers do instead of a phase of ours: the clients of Graph only read, and store nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", type=Path, nargs="+", default=[], metavar="PAGE")
    options = parser.parse_args()
    lines = [json.loads(line) for file in options.files for line in file.read_text().splitlines()]
    for page in options.write:
        text = "\n\n".join(tables(lines, page.name == "README.md"))
        page.write_text(between_marks(page.read_text(), text))
    if not options.write:
        print("\n\n".join(tables(lines, options.short)))


def between_marks(page, text):
    """Put a text between the marks of a page."""
    before, mark, rest = page.partition(OPEN)
    _old, end, after = rest.partition(CLOSE)
    if not mark or not end:
        raise SystemExit(f"This page has no {OPEN} and {CLOSE}.")
    return f"{before}{OPEN}\n\n{text}\n\n{CLOSE}{after}"


def tables(lines, short):
    """Give the tables as texts: ours by phase, the growth with the size, and the peers."""
    ours = medians(one for one in lines if one.get("source") == "matrix")
    given = [_ours(ours, SHORT if short else PHASES, short)] if ours else []
    peers = medians(one for one in lines if one.get("source") == "peers")
    return given + ([_peers(peers)] if peers else [])


def medians(lines):
    """Take the median of the figures that several runs have in common."""
    groups = defaultdict(list)
    for one in lines:
        name = (one["tool"], one.get("database", ""), one["contacts"], one["latency"])
        groups[*name, one["phase"]].append(one)
    found = {}
    for name, some in groups.items():
        found[name] = {"runs": len(some), **some[0]} | {
            figure: median(one[figure] for one in some if figure in one)
            for figure in ("seconds", "cpu", "requests", "queries", "peak_mb", "items", "ideal")
            if figure in some[0]
        }
    return found


def _ours(ours, phases, short):
    rows = []
    order = {phase: number for number, phase in enumerate(phases)}
    cells = sorted(
        (one for one in ours.items() if one[0][4] in order),
        key=lambda one: (order[one[0][4]], one[0][2], one[0][3], one[0][1]),
    )
    for (_tool, database, contacts, latency, phase), one in cells:
        if short and contacts == 1000:
            continue
        pays = phase in ("first upload", "10 % faults") and one["ideal"]
        rows.append(
            [
                phase,
                f"{contacts:,}",
                f"{latency} ms",
                {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database],
                f"{one['seconds']:.2f}",
                f"{one['items'] / one['seconds']:,.0f}" if one["items"] else "",
                f"{100 * one['ideal'] / one['seconds']:.0f} %" if pays else "",
                f"{one['cpu']:.2f}",
                f"{one['requests']:,.0f} ({one['least']:,})",
                f"{one['queries']:,.0f}",
                f"{one['peak_mb']:,.0f}",
            ]
        )
    head = ["phase", "contacts", "latency", "database", "s", "items/s", "of the ceiling"]
    return _table([*head, "CPU s", "requests (least)", "queries", "peak MB"], rows)


def _peers(peers):
    """Set each peer beside our run of the same minute: items a second, and how often ours is that."""
    present = [tool for tool in PEERS if any(name[0] == tool for name in peers)]
    rows = []
    for (tool, _database, contacts, latency, phase), one in sorted(
        peers.items(), key=lambda pair: (pair[0][2], pair[0][3], pair[0][4])
    ):
        if tool != "ours" or phase == "echo of the upload":
            continue
        row = [phase, f"{contacts:,}", f"{latency} ms", _speed(one)]
        for peer in present:
            names = [(peer, "", contacts, latency, same) for same in SAME.get(phase, (phase,))]
            other = next((peers[name] for name in names if name in peers), None)
            row.append(
                f"{_speed(other)} (x {other['seconds'] / one['seconds']:.1f})" if other else ""
            )
        rows.append(row)
    return _table(["phase", "contacts", "latency", "ours", *present], rows)


def _speed(one):
    if one["phase"] in ("unchanged", "1 % changed"):
        return f"{one['seconds']:.2f} s"
    return f"{one['items'] / one['seconds']:,.0f}/s"


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
