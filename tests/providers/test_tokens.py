"""Staying signed in: tokens from the cache, refreshed, rotated, challenged, revoked."""

from __future__ import annotations

import json

import jwt
import pytest

from contacts_sync.providers.errors import (
    AuthRequired,
    ConsentRequired,
    Misconfigured,
    Unavailable,
)
from contacts_sync.providers.http import ApiClient
from contacts_sync.providers.microsoft365.auth import TokenSource
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.simulator import Fault
from contacts_sync.simulator.accounts import TENANT
from tests.providers.conftest import USERNAME
from tests.providers.test_sign_in import OURS, SignIn


class Stored:
    """The credential as the database keeps it."""

    def __init__(self, session, credential):
        self.session, self.credential = session, credential
        self.saved = 0
        self.read = 0

    def save(self, credential):
        self.credential = credential
        self.saved += 1

    def reload(self):
        self.read += 1
        return self.credential

    def source(self, credential=None):
        """Open it as another process would: with nothing remembered."""
        return TokenSource(
            OURS, self.session, credential or self.credential, self.save, self.reload, http_cache={}
        )


@pytest.fixture
def stored(sim, session):
    return Stored(session, SignIn(sim, session).whole().credential)


def token_requests(sim):
    return len(sim.requests("POST", "/token"))


def test_a_fresh_token_is_used_without_asking(sim, stored):
    before = token_requests(sim)
    source = stored.source()

    assert source() == source()
    assert token_requests(sim) == before
    assert stored.saved == 0


def test_making_a_source_asks_nothing(sim, stored):
    sim.forget_requests()

    stored.source()

    assert not sim.log


def test_an_old_token_is_refreshed_and_the_new_credential_saved(sim, session):
    sim.behaviour.token_lifetime = 200  # below the five minutes that MSAL keeps in reserve
    stored = Stored(session, SignIn(sim, session).whole().credential)
    first = stored.credential

    token = stored.source()()

    assert stored.saved == 1
    assert stored.credential != first
    assert token in stored.credential


def test_a_rotated_refresh_token_replaces_the_old_one(sim, stored):
    sim.behaviour.refresh_rotation = "strict"
    source = stored.source()

    tokens = {source(refresh=True) for _ in range(3)}

    assert len(tokens) == 3
    assert stored.saved == 3
    assert stored.source()(refresh=True)


def test_the_credential_is_saved_before_the_token_is_used(stored):
    class Full(Exception):
        pass

    def refuse(credential):
        raise Full

    stored.save = refuse

    with pytest.raises(Full):
        stored.source()(refresh=True)


def test_a_credential_that_somebody_else_rotated_is_read_once_more(sim, stored):
    sim.behaviour.refresh_rotation = "strict"
    old = stored.credential
    slow = stored.source(old)
    quick_token = stored.source()(refresh=True)

    assert slow(refresh=True) == quick_token
    assert stored.read == 1


def test_a_refused_refresh_token_is_tried_once_when_nobody_has_a_newer_one(sim, stored):
    sim.revoke(USERNAME)
    before = token_requests(sim)

    with pytest.raises(AuthRequired, match="50173"):
        stored.source()(refresh=True)

    assert stored.read == 1
    assert token_requests(sim) == before + 1


def test_a_disabled_account_is_told_so(sim, stored):
    sim.accounts[USERNAME].disabled = True

    with pytest.raises(AuthRequired, match="disabled"):
        stored.source()(refresh=True)


def test_withdrawn_consent_asks_for_an_administrator(sim, stored):
    sim.accounts[USERNAME].granted = []

    with pytest.raises(ConsentRequired):
        stored.source()(refresh=True)


def test_an_expired_secret_does_not_sign_anybody_out(sim, stored):
    sim.behaviour.secret_expired = True

    with pytest.raises(Misconfigured):
        stored.source()(refresh=True)


@pytest.mark.parametrize("credential", ["", "{}", "no json", "[]", '"x"'])
def test_a_credential_that_cannot_be_used_asks_to_sign_in(stored, credential):
    source = TokenSource(OURS, stored.session, credential, stored.save, stored.reload, {})

    with pytest.raises(AuthRequired):
        source()


@pytest.mark.parametrize("kind", ["lost", "timeout", "html", "reply", "truncated"])
def test_trouble_at_the_token_endpoint_signs_nobody_out(sim, stored, kind):
    sim.faults = [Fault(kind, "POST", "/token", times=None)]

    with pytest.raises(Unavailable):
        stored.source()(refresh=True)

    sim.faults = []
    assert stored.source()(refresh=True)


def test_a_throttled_token_endpoint_signs_nobody_out(sim, stored):
    body = {"error": "temporarily_unavailable", "error_codes": [90033]}
    sim.faults = [Fault("reply", "POST", "/token", status=429, body=body)]

    with pytest.raises(Unavailable, match="wait"):
        stored.source()(refresh=True)


def test_without_a_network_a_token_that_still_holds_is_used(sim, stored):
    sim.faults = [Fault("lost", "POST", "/token", times=None)]

    assert stored.source()()


def test_the_tenant_is_that_of_the_id_token(stored):
    assert stored.source().tenant_id() == TENANT


def test_no_credential_has_no_tenant(stored):
    with pytest.raises(AuthRequired):
        TokenSource(OURS, stored.session, "", stored.save, stored.reload, {}).tenant_id()


def test_nothing_secret_shows(stored):
    source = stored.source()
    token = source()

    assert token not in repr(source)
    assert token not in repr(vars(source).keys())


# --- Together with Graph ------------------------------------------------------------------------


@pytest.fixture
def graph(stored, sleeps):
    return GraphClient(
        ApiClient(
            "Microsoft 365", OURS.graph_base, stored.session, stored.source(), sleep=sleeps.append
        )
    )


def test_graph_is_asked_with_a_token_from_the_credential(graph):
    assert graph.get("/me")["userPrincipalName"] == USERNAME


def test_a_claims_challenge_is_met(sim, stored, graph):
    graph.get("/me")
    sim.challenge_claims(USERNAME)

    assert graph.get("/me")["userPrincipalName"] == USERNAME
    assert stored.saved == 1


def test_a_revoked_session_asks_to_sign_in_again(sim, graph):
    graph.get("/me")
    sim.revoke(USERNAME)

    with pytest.raises(AuthRequired):
        graph.get("/me")


def test_a_token_that_graph_calls_expired_is_refreshed_once(sim, stored, graph):
    expired = {
        "error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed"}
    }
    sim.faults = [Fault(path="/v1.0/me", status=401, body=expired)]

    assert graph.get("/me")["userPrincipalName"] == USERNAME
    assert stored.saved == 1


def test_the_id_token_of_the_credential_is_the_checked_one(stored):
    entries = json.loads(stored.credential)["IdToken"]
    claims = [
        jwt.decode(entry["secret"], options={"verify_signature": False})
        for entry in entries.values()
    ]

    assert [claim["tid"] for claim in claims] == [TENANT]
