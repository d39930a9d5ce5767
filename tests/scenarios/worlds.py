"""A whole small world: mailboxes in a simulator, connections, and a clock that only we move."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from contacts_sync import credentials
from contacts_sync.models import Connection, Contact, ExternalLink, SyncRun
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.providers.http import ApiClient, Session
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.providers.microsoft365.contacts import Microsoft365Contacts
from contacts_sync.run import starting
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.simulator import SimulatorAdapter
from contacts_sync.store import lease, marking, mirror, settling

GRAPH = "https://graph.microsoft.com/v1.0"


class Killed(BaseException):
    """The worker's process has died: nothing that it would still do happens."""


class Clock:
    """The time of both sides. It goes on by itself, and jumps when a test says so."""

    def __init__(self):
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def timestamp(self) -> float:
        return self.now().timestamp()


class StillClock(Clock):
    """A clock that only goes on when it is looked at: a history can be lived again exactly."""

    LOOK = timedelta(milliseconds=5)

    def __init__(self):
        super().__init__()
        self.time = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += self.LOOK
        return self.time + self.shift


class World:
    """One connection and what is around it. `slept` counts the seconds nobody waited."""

    def __init__(self, graph, clock):
        self.graph, self.clock = graph, clock
        self.now = clock.now
        self.session = SimulatorAdapter(graph).mount_on(Session())
        self.slept = []
        self.before_request = lambda: None

    def sleep(self, seconds):
        self.slept.append(seconds)

    def join(self, owner, username):
        self.username = username
        self.account = self.graph.add_account(username, username.split("@")[0].title())
        self.mailbox = self.graph.mailbox(username)
        return self.connect(owner)

    def connect(self, owner):
        """Connect the owner's mailbox, as a first authorization and *Start Sync* do."""
        self.connection = Connection.objects.create(
            owner=owner,
            tenant_id=self.account.tenant_id,
            object_id=self.account.object_id,
            username=self.username,
            state=Connection.State.ON,
            started_at=self.now(),
        )
        credentials.store(self.connection, "{}")
        self.connection.refresh_from_db()
        return self

    def provider(self, connection):
        tokens = [self.graph.access_token(self.username)]

        def token(refresh=False, claims=""):
            if refresh:
                tokens[0] = self.graph.access_token(self.username)
            return tokens[0]

        api = ApiClient(
            "Microsoft 365",
            GRAPH,
            self.session,
            token,
            sleep=self.sleep,
            before_request=lambda: self.before_request(),
            now=lambda: self.now(),
        )
        return Microsoft365Contacts(
            GraphClient(api), lambda: self.account.tenant_id, connection.folder_id
        )

    # Running

    def run(self, kind=SyncRun.Kind.SYNC, first=False, slices=50, **options) -> SyncRun:
        """Let an hour go by, and run until the run ends, slice after slice."""
        self.clock.shift += timedelta(hours=1)
        run, _new = request_run(self.connection, kind, trigger=SyncRun.Trigger.COMMAND, first=first)
        for number in range(slices):
            if number and run.not_before:  # Microsoft has asked for patience
                self.clock.shift += max(timedelta(), run.not_before - self.now())
            run = run_slice(run, self.provider, now=self.now, sleep=self.sleep, **options)
            if run.status != SyncRun.Status.CONTINUES:
                break
        self.connection.refresh_from_db()
        return run

    def preview(self) -> SyncRun:
        return self.run(SyncRun.Kind.PREVIEW)

    def press_start(self, **options) -> SyncRun:
        starting.start(self.connection, SyncRun.Trigger.OWNER)
        return self.run(**options)

    def start(self) -> SyncRun:
        """Preview, press Start Sync, and run."""
        preview = self.preview()
        run = self.press_start()
        assert run.counts | {"held": 0} == preview.counts | {"held": 0}
        return run

    def start_again(self) -> SyncRun:
        """Start after a Stop, whatever the preview says."""
        self.preview()
        return self.press_start()

    def dies(self, *, at_request=0, at_commit=0, **options) -> bool:
        """Run, and kill the worker ahead of a request or of a commit; say whether it came so far.

        What the dying process would still do (give back its lease, store an answer) does not
        happen: whoever is dead holds no lease.
        """
        with death(self, at_request, at_commit) as dead:
            try:
                self.run(**options)
            except Killed:
                assert dead
        self.connection.refresh_from_db()
        return bool(dead)

    # Looking

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

    def link(self, contact) -> ExternalLink:
        return ExternalLink.objects.get(connection=self.connection, contact=contact)

    def remote_id(self, contact) -> str:
        return str(self.link(contact).remote_id)

    def shown(self, contact):
        """What Outlook shows of a contact."""
        return self.mailbox.get(self.remote_id(contact))

    def edit(self, contact, **fields):
        """Edit a contact in Outlook."""
        self.mailbox.put(fields, self.remote_id(contact))

    def is_quiet(self, **options):
        """Say whether a run writes nothing, anywhere."""
        before, revisions = len(self.graph.writes()), _revisions()
        run = self.run(**options)
        wrote = len(self.graph.writes()) - before
        nothing = not any(count for name, count in run.counts.items() if name != "held")
        assert run.status in (SyncRun.Status.DONE, SyncRun.Status.HELD), run.message
        return nothing and wrote == 0 and _revisions() == revisions


