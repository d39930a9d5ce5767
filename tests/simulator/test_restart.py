"""What was answered before a restart or a kill is there after it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import requests

from contacts_sync.simulator import Microsoft365, SimulatorAdapter
from tests.simulator.conftest import ANNA, GRAPH, MARK, Graph, create


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "deep" / "state.sqlite3")


def opened(path, clock):
    sim = Microsoft365(path, clock=clock, sleep=clock.sleep)
    sim.add_account(ANNA, "Anna Berg")
    return sim


def test_contacts_folders_versions_and_marks_survive(path, clock):
    sim = opened(path, clock)
    mailbox = sim.mailbox(ANNA)
    mark = {"singleValueExtendedProperties": [{"id": MARK, "value": "k1"}]}
    kept = mailbox.put({"givenName": "Kept", "birthday": "1974-07-22", **mark})
    moved, removed = mailbox.put({"givenName": "Moved"}), mailbox.put({"givenName": "Removed"})
    mailbox.move(moved, "Private")
    mailbox.remove(removed)
    before = [mailbox.get(remote_id) for remote_id in (kept, moved, removed)]
    long_id = mailbox.items[moved].rest_id
    sim.close()

    mailbox = opened(path, clock).mailbox(ANNA)

    assert [mailbox.get(remote_id) for remote_id in (kept, moved, removed)] == before
    assert mailbox.marks(kept) == {MARK: "k1"}
    assert list(mailbox.contacts_in("Private")) == [moved]
    assert mailbox.find(long_id) is mailbox.items[moved]


def test_accounts_consent_and_tokens_survive(path, clock):
    sim = opened(path, clock)
    token = sim.access_token(ANNA)
    sim.accounts[ANNA].grant("c", {"User.Read"})
    sim.accounts[ANNA].consent = "admin"
    sim.save(sim.accounts[ANNA])
    sim.close()

    sim = opened(path, clock)

    session = SimulatorAdapter(sim).mount_on(requests.Session())
    assert Graph(session, token).get("/me").status_code == 200
    assert sim.accounts[ANNA].has_granted("c", {"User.Read"})
    assert sim.accounts[ANNA].consent == "admin"


def test_the_signing_key_survives(path, clock):
    sim = opened(path, clock)
    before = sim.tokens.keys("issuer")
    sim.close()

    assert opened(path, clock).tokens.keys("issuer") == before


def test_ids_and_versions_never_come_twice(path, clock):
    sim = opened(path, clock)
    mailbox = sim.mailbox(ANNA)
    used = {mailbox.put({"givenName": f"P{number}"}) for number in range(5)}
    keys = {mailbox.get(remote_id)["changeKey"] for remote_id in used}
    for remote_id in used:
        mailbox.remove(remote_id)
        mailbox.remove(remote_id)
    sim.close()

    mailbox = opened(path, clock).mailbox(ANNA)
    new = {mailbox.put({"givenName": f"P{number}"}) for number in range(20)}

    assert not used & new
    assert not keys & {mailbox.get(remote_id)["changeKey"] for remote_id in new}


def test_filling_writes_to_disk_once(path, clock):
    sim = opened(path, clock)
    with sim.seeding():
        for number in range(50):
            sim.mailbox(ANNA).put({"givenName": f"P{number}"})
    sim.close()

    assert len(opened(path, clock).mailbox(ANNA).contacts) == 50


_WRITER = """
import sys, requests
from contacts_sync.simulator import Microsoft365, SimulatorAdapter
from tests.simulator.conftest import ANNA, Graph, create
sim = Microsoft365(sys.argv[1])
sim.add_account(ANNA)
graph = Graph(SimulatorAdapter(sim).mount_on(requests.Session()), sim.access_token(ANNA))
while True:
    for item in graph.batch(*[create(number) for number in range(20)]).json()["responses"]:
        print(item["body"]["id"], flush=True)
"""


def test_a_killed_process_loses_nothing_it_answered(path, clock):
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True
    )
    answered = [writer.stdout.readline().strip() for _ in range(200)]
    writer.kill()
    answered += writer.stdout.read().split("\n")[:-1]
    writer.wait()

    sim = Microsoft365(path)
    mailbox = sim.mailbox(ANNA)

    assert set(answered) <= set(mailbox.contacts)
    graph = Graph(SimulatorAdapter(sim).mount_on(requests.Session()), sim.access_token(ANNA))
    assert {row["id"] for row in graph.round()[0]} == set(mailbox.contacts)
    sim.close()


def test_thousands_of_writes_a_second_reach_the_disk(path, clock):
    sim = opened(path, clock)
    sim.behaviour.quota = 0
    graph = Graph(SimulatorAdapter(sim).mount_on(requests.Session()), sim.access_token(ANNA))
    start = time.perf_counter()

    for _ in range(50):
        graph.batch(*[create(number) for number in range(20)])

    assert time.perf_counter() - start < 5  # About 0.3 s; a commit to disk for each takes longer.
    assert graph.session.get(f"{GRAPH}/me", headers=graph.headers).status_code == 200
    sim.close()
