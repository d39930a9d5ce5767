"""Runs, and what happens to them: bad weather, deaths, others at work, and yesterday's backup."""

from __future__ import annotations

import json
from datetime import timedelta

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from contacts_sync import connections
from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.simulator.faults import Fault, throttled
from tests.scenarios.lives.deciding import Decisions
from tests.scenarios.lives.ledger import LIVED, serial_of
from tests.scenarios.lives.people import boxes, which
from tests.scenarios.worlds import interrupted

METHODS = st.sampled_from(["", "POST", "PATCH", "DELETE", "GET"])
LOST = (500, 502, 503, 504)
"""Statuses that say nothing about what was done. The others are given before anything is done."""
FAULTS = (
    st.builds(
        Fault,
        st.sampled_from(
            [
                "lost",
                "timeout",
                "acted, then lost",
                "acted, then timeout",
                "garbled",
                "truncated",
                "html",
                "empty",
            ]
        ),
        nth=st.integers(1, 6),
        where=st.just("request"),
    )
    | st.builds(
        Fault,
        st.just("reply"),
        status=st.sampled_from([401, 403, 404, *LOST]),
        nth=st.integers(1, 6),
        where=st.just("request"),
    )
    | st.builds(
        Fault,
        st.just("acted, then reply"),
        status=st.sampled_from(LOST),
        nth=st.integers(1, 6),
        where=st.just("request"),
    )
    | st.builds(
        Fault,
        st.sampled_from(["left out", "acted, then reply"]),
        method=METHODS,
        status=st.sampled_from(LOST),
        nth=st.integers(1, 4),
        where=st.just("item"),
    )
    | st.builds(
        Fault,
        st.just("reply"),
        method=METHODS,
        status=st.sampled_from([503, 400, 403, 412, 404, 409, 424]),
        nth=st.integers(1, 4),
        where=st.just("item"),
    )
    | st.builds(
        throttled,
        st.sampled_from(["1", "2.128", "300", "7200", None]),
        nth=st.integers(1, 5),
        where=st.sampled_from(["request", "item"]),
    )
)


