"""What the demo runs with, set before the settings are read. No Django here."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"
PORT, SIMULATOR_PORT = 8000, 9000
HOME = Path(__file__).resolve().parent.parent.parent
STATE = HOME / "var" / "demo"
DATABASE, SIMULATOR = STATE / "db.sqlite3", STATE / "simulator.sqlite3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options, which `manage.py` needs as early as the command."""
    parser.add_argument("--port", type=int, default=PORT, help="of the site")
    parser.add_argument("--simulator-port", type=int, default=SIMULATOR_PORT)
    parser.add_argument("--no-seed", action="store_true", help="begin with two empty lists")
    parser.add_argument("--reset", action="store_true", help="forget what the demo kept so far")


def set_up(arguments: Sequence[str]) -> None:
    """Set the environment for the demo, whatever the shell and `.env` say."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_arguments(parser)
    try:
        options, _others = parser.parse_known_args(arguments)
    except argparse.ArgumentError:
        options, _others = parser.parse_known_args([])  # the command says what is wrong
    os.environ.update(variables(options.simulator_port))
    STATE.mkdir(parents=True, exist_ok=True)


MEASURING = "CONTACT_SYNC_BENCHMARK"
"""Set in the process that measures: the one outside of it has made its environment."""


def wants_a_trial(arguments: Sequence[str]) -> bool:
    """Whether the benchmark was asked for, which needs no installation either."""
    return list(arguments[1:2]) == ["benchmark"] and MEASURING not in os.environ


def is_set_up(simulator_port: int) -> bool:
    """Whether the environment is the demo's."""
    wanted = variables(simulator_port)
    return all(os.environ.get(name) == value for name, value in wanted.items())


def variables(simulator_port: int) -> dict[str, str]:
    """Give every variable that could lead the demo to real data or to a real Microsoft."""
    return {
        "DEMO": "true",
        "DEBUG": "false",
        "DATABASE_URL": f"sqlite:///{DATABASE}",
        "REDIS_URL": "",
        "EMAIL_URL": "consolemail://",
        "ALLOWED_HOSTS": "",
        "CSRF_TRUSTED_ORIGINS": "",
        "MICROSOFT_SIMULATOR_URL": f"http://{HOST}:{simulator_port}",
        "MICROSOFT_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
        "MICROSOFT_CLIENT_SECRET": "demo-secret",
        "MICROSOFT_CLIENT_CERTIFICATE": "",
        "MICROSOFT_TENANT": "organizations",
        "MICROSOFT_ALLOWED_TENANTS": "",
        "MICROSOFT_LOGIN_URL": "https://login.microsoftonline.com",
        "MICROSOFT_GRAPH_URL": "https://graph.microsoft.com",
    }


def write_down(values: Mapping[str, str]) -> None:
    """Leave the demo's environment in a file, for commands beside it: `. var/demo/environment`."""
    lines = [f"export {name}={shlex.quote(values[name])}" for name in sorted(variables(0))]
    (STATE / "environment").write_text("\n".join(lines) + "\n")


def forget() -> None:
    """Remove everything that the demo kept, but the lock that says it is running."""
    for path in STATE.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


LOCK = "running"
"""Whoever holds this file's lock runs the demo."""
