"""Rehearse a whole installation on this machine: PostgreSQL, gunicorn, the worker and the simulator.

    .venv/bin/python deploy/rehearse.py [--database postgres://postgres@127.0.0.1:5432/postgres]

It makes a database of its own beside the one named, goes through sign-in, authorization, preview and
start as a browser does, asks the worker to stop in the middle of a first sync, kills the next one,
and says what came of it. Everything it made is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests

ROOT = Path(__file__).resolve().parent.parent
NAME = "contact_sync_rehearsal"
CONTACTS = 2_000
PASSWORD = "rehearsal of a horse"  # noqa: S105  of a database that lives for a minute
OFFICE = "/settings/contact-and-calendar-sync/office365/"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="postgres://postgres@127.0.0.1:5432/postgres")
    admin = parser.parse_args().database
    site, graph = free_port(), free_port()
    environment = os.environ | {
        "DEBUG": "true",
        "SECRET_KEY": "rehearsal-" * 6,
        "DATABASE_URL": urlunsplit(urlsplit(admin)._replace(path=f"/{NAME}")),
        "MICROSOFT_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
        "MICROSOFT_CLIENT_SECRET": "a-secret",
        "MICROSOFT_SIMULATOR_URL": f"http://127.0.0.1:{graph}",
        "EMAIL_URL": "dummymail://",
        "LOG_FORMAT": "json",
        "CREATE_SETTLE_SECONDS": "10",  # instead of waiting five minutes for what went unanswered
        "BIND": f"127.0.0.1:{site}",
    }
    with database(admin), Processes(environment) as processes:
        rehearse(processes, f"http://127.0.0.1:{site}", f"http://127.0.0.1:{graph}", graph)
    return 0


def rehearse(processes: Processes, site: str, graph: str, port: int) -> None:
    manage = processes.manage
    step("migrate", lambda: manage("migrate", "--noinput"))
    step("make a person and contacts", lambda: manage("shell", "-c", SEED))
    processes.start("simulator", ["manage.py", "simulate_microsoft365", "--port", str(port),
                                  "--state", "", "--latency", "150"])  # fmt: skip
    step("the simulator answers", lambda: wait(lambda: answers(f"{graph}/people/")))
    processes.start("web", ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "syncsite.wsgi"])
    step("the pages answer", lambda: wait(lambda: answers(f"{site}/healthz")))
    processes.start("worker", ["manage.py", "qcluster"])

    browser = Browser(site)
    step(
        "sign in",
        lambda: browser.post("/accounts/login/", login="rehearsal@firm.example", password=PASSWORD),
    )
    step("authorize a mailbox", lambda: browser.authorize(graph))
    step("preview", lambda: browser.run("contacts/preview/", manage))
    browser.post(f"{OFFICE}contacts/start/")
    step("a quarter of the first sync", lambda: wait(lambda: linked(manage) > CONTACTS // 4))
    step("kill -9 of the worker", lambda: processes.stop("worker", signal.SIGKILL))
    dead = linked(manage)
    say(
        f"   {dead} of {CONTACTS} were linked by then; its lease is forgotten now, instead of waiting"
    )
    manage("shell", "-c", FORGET_LEASE)
    processes.start("worker", ["manage.py", "qcluster"])
    step("the next worker takes it up", lambda: wait(lambda: linked(manage) > dead + 20, 240))
    step("SIGTERM, as a new release sends it", lambda: processes.stop("worker", signal.SIGTERM))
    say(f"   {linked(manage)} of {CONTACTS} were linked by then")
    processes.start("worker", ["manage.py", "qcluster"])
    step("all of it", lambda: wait(lambda: finished(browser, manage), 240))
    people = requests.get(f"{graph}/people/", timeout=5).text
    counts = re.findall(r'class="optional">(\d+)</td>', people)
    say(f"   contacts in Outlook: {', '.join(counts)}")
    say(json.dumps(requests.get(f"{site}/readyz", timeout=5).json()))
    gauges = requests.get(f"{site}/metrics", timeout=5).text
    say("   " + next(line for line in gauges.splitlines() if "links{" in line))
    step("the pages stop", lambda: processes.stop("web", signal.SIGTERM))


SEED = f"""
from django.contrib.auth.models import User
from contacts_sync.models import Contact, EmailAddress
User.objects.create_user("rehearsal", "rehearsal@firm.example", {PASSWORD!r})
made = Contact.objects.bulk_create(
    Contact(first_name=f"First {{n}}", last_name=f"Last {{n}}") for n in range({CONTACTS}))
