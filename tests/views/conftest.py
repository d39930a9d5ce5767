"""The floor below the pages, recorded instead of run: a page finds, asks and shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts_sync.connections import mailbox_of
from contacts_sync.models import Connection, Contact, SyncRun

OFFICE = "/settings/contact-and-calendar-sync/office365/"
CONTACTS = f"{OFFICE}contacts/"


class Below:
    """Stands for the floor below. `calls` is what was asked, `refuse` an error it answers with."""

    def __init__(self):
        self.calls = []
        self.refuse = None

    def note(self, name, answer=None):
        def called(*args, **kwargs):
            if self.refuse:
                raise self.refuse
            self.calls.append((name, *args, kwargs) if kwargs else (name, *args))
            return answer(*args, **kwargs) if answer else None

        return called

    @property
    def names(self):
        return [call[0] for call in self.calls]


@pytest.fixture(autouse=True)
def below(monkeypatch):
    below = Below()

    def enqueue(connection, kind, *, trigger, actor=None):
        return connection.runs.filter(status__in=SyncRun.OPEN).first() or connection.runs.create(
            kind=kind, trigger=trigger, actor=actor, status="continues"
        )

    def put(module, name, answer=None):
        target = f"contacts_sync.{module}.{name}"
        monkeypatch.setattr(target, below.note(name, answer))

    flow = {"auth_uri": "https://login.example/authorize", "state": "st"}
    put("connections", "begin_authorization", lambda uri: flow)
    put("connections", "finish_authorization", lambda owner, flow, query: mailbox_of(owner))
    for name in ("stop", "disconnect", "retire"):
        put("connections", name)
    put("tasks", "enqueue", enqueue)
    put("tasks", "start")
    for name in ("leave_out", "take_back_in", "link_pair", "keep_both", "put_back"):
        put("run.decisions", name)
    for name in ("approve", "dismiss"):
        put("run.decisions", name, lambda changes, actor: changes.count())
    return below


@pytest.fixture
def connect():
    """Make a user's connection: `connect(alice, state="on")`."""

    def connect(owner, **values):
        values.setdefault("credential", "sealed")
        if values.get("state") == "on":
            values.setdefault("started_at", timezone.now() - timedelta(days=3))
            values.setdefault("next_run_at", timezone.now() + timedelta(minutes=40, seconds=20))
        return Connection.objects.create(
            owner=owner,
            tenant_id="firm",
            object_id=owner.username,
            username=f"{owner.username}@outlook.example",
            **values,
        )

    return connect


@pytest.fixture
def ran():
    """Make a run that has ended: `ran(connection, ago=5, added_here=2)`."""

    def ran(connection, ago=5, **values):
        at = timezone.now() - timedelta(minutes=ago, seconds=20)
        values.setdefault("status", "done")
        values.setdefault("trigger", "schedule")
        run = SyncRun.objects.create(
            connection=connection, finished_at=at, **{"step": "closed", **values}
        )
        SyncRun.objects.filter(pk=run.pk).update(started_at=at)
        run.refresh_from_db()
        return run

    return ran


@pytest.fixture
def person():
    def person(first, last="Baker", address=""):
        contact = Contact.objects.create(first_name=first, last_name=last)
        if address:
            contact.emails.create(address=address)
        return contact

    return person


@pytest.fixture
def page(client):
    """Open a page as a user and give its text: `page(alice, path)`."""

    def page(user, path):
        client.force_login(user)
        response = client.get(path)
        assert response.status_code == 200, response
        return " ".join(response.content.decode().split())

    return page


@pytest.fixture
def press(client):
    """Press a button as a user and give the page it leads to, messages and all."""

    def press(user, path, **fields):
        client.force_login(user)
        response = client.post(path, fields, follow=True)
        assert response.redirect_chain, "a button's page must not be its answer"
        return " ".join(response.content.decode().split())

    return press
