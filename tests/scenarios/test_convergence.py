"""Whole lives: people edit on every side, runs fail and die, and the laws of DESIGN.md hold.

Laws 4 to 7 are checked after every step, the others when everything has come to rest. Every person
carries a serial number in the department, which nobody edits: so a twin is seen whatever else happens.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contacts_sync.models import Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.providers.microsoft365.mapping import read_contact
from contacts_sync.run import decisions
from contacts_sync.simulator import Microsoft365
from contacts_sync.simulator.faults import Fault, throttled
from contacts_sync.store import records
from tests.engine.worlds import assert_agree
from tests.scenarios.worlds import Clock, World, person

OWNERS = ("alice", "bob")
TEXTS = {
    "first_name": "givenName",
    "last_name": "surname",
    "job_title": "jobTitle",
    "company": "companyName",
}
METHODS = st.sampled_from(["", "POST", "PATCH", "DELETE", "GET"])
FAULTS = (
    st.builds(
        Fault,
        st.sampled_from(
            ["lost", "timeout", "acted, then lost", "acted, then timeout", "garbled", "truncated"]
        ),
        nth=st.integers(1, 6),
        where=st.just("request"),
    )
    | st.builds(
        Fault,
        st.sampled_from(["left out", "acted, then reply"]),
        method=METHODS,
        status=st.sampled_from([500, 503, 504]),
        nth=st.integers(1, 4),
        where=st.just("item"),
    )
    | st.builds(
        Fault,
        st.just("reply"),
        method=METHODS,
        status=st.sampled_from([503, 400, 412, 404, 409]),
        nth=st.integers(1, 4),
        where=st.just("item"),
    )
    | st.builds(
        throttled,
        st.sampled_from(["1", "300", None]),
        nth=st.integers(1, 5),
        where=st.sampled_from(["request", "item"]),
    )
)
which = st.integers(0, 30)
boxes = st.integers(0, 1)


class Lives(RuleBasedStateMachine):
    """Two mailboxes, one list, and the people around them."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = Clock()
        self.graph = Microsoft365(clock=self.clock.timestamp, sleep=lambda seconds: None)
        self.numbers = count(1)
        self.owners = [get_user_model().objects.create_user(name) for name in OWNERS]
        self.worlds = [
            World(self.graph, self.clock).join(owner, f"{owner.username}@contoso.example")
            for owner in self.owners
        ]
        self.trashed = set()
        self.copied = Counter()
        self.put_back_there = [set(), set()]
        self.removed = [set(), set()]
        self.replaced = [set(), set()]
        self.present = [set(), set()]
        self.tokens = defaultdict(dict)
        """By place (a mailbox's number, or None for here): (serial, field) and the latest text."""

    def teardown(self):
        self.graph.close()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # People

    def new(self):
        return next(self.numbers)

    def text(self, place, serial, field):
        """Make a text that was never seen before, and remember who wrote it where."""
        token = f"T{self.new()}x"
        self.tokens[place][serial, field] = token
        return token

    def contact(self, number, alive=True):
        people = Contact.objects.filter(kind="person", deleted_at__isnull=alive).order_by("pk")
        return people[number % len(people)] if people else None

    def there(self, box, number, folder="contacts"):
        items = sorted(self.worlds[box].mailbox.contacts_in(folder).items())
        return items[number % len(items)] if items else (None, None)

    @initialize(ours=st.integers(1, 3), theirs=st.integers(0, 2))
    def begin(self, ours, theirs):
        """Start from linked contacts, so that the next bug is two steps away."""
        for number in range(ours):
            self.add_here(number % 2 == 0, True)
        for number in range(theirs):
            self.add_there(number % 2, True, number % 2 == 0)
        for world in self.worlds:
            world.start_again()
        self.rest()

    @rule(mail=st.booleans(), phone=st.booleans())
    def add_here(self, mail, phone):
        serial = self.new()
        person(
            f"F{serial}",
            "Ash",
            [f"e{serial}@example.com"] if mail else [],
            [f"55{serial:05d}"] if phone else [],
            job_title=self.text(None, serial, "job_title"),
            department=f"s{serial}",
        )

    @rule(box=boxes, mail=st.booleans(), company=st.booleans())
    def add_there(self, box, mail, company):
        serial = self.new()
        fields = {"givenName": f"F{serial}", "surname": "Ash", "department": f"s{serial}"}
        fields["jobTitle"] = self.text(box, serial, "job_title")
        if mail:
            fields["emailAddresses"] = [{"address": f"e{serial}@example.com"}]
        if company:
            fields["companyName"] = "Elm Ltd"
        self.worlds[box].mailbox.put(fields)

    @rule(number=which, field=st.sampled_from(["first_name", "last_name", "job_title"]))
    def edit_here(self, number, field):
        if contact := self.contact(number):
            text = self.text(None, serial_of(contact.department), field)
            Contact.objects.filter(pk=contact.pk).update(**{field: text})

    @rule(box=boxes, number=which, field=st.sampled_from(sorted(TEXTS)))
    def edit_there(self, box, number, field):
        remote_id, fields = self.there(box, number)
        if remote_id:
            text = self.text(box, serial_of(fields["department"]), field)
            self.worlds[box].mailbox.put({TEXTS[field]: text}, remote_id)

    @rule(number=which, act=st.sampled_from(["add", "edit", "drop", "label", "primary"]), one=which)
    def change_phones_here(self, number, act, one):
        contact = self.contact(number)
        if not contact:
            return
        rows = list(contact.phones.order_by("pk"))
        if act == "add" or not rows:
            label = ["Work", "Home", "Mobile", "Fax"][one % 4]
            contact.phones.create(label=label, number=f"55{self.new():05d}")
            return
        row = rows[one % len(rows)]
        match act:
            case "edit":
                contact.phones.filter(pk=row.pk).update(number=f"55{self.new():05d}")
            case "drop":
                row.delete()
            case "label":
                contact.phones.filter(pk=row.pk).update(label=["Work", "Home", "Fax"][one % 3])
            case "primary":
                contact.phones.update(primary=False)
                contact.phones.filter(pk=row.pk).update(primary=True)

    @rule(box=boxes, number=which, act=st.sampled_from(["add", "edit", "drop", "move"]))
    def change_phones_there(self, box, number, act):
        remote_id, fields = self.there(box, number)
        if not remote_id:
            return
        phones, mobile = list(fields.get("businessPhones") or []), fields.get("mobilePhone")
        match act:
            case "add" if len(phones) < 2:
                phones.append(f"55{self.new():05d}")
            case "edit" if phones:
                phones[0] = f"55{self.new():05d}"
            case "drop" if phones:
                phones.pop(0)
            case "move" if phones and not mobile:
                mobile = phones.pop()
        self.worlds[box].mailbox.put({"businessPhones": phones, "mobilePhone": mobile}, remote_id)

    @rule(number=which, field=st.sampled_from(["job_title", "last_name"]))
    def clear_here(self, number, field):
        if contact := self.contact(number):
            Contact.objects.filter(pk=contact.pk).update(**{field: ""})
            self.tokens[None].pop((serial_of(contact.department), field), None)

    @rule(box=boxes, number=which, field=st.sampled_from(["job_title", "last_name", "company"]))
    def clear_there(self, box, number, field):
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.put({TEXTS[field]: ""}, remote_id)
            self.tokens[box].pop((serial_of(fields["department"]), field), None)

    @rule()
    def edit_all_here(self):
        text = f"T{self.new()}x"
        for contact in Contact.objects.filter(kind="person"):
            self.tokens[None][serial_of(contact.department), "job_title"] = text
        Contact.objects.filter(kind="person").update(job_title=text)

    @rule(number=which)
    def trash(self, number):
        if contact := self.contact(number):
            contact.delete()
            self.trashed.add(contact.pk)

    @rule(number=which)
    def restore(self, number):
        if contact := self.contact(number, alive=False):
            Contact.objects.filter(pk=contact.pk).restore()
            self.trashed.discard(contact.pk)
            for box, world in enumerate(self.worlds):
                # Removed on both sides before a run came by: restored, it is new there.
                if not contact.links.filter(connection=world.connection).exists():
                    self.removed[box].discard(serial_of(contact.department))

    @rule(box=boxes, number=which)
    def remove_there(self, box, number):
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.remove(remote_id)
            self.left(box, serial_of(fields["department"]))

    @rule(box=boxes, number=which)
    def move_out(self, box, number):
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.move(remote_id, "Clients")
            self.left(box, serial_of(fields["department"]))

    def left(self, box, serial):
        if serial not in self.serials_there(box):
            unknown = ExternalLink.objects.filter(
                connection=self.worlds[box].connection,
                contact__department=f"s{serial}",
                state="creating",
            )
            # What was removed before anybody knew that it had been created is created again.
            (self.replaced if unknown.exists() else self.removed)[box].add(serial)
        self.tokens[box] = {
            key: token for key, token in self.tokens[box].items() if key[0] != serial
        }

    @rule(box=boxes, number=which)
    def move_back(self, box, number):
        self.worlds[box].mailbox.folder("Clients")
        remote_id, fields = self.there(box, number, "Clients")
        if remote_id:
            serial = serial_of(fields["department"])
            if serial in self.serials_there(box) or serial in self.put_back_there[box]:
                self.copied[serial] += 1
            self.worlds[box].mailbox.move(remote_id, "contacts")
            self.removed[box].discard(serial)

    @rule(box=boxes, number=which)
    def enter_anew(self, box, number):
        """Delete a contact in Outlook and type it in again: linked if it matches, else a new one."""
        remote_id, fields = self.there(box, number)
        if not remote_id or not fields.get("emailAddresses"):
            return
        serial = serial_of(fields["department"])
        if self.serials_there(box)[serial] > 1:
            return
        again = {
            name: fields[name]
            for name in (*TEXTS.values(), "emailAddresses", "businessPhones")
            if fields.get(name)
        }
        self.worlds[box].mailbox.remove(remote_id)
        self.worlds[box].mailbox.put(again)
        self.replaced[box].add(serial)

    @rule(box=boxes, number=which)
    def copy(self, box, number):
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.copy(remote_id)
            self.copied[serial_of(fields["department"])] += 1

    # Decisions

    @rule(number=which)
    def put_back(self, number):
        links = ExternalLink.objects.filter(state="gone", contact__deleted_at=None).order_by("pk")
        links = links.exclude(contact=None)
        if links:
            link = links[number % len(links)]
            decisions.put_back(link, self.owners[0])
            box = self.box_of(link)
            serial = serial_of(link.contact.department)
            self.removed[box].discard(serial)
            self.put_back_there[box].add(serial)

    def box_of(self, link):
        return [world.connection.pk for world in self.worlds].index(link.connection_id)

    # Runs

    @rule(box=boxes)
    def sync(self, box):
        self.worlds[box].run()

    @rule(box=boxes, fault=FAULTS)
    def sync_in_bad_weather(self, box, fault):
        self.graph.faults = [fault]
        self.worlds[box].run(slices=3)
        self.graph.faults = []

    @rule(box=boxes, number=st.integers(1, 12), ahead_of=st.sampled_from(["commit", "request"]))
    def die(self, box, number, ahead_of):
        self.worlds[box].dies(**{f"at_{ahead_of}": number}, slices=3)

    @precondition(lambda self: not SyncRun.objects.filter(status__in=SyncRun.OPEN).exists())
    @rule(box=boxes)
    def preview(self, box):
        writes = len(self.graph.writes())
        self.worlds[box].preview()
        assert len(self.graph.writes()) == writes

    # Weather

    @rule(box=boxes)
    def forget_cursor(self, box):
        self.worlds[box].mailbox.expire_delta_tokens()

    @rule(hours=st.sampled_from([0.01, 0.2, 30, 24 * 9]))
    def wait(self, hours):
        self.clock.shift += timedelta(hours=hours)

    @rule(
        lag=st.sampled_from([0, 0, 4000]),
        bump=st.booleans(),
        replays=st.sampled_from([0, 3]),
        stale=st.booleans(),
    )
    def change_habits(self, lag, bump, replays, stale):
        behaviour = self.graph.behaviour
        behaviour.delta_lag_seconds, behaviour.extra_version_bump = lag, bump
        behaviour.replayed_rows, behaviour.replayed_stale = replays, stale

    # Laws

    def serials_there(self, box):
        items = self.worlds[box].mailbox.contacts.values()
        found = Counter(serial_of(fields["department"]) for fields in items)
        del found[0]
        return found

    @invariant()
    def no_twins(self):
        people = Contact.objects.filter(kind="person").exclude(department="")
        for department, number in Counter(people.values_list("department", flat=True)).items():
            # A copy waits for a person, unless it is edited or its original goes: then it is new.
            assert number <= 1 + self.copied[serial_of(department)], f"law 6: {department} twice"
        for box in (0, 1):
            for serial, number in self.serials_there(box).items():
                assert number <= 1 + self.copied[serial], f"law 6: a twin of {serial} there"
        firms = Contact.objects.filter(kind="company").values_list("name", flat=True)
        assert len(set(firms)) == len(firms), "law 6: a twin of a company"

    @invariant()
    def no_run_deletes_here(self):
        trashed = set(Contact.objects.trashed().values_list("pk", flat=True))
        assert trashed == self.trashed, "law 4"

    @invariant()
    def only_firm_deletions_arrive_and_nothing_comes_back(self):
        people = Contact.objects.filter(pk__in=self.trashed)
        trashed = {serial_of(one) for one in people.values_list("department", flat=True)}
        for box in (0, 1):
            now = set(self.serials_there(box))
            lost = self.present[box] - now
            assert lost <= self.removed[box] | self.replaced[box] | trashed, "law 5"
            # A copy that somebody has edited is a contact of its own, and new in the other mailbox.
            back = {serial for serial in now & self.removed[box] if not self.copied[serial]}
            assert not back, "law 7"
            self.present[box] = now

    @precondition(lambda self: not self.graph.faults)
    @rule()
    def rest(self):
        """Let everything come to rest, and look whether all is well."""
        behaviour = self.graph.behaviour
        behaviour.delta_lag_seconds, behaviour.replayed_rows = 0, 0
        for _round in range(4):
            for world in self.worlds:
                self.clock.shift += timedelta(hours=25)  # also for what was set aside
                run = world.run()
                given_up = run.crashes == 3  # killed three times: the next run goes on
                assert given_up or run.status in ("done", "held"), run.message
                waits = SyncChange.objects.filter(connection=world.connection, status="held")
                decisions.approve(waits.exclude(guard=""), self.owners[0])
        for world in self.worlds:
            assert world.is_quiet(), "law 2"
        for world in self.worlds:
            self.agrees(world)
        self.no_edit_is_lost()
        self.counts_equal_records()

    def agrees(self, world):
        links = ExternalLink.objects.filter(connection=world.connection, state="linked")
        contacts = records.load_contacts(links.values_list("contact_id", flat=True))
        for link in links:
            contact = contacts[link.contact_id]
            shown = read_contact(world.mailbox.get(str(link.remote_id)))
            there = records.shape.remote_record(
                records.shape.remote_values(shown.record), contact.kind
            )
            assert_agree(records.local_record(contact), there, records.schema(contact.kind))
        for world_link in ExternalLink.objects.filter(connection=world.connection):
            assert world_link.state in ("linked", "gone", "held"), world_link.state
            assert not world_link.problem, world_link.problem
        assert not SyncChange.objects.filter(status="sent").exists()

    def no_edit_is_lost(self):
        kept = json.dumps(list(Contact.objects.values("first_name", "last_name", "job_title")))
        kept += json.dumps(list(SyncChange.objects.values("before", "after", "conflict")))
        kept += json.dumps(list(Contact.objects.filter(kind="company").values("name")))
        for place, tokens in self.tokens.items():
            for key, token in tokens.items():
                assert token in kept or self.stays_there(place, token), f"law 3: {place} {key}"

    def stays_there(self, box, token):
        """A copy that waits for a decision is not read yet; what was moved out never is."""
        if box is None:
            return False
        held = ExternalLink.objects.filter(
            connection=self.worlds[box].connection, state="held", contact=None
        )
        mailbox = self.worlds[box].mailbox
        held_ids = [str(link.remote_id) for link in held]
        texts = [mailbox.get(remote_id) for remote_id in held_ids if remote_id in mailbox.contacts]
        return token in json.dumps(texts, default=str)

    def counts_equal_records(self):
        for world in self.worlds:
            for run in world.connection.runs.exclude(kind="preview"):
                done = run.changes.filter(status="done")
                assert run.added_there == done.filter(action="add", side="there").count()
                assert run.added_here == done.filter(action="add", side="here").count()
                assert run.deleted_there == done.filter(action="delete").count()


def serial_of(department):
    """Read a serial number; 0 stands for whoever was entered anew without one."""
    return int((department or "s0")[1:])


@pytest.mark.django_db
def test_whatever_people_do_and_whatever_fails_both_sides_come_to_agree():
    deep = settings.get_current_profile_name() == "deep"
    few = settings() if deep else settings(max_examples=10, stateful_step_count=20)
    run_state_machine_as_test(Lives, settings=few)
