"""Faults are data: each kind does what it says, as often as it says."""

from __future__ import annotations

import pytest
import requests

from contacts_sync.simulator import Fault, throttled


@pytest.mark.parametrize("wait", ["5", "2.128", "86400", None])
def test_a_429_with_any_kind_of_retry_after(sim, graph, wait):
    sim.faults = [throttled(wait)]

    answer = graph.get("/me/contacts")

    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == wait
    assert graph.get("/me/contacts").status_code == 200


def test_a_fault_chooses_by_method_path_and_count(sim, graph):
    fault = Fault(status=500, method="POST", path=r"/contacts$", nth=2, times=2)
    sim.faults = [fault]

    graph.get("/me/contacts")
    statuses = [graph.post("/me/contacts", {"givenName": "P"}).status_code for _ in range(5)]

    assert statuses == [201, 500, 500, 201, 201]
    assert fault.spent


def test_a_fault_happens_to_one_in_so_many(sim, graph):
    sim.faults = [Fault(status=500, method="POST", nth=2, every=3, times=None)]

    statuses = [graph.post("/me/contacts", {"givenName": "P"}).status_code for _ in range(6)]

    assert statuses == [201, 500, 201, 201, 500, 201]


def test_a_fault_may_happen_always(sim, graph):
    sim.faults = [Fault("empty", status=503, times=None)]

    answers = [graph.get("/me/contacts") for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(503, b"")] * 3


def test_a_request_lost_before_it_acts_leaves_nothing(sim, graph, mailbox):
    sim.faults = [Fault("lost", "POST"), Fault("timeout", "POST")]

    with pytest.raises(requests.ConnectionError):
        graph.post("/me/contacts", {"givenName": "P"})
    with pytest.raises(requests.ReadTimeout):
        graph.post("/me/contacts", {"givenName": "P"})

    assert len(mailbox.contacts) == 0


def test_a_request_lost_after_it_acted_left_a_contact(sim, graph, mailbox):
    sim.faults = [Fault("acted, then lost", "POST"), Fault("acted, then timeout", "POST")]

    with pytest.raises(requests.ConnectionError):
        graph.post("/me/contacts", {"givenName": "P"})
    with pytest.raises(requests.ReadTimeout):
        graph.post("/me/contacts", {"givenName": "P"})

    assert len(mailbox.contacts) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_may_fail_after_the_write(sim, graph, mailbox, status):
    sim.faults = [Fault("acted, then reply", "POST", status=status)]

    assert graph.post("/me/contacts", {"givenName": "P"}).status_code == status
    assert len(mailbox.contacts) == 1


@pytest.mark.parametrize("kind", ["garbled", "truncated", "html"])
def test_an_answer_may_be_no_json(sim, graph, mailbox, kind):
    mailbox.put({"givenName": "P"})
    sim.faults = [Fault(kind)]

    answer = graph.get("/me/contacts")

    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_something_may_happen_just_before_a_request_acts(sim, graph, mailbox):
    contact = mailbox.put({"givenName": "P"})
    etag = graph.get(f"/me/contacts/{contact}").json()["@odata.etag"]
    sim.faults = [
        Fault("call", "PATCH", action=lambda: mailbox.put({"jobTitle": "Judge"}, contact))
    ]

    answer = graph.patch(f"/me/contacts/{contact}", {"department": "A"}, headers={"If-Match": etag})

    assert answer.status_code == 412
    assert mailbox.contacts[contact]["jobTitle"] == "Judge"


def test_a_conflict_may_come_without_if_match(sim, graph, mailbox):
    contact = mailbox.put({"givenName": "P"})
    sim.faults = [
        Fault("reply", "PATCH", status=412, body={"error": {"code": "ErrorIrresolvableConflict"}})
    ]

    answer = graph.patch(f"/me/contacts/{contact}", {"department": "A"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (
        412,
        "ErrorIrresolvableConflict",
    )


def test_lost_requests_are_logged(sim, graph):
    sim.faults = [Fault("lost"), throttled()]
    sim.forget_requests()

    with pytest.raises(requests.ConnectionError):
        graph.get("/me/contacts")
    graph.get("/me/contacts")

    assert [entry.status for entry in sim.log] == [0, 429]
