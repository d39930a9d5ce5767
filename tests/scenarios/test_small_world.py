"""A small world in every situation at once, and every fault at every request, with every death.

Whatever happens in one run, some quiet runs later both sides are as if nothing had happened. A part
of the table is in every run of the suite; SMALL_WORLD=full runs all of it.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from django.db import transaction

from contacts_sync.models import Contact, ExternalLink, SyncChange, SyncRun
from contacts_sync.run import decisions
from contacts_sync.simulator import Microsoft365
from contacts_sync.simulator.faults import Fault, throttled
from tests.scenarios.lives.ledger import Mailbox
from tests.scenarios.worlds import Killed, StillClock, card, death, firm, person, texts

FULL = os.environ.get("SMALL_WORLD") == "full"
RUNS = (SyncRun.Kind.SYNC, SyncRun.Kind.RESYNC)
REQUESTS, MEMBERS, COMMITS = 7, 14, 13
"""How many requests, members of batches and commits the run has at most; asserted below."""

CLAIMS = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="'}


def refused(status, code="", **choose):
    """Give a refusal as Graph words it."""
    body = {"error": {"code": code, "message": "no"}} if code else None
    return partial(Fault, "reply", status=status, body=body, **choose)


WAYS = ["lost", "timeout", "acted, then lost", "acted, then timeout", "garbled", "truncated"]
OF_A_REQUEST = {
    **{kind: partial(Fault, kind) for kind in [*WAYS, "html"]},
    "500 without a word": partial(Fault, "empty", status=500),
    **{f"{status}": partial(Fault, "reply", status=status) for status in (500, 502, 503, 504)},
    **{
        f"acted, then {status}": partial(Fault, "acted, then reply", status=status)
        for status in (500, 502, 503, 504)
    },
    "400": refused(400, "BadRequest"),
    "401 once": refused(401, "InvalidAuthenticationToken"),
    "401 twice": refused(401, "InvalidAuthenticationToken", times=2),
    "401 with claims": refused(401, "InvalidAuthenticationToken", headers=CLAIMS),
    "403": refused(403, "ErrorAccessDenied"),
    "404 mailbox": refused(404, "MailboxNotEnabledForRESTAPI"),
    "404 folder": refused(404, "ErrorItemNotFound"),
    "410 cursor": refused(410, "SyncStateNotFound"),
    "400 cursor": refused(400, "ErrorInvalidIdMalformed"),
    "429": partial(throttled, "5"),
    "429 fractional": partial(throttled, "2.128"),
    "429 huge": partial(throttled, "86400"),
    "429 without a word": partial(throttled, None),
    "429 six times": partial(throttled, "3", times=6),
    "507": refused(507, "ErrorQuotaExceeded"),
}
OF_A_MEMBER = {
    "left out": partial(Fault, "left out"),
    **{
        f"acted, then {status}": partial(Fault, "acted, then reply", status=status)
        for status in (500, 502, 503, 504)
    },
    "400": refused(400, "ErrorInvalidProperty"),
    "403": refused(403, "ErrorAccessDenied"),
    "404": refused(404, "ErrorItemNotFound"),
    "409": refused(409, "ErrorIrresolvableConflict"),
    "412": refused(412, "ErrorIrresolvableConflict"),
    "424": refused(424, "FailedDependency"),
    "429": partial(throttled, "5"),
    "429 fractional": partial(throttled, "2.128"),
    "429 huge": partial(throttled, "7200"),
    "429 without a word": partial(throttled, None),
    "500": refused(500),
    "503": refused(503, "ServiceUnavailable"),
    "507": refused(507, "ErrorQuotaExceeded"),
}
HABITS = {
    "late": {"delta_lag_seconds": 4000},
    "twice": {"repeated_rows": True, "delta_page_size": 2},
    "replayed": {"replayed_rows": 9},
    "out of date": {"replayed_rows": 9, "replayed_stale": True},
    "without a change": {"extra_version_bump": True},
    "empty pages": {"empty_pages": True, "delta_page_size": 1},
    "untrue removals": {"immutable_id_bug": True},
    "without If-Match": {"if_match": "ignored"},
    "shuffled": {"shuffle_batch": True},
    "trimmed": {"strip_whitespace": True},
    "CR LF": {"crlf": True},
    "names of their own": {"email_names_overridden": True},
    "search lags": {"svep_filter_lag": 10**9},
    "encoded ids": {"encoded_equals_lost": True},
    "one lane": {"lanes": 1},
    "full mailbox": {"mailbox_full": True},
}


UNTOLD = {"late": {"Both"}, "empty": {"Both"}, "404": {"T"}}
"""Of whom Microsoft told nothing, or something untrue, that nobody can know to be so.

