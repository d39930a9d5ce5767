"""Batches: twenty at most, four at a time, any order, one answer for each."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from contacts_sync.simulator import Behaviour, Fault, Microsoft365, SimulatorAdapter, throttled
from tests.simulator.conftest import ANNA, Graph, create


def by_id(answer):
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["responses"]}


def test_each_item_has_its_own_answer(graph, mailbox):
    known = mailbox.put({"givenName": "P"})

    answers = by_id(
        graph.batch(
            create(1, givenName="New"),
            {"id": "2", "method": "DELETE", "url": f"/me/contacts/{known}"},
            {"id": "3", "method": "GET", "url": "/me/contacts/abc"},
            {"id": "4", "method": "GET", "url": "/me/contacts?$top=1&$select=givenName"},
        )
    )

    assert [answers[str(n)]["status"] for n in range(1, 5)] == [201, 204, 400, 200]
    assert answers["1"]["body"]["givenName"] == "New"
    assert len(answers["1"]["body"]["id"]) == 72
    assert answers["1"]["headers"]["Content-Type"].startswith("application/json")
    assert answers["2"]["body"] is None
    assert answers["3"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"
    assert len(answers["4"]["body"]["value"]) == 1


def test_preferences_belong_to_the_item(graph, mailbox):
    mailbox.put({"givenName": "P"})

    answers = by_id(graph.batch({"id": "1", "method": "GET", "url": "/me/contacts"}))

    assert len(answers["1"]["body"]["value"][0]["id"]) > 140


@pytest.mark.parametrize(
    "items",
    [
        [],
        [create(number) for number in range(21)],
        [create(1), create(1)],
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "POST", "url": "/me/contacts", "body": {"givenName": "P"}}],
        [{**create(1), "dependsOn": ["2"]}],
        [{**create(1), "dependsOn": ["2"]}, {**create(2), "dependsOn": ["1"]}],
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(graph, mailbox, items):
    answer = graph.batch(*items)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert len(mailbox.contacts) == 0


def test_dependents_of_a_failure_fail_and_others_wait_their_turn(graph, mailbox):
    answers = by_id(
        graph.batch(
            {**create(3), "dependsOn": ["2"]},
            {**create(2), "dependsOn": ["1"]},
            {"id": "1", "method": "GET", "url": "/me/contacts/abc"},
            create(4),
            {**create(5), "dependsOn": ["4"]},
        )
    )

    assert [answers[n]["status"] for n in "12345"] == [400, 424, 424, 201, 201]
    assert len(mailbox.contacts) == 2


def test_answers_may_come_in_any_order(sim, graph):
    sim.behaviour.shuffle_batch = True

    answer = graph.batch(*[create(number) for number in range(20)])

    order = [item["id"] for item in answer.json()["responses"]]
    assert order != sorted(order, key=int)
    assert sorted(order, key=int) == [str(number) for number in range(20)]


def test_a_batch_of_twenty_takes_five_latencies(sim, graph, clock):
    sim.behaviour.latency = 0.1
    before = clock.now

    graph.batch(*[create(number) for number in range(20)])

    assert clock.now - before == pytest.approx(0.5)


def test_a_single_item_can_be_throttled(sim, graph, mailbox):
    sim.faults = [throttled("2.128", path="/me/contacts$", where="item", nth=2)]

    answers = by_id(graph.batch(create(1), create(2), create(3)))

    assert [answers[n]["status"] for n in "123"] == [201, 429, 201]
    assert answers["2"]["headers"]["Retry-After"] == "2.128"
    assert len(mailbox.contacts) == 2


def test_a_single_item_can_act_and_fail_or_be_left_out_or_broken(sim, graph, mailbox):
    sim.faults = [
        Fault("acted, then reply", status=504, where="item"),
        Fault("left out", where="item"),
        Fault("garbled", where="item"),
        Fault("html", where="item"),
    ]

    answers = by_id(graph.batch(*[create(number) for number in range(1, 6)]))

    assert sorted(answers) == ["1", "3", "4", "5"]
    assert answers["1"]["status"] == 504
    assert isinstance(answers["3"]["body"], str)
    assert answers["4"]["body"].startswith("<html>")
    assert len(mailbox.contacts) == 4  # All but the page.


def test_a_lost_batch_may_have_acted_whole(sim, graph, mailbox):
    sim.faults = [Fault("acted, then lost", path=r"\$batch")]

    with pytest.raises(requests.ConnectionError):
        graph.batch(create(1), create(2))

    assert len(mailbox.contacts) == 2


def test_the_log_names_the_items(sim, graph):
    graph.batch(create(1), {"id": "2", "method": "GET", "url": "/me/contacts"})

    entry = sim.graph_requests()[-1]
    assert (entry.method, entry.path, entry.items) == ("POST", "/v1.0/$batch", 2)
    assert entry.parts == (("POST", "/me/contacts", 201), ("GET", "/me/contacts", 200))
    assert sim.writes() == [("POST", "/me/contacts", 201)]
    assert sim.totals["batch items"] == 2


def test_two_parallel_batches_draw_refusals():
    sim = Microsoft365(behaviour=Behaviour(latency=0.03))
    sim.add_account(ANNA)
    session = SimulatorAdapter(sim).mount_on(requests.Session())
    graph = Graph(session, sim.access_token(ANNA))
    statuses = []

    def send():
        answer = graph.batch(*[create(number) for number in range(20)])
        statuses.extend(item["status"] for item in answer.json()["responses"])

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses.count(429) >= 4
    assert statuses.count(201) >= 20
    assert statuses.count(201) == len(sim.mailbox(ANNA).contacts)


def test_a_fifth_request_at_the_same_time_is_refused():
    sim = Microsoft365(behaviour=Behaviour(latency=0.2))
    sim.add_account(ANNA)
    session = SimulatorAdapter(sim).mount_on(requests.Session())
    graph = Graph(session, sim.access_token(ANNA))
    threads = [threading.Thread(target=graph.get, args=("/me/contacts",)) for _ in range(4)]

    for thread in threads:
        thread.start()
    time.sleep(0.05)
    fifth = graph.get("/me/contacts")
    for thread in threads:
        thread.join()

    error = fifth.json()["error"]
    assert (fifth.status_code, error["code"]) == (429, "ApplicationThrottled")
    assert error["message"] == "Application is over its MailboxConcurrency limit."
    assert float(fifth.headers["Retry-After"]) > 0
    assert graph.get("/me/contacts").status_code == 200


def test_the_quota_counts_batch_items_and_frees_itself_by_the_clock(sim, graph, clock):
    sim.behaviour.quota = 30
    graph.batch(*[create(number) for number in range(20)])

    answers = by_id(graph.batch(*[create(number) for number in range(20)]))
    refused = graph.get("/me/contacts")
    clock.sleep(float(refused.headers["Retry-After"]))

    assert sum(item["status"] == 429 for item in answers.values()) == 10
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert 1 <= float(refused.headers["Retry-After"]) <= 600
    assert graph.get("/me/contacts").status_code == 200