EmailAddress.objects.bulk_create(
    EmailAddress(contact=one, address=f"n{{one.pk}}@x.example", label="Work") for one in made)
"""
FORGET_LEASE = """
from contacts_sync.models import Connection
from django.utils import timezone
Connection.objects.update(lease_until=None, next_run_at=timezone.now())
"""
COUNT = """
from contacts_sync.models import ExternalLink
print("linked:", ExternalLink.objects.filter(state="linked").count())
"""
OPEN = """
from contacts_sync.models import SyncRun
print("open:", SyncRun.objects.filter(status__in=SyncRun.OPEN).count())
"""


def finished(browser: Browser, manage: Manage) -> bool:
    """Press Sync now whenever nothing runs: what died unanswered is settled by a later run."""
    if linked(manage) == CONTACTS:
        return True
    if "open: 0" in manage("shell", "-c", OPEN):
        browser.post(f"{OFFICE}contacts/sync-now/")
    time.sleep(3)
    return False


def linked(manage: Manage) -> int:
    return int(manage("shell", "-c", COUNT).rpartition("linked:")[2])


# --- A browser ----------------------------------------------------------------------------------


class Browser:
    """What a person does, over HTTP."""

    def __init__(self, site: str) -> None:
        self.site, self.session = site, requests.Session()

    def post(self, path: str, **fields: str) -> requests.Response:
        """Take the page's token, and press its button."""
        page = path if path.startswith("/accounts") else OFFICE
        html = self.session.get(f"{self.site}{page}", timeout=30).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)
        fields["csrfmiddlewaretoken"] = token[1] if token else ""
        answer = self.session.post(
            f"{self.site}{path}", fields, timeout=30, allow_redirects="authorize/" not in path,
            headers={"Referer": self.site},
        )  # fmt: skip
        answer.raise_for_status()
        return answer

    def authorize(self, graph: str) -> str:
        """Authorize a mailbox, and give the page that comes of it."""
        away = urlsplit(self.post(f"{OFFICE}authorize/").headers["Location"])
        url = f"{graph}{away.path}?{away.query}"
        username = "rehearsal@contoso.example"
        requests.post(
            f"{graph}/simulator/add-account", {"username": username, "name": "R"}, timeout=5
        )
        fields = {"account": username, "decision": "accept"}
        back = requests.post(url, fields, timeout=5, allow_redirects=False)
        target = urlsplit(back.headers["Location"])
        page = self.session.get(f"{self.site}{target.path}?{target.query}", timeout=30).text
        if "currently authorized as" not in page:
            raise SystemExit("The mailbox was not authorized:\n" + page[:3000])
        return page

    def run(self, path: str, manage: Manage) -> None:
        self.post(f"{OFFICE}{path}")
        wait(lambda: "open: 0" in manage("shell", "-c", OPEN), 90)


# --- Processes ----------------------------------------------------------------------------------


class Manage:
    """`manage.py` with an environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603  our own command
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout


class Processes:
    """What runs, each with a log; all of it is ended at the end."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.manage = Manage(environment)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.logs = ROOT / "var" / "rehearsal"
        self.logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_error: object) -> None:
        for name in list(self.running):
            self.stop(name, signal.SIGKILL)

    def start(self, name: str, arguments: list[str]) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603  our own command
                [sys.executable, *arguments], cwd=ROOT, env=self.manage.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def stop(self, name: str, how: signal.Signals) -> None:
        """Stop a process; SIGKILL takes its children too, as a supervisor's last resort does."""
        process = self.running.pop(name)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        process.wait(300)


def database(admin: str) -> Made:
    return Made(admin)


class Made:
    """A database of our own, beside the one we were given."""

    def __init__(self, admin: str) -> None:
        self.admin = admin

    def _do(self, *statements: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def __enter__(self) -> None:
        self._do(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"CREATE DATABASE {NAME}")

    def __exit__(self, *_error: object) -> None:
        self._do(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def step(name: str, act: object) -> None:
    began = time.monotonic()
    act()  # type: ignore[operator]
    say(f"{time.monotonic() - began:6.1f} s  {name}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def wait(happened: object, seconds: float = 60) -> None:
    for _ in range(int(seconds * 4)):
        if happened():  # type: ignore[operator]
            return
        time.sleep(0.25)
    raise SystemExit("That did not happen in time; see var/rehearsal/*.log.")


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
