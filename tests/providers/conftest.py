"""One simulated mailbox, reached through the real client. No test waits: `sleeps` counts instead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contacts_sync.providers.http import ApiClient, Session
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.providers.microsoft365.contacts import Microsoft365Contacts
from contacts_sync.simulator import Microsoft365, SimulatorAdapter
from tests.providers.script import GRAPH

USERNAME = "anna@firm.example"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def sleeps():
    return []


@pytest.fixture
def sim():
    sim = Microsoft365(clock=NOW.timestamp, sleep=lambda seconds: None)
    sim.add_account(USERNAME, "Anna Ash")
    yield sim
    sim.close()


@pytest.fixture
def box(sim):
    return sim.mailbox(USERNAME)


@pytest.fixture
def session(sim):
    return SimulatorAdapter(sim).mount_on(Session())


@pytest.fixture
def api(sim, session, sleeps):
    token = sim.access_token(USERNAME)
    return ApiClient(
        "Microsoft 365",
        GRAPH,
        session,
        lambda refresh=False, claims="": token,
        sleep=sleeps.append,
        now=lambda: NOW,
    )


@pytest.fixture
def graph(api):
    return GraphClient(api)


@pytest.fixture
def provider(sim, graph):
    return Microsoft365Contacts(graph, lambda: sim.accounts[USERNAME].tenant_id)