class Runs(Decisions):
    """Runs of every kind, and the weather around them."""

    @rule(box=boxes)
    def sync(self, box):
        """Run."""
        self.worlds[box].run()

    @rule(box=boxes)
    def resync(self, box):
        """Read everything again."""
        self.worlds[box].run(SyncRun.Kind.RESYNC)

    def stir(self, box, one):
        """Give the next run something of every kind to do."""
        self.add_here(one % 2 == 0, True)
        self.edit_here(one, "job_title")
        self.edit_there(box, one + 1, "last_name")
        self.add_there(box, one % 3 == 0, one % 4 == 0)

    @rule(box=boxes, faults=st.lists(FAULTS, min_size=1, max_size=2), one=which)
    def sync_in_bad_weather(self, box, faults, one):
        """Run while something fails."""
        self.stir(box, one)
        self.graph.faults = faults
        self.worlds[box].run(slices=3)
        LIVED["faults"] += sum(fault.happened for fault in faults)
        self.graph.faults = []

    @rule(
        box=boxes,
        number=st.integers(1, 9),
        ahead_of=st.sampled_from(["commit", "request"]),
        one=which,
    )
    def die(self, box, number, ahead_of, one):
        """Kill the worker in mid-run."""
        self.stir(box, one)
        died = self.worlds[box].dies(**{f"at_{ahead_of}": number}, slices=3)
        LIVED["deaths"] += died
        if died:
            self.worlds[box].wire.waits_until = 0.0  # whoever is dead remembers no Retry-After

    @rule(
        box=boxes,
        number=st.integers(1, 4),
        act=st.sampled_from(
            ["second run", "run of another", "overtaken", "edit", "trash", "remove", "move", "stop"]
        ),
        one=which,
    )
    def be_interrupted(self, box, number, act, one):
        """Let somebody act between two steps of a run."""
        world = self.worlds[box]
        self.stir(box, one)

        def meanwhile():
            LIVED["interrupted"] += 1
            match act:
                case "second run":
                    requests = len(self.graph.log)
                    world.run(slices=1)
                    assert len(self.graph.log) == requests, "law 11: a second run went to work"
                case "run of another":
                    self.worlds[1 - box].run()
                case "overtaken":
                    self.clock.shift += timedelta(minutes=6)
                    world.run(slices=3)
                case "edit":
                    # One field on both sides in one minute: law 3 needs If-Match for that.
                    self.graph.behaviour.if_match = "enforced"
                    self.edit_here(one, "job_title")
                    self.edit_there(box, one, "job_title")
                case "trash":
                    self.trash(one)
                case "remove":
                    self.remove_there(box, one)
                case "move":
                    self.move_out(box, one)
                case "stop":
                    connections.stop(world.connection)

        with interrupted(number, meanwhile):
            world.run(slices=3)

    @precondition(lambda self: not SyncRun.objects.filter(status__in=SyncRun.OPEN).exists())
    @rule(box=boxes)
    def preview(self, box):
        """Look without writing."""
        writes = len(self.graph.writes())
        self.worlds[box].preview()
        assert len(self.graph.writes()) == writes

    # Weather

    @rule(box=boxes, how=st.sampled_from(["410", "400 malformed", "ResyncRequired", "Location"]))
    def forget_cursor(self, box, how):
        """Let a cursor expire."""
        self.graph.behaviour.dead_token = how
        self.worlds[box].mailbox.expire_delta_tokens()

    @rule(hours=st.sampled_from([0.01, 0.2, 30, 24 * 9]))
    def wait(self, hours):
        """Let time go by."""
        self.clock.shift += timedelta(hours=hours)

    @rule(hours=st.sampled_from([0, 24, -24]))
    def set_clock_wrong(self, hours):
        """Let the clock of our machine be a day ahead, or behind."""
        for world in self.worlds:
            world.skew = timedelta(hours=hours)

    @rule(
        lag=st.sampled_from([0, 0, 4000]),
        bump=st.booleans(),
        replays=st.sampled_from([0, 3]),
        stale=st.booleans(),
        pages=st.sampled_from([1, 200]),
    )
    def change_habits_of_reading(self, lag, bump, replays, stale, pages):
        """Let Microsoft report changes late, twice, out of date, or in small pages."""
        behaviour = self.graph.behaviour
        behaviour.delta_lag_seconds, behaviour.extra_version_bump = lag, bump
        behaviour.replayed_rows, behaviour.replayed_stale = replays, stale
        behaviour.delta_page_size = pages

    @rule(
        empty=st.booleans(),
        repeated=st.booleans(),
        shuffle=st.booleans(),
        bug=st.booleans(),
        if_match=st.sampled_from(["enforced", "ignored"]),
        strip=st.booleans(),
    )
    def change_habits_of_answering(self, empty, repeated, shuffle, bug, if_match, strip):
        """Let Microsoft answer in another order, with empty pages, or with untrue removals."""
        behaviour = self.graph.behaviour
        behaviour.empty_pages, behaviour.repeated_rows = empty, repeated
        behaviour.shuffle_batch, behaviour.immutable_id_bug = shuffle, bug
        behaviour.if_match, behaviour.strip_whitespace = if_match, strip

    # Yesterday's backup against today's mailbox

    @rule()
    def back_up(self):
        """Keep what our database holds."""
        if self.backup:
            transaction.savepoint_commit(self.backup[0])
        known = set(self.put_back_there[0]), set(self.put_back_there[1])
        tokens = dict(self.tokens[None])
        self.backup = (transaction.savepoint(), set(self.trashed), tokens, known)

    @precondition(lambda self: self.backup)
    @rule()
    def restore_backup(self):
        """Lose everything since: what came after is only in Outlook, and some of it nowhere."""
        point, trashed, tokens, put_back = self.backup
        transaction.savepoint_rollback(point)
        self.trashed, self.tokens[None] = set(trashed), dict(tokens)
        for box, (world, owner) in enumerate(zip(self.worlds, self.owners, strict=True)):
            rows = Connection.objects.filter(owner=owner)
            world.connection = rows.exclude(state="retired").first() or rows.latest("pk")
            self.copied.update(self.put_back_there[box] - put_back[box])
            linked = ExternalLink.objects.filter(connection=world.connection)
            known = linked.values_list("contact__department", flat=True)
            self.removed[box] &= {serial_of(department) for department in known}
        self._forget_what_nobody_has()

    def _forget_what_nobody_has(self):
        kept = json.dumps(list(SyncChange.objects.values("before", "after", "conflict")))
        kept += json.dumps(list(Contact.objects.values("first_name", "last_name", "job_title")))
        for box, world in enumerate(self.worlds):
            shown = kept + json.dumps(world.contacts(), default=str)
            self.tokens[box] = {k: text for k, text in self.tokens[box].items() if text in shown}
        # Somebody whom the list does not know any more is new in each mailbox that has them.
        departments = Contact.objects.values_list("department", flat=True)
        ours = {serial_of(department) for department in departments}
        both = set(self.serials_there(0)) & set(self.serials_there(1))
        self.copied.update(both - ours)
