"""vdirsyncer between a folder of vCards and Radicale. Runs in the peers' environment.

    python vdirsyncer_peer.py FOLDER PORT MILLISECONDS

FOLDER/list holds the vCards. Prints a line of JSON for each phase; CPU seconds are vdirsyncer's own.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

CONFIG = """
[general]
status_path = "{status}"
[pair contacts]
a = "list"
b = "server"
collections = ["book"]
conflict_resolution = "a wins"
[storage list]
type = "filesystem"
path = "{list}"
fileext = ".vcf"
[storage server]
type = "carddav"
url = "http://127.0.0.1:{port}/bench/"
username = "bench"
password = "bench"
"""
HERE = Path(__file__).parent


def main() -> None:
    folder, port, latency = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    served = folder / "server"
    server = subprocess.Popen(
        [sys.executable, str(HERE.parent / "serve_dav.py"), str(served), port, latency]
    )
    try:
        _wait(int(port))
        _run(folder, port)
    finally:
        server.terminate()
        server.wait(20)


def _run(folder, port):
    cards = folder / "list" / "book"
    count = len(list(cards.iterdir()))
    _configure(folder, "one", folder / "list", port)
    _phase(folder, "one", "first upload", count, count, "discover")
    _phase(folder, "one", "unchanged", count, 0)
    few = max(1, count // 100)
    for path in sorted(cards.iterdir())[:few]:
        path.write_text(path.read_text().replace("END:VCARD", "NOTE:Tax\nEND:VCARD"))
    _phase(folder, "one", "1 % changed", count, few)
    (folder / "fresh" / "book").mkdir(parents=True)
    _configure(folder, "two", folder / "fresh", port)
    _phase(folder, "two", "first download", count, count, "discover")
    assert len(list((folder / "fresh" / "book").iterdir())) == count


def _configure(folder, name, cards, port):
    text = CONFIG.format(status=folder / f"status-{name}", list=cards, port=port)
    (folder / f"{name}.conf").write_text(text)


def _phase(folder, name, phase, count, items, prepare=""):
    if prepare:
        _vdirsyncer(folder, name, prepare)
    cpu = _children()
    begun = time.perf_counter()
    _vdirsyncer(folder, name, "sync")
    seconds = time.perf_counter() - begun
    figures = {"tool": "vdirsyncer", "phase": phase, "contacts": count, "items": items}
    print(
        json.dumps({**figures, "seconds": round(seconds, 4), "cpu": round(_children() - cpu, 4)}),
        flush=True,
    )


def _vdirsyncer(folder, name, verb):
    tool = Path(sys.executable).parent / "vdirsyncer"
    subprocess.run(
        [str(tool), "-c", str(folder / f"{name}.conf"), verb],
        input=b"y\n" * 10,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )


def _children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wait(port):
    for _attempt in range(200):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    raise SystemExit("Radicale did not start.")


if __name__ == "__main__":
    main()
