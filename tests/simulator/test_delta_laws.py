"""Whatever people do between two pages, a client that takes every row holds the folder."""

from __future__ import annotations

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_sync.simulator import Behaviour, Microsoft365, SimulatorAdapter
from tests.simulator.conftest import ANNA, Clock, Graph

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "edit", "remove", "out", "back", "copy", "page", "page", "wait"]),
        st.integers(0, 7),
    ),
    max_size=40,
)
BEHAVIOURS = st.builds(
    Behaviour,
    quota=st.just(0),
    token_lifetime=st.just(10**6),
    delta_page_size=st.integers(1, 4),
    delta_lag_seconds=st.sampled_from([0.0, 30.0]),
    empty_pages=st.booleans(),
    repeated_rows=st.booleans(),
    replayed_rows=st.integers(0, 3),
    extra_version_bump=st.booleans(),
)


class Client:
    """Takes pages of delta rounds into a mirror, one page at a time."""

    def __init__(self, graph, prefer):
        self.graph, self.headers = graph, {"Prefer": prefer}
        self.mirror, self.url = {}, "/me/contacts/delta"

    def take_page(self):
        page = self.graph.get(self.url, headers=self.headers).json()
        for row in page["value"]:
            if "@removed" in row:
                self.mirror.pop(row["id"], None)
            else:
                self.mirror[row["id"]] = row["jobTitle"]
        self.url = page.get("@odata.nextLink") or page["@odata.deltaLink"]
        return "@odata.deltaLink" in page

    def take_round(self):
        while not self.take_page():
            pass


def do(mailbox, clock, step, number):
    """Do one thing to one of the contacts, as far as there are any."""
    clock.sleep(20 if step == "wait" else 1)
    inside, outside = list(mailbox.contacts), [*mailbox.contacts_in("Private"), *mailbox.deleted]
    if step == "add":
        mailbox.put({"givenName": "P", "jobTitle": f"T{clock.now}"})
    elif step == "back" and outside:
        mailbox.move(outside[number % len(outside)], "Contacts")
    elif step in ("edit", "remove", "out", "copy") and inside:
        contact = inside[number % len(inside)]
        match step:
            case "edit":
                mailbox.put({"jobTitle": f"T{clock.now}"}, contact)
            case "remove":
                mailbox.remove(contact)
            case "out":
                mailbox.move(contact, "Private")
            case "copy":
                mailbox.copy(contact)


def live(behaviour, steps, prefer):
    clock = Clock()
    sim = Microsoft365(clock=clock, behaviour=behaviour)
    sim.add_account(ANNA)
    mailbox = sim.mailbox(ANNA)
    graph = Graph(SimulatorAdapter(sim).mount_on(requests.Session()), sim.access_token(ANNA))
    client = Client(graph, prefer)
    for step, number in steps:
        if step == "page":
            client.take_page()
        else:
            do(mailbox, clock, step, number)
    clock.sleep(60)
    client.take_round()
    client.take_round()
    return client, mailbox


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(BEHAVIOURS, STEPS)
def test_rounds_with_immutable_ids_end_with_the_folder(behaviour, steps):
    client, mailbox = live(behaviour, steps, 'IdType="ImmutableId"')

    assert client.mirror.keys() == set(mailbox.contacts)
    for remote_id, title in client.mirror.items():
        assert title == mailbox.contacts[remote_id]["jobTitle"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(BEHAVIOURS, STEPS)
def test_rounds_with_long_ids_end_with_the_folder(behaviour, steps):
    client, mailbox = live(behaviour, steps, "")

    inside = {mailbox.items[remote_id].rest_id: remote_id for remote_id in mailbox.contacts}
    assert client.mirror.keys() == inside.keys()
    for long_id, remote_id in inside.items():
        assert client.mirror[long_id] == mailbox.contacts[remote_id]["jobTitle"]
