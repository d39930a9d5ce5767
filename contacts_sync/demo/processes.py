"""The demo's three processes: started together, watched, and stopped in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from contacts_sync.demo.environment import HOME, HOST, LOCK, STATE

PATIENCE = 60.0
"""Seconds until a process that does not answer is given up."""

GRACE = 10.0
"""Seconds a process may take to stop. A worker that is killed costs one slice of a run."""


class Failed(Exception):
    """The demo cannot go on. The text says why, and what to do."""


@dataclass(slots=True)
class Process:
    """A process of ours, and how to find out that it works."""

    name: str
    command: list[str]
    answers: Callable[[], bool]
    running: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return STATE / f"{self.name}.log"

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only us, who stop it in order."""
        with self.log.open("wb") as log:
            self.running = subprocess.Popen(  # noqa: S603  our own command
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def ask_to_stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()

    def stop(self) -> None:
        """Wait until it has stopped, and end what is left of it: a killed one leaves its children."""
        if self.running is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(GRACE)
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def last_words(self) -> str:
        """Give the end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-12:])


@dataclass(slots=True)
class Stopping:
    """Whether somebody asked us to stop. The first Ctrl-C asks, as SIGTERM does."""

    asked: bool = False

    def listen(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def claim() -> IO[str]:
    """Take the one right to run the demo from this folder. It ends with the file, or with us."""
    file = (STATE / LOCK).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failed("The demo is running already in this folder. Stop it first.") from None
    return file


def check_port(port: int, option: str) -> None:
    """Raise Failed when somebody else listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Failed(
                f"Port {port} cannot be used ({reason}). Stop the program that uses it, or choose"
                f" another one: manage.py demo {option} {port % 60_000 + 1}"
            ) from None


def answers(url: str) -> Callable[[], bool]:
    """Give a check whether a page of ours answers."""

    def check() -> bool:
        # No proxy of the environment would reach this machine's own ports.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return check


def run(processes: list[Process], stopping: Stopping, ready: Callable[[], None]) -> None:
    """Start the processes, say when all of them work, and wait until somebody asks us to stop.

    Raises Failed when one of them ends by itself. All of them are stopped in any case; the last one
    after the others, which may still need it.
    """
    try:
        for process in processes if not stopping.asked else ():
            process.start()
        if _wait_for(processes, stopping):
            ready()
        while not stopping.asked:
            _check(processes)
            time.sleep(0.2)
    finally:
        for process in processes[:-1]:
            process.ask_to_stop()
        for process in processes:
            process.stop()


def _wait_for(processes: list[Process], stopping: Stopping) -> bool:
    deadline = time.monotonic() + PATIENCE
    waiting = list(processes)
    while waiting and not stopping.asked:
        _check(processes)
        waiting = [process for process in waiting if not process.answers()]
        if waiting and time.monotonic() > deadline:
            silent = waiting[0]
            raise Failed(f"The {silent.name} does not answer. Its log:\n{silent.last_words()}")
        time.sleep(0.05)
    return not stopping.asked


def _check(processes: list[Process]) -> None:
    for process in processes:
        if process.ended:
            raise Failed(f"The {process.name} has ended. Its log:\n{process.last_words()}")


def manage(*arguments: str) -> list[str]:
    """Give a command of this project, for the same Python."""
    return [sys.executable, str(HOME / "manage.py"), *arguments]