def _revisions():
    return list(Contact.objects.order_by("pk").values_list("pk", "revision"))


@contextmanager
def meanwhile(act):
    """Let somebody act after the first answers have come, and before a run stores them."""
    done, commit = [], settling.commit

    def committing(*args):
        if not done:
            done.append(True)
            act()
        return commit(*args)

    settling.commit = committing
    try:
        yield
    finally:
        settling.commit = commit
        assert done


@contextmanager
def interrupted(number, act):
    """Let somebody act between two steps of a run: ahead of its step of that number.

    Steps are: a page is stored, a batch is marked, a batch is stored. What the act itself runs is
    not interrupted.
    """
    steps = [(mirror, "save_page"), (marking, "mark_sent"), (settling, "commit")]
    kept = [(place, name, getattr(place, name)) for place, name in steps]
    count = 0

    def interrupting(step):
        def stepping(*args):
            nonlocal count
            count += 1
            if count == number:
                act()
            return step(*args)

        return stepping

    for place, name, step in kept:
        setattr(place, name, interrupting(step))
    try:
        yield
    finally:
        for place, name, step in kept:
            setattr(place, name, step)


@contextmanager
def death(world, at_request=0, at_commit=0):
    """Kill the worker of a world at its request or commit of that number; gives the dead, if any."""
    dead, requests, commits = [], 0, 0

    def before_request():
        nonlocal requests
        requests += 1
        if dead or requests == at_request:
            dead.append(world)
            raise Killed

    def dying(act):
        def acting(*args, **kwargs):
            nonlocal commits
            commits += 1
            if dead or commits == at_commit:
                dead.append(world)
                raise Killed
            return act(*args, **kwargs)

        return acting

    kept = {name: getattr(lease, name) for name in ("hold", "hold_to_send", "give_back")}
    world.before_request = before_request
    lease.hold, lease.hold_to_send = dying(kept["hold"]), dying(kept["hold_to_send"])
    lease.give_back = lambda one: None if dead else kept["give_back"](one)
    try:
        yield dead
    finally:
        world.before_request = lambda: None
        for name, act in kept.items():
            setattr(lease, name, act)


def at_request(number, act):
    """Act ahead of the request of that number, in the simulator: requests have their own thread."""
    count = 0

    def before():
        nonlocal count
        count += 1
        if count == number:
            act()

    return before


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


def firm(name="Ash Ltd", emails=()) -> Contact:
    """Make a company."""
    contact = Contact.objects.create(kind="company", name=name)
    for address in emails:
        contact.emails.create(address=address, label="Work")
    return contact


def card(first="", last="", *addresses, **fields):
    """What a person types into a new contact in Outlook."""
    names = {"givenName": first, "surname": last}
    mails = {"emailAddresses": [{"address": one} for one in addresses]} if addresses else {}
    return {name: text for name, text in names.items() if text} | mails | fields


def values(contact: Contact, name: str) -> list:
    """All values of a set, as (label, value, primary), the oldest first."""
    field = {"emails": "address", "phones": "number", "websites": "url", "messengers": "address"}
    rows = VALUE_MODELS[name].objects.filter(contact=contact).order_by("pk")
    return [(row.label, getattr(row, field[name]), row.primary) for row in rows]


def texts(contact: Contact, name: str) -> list:
    """All values of a set, without labels."""
    return [value for _label, value, _primary in values(contact, name)]


def many(count, start=0, **fields):
    """Make many people fast, each with one e-mail address."""
    people = Contact.objects.bulk_create(
        [
            Contact(first_name=f"P{number}", last_name="Poe", **fields)
            for number in range(start, start + count)
        ]
    )
    emails = VALUE_MODELS["emails"]
    emails.objects.bulk_create(
        [
            emails(contact=one, address=f"{one.first_name}@example.com", label="Work")
            for one in people
        ]
    )
    return people
