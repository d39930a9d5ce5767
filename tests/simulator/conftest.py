"""A simulated Microsoft 365 with Anna's mailbox, a clock that stands still, and Graph calls."""

from __future__ import annotations

import warnings
from urllib.parse import parse_qsl, urlsplit

import msal
import pytest
import requests

from contacts_sync.simulator import Microsoft365, SimulatorAdapter

GRAPH = "https://graph.microsoft.com/v1.0"
ANNA = "anna@firm.example"
MARK = "String {8a1f0c6e-6d0e-4c55-9a36-0d0a4a2c7b11} Name ClientKey"


class Clock:
    """Stands still until somebody moves it; sleeping moves it."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Graph:
    """Calls Graph as one account, with immutable ids unless told otherwise."""

    def __init__(self, session, token):
        self.session = session
        self.headers = {"Authorization": f"Bearer {token}", "Prefer": 'IdType="ImmutableId"'}

    def call(self, method, path, json=None, headers=None, **options):
        url = path if path.startswith("https://") else GRAPH + path
        given = {**self.headers, **(headers or {})}
        return self.session.request(method, url, json=json, headers=given, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, json, **options):
        return self.call("POST", path, json, **options)

    def patch(self, path, json, **options):
        return self.call("PATCH", path, json, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def batch(self, *items):
        return self.post("/$batch", {"requests": list(items)})

    def round(self, start="/me/contacts/delta", size=None, prefer='IdType="ImmutableId"'):
        """Walk one delta round: all rows, and the link where the next round starts."""
        rows, url, headers = [], start, {"Prefer": prefer}
        if size:
            headers["Prefer"] += f", odata.maxpagesize={size}"
        while True:
            answer = self.get(url, headers=headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
            rows += page["value"]
            if "@odata.deltaLink" in page:
                return rows, page["@odata.deltaLink"]
            url = page["@odata.nextLink"]


def create(number, **fields):
    """Give the batch item that creates a contact."""
    return {
        "id": str(number),
        "method": "POST",
        "url": "/me/contacts",
        "headers": {"Content-Type": "application/json", "Prefer": 'IdType="ImmutableId"'},
        "body": fields or {"givenName": f"Person {number}"},
    }


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sim(clock):
    service = Microsoft365(clock=clock, sleep=clock.sleep)
    service.add_account(ANNA, "Anna Berg")
    return service


@pytest.fixture
def session(sim):
    return SimulatorAdapter(sim).mount_on(requests.Session())


@pytest.fixture
def mailbox(sim):
    return sim.mailbox(ANNA)


@pytest.fixture
def graph(sim, session):
    return Graph(session, sim.access_token(ANNA))


SCOPES = ["User.Read", "Contacts.ReadWrite"]
BACK = "https://firm.example/callback/"


@pytest.fixture
def make_app(session):
    def make(secret="secret", cache=None):
        # A fresh application object: MSAL remembers failures per object.
        return msal.ConfidentialClientApplication(
            "client-1",
            client_credential=secret,
            authority="https://login.microsoftonline.com/organizations",
            instance_discovery=False,
            http_client=session,
            token_cache=cache,
        )

    return make


@pytest.fixture
def app(make_app):
    return make_app()


def start(app, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return app.initiate_auth_code_flow(SCOPES, redirect_uri=BACK, **options)


def answer_of(address):
    assert address.startswith(BACK)
    return dict(parse_qsl(urlsplit(address).query))


def sign_in(sim, app, username=ANNA):
    flow = start(app, prompt="select_account")
    return app.acquire_token_by_auth_code_flow(
        flow, answer_of(sim.authorize(flow["auth_uri"], username))
    )
