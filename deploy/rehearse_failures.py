"""Rehearse what fails at night: with a PostgreSQL, a Redis, a mailbox and processes of its own.

    python deploy/rehearse_failures.py          as root, on Debian, in a virtual environment of ours

Needs postgresql, redis-server and faketime. In the middle of a first sync of 3,000 contacts each thing
fails in turn; it writes down what a person sees, what an operator sees, and how it came back, and
counts at the end that nothing was lost and nothing is there twice. Its PostgreSQL stands on a small
disk of its own (in memory), which is filled. Some twelve minutes.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import requests
from rehearse import (  # type: ignore[import-not-found]
    OFFICE,
    PASSWORD,
    SEED,
    Browser,
    Processes,
    answers,
    free_port,
    say,
    wait,
)

CONTACTS = 3_000
PYTHON = sys.executable
MAIL, ACCOUNT = "operator@firm.example", "rehearsal@contoso.example"


class Servers:
    """A PostgreSQL on a disk of 300 MB, and a Redis."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.redis_port = folder, free_port(), free_port()
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.disk, self.log = folder / "disk", folder / "postgresql.log"
        self.redis: subprocess.Popen[bytes] | None = None
        self.disk.mkdir()
        folder.chmod(0o755)
        run("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(self.disk))
        shutil.chown(self.disk, "postgres")
        self.log.touch()
        shutil.chown(self.log, "postgres")
        self._as_postgres(
            f"{self.bin}/initdb", "-D", f"{self.disk}/data", "-A", "trust", "-E", "UTF8"
        )
        with (self.disk / "data/postgresql.conf").open("a") as settings:
            settings.write(
                f"port={self.port}\nmax_wal_size=48MB\nmin_wal_size=32MB\n"
                f"unix_socket_directories='{self.disk}'\n"
            )

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _as_postgres(self, *command: str) -> None:
        run("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command)

    def _ctl(self, *command: str) -> None:
        data = f"{self.disk}/data"
        self._as_postgres(f"{self.bin}/pg_ctl", "-D", data, "-l", str(self.log), "-w", *command)

    def start(self) -> None:
        self._ctl("start")

    def stop(self) -> None:
        self._ctl("stop", "-m", "fast")

    def kill(self) -> None:
        pid = int((self.disk / "data/postmaster.pid").read_text().split()[0])
        tasks = Path(f"/proc/{pid}/task/{pid}/children")
        children = tasks.read_text().split()
        for one in (pid, *map(int, children)):
            os.kill(one, signal.SIGKILL)
        time.sleep(1)

    def fill(self) -> None:
        with (self.disk / "full").open("wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass

    def make_room(self) -> None:
        (self.disk / "full").unlink()

    def start_redis(self) -> None:
        port, folder = str(self.redis_port), str(self.folder)
        self.redis = subprocess.Popen(  # noqa: S603  a server of our own
            ["/usr/bin/redis-server", "--port", port, "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )

    def kill_redis(self) -> None:
        if self.redis:
            self.redis.kill()
            self.redis.wait()

    def end(self) -> None:
        self.kill_redis()
        try:
            self._ctl("stop", "-m", "immediate")
        finally:
            run("umount", str(self.disk))


class Rehearsal:
    def __init__(self, servers: Servers, folder: Path) -> None:
        self.servers, self.folder = servers, folder
        site, self.graph_port = free_port(), free_port()
        self.site, self.graph = f"http://127.0.0.1:{site}", f"http://127.0.0.1:{self.graph_port}"
        self.environment = os.environ | {
            "DEMO": "true", "DEBUG": "", "SECRET_KEY": "rehearsal-" * 6,
            "TOKEN_ENCRYPTION_KEYS": "wOwqT0bG8rZ0v3m6h7sQmM0b3nq9c1l6eVb0n7yJx1M=",
            "DATABASE_URL": servers.url,
            "REDIS_URL": f"redis://127.0.0.1:{servers.redis_port}/0",
            "MICROSOFT_SIMULATOR_URL": self.graph,
            "EMAIL_URL": f"filemail:////{str(folder).lstrip('/')}/mail",
            "LOG_FORMAT": "json", "CREATE_SETTLE_SECONDS": "10", "BIND": f"127.0.0.1:{site}",
        }  # fmt: skip
        self.processes = Processes(self.environment)
        self.processes.logs = folder
        self.browser = Browser(self.site)
        self.read = dict.fromkeys(("web", "worker"), 0)

    def start(self, name: str, clock: str = "") -> None:
        """Start a process, with a clock that is off when one is given."""
        command = {
            "web": ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "syncsite.wsgi"],
            "worker": ["manage.py", "qcluster"],
            "simulator": ["manage.py", "simulate_microsoft365", "--port", str(self.graph_port),
                          "--state", "", "--latency", "300"],
        }[name]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes.running[name] = subprocess.Popen(  # noqa: S603  our own command
                [PYTHON, *command], cwd=Path(__file__).parent.parent,
                env=self.environment | (shifted(clock) if clock else {}), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def set_out(self) -> None:
        manage = self.processes.manage
        manage("migrate", "--noinput")
        manage("shell", "-c", SEED.replace("range(2000)", f"range({CONTACTS})") + OPERATOR)
        self.start("simulator")
        wait(lambda: answers(f"{self.graph}/people/"))
        self.start("web")
        wait(lambda: answers(f"{self.site}/healthz"))
        self.start("worker")
        self.browser.post("/accounts/login/", login="rehearsal@firm.example", password=PASSWORD)
        self.browser.authorize(self.graph)
        self.browser.run("contacts/preview/", manage)
        self.browser.post(f"{OFFICE}contacts/start/")
        wait(lambda: self.linked() > 100)

    def linked(self) -> int:
        return int(
            self.ask("SELECT count(*) FROM contacts_sync_externallink WHERE state = 'linked'")
        )

    def ask(self, query: str) -> object:
        with psycopg.connect(self.servers.url, autocommit=True) as database:
            row = database.execute(query).fetchone() if query.startswith("SELECT") else None  # type: ignore[arg-type]
            if row is None:
                database.execute(query)  # type: ignore[arg-type]
            return row[0] if row else None

    def hurry(self) -> None:
        """Let the time go by that a lease or a pause would take."""
        self.ask("UPDATE contacts_sync_connection SET lease_until = NULL, next_run_at = now()")
        self.ask(
            "UPDATE contacts_sync_syncrun SET not_before = NULL, started_at = now() - interval '2 min'"
        )

    def goes_on(self, seconds: int = 150, hurry: bool = True) -> None:
        """Wait until more is linked, and say how long that took."""
        began, before = time.monotonic(), self.linked()
        wait(lambda: self.servers_answer(), 60)
        if hurry:
            self.hurry()
        wait(lambda: self.linked() > before + 20 or self.linked() == CONTACTS, seconds)
        say(
            f"   came back: more was linked after {time.monotonic() - began:.0f} s ({self.linked()})"
        )

    def servers_answer(self) -> bool:
        try:
            return answers(f"{self.site}/readyz")
        except requests.RequestException:
            return False

    def look(self, seconds: float = 8, sign_in: bool = False) -> None:
        time.sleep(seconds)
        say(f"   a person: {self.page(OFFICE)}")
        if sign_in:
            say(f"   somebody who signs in: {self.page('/accounts/login/', post=True)}")
        say(f"   /readyz: {self.page('/readyz')}")
        gauges = self.page("/metrics", long=True)
        told = re.findall(
            r"^contact_sync_((?:connections_with_p|oldest_due)\S* [1-9]\S*)", gauges, re.M
        )
        say(f"   /metrics: {told if 'contact_sync' in gauges else gauges[:80]}")
        for name in self.read:
            say(f"   log of the {name}: {self.lines(name)}")
        for mail in (
            sorted((self.folder / "mail").glob("*")) if (self.folder / "mail").exists() else []
        ):
            say(
                "   mail: "
                + " · ".join(re.findall(r"^(?:Subject|To): (.*)", mail.read_text(), re.M))
            )
            mail.unlink()

    def page(self, path: str, long: bool = False, post: bool = False) -> str:
        try:
            if post:
                new = Browser(self.site)
                text = new.session.get(f"{self.site}{path}", timeout=20).text
                token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
                fields = {"login": "rehearsal@firm.example", "password": PASSWORD,
                          "csrfmiddlewaretoken": token[1] if token else ""}  # fmt: skip
                answer = new.session.post(f"{self.site}{path}", fields, timeout=20)
            elif path in ("/readyz", "/metrics"):  # whoever watches brings no cookie
                answer = requests.get(f"{self.site}{path}", timeout=20)
            else:
                answer = self.browser.session.get(f"{self.site}{path}", timeout=20)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__})"
        if long:
            return answer.text
        return f"{answer.status_code} {in_words(answer.text)}"

    def lines(self, name: str) -> list[str]:
        """Give what is new in a log and at least a warning, each kind once."""
        text = (self.folder / f"{name}.log").read_text(errors="replace")
        new, self.read[name] = text[self.read[name] :], len(text)
        said: dict[str, int] = {}
        for line in new.splitlines():
            try:
                one = json.loads(line)
            except ValueError:
                said.setdefault("no JSON: " + line[:100], 0)
                continue
            if one["level"] in ("WARNING", "ERROR", "CRITICAL"):
                where = one.get("exception", "").strip().rpartition("\n")[2][:110]
                key = f"{one['level']} {one['logger']}: {one['message'][:110]} {where}".strip()
                key = re.sub(r"[0-9a-f]{32}|\d+", "#", key)
                said[key] = said.get(key, 0) + 1
        return [f"{key} ({count}×)" for key, count in list(said.items())[:6]]


OPERATOR = f"""
User.objects.create_superuser("operator", {MAIL!r}, None)
"""


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    servers = Servers(folder)
    servers.start()
    servers.start_redis()
    it = Rehearsal(servers, folder)
    try:
        with it.processes:
            it.set_out()
            for name, scene in SCENES.items():
                if sys.argv[1:] and name not in sys.argv[1:]:
                    continue
                say(f"\n== {name}, at {it.linked()} of {CONTACTS}")
                it.lines("web"), it.lines("worker")
                scene(it)
            finish(it)
    finally:
        servers.end()
        say(f"The logs are in {folder}.")
    return 0


def web_killed(it: Rehearsal) -> None:
    it.processes.stop("web", signal.SIGKILL)
    it.look(1)
    it.start("web")
    it.goes_on(hurry=False)


def worker_killed(it: Rehearsal) -> None:
    it.processes.stop("worker", signal.SIGKILL)
    it.look(3)
    it.start("worker")
    it.goes_on()


def worker_stopped(it: Rehearsal) -> None:
    began = time.monotonic()
    it.processes.stop("worker", signal.SIGTERM)
    say(f"   it took {time.monotonic() - began:.1f} s; {it.linked()} linked")
    it.look(1)
    it.start("worker")
    it.goes_on(hurry=False)


def database_killed(it: Rehearsal) -> None:
    it.servers.kill()
    it.look()
    it.servers.start()
    it.goes_on()


def database_stopped(it: Rehearsal) -> None:
    it.servers.stop()
    it.look(20)
    it.servers.start()
    it.goes_on()


def redis_killed(it: Rehearsal) -> None:
    it.servers.kill_redis()
    it.look(3, sign_in=True)
    it.servers.start_redis()
    it.goes_on(hurry=False)


def disk_full(it: Rehearsal) -> None:
    it.servers.fill()
    it.look(25)
    it.servers.make_room()
    wait(lambda: up(it), 60)
    it.goes_on()


def up(it: Rehearsal) -> bool:
    try:
        it.linked()
    except psycopg.Error:
        try:
            it.servers.start()
        except SystemExit:
            return False
        say("   PostgreSQL had ended itself, and was started again, as its service does")
    return True


def secret_expired(it: Rehearsal) -> None:
    switch(it, secret_expired="on")  # noqa: S106  no password
    requests.post(f"{it.graph}/simulator/challenge", {"username": ACCOUNT}, timeout=10)
    it.look(75)
    switch(it, secret_expired="off")  # noqa: S106  no password
    it.goes_on()


def switch(it: Rehearsal, **values: str) -> None:
    requests.post(f"{it.graph}/simulator/behaviour", values, timeout=10)


def clock_off(it: Rehearsal) -> None:
    for way in ("+2h", "-2h"):
        say(f"   -- {way}")
        it.processes.stop("worker", signal.SIGTERM)
        it.processes.stop("web", signal.SIGTERM)
        it.start("worker", clock=way)
        it.start("web", clock=way)
        wait(lambda: it.servers_answer(), 60)
        before = it.linked()
        it.look(50, sign_in=True)
        say(f"   authorizing: {authorize(it)}")
        say(f"   linked meanwhile: {it.linked() - before}")
    for name in ("worker", "web"):
        it.processes.stop(name, signal.SIGTERM)
        it.start(name)
    it.goes_on()


def shifted(clock: str) -> dict[str, str]:
    # Not the program `faketime`: it stays between us and what it starts, and keeps signals to itself.
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": clock, "NO_FAKE_STAT": "1"}


def authorize(it: Rehearsal) -> str:
    try:
        return in_words(it.browser.authorize(it.graph))
    except SystemExit as error:
        return in_words(str(error))


def in_words(page: str) -> str:
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", main[0] if main else page)
    return " ".join(html.unescape(text).split())[:330]


SCENES: dict[str, Callable[[Rehearsal], None]] = {
    "the pages are killed": web_killed,
    "the worker is killed": worker_killed,
    "the worker gets SIGTERM": worker_stopped,
    "PostgreSQL is killed": database_killed,
    "PostgreSQL is stopped": database_stopped,
    "Redis is killed": redis_killed,
    "the disk is full": disk_full,
    "the secret has expired": secret_expired,
    "the clock is two hours off": clock_off,
}


def finish(it: Rehearsal) -> None:
    say("\n== the rest")

    def done() -> bool:
        if it.linked() == CONTACTS:
            return True
        it.hurry()
        it.browser.post(f"{OFFICE}contacts/sync-now/")
        time.sleep(5)
        return False

    wait(done, 300)
    counts = re.findall(
        r'class="optional">(\d+)</td>', requests.get(f"{it.graph}/people/", timeout=5).text
    )
    say(f"   {it.linked()} of {CONTACTS} linked; contacts in Outlook: {', '.join(counts)}")
    it.look(1)


def run(*command: str) -> None:
    done = subprocess.run(  # noqa: S603  our own command
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
