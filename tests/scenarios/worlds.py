"""A whole small world: mailboxes in a simulator, connections, and a clock that only we move."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from contacts_sync import credentials
from contacts_sync.models import Connection, Contact, SyncRun
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.providers.http import ApiClient, Session
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.providers.microsoft365.contacts import Microsoft365Contacts
from contacts_sync.run import starting
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator import SimulatorAdapter

GRAPH = "https://graph.microsoft.com/v1.0"


class Clock:
    """The time of both sides. It goes on by itself, and jumps when a test says so."""

    def __init__(self):
        self.shift = timedelta()

    def now(self) -> datetime:
        return timezone.now() + self.shift

    def timestamp(self) -> float:
        return self.now().timestamp()


class World:
    """One connection and what is around it. `slept` counts the seconds nobody waited."""

    def __init__(self, graph, clock):
        self.graph, self.clock = graph, clock
        self.now = clock.now
        self.session = SimulatorAdapter(graph).mount_on(Session())
        self.slept = []
        self.before_request = lambda: None

    def join(self, owner, username):
        self.username = username
        self.account = self.graph.add_account(username, username.split("@")[0].title())
        self.mailbox = self.graph.mailbox(username)
        self.connection = Connection.objects.create(
            owner=owner,
            tenant_id=self.account.tenant_id,
            object_id=self.account.object_id,
            username=username,
            state=Connection.State.ON,
            started_at=self.now(),
        )
        credentials.store(self.connection, "{}")
        self.connection.refresh_from_db()
        return self

    def provider(self, connection):
        token = self.graph.access_token(self.username)
        api = ApiClient(
            "Microsoft 365",
            GRAPH,
            self.session,
            lambda refresh=False, claims="": token,
            sleep=self.slept.append,
            before_request=lambda: self.before_request(),
        )
        return Microsoft365Contacts(
            GraphClient(api), lambda: self.account.tenant_id, connection.folder_id
        )

    def run(self, kind=SyncRun.Kind.SYNC, first=False, **options) -> SyncRun:
        """Let an hour go by, and run until the run ends, slice after slice."""
        self.clock.shift += timedelta(hours=1)
        run, _new = request_run(self.connection, kind, trigger=SyncRun.Trigger.COMMAND, first=first)
        for _slice in range(50):
            run = run_slice(run, self.provider, now=self.now, sleep=self.slept.append, **options)
            if run.status != SyncRun.Status.CONTINUES:
                break
        self.connection.refresh_from_db()
        return run

    def preview(self) -> SyncRun:
        return self.run(SyncRun.Kind.PREVIEW)

    def start(self) -> SyncRun:
        """Preview, press Start Sync, and run."""
        preview = self.preview()
        starting.start(self.connection, SyncRun.Trigger.OWNER)
        run = self.run()
        assert run.counts | {"held": 0} == preview.counts | {"held": 0}
        return run

    def outlook(self, **fields):
        """Find the one contact in the Contacts folder with these properties."""
        found = [
            one
            for one in self.contacts()
            if all(one.get(name) == value for name, value in fields.items())
        ]
        assert len(found) == 1, f"{len(found)} contacts with {fields}: {self.contacts()}"
        return found[0]

    def contacts(self):
        """All contacts of the main folder, as stored."""
        return list(self.mailbox.contacts.values())


def person(first="Anna", last="Ash", emails=(), phones=(), company=None, **fields) -> Contact:
    """Make a person. Phones are (label, number) or numbers; the first e-mail is primary."""
    if isinstance(company, str):
        company = Contact.objects.create(kind="company", name=company)
    contact = Contact.objects.create(first_name=first, last_name=last, company=company, **fields)
    for position, address in enumerate(emails):
        contact.emails.create(address=address, label="Work", primary=position == 0)
    for position, phone in enumerate(phones):
        label, number = phone if isinstance(phone, tuple) else ("Work", phone)
        contact.phones.create(number=number, label=label, primary=position == 0)
    return contact


def values(contact: Contact, name: str) -> list:
    """All values of a set, as (label, value, primary), the oldest first."""
    field = {"emails": "address", "phones": "number", "websites": "url", "messengers": "address"}
    rows = VALUE_MODELS[name].objects.filter(contact=contact).order_by("pk")
    return [(row.label, getattr(row, field[name]), row.primary) for row in rows]
