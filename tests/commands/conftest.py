"""Commands against a simulator in this process, over the one session that all of them share."""

from __future__ import annotations

import io
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import CommandError, call_command

from contacts_sync import connections
from contacts_sync.providers.http import Session
from contacts_sync.simulator import Microsoft365, SimulatorAdapter


@pytest.fixture
def graph(monkeypatch):
    sim = Microsoft365(sleep=lambda seconds: None)
    session = SimulatorAdapter(sim).mount_on(Session())
    monkeypatch.setattr(connections, "session", lambda: session)
    yield sim
    sim.close()


@pytest.fixture
def authorize(graph, db):
    """Connect somebody's mailbox as they would: through the sign-in and its consent."""

    def connect(owner, username=""):
        username = username or f"{owner.username}@contoso.example"
        graph.add_account(username)
        flow = connections.begin_authorization("http://testserver/callback/")
        answer = urlsplit(graph.authorize(flow["auth_uri"], username))
        return connections.finish_authorization(owner, flow, dict(parse_qsl(answer.query)))

    return connect


@pytest.fixture
def mailbox(authorize, alice, graph):
    """Alice's mailbox, connected; its sync was never started."""
    authorize(alice)
    return graph.mailbox("alice@contoso.example")


@pytest.fixture
def command():
    """Run a command: gives its exit code, and what it wrote to both outputs."""

    def run(name, *arguments):
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except SystemExit as ended:
            return ended.code, out.getvalue(), err.getvalue()
        except CommandError as error:
            return error.returncode, out.getvalue(), err.getvalue() + str(error)
        return 0, out.getvalue(), err.getvalue()

    return run
