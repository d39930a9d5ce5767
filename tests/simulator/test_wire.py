"""Over a real socket: the command, its server, and sessions re-routed to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import msal
import pytest
import requests

from contacts_sync.simulator import RerouteAdapter
from tests.simulator.conftest import ANNA, Graph, create

ROOT = Path(__file__).parent.parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, state):
        self.port, self.state = free_port(), state
        self.origin = f"http://localhost:{self.port}"

    def start(self, *options):
        command = [sys.executable, "manage.py", "simulate_microsoft365", *options]
        command += ["--port", str(self.port), "--state", str(self.state)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == f"Simulated Microsoft 365 at {self.origin}\n"

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("wire") / "state.sqlite3")
    server.start()
    requests.post(f"{server.origin}/simulator/add-account", {"username": ANNA, "name": "Anna"})
    yield server
    if server.process.poll() is None:
        server.stop()


@pytest.fixture
def session(server):
    with RerouteAdapter(server.origin).mount_on(requests.Session()) as session:
        yield session


@pytest.fixture
def token(session):
    app = msal.ConfidentialClientApplication(
        "client-1",
        client_credential="secret",
        authority="https://login.microsoftonline.com/organizations",
        instance_discovery=False,
        http_client=session,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # MSAL would rather have form_post.
        flow = app.initiate_auth_code_flow(
            ["User.Read", "Contacts.ReadWrite"],
            redirect_uri="http://localhost/back",
            prompt="select_account",
        )
    decision = {"account": ANNA, "decision": "accept"}
    back = requests.post(flow["auth_uri"], decision, allow_redirects=False).headers["Location"]
    answer = dict(part.split("=", 1) for part in back.partition("?")[2].split("&"))
    return app.acquire_token_by_auth_code_flow(flow, answer)["access_token"]


@pytest.fixture
def graph(session, token):
    return Graph(session, token)


def test_real_addresses_are_kept_and_the_token_arrives(graph):
    created = graph.post("/me/contacts", {"givenName": "Pavel"})
    rows, link = graph.round()

    assert created.status_code == 201
    assert created.url == "https://graph.microsoft.com/v1.0/me/contacts"
    assert created.json()["id"] in [row["id"] for row in rows]
    assert link.startswith("https://graph.microsoft.com/v1.0/")
    assert graph.round(link)[0] == []


def test_batches_and_many_threads(graph, server):
    statuses = []

    def send():
        with RerouteAdapter(server.origin).mount_on(requests.Session()) as session:
            own = Graph(session, graph.headers["Authorization"].removeprefix("Bearer "))
            for _ in range(5):
                statuses.extend(
                    item["status"] for item in own.batch(create(1), create(2)).json()["responses"]
                )

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(statuses) <= {201, 429} and 201 in statuses


def test_a_lost_connection_is_lost_on_the_wire_too(graph, server):
    fault = {"kind": "acted, then lost", "method": "POST", "path": "/me/contacts$", "times": "1"}
    requests.post(f"{server.origin}/simulator/add-fault", fault)
    before = len(graph.round()[0])

    with pytest.raises(requests.ConnectionError):
        graph.post("/me/contacts", {"givenName": "Lost"})

    assert len(graph.round()[0]) == before + 1


def test_a_refused_fault_is_explained(server):
    answer = requests.post(f"{server.origin}/simulator/add-fault", {"kind": "nonsense"})

    assert answer.status_code == 400


def test_stopping_is_clean_and_starting_again_goes_on(graph, server):
    kept = graph.post("/me/contacts", {"givenName": "Kept"}).json()["id"]
    _, link = graph.round()

    assert server.stop() == 0
    assert not Path(f"{server.state}-wal").exists()
    server.start("--latency", "5")

    assert graph.get(f"/me/contacts/{kept}").json()["givenName"] == "Kept"
    assert graph.round(link)[0] == []
    assert server.stop(signal.SIGINT) == 0
