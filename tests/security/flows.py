"""Whole flows through the pages, against a simulated Microsoft 365, with everybody listening."""

from __future__ import annotations

import logging
import re
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import connection as database
from django.urls import reverse
from django_q.models import OrmQ

from contacts_sync import connections, logs, tasks
from contacts_sync.models import SyncRun
from contacts_sync.providers.http import ApiClient, Session
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator import SimulatorAdapter

USERNAME = "owner@contoso.example"


class Microsoft:
    """A simulated Microsoft 365 that remembers every secret it gave out."""

    def __init__(self, sim, monkeypatch):
        self.sim, self.secrets = sim, set()
        sim.add_account(USERNAME, "Olga Owner")
        self.session = SimulatorAdapter(sim).mount_on(Session())
        self.session.hooks["response"].append(self._remember)
        monkeypatch.setattr(connections, "session", lambda: self.session)
        monkeypatch.setattr(connections.auth, "HTTP_CACHE", {})
        monkeypatch.setattr(connections, "ApiClient", partial(self._patient, ApiClient))

    def _patient(self, client, *arguments, **options):
        return client(*arguments, **{**options, "sleep": lambda seconds: None})

    def _remember(self, response, **_kwargs):
        for name in ("access_token", "refresh_token", "id_token"):
            found = re.findall(rf'"{name}": ?"([^"]+)"', response.text)
            self.secrets.update(found)
        self.secrets.update(re.findall(r"delta[Tt]oken=([\w%.-]{8,})", response.text))

    def authorize(self, client, **options):
        """Press Authorize, choose the account at Microsoft, come back."""
        away = client.post(reverse("office365_authorize"))
        assert away.url.startswith("https://login.microsoftonline.com/"), away.url
        back = urlsplit(self.sim.authorize(away.url, USERNAME, **options))
        self.secrets.update(
            value for name, value in parse_qsl(back.query) if name in ("code", "session_state")
        )
        return client.get(f"{back.path}?{back.query}", follow=True)


def work_off():
    """Do what the worker does, in this process."""
    for run in SyncRun.objects.filter(status__in=SyncRun.OPEN):
        tasks.work(run.pk)
        run.refresh_from_db()
        while run.status in SyncRun.OPEN:
            run = run_slice(run, connections.open_provider, sleep=lambda seconds: None)
    return SyncRun.objects.first()


def our_secrets():
    """Give what only the environment knows."""
    return {settings.SECRET_KEY, settings.MICROSOFT_CLIENT_SECRET, *settings.TOKEN_ENCRYPTION_KEYS}


class Listener(logging.Handler):
    """Hear what is logged with LOG_LEVEL=DEBUG, and write it down as both formatters would."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.lines, self._forms = [], (logs.Plain(), logs.Json())
        configured = logs.configuration("json", "DEBUG")["loggers"]
        self._wanted = {"": "DEBUG", **{name: one["level"] for name, one in configured.items()}}
        self._apart = ["", *(name for name, one in configured.items() if "propagate" in one)]

    def emit(self, record):
        self.lines += [form.format(record) for form in self._forms]

    def __enter__(self):
        self._before = {name: logging.getLogger(name).level for name in self._wanted}
        for name, level in self._wanted.items():
            logging.getLogger(name).setLevel(level)
        for name in self._apart:
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *_error):
        for name in self._apart:
            logging.getLogger(name).removeHandler(self)
        for name, level in self._before.items():
            logging.getLogger(name).setLevel(level)


def dump():
    """Give every row of every table, as the database holds it."""
    rows = []
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {database.ops.quote_name(table)}")
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(rows)


def payloads():
    """Give what waits in the queue, unpacked."""
    return "\n".join(f"{task.payload} {task.task}" for task in OrmQ.objects.all())
