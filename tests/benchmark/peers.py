"""Measure peers on the benchmark's contacts, against the same stand-in in the same minute.

    python tests/benchmark/peers.py --python PEERS/bin/python --contacts 1000 --latency 0 20

PEERS is an environment of its own with `tests/benchmark/peers/requirements.txt`. A line of JSON for
each tool and phase, ours among them.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from contacts_sync.benchmark.contacts import make  # noqa: E402  the path comes first
from contacts_sync.demo.outlook import card  # noqa: E402

GRAPH_TOOLS = ("msgraph-sdk", "msgraph-sdk-4", "O365-undelayed", "O365")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="of the environment that has the peers")
    parser.add_argument("--contacts", type=int, nargs="+", default=[1000])
    parser.add_argument("--latency", type=int, nargs="+", default=[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=["ours", *GRAPH_TOOLS, "vdirsyncer"])
    options = parser.parse_args()
    for count in options.contacts:
        for latency in options.latency:
            for tool in options.only:
                for line in _measure(tool, count, latency, options):
                    print(json.dumps({"latency": latency, "source": "peers", **line}), flush=True)


def _measure(tool, count, latency, options):
    if tool == "ours":
        phases = ["first upload", "unchanged", "1 % changed", "first download"]
        yield from _lines(
            [
                sys.executable,
                str(HERE.parent.parent / "manage.py"),
                "benchmark",
                "--json",
                f"--contacts={count}",
                f"--latency={latency}",
                f"--seed={options.seed}",
                "--phases",
                *phases,
            ],
            tool,
        )
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drafts = list(make(count, options.seed))
        if tool == "vdirsyncer":
            _write_vcards(folder / "list" / "book", drafts)
            script = [str(HERE / "peers" / "vdirsyncer_peer.py"), name, str(_free_port())]
            yield from _lines([options.python, *script, str(latency)], tool)
            return
        cards = folder / "cards.json"
        cards.write_text(json.dumps([card(draft) for draft in drafts]))
        with running_graph(count, latency, options.seed) as graph:
            script = [str(HERE / "peers" / "graph_peers.py"), tool, graph["address"]]
            yield from _lines(
                [options.python, *script, graph["full"], graph["empty"], str(cards)], tool
            )


def _lines(command, tool):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        yield {"tool": tool, **json.loads(line)}


@contextmanager
def running_graph(count, latency, seed):
    """Run the stand-in, and give its address and tokens."""
    server = subprocess.Popen(
        [
            sys.executable,
            str(HERE / "serve_graph.py"),
            f"--contacts={count}",
            f"--latency={latency}",
            f"--seed={seed}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(20)


def _write_vcards(folder, drafts):
    folder.mkdir(parents=True)
    for number, draft in enumerate(drafts):
        names = draft.scalars
        lines = [
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"UID:bench-{number}",
            f"N:{names['last_name']};{names['first_name']};;;",
            f"FN:{names['first_name']} {names['last_name']}",
            f"TITLE:{names['job_title']}",
            *(f"EMAIL;TYPE=WORK:{one.value}" for one in draft.emails),
            *(f"TEL;TYPE={one.label.upper()}:{one.value}" for one in draft.phones),
            *(f"ADR;TYPE=WORK:;;{';'.join(one.value)}" for one in draft.addresses),
            "END:VCARD",
        ]
        (folder / f"bench-{number}.vcf").write_text("\n".join(lines) + "\n")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
