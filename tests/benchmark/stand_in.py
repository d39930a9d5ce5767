"""Measure the stand-in itself, to see that it is not what the benchmark measures.

    python tests/benchmark/stand_in.py [--contacts 10000] [--latency 0]

Requests that are encoded beforehand go over one open connection, and answers are not looked at: what
comes out is the ceiling that no client can pass.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from contacts_sync.benchmark.contacts import make
from contacts_sync.demo.outlook import card
from tests.benchmark.peers import running_graph

PREFER = 'IdType="ImmutableId", odata.maxpagesize=200'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--latency", type=int, default=0)
    options = parser.parse_args()
    cards = [card(draft) for draft in make(options.contacts, 1)]
    batches = [_batch(cards[start : start + 20]) for start in range(0, len(cards), 20)]
    with running_graph(options.contacts, options.latency, 1) as graph:
        parts = urlsplit(graph["address"])
        line = SimpleNamespace(server=http.client.HTTPConnection(parts.netloc), path=parts.path)
        begun, cpu = time.perf_counter(), time.process_time()
        for body in batches:
            _ask(line, "POST", "/$batch", graph["empty"], body)
        _tell("first upload", options, begun, cpu)
        begun, cpu, link = time.perf_counter(), time.process_time(), "/me/contacts/delta"
        while link:
            page = json.loads(_ask(line, "GET", link, graph["full"]))
            link = page.get("@odata.nextLink", "").partition("/v1.0")[2]
        _tell("read all", options, begun, cpu)


def _batch(cards):
    requests = [
        {
            "id": str(number),
            "method": "POST",
            "url": "/me/contacts",
            "headers": {"Content-Type": "application/json", "Prefer": PREFER},
            "body": one,
        }
        for number, one in enumerate(cards)
    ]
    return json.dumps({"requests": requests}).encode()


def _ask(line, method, path, token, body=None):
    headers = {"Authorization": f"Bearer {token}", "Prefer": PREFER}
    if body:
        headers["Content-Type"] = "application/json"
    line.server.request(method, line.path + path, body, headers)
    answer = line.server.getresponse()
    text = answer.read()
    assert answer.status == 200, text
    return text


def _tell(phase, options, begun, cpu):
    figures = {"tool": "stand-in", "phase": phase, "contacts": options.contacts}
    figures |= {"items": options.contacts, "latency": options.latency}
    figures |= {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
