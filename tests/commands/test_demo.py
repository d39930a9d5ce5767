"""The demo as a person starts it: a process that answers, stops cleanly, and says what is wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent.parent
STARTED = "Contact Sync is running."


@pytest.fixture
def home(tmp_path):
    """A copy of the program, with a state of its own."""
    for name in ("contacts_sync", "syncsite", "templates"):
        shutil.copytree(HOME / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOME / "manage.py", tmp_path)
    return tmp_path


@pytest.fixture
def demo(home):
    """Start the demo with nothing set but what would lead it astray; nothing survives the test."""
    running = []

    def start(*arguments):
        wrong = {"DATABASE_URL": "postgres://nobody@nowhere/none", "MICROSOFT_ALLOWED_TENANTS": "x"}
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            **wrong,
        }
        process = subprocess.Popen(
            [sys.executable, str(home / "manage.py"), "demo", *map(str, arguments)],
            cwd="/",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture
def ports():
    """Two ports that nobody uses."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def said_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines))


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.status, response.read().decode()


def test_it_starts_answers_stops_and_goes_on(demo, ports, home):
    site, simulator = ports
    options = ("--port", site, "--simulator-port", simulator)

    first = demo(*options)
    said_until(first, STARTED)
    health, sign_in, people = (
        get(site, "/readyz"),
        get(site, "/settings/"),
        get(simulator, "/people/"),
    )
    second = demo(*options)
    refusal = second.communicate(timeout=20)[0]
    first.send_signal(signal.SIGTERM)
    rest = first.communicate(timeout=20)[0]
    database = (home / "var" / "demo" / "db.sqlite3").stat()
    again = demo(*options)
    said_until(again, STARTED)
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=20)

    assert '"never_seen"' not in health[1]
    assert (health[0], sign_in[0], people[0]) == (200, 200, 200)
    assert "dana@firm.example" in people[1]
    assert (second.returncode, "running already" in refusal) == (1, True)
    assert (first.returncode, again.returncode) == (0, 0)
    assert "Stopped." in rest
    assert database.st_ino == (home / "var" / "demo" / "db.sqlite3").stat().st_ino


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks processes up in /proc")
def test_it_ends_with_its_worker_and_leaves_nobody_behind(demo, ports, home):
    process = demo("--port", ports[0], "--simulator-port", ports[1], "--no-seed")
    said_until(process, STARTED)
    workers = running(home, "qcluster")

    os.kill(min(workers), signal.SIGKILL)
    said = process.communicate(timeout=20)[0]

    assert len(workers) > 1
    assert process.returncode == 1
    assert "The worker has ended. Its log:" in said
    assert running(home, "manage.py") == []


def running(home, text):
    """Find the processes of this folder's program, but the one that the test has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode()
            if f"{home}/manage.py" in line and text in line and " demo " not in line:
                found.append(int(path.parent.name))
    return found


def test_a_port_in_use_is_told_in_a_sentence(demo, ports):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", ports[0]))
        busy.listen()

        process = demo("--port", ports[0], "--simulator-port", ports[1])
        said = process.communicate(timeout=20)[0]

    assert process.returncode == 1
    assert f"Port {ports[0]} cannot be used (Address already in use)." in said
    assert f"manage.py demo --port {ports[0] % 60_000 + 1}" in said
    assert "Traceback" not in said
