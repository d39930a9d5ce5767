"""A firm, a simulated mailbox, and a connection between the two through the real client."""

from __future__ import annotations

import pytest

from contacts_sync.simulator import Microsoft365
from tests.scenarios.worlds import Clock, World


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def graph(clock):
    sim = Microsoft365(clock=clock.timestamp, sleep=lambda seconds: None)
    yield sim
    sim.close()


@pytest.fixture
def world(db, graph, clock, alice):
    """Alice's mailbox, connected and started, with nothing on either side."""
    return World(graph, clock).join(alice, "alice@contoso.example")


@pytest.fixture
def other(world, bob):
    """Bob's mailbox, connected to the same list."""
    return World(world.graph, world.clock).join(bob, "bob@contoso.example")


@pytest.fixture
def mailbox(world):
    return world.mailbox


@pytest.fixture
def small_pages(monkeypatch):
    """Let a page of changes hold two rows, whatever is asked for."""
    monkeypatch.setattr("contacts_sync.simulator.delta.LARGEST_PAGE", 2)