Two people entered Both while no list showed it: the second is held. T was said to be deleted.
"""


def cells():
    """Name every cell: a run, what fails in it and where, and where it dies."""
    points = [("", 0)]
    points += [("at_request", number) for number in range(1, REQUESTS + 1)]
    points += [("at_commit", number) for number in range(1, COMMITS + 1)]
    request = [("request", *one) for one in product(OF_A_REQUEST, range(1, REQUESTS + 1))]
    member = [("item", *one) for one in product(OF_A_MEMBER, range(1, MEMBERS + 1))]
    habit = [("habit", name, 0) for name in HABITS]
    faults = [("", "", 0), *request, *member, *habit, ("listing", "empty", 1)]
    return list(product(RUNS, faults, points))


def some(table):
    """Choose each fault once, a few deaths, and a few of both together."""
    faults = {}
    for cell in table:
        if not cell[2][0]:
            faults.setdefault(cell[1][:2], []).append(cell)
    each = [
        found[(number % 3 + number % 2 * (len(found) // 2)) % len(found)]
        for number, found in enumerate(faults.values())
    ]
    deaths = [cell for cell in table if not cell[1][0] and cell[2][0]]
    return each + deaths[::4] + table[5::1999]


class SmallWorld:
    """A world that every cell finds as it was built."""

    def __init__(self, owner):
        self.clock = StillClock()
        self.graph = Microsoft365(clock=self.clock.timestamp, sleep=lambda seconds: None)
        self.world = Mailbox(self.graph, self.clock).join(owner, "alice@contoso.example")
        build(self.world)
        self.point = transaction.savepoint()
        self.mailbox = copy.deepcopy(self._state())
        self.time = vars(self.clock).copy()

    def _state(self):
        names = ("folders", "index", "items", "sequence", "main", "bin", "_numbers", "_due")
        return {name: getattr(self.world.mailbox, name) for name in names}

    def again(self):
        """Put everything back."""
        transaction.savepoint_rollback(self.point)
        vars(self.clock).update(self.time)
        for name, value in copy.deepcopy(self.mailbox).items():
            setattr(self.world.mailbox, name, value)
        self.graph.faults, self.graph.behaviour = [], type(self.graph.behaviour)()
        self.graph.forget_requests()
        self.world.writers.clear()
        self.world.wire.forget()
        self.world.connection.refresh_from_db()
        return self.world

    def live(self, kind, fault, point):
        """Live through a cell, and say how it ended: None when the fault found no request."""
        world = self.again()
        where, name, number = fault
        faults = self._spoilt(where, name, number)
        died = self._run(kind, faults, *point)
        self.members = sum(entry.items for entry in self.graph.log)
        if faults and not any(one.happened for one in faults):
            return died, None  # then this is the cell without a fault
        if died:
            world.wire.forget()  # whoever is dead remembers no Retry-After
        if name == "404":
            # A look-up that lies is believed, until the weekly listing shows the contact again.
            self.clock.shift += timedelta(days=8)
        unknown = UNTOLD.get(name, set())
        no_twins(world, unknown)
        self.graph.faults, self.graph.behaviour = [], type(self.graph.behaviour)()
        for _run in range(4):
            quiet = world.is_quiet()
            no_twins(world, unknown)
            waits = SyncChange.objects.filter(status="held").exclude(guard="")
            # A listing that was too short holds what vanished until a person has a look.
            if not decisions.approve(waits, self.world.connection.owner) and quiet:
                break
        assert quiet, "law 2"
        assert not world.wire.broken, world.wire.broken
        return died, the_end(world)

    def _spoilt(self, where, name, number):
        match where:
            case "request":
                fault = OF_A_REQUEST[name](nth=number, where="request")
            case "item":
                fault = OF_A_MEMBER[name](nth=number, where="item")
            case "listing":
                end = {"value": [], "@odata.deltaLink": self.world.connection.cursor}
                fault = Fault("reply", "GET", "delta", nth=number, status=200, body=end)
            case "habit":
                for switch, value in HABITS[name].items():
                    setattr(self.graph.behaviour, switch, value)
                return []
            case _:
                return []
        return [fault]

    def _run(self, kind, faults, moment="", number=0):
        self.graph.faults = faults
        with death(self.world, **({moment: number} if moment else {})) as dead:
            try:
                self.world.run(kind)
            except Killed:
                assert dead
        self.world.connection.refresh_from_db()
        return bool(dead)


def build(world):
    """Make something for every kind of action, and start."""
    for first in "KCTFB":
        person(first, "Old", [f"{first}@example.com"], job_title="Clerk")
    oak = firm("Oak Ltd", ["oak@example.com"])
    person("Staff", "Old", company=oak)
    numbers = [f"555000{number}" for number in range(4)]
    person("Many", "Old", [f"m{number}@example.com" for number in range(5)], numbers)
    for first in "RLM":
        world.mailbox.put(card(first, "Old", f"{first}@example.com"))
    world.start()
    edit = Contact.objects.filter
    edit(first_name="C").update(job_title="Judge")  # edited here
    edit(first_name="T").get().delete()  # deleted here
    edit(first_name="F").update(job_title="Judge")  # a conflict
    edit(first_name="B").update(first_name="Bea")  # edited on both sides
    edit(name="Oak Ltd").update(name="Oak Inc")  # a company has a new name
    edit(first_name="Many").get().phones.filter(number=numbers[0]).update(number="5559999")
    for contact, change in {
        "K": {"department": "Probate"},
        "F": {"jobTitle": "Usher"},
        "B": {"surname": "New"},
    }.items():
        world.mailbox.put(change, world.outlook(givenName=contact)["id"])
    world.mailbox.remove(world.outlook(givenName="R")["id"])
    world.mailbox.move(world.outlook(givenName="M")["id"], "Clients")
    world.mailbox.put({"companyName": "Elm Ltd"}, world.outlook(givenName="L")["id"])
    person("Ours", "New", ["new@example.com"])
    person("Both", "Sides", ["both@example.com"], job_title="Judge")
    world.mailbox.put(card("Yours", "New", companyName="Elm Ltd"))
    world.mailbox.put(card("Both", "Sides", "both@example.com", department="Probate"))


NAMES = ("givenName", "surname", "jobTitle", "department", "companyName")


def here():
    """Tell the list: who, with which values, and whether in the trash."""
    people = Contact.objects.select_related("company").order_by("pk")
    return Counter(
        (
            one.first_name,
            one.last_name,
            one.job_title,
            one.department,
            one.name or (one.company.name if one.company else ""),
            *(tuple(sorted(texts(one, name))) for name in ("emails", "phones")),
            one.deleted_at is not None,
        )
        for one in people
    )


def there(world):
    """Tell the folder: who, with which values."""
    return Counter(
        (
            *(one.get(name) or "" for name in NAMES),
            tuple(sorted(mail["address"] for mail in one.get("emailAddresses") or ())),
            tuple(sorted(one.get("businessPhones") or ())),
        )
        for one in world.contacts()
    )


def the_end(world):
    """Tell everything that must not depend on what failed."""
    links = Counter(ExternalLink.objects.values_list("contact__first_name", "state"))
    assert not SyncChange.objects.filter(status="sent").exists()
    assert not ExternalLink.objects.exclude(problem="").exists()
    kept = str(list(SyncChange.objects.exclude(conflict=[]).values_list("conflict", flat=True)))
    assert "Usher" in kept, "law 3: the loser of a conflict is kept"
    return here(), there(world), links


def without(end, names):
    """Leave some people out of an end."""
    return [Counter({k: n for k, n in one.items() if k[0] not in names}) for one in end]


def different(one, other):
    """Tell what is only in one of two ends."""
    return [
        (dict(ours - theirs), dict(theirs - ours)) for ours, theirs in zip(one, other, strict=True)
    ]


def no_twins(world, unknown=frozenset()):
    """Nobody is there twice, on either side, but whom two people entered and no list had shown."""
    ours = Contact.objects.filter(kind="person").values_list("first_name", flat=True)
    theirs = [one.get("givenName") or one.get("companyName") for one in world.contacts()]
    for names in (ours, theirs, Contact.objects.exclude(name="").values_list("name", flat=True)):
        counts = Counter(names)
        assert all(count == 1 for name, count in counts.items() if name not in unknown), "law 6"


@pytest.fixture
def small(db, alice):
    """Build the world."""
    made = SmallWorld(alice)
    yield made
    made.graph.close()


def test_the_table_covers_the_whole_run(small):
    """No request, no member of a batch and no commit of the run is beyond the table."""
    for kind in RUNS:
        beyond_requests, _end = small.live(kind, ("", "", 0), ("at_request", REQUESTS + 1))
        beyond_commits, _end = small.live(kind, ("", "", 0), ("at_commit", COMMITS + 1))
        assert not beyond_requests and not beyond_commits
        assert small.members <= MEMBERS


def test_whatever_fails_and_wherever_it_dies_the_end_is_the_same(small):
    """Each cell of the table ends like the cell in which nothing happens."""
    _died, quiet = small.live(RUNS[0], ("", "", 0), ("", 0))
    table = cells()
    chosen = table if FULL else some(table)
    broken, deaths, void = {}, 0, 0
    for kind, fault, point in chosen:
        cell = f"{kind}, {fault}, {point}"
        try:
            died, end = small.live(kind, fault, point)
            deaths += died
            void += end is None
            ends = [without(one, UNTOLD.get(fault[1], ())) for one in (quiet, end or quiet)]
            if ends[0] != ends[1]:
                broken[cell] = different(*ends)
        except AssertionError as error:
            broken[cell] = str(error).splitlines()[0] if str(error) else repr(error)
    lines = "\n".join(f"{cell}: {law}" for cell, law in broken.items())
    print(  # noqa: T201  with `pytest -s`: how much was tried
        f"{len(chosen)} of {len(table)} cells, {deaths} deaths, {void} without their fault, "
        f"{len(broken)} broken"
    )
    assert not broken, f"{len(broken)} cells of {len(chosen)}\n{lines}"
