"""The laws of DESIGN.md, as a small firm can see them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from hypothesis.stateful import invariant, rule

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.providers.microsoft365.mapping import read_contact
from contacts_sync.run import decisions
from contacts_sync.store import records
from tests.engine.worlds import assert_agree
from tests.scenarios.lives.ledger import LIVED, serial_of
from tests.scenarios.lives.working import Runs

ROUNDS = 6
"""After so many rounds everything has come to rest; most histories need two."""


class Laws(Runs):
    """4 to 7, 11, 16 and 17 after every step; the others when everything has come to rest."""

    @invariant()
    def no_twins(self):
        """6: never a twin, at any instant."""
        people = Contact.objects.filter(kind="person").exclude(department="")
        for department, number in Counter(people.values_list("department", flat=True)).items():
            # A copy waits for a person, unless it is edited or its original goes: then it is new.
            assert number <= 1 + self.copied[serial_of(department)], f"law 6: {department} twice"
        for box in (0, 1):
            for serial, number in self.serials_there(box).items():
                assert number <= 1 + self.copied[serial], f"law 6: a twin of {serial} there"
        firms = Contact.objects.alive().filter(kind="company").values_list("name", flat=True)
        assert len(set(firms)) == len(firms), "law 6: a twin of a company"

    @invariant()
    def no_run_deletes_here(self):
        """4: no run ever deletes a firm contact."""
        LIVED["steps"] += 1
        trashed = set(Contact.objects.trashed().values_list("pk", flat=True))
        assert trashed == self.trashed, "law 4"

    @invariant()
    def only_firm_deletions_arrive_and_nothing_comes_back(self):
        """5 and 7: firm deletions arrive, nothing else goes, and nothing comes back by itself."""
        people = Contact.objects.filter(pk__in=self.trashed)
        trashed = {serial_of(one) for one in people.values_list("department", flat=True)}
        for box in (0, 1):
            now = set(self.serials_there(box))
            lost = self.present[box] - now
            allowed = self.removed[box] | self.replaced[box] | self.may_go[box] | trashed
            assert lost <= allowed, "law 5"
            # A copy that somebody has edited is a contact of its own, and new in the other mailbox.
            back = {serial for serial in now & self.removed[box] if not self.copied[serial]}
            assert not back, "law 7"
            self.present[box] = now

    @invariant()
    def only_one_run_writes(self):
        """11: a run that another one has overtaken writes nothing more."""
        for world in self.worlds:
            assert len(set(map(id, world.writers))) == len(world.writers), "law 11"

    @invariant()
    def the_wire_and_the_logs_are_clean(self):
        """16 and 17: lanes and Retry-After are kept; no token and no contact goes astray."""
        for world in self.worlds:
            assert not world.wire.broken, world.wire.broken[0]
        assert not self.ear.heard, self.ear.heard[0]

    @rule()
    def rest(self):
        """Let everything come to rest, and look whether all is well."""
        behaviour = self.graph.behaviour
        behaviour.delta_lag_seconds, behaviour.replayed_rows = 0, 0
        self.set_clock_wrong(0)
        self.start_again()
        for _round in range(ROUNDS):
            self.clock.shift += timedelta(hours=25)  # also for what was set aside
            quiet = [self.comes_to_rest(world) for world in self.worlds]
            if all(quiet):
                break
        for world in self.worlds:
            assert world.is_quiet(), "law 2"
        for world in self.worlds:
            self.agrees(world)
        self.no_edit_is_lost()
        self.counts_equal_records()

    def comes_to_rest(self, world):
        """Run, approve what a guard holds, and say whether nothing was left to do."""
        writes = len(self.graph.writes())
        run = world.run()
        given_up = run.crashes == 3  # killed three times: the next run goes on
        assert given_up or run.status in ("done", "held"), run.message
        waits = SyncChange.objects.filter(connection=world.connection, status="held")
        approved = decisions.approve(waits.exclude(guard=""), self.owners[0])
        open_links = ExternalLink.objects.filter(connection=world.connection, open=True)
        nothing = not any(count for name, count in run.counts.items() if name != "held")
        quiet = nothing and len(self.graph.writes()) == writes
        return quiet and not given_up and not approved and not open_links.exists()

    def agrees(self, world):
        """1: every linked pair agrees on all mapped fields."""
        links = ExternalLink.objects.filter(connection=world.connection, state="linked")
        contacts = records.load_contacts(links.values_list("contact_id", flat=True))
        for link in links:
            contact = contacts[link.contact_id]
            shown = read_contact(world.mailbox.get(str(link.remote_id)))
            there = records.shape.remote_record(
                records.shape.remote_values(shown.record), contact.kind
            )
            assert_agree(records.local_record(contact), there, records.schema(contact.kind))
        for one in ExternalLink.objects.filter(connection=world.connection):
            assert one.state in ("linked", "gone", "held", "apart"), one.state
            assert not one.problem, one.problem
        assert not SyncChange.objects.filter(status="sent").exists()

    def no_edit_is_lost(self):
        """3: each edit is on both sides, or in a change record."""
        kept = json.dumps(list(Contact.objects.values("first_name", "last_name", "job_title")))
        kept += json.dumps(list(SyncChange.objects.values("before", "after", "conflict")))
        kept += json.dumps(list(Contact.objects.filter(kind="company").values("name")))
        for place, tokens in self.tokens.items():
            for key, token in tokens.items():
                assert token in kept or self.stays_there(place, token), f"law 3: {place} {key}"

    def stays_there(self, box, token):
        """A copy that waits, and what was left out, is not read; what was moved out never is."""
        if box is None:
            return False
        unread = ExternalLink.objects.filter(connection=self.worlds[box].connection).exclude(
            state="linked"
        )
        mailbox = self.worlds[box].mailbox
        remote_ids = [str(link.remote_id) for link in unread]
        texts = [mailbox.get(remote_id) for remote_id in remote_ids if remote_id in mailbox.items]
        return token in json.dumps(texts, default=str)

    def counts_equal_records(self):
        """19: counts equal the records."""
        for world in self.worlds:
            for run in world.connection.runs.exclude(kind="preview"):
                done = run.changes.filter(status="done")
                assert run.added_there == done.filter(action="add", side="there").count()
                assert run.added_here == done.filter(action="add", side="here").count()
                assert run.deleted_there == done.filter(action="delete").count()
