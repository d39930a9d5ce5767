"""What was read of every sample file, as the table in tests/data/FIGURES.md.

WRITE_FIGURES=1 writes the table anew, PYTEST_SHOW_FILES=1 prints it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from pathlib import Path

from contacts_sync.files import Draft, NeedsMapping, detect, formats
from contacts_sync.files.draft import sets_of
from contacts_sync.files.row import NO_FIELD
from contacts_sync.files.text import codec_of, plain_bytes

DATA = Path(__file__).parent.parent / "data"
EXPECTED = json.loads((DATA / "vcards" / "expected.json").read_text())
SCALARS = {"family": "last_name", "given": "first_name", "middle": "middle_name"}
SCALARS |= {name: name for name in ("prefix", "suffix", "company", "department", "job_title")}
SETS = {"phones": "number", "emails": "address"}

TITLE = """# What was read of every sample file

Made by `tests/files/test_figures.py`, which fails when a number changes; WRITE_FIGURES=1 writes the table anew.

*read*: contacts; *refused*: cards and rows that are none, each with its reason (groups, pictures alone, blank rows);
*values*: names, dates, numbers, addresses and so on that became part of a contact; *no place*: values listed with their
contact because the list has no field for them; *noted*: doubts and oddities told with a contact; *expected*: facts of
`expected.json` that hold, of how many (for tables: headings that are known, of how many).

| file | format | read | refused | values | no place | noted | expected |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def figures(path):
    data = path.read_bytes()
    try:
        source = detect(path.name, data)
    except NeedsMapping:
        return "needs a mapping", [], []
    found = list(source.read(data))
    drafts = [item for item in found if isinstance(item, Draft)]
    return source.title, drafts, [item for item in found if not isinstance(item, Draft)]


def row(path):
    title, drafts, bad = figures(path)
    unread = [item for draft in drafts for item in draft.unread]
    values = sum(len(draft.scalars) + sum(map(len, sets_of(draft).values())) for draft in drafts)
    without = sum(item.why == NO_FIELD for item in unread)
    name = path.relative_to(DATA).as_posix()
    expected = headings(path) if path.suffix == ".csv" else facts(path, drafts)
    noted = len(unread) - without
    return (name, title, len(drafts), len(bad), values, without, noted, expected)


def headings(path):
    """Count the headings of a table that its dialect knows."""
    data = plain_bytes(path.read_bytes())
    content = data.decode(codec_of(data)[0])
    best = ""
    for dialect in formats.DIALECTS:
        for mark in ",;":
            for cells in list(csv.reader(io.StringIO(content, newline=""), delimiter=mark))[:5]:
                roles = [
                    role for role, cell in zip(dialect.resolve(cells), cells, strict=True) if cell
                ]
                known = sum(role is not None for role in roles)
                if roles and known > int(best.partition("/")[0] or 0):
                    best = f"{known}/{len(roles)}"
    return best


def facts(path, drafts):
    """Count the facts of expected.json that hold, over all cards of a file."""
    group = EXPECTED.get(path.parent.name, {})
    wanted = group.get("files", {}).get(path.name, {}) if isinstance(group, dict) else {}
    told = " ".join(str(draft) for draft in drafts)
    checks = []
    for name, value in wanted.items():
        if name in SCALARS and isinstance(value, str):
            checks.append(drafts[0].scalars.get(SCALARS[name], "") == value)
        elif name in SETS and isinstance(value, list):
            entries = [entry[SETS[name]] for entry in value if isinstance(entry, dict)]
            checks += [repr(entry)[1:-1] in told for entry in entries]
    return f"{sum(checks)}/{len(checks)}" if checks else ""


def test_the_table_of_figures_is_what_the_files_give(capsys):
    paths = [*sorted((DATA / "vcards").rglob("*.vcf")), *sorted((DATA / "csv").rglob("*.csv"))]

    rows = [row(path) for path in paths]
    total = ("**all**", "", *(sum(row[at] for row in rows) for at in range(2, 7)), "")
    table = TITLE + "".join(
        "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |\n"
        for cells in (*rows, total)
    )
    with capsys.disabled() if "PYTEST_SHOW_FILES" in os.environ else contextlib.nullcontext():
        print(table)  # noqa: T201
    if "WRITE_FIGURES" in os.environ:
        (DATA / "FIGURES.md").write_text(table)

    assert (DATA / "FIGURES.md").read_text() == table
