"""The ledger of a small firm: who did what, so that the laws know what has to be where."""

from __future__ import annotations

import logging
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine

from contacts_sync.engine.guard import GUARDS, judge
from contacts_sync.models import Connection, Contact, ExternalLink
from contacts_sync.providers.http import Session
from contacts_sync.run import preview, runner
from contacts_sync.simulator import Microsoft365, SimulatorAdapter
from tests.scenarios.lives.wire import Ear, Wire
from tests.scenarios.worlds import StillClock, World

OWNERS = ("alice", "bob")
TEXTS = {
    "first_name": "givenName",
    "last_name": "surname",
    "job_title": "jobTitle",
    "company": "companyName",
}
SMALL = tuple(replace(guard, floor=3, share=0.4) for guard in GUARDS)
"""Guards for a list of a handful of contacts."""

LIVED = Counter()
"""How much was lived in this process: histories, steps, faults, deaths."""


class Mailbox(World):
    """A mailbox whose wire is watched. Time goes by while a run waits, and its clock may be wrong."""

    skew = timedelta()
    batch_size = 20

    def __init__(self, graph, clock):
        super().__init__(graph, clock)
        self.wire = Wire(SimulatorAdapter(graph), clock)
        self.session = Session()
        self.session.mount("https://", self.wire)
        self.writers = []
        """Which runs have sent writes, in order, each once in a row."""

    def now(self):
        """Tell the time as our machine has it."""
        return self.clock.now() + self.skew

    def sleep(self, seconds):
        """Let time go by."""
        super().sleep(seconds)
        self.clock.shift += timedelta(seconds=seconds)

    def provider(self, connection):
        """Open the mailbox, and note who writes to it."""
        provider = super().provider(connection)
        provider.batch_size, write = self.batch_size, provider.write

        def noted(writes):
            if not self.writers or self.writers[-1] is not provider:
                self.writers.append(provider)
            return write(writes)

        provider.write = noted
        return provider


class Ledger(RuleBasedStateMachine):
    """Two mailboxes, one list, and what is known about them."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = StillClock()
        self.graph = Microsoft365(clock=self.clock.timestamp, sleep=lambda seconds: None)
        self.numbers = count(1)
        self.owners = [get_user_model().objects.create_user(name) for name in OWNERS]
        self.worlds = [
            Mailbox(self.graph, self.clock).join(owner, f"{owner.username}@contoso.example")
            for owner in self.owners
        ]
        self.backup = None
        self.trashed = set()
        """Contacts that a person has put into the trash here."""
        self.copied = Counter()
        """How many twins of a serial people have made."""
        self.put_back_there, self.removed, self.replaced = ([set(), set()] for _ in range(3))
        """Serials by mailbox: put back by a decision; removed there; removed and entered anew."""
        self.may_go = [set(), set()]
        """Serials whose copies a decision of a person may delete there."""
        self.present = [set(), set()]
        self.tokens = defaultdict(dict)
        """By place (a mailbox's number, or None for here): (serial, field) and the latest text."""
        self.ear = Ear()
        logger = logging.getLogger("contacts_sync")
        self.logger, self.level = logger, logger.level
        logger.addHandler(self.ear)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        runner.judge = preview.judge = partial(judge, guards=SMALL)
        self.real_now, timezone.now = timezone.now, self.worlds[0].now

    def teardown(self):
        """End in peace, unless something has gone wrong already."""
        try:
            if sys.exc_info()[0] is None:
                self.rest()
                LIVED["histories"] += 1
        finally:
            runner.judge = preview.judge = judge
            timezone.now = self.real_now
            self.logger.removeHandler(self.ear)
            self.logger.setLevel(self.level)
            self.logger.propagate = True
            self.graph.close()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def new(self):
        """Give a number that was never given before."""
        return next(self.numbers)

    def text(self, place, serial, field):
        """Make a text that was never seen before, and remember who wrote it where."""
        token = f"T{self.new()}x"
        self.tokens[place][serial, field] = token
        return token

    def contact(self, number, alive=True):
        """Choose a person of the list."""
        people = Contact.objects.filter(kind="person", deleted_at__isnull=alive).order_by("pk")
        people = people.exclude(department="")
        return people[number % len(people)] if people else None

    def there(self, box, number, folder="contacts"):
        """Choose a contact of a mailbox: its id and its fields."""
        items = sorted(self.worlds[box].mailbox.contacts_in(folder).items())
        return items[number % len(items)] if items else (None, None)

    def serials_there(self, box):
        """Count the contacts of the main folder by serial."""
        items = self.worlds[box].mailbox.contacts.values()
        found = Counter(serial_of(fields["department"]) for fields in items)
        del found[0]
        return found

    def box_of(self, link):
        """Name the mailbox of a link."""
        return [world.connection.pk for world in self.worlds].index(link.connection_id)

    def goes_into_trash(self, contact):
        """Note that a person has put a contact into the trash."""
        self.trashed.add(contact.pk)

    def comes_out_of_trash(self, contact):
        """Note that a person has restored a contact."""
        self.trashed.discard(contact.pk)
        for box, world in enumerate(self.worlds):
            # Removed on both sides before a run came by: restored, it is new there.
            if not contact.links.filter(connection=world.connection).exists():
                self.removed[box].discard(serial_of(contact.department))

    def is_put_back(self, link):
        """Note that a person wants a contact in a mailbox again."""
        box, serial = self.box_of(link), serial_of(link.contact.department)
        self.removed[box].discard(serial)
        self.put_back_there[box].add(serial)

    def leaves(self, box, remote_id, fields):
        """Note that a person has removed a contact from the main folder."""
        serial = serial_of(fields["department"])
        if serial not in self.serials_there(box):
            known = ExternalLink.objects.filter(
                connection=self.worlds[box].connection, remote_id=remote_id
            )
            # What was removed before anybody knew of it, or after that was lost, is created again.
            (self.removed if known.exists() else self.replaced)[box].add(serial)
        lost = {text for text in fields.values() if isinstance(text, str)}
        self.tokens[box] = {
            key: token
            for key, token in self.tokens[box].items()
            if key[0] != serial and token not in lost
        }

    def is_on(self, box):
        """Say whether a mailbox is connected and started."""
        connection = self.worlds[box].connection
        connection.refresh_from_db()
        return connection.state == Connection.State.ON


def serial_of(department):
    """Read a serial number; 0 stands for whoever was entered anew without one."""
    return int((department or "s0")[1:])
