"""Tokens as the real MSAL meets them: refreshed, rotated, revoked, refused."""

from __future__ import annotations

import msal
import pytest
import requests

from contacts_sync.simulator import Fault, Microsoft365, SimulatorAdapter, throttled
from tests.simulator.conftest import ANNA, GRAPH, SCOPES, sign_in


def test_a_second_silent_call_makes_no_request(sim, app):
    sign_in(sim, app)
    sim.forget_requests()

    result = app.acquire_token_silent(SCOPES, app.get_accounts()[0])

    assert result["access_token"]
    assert sim.requests() == []


def test_refresh_tokens_rotate_and_the_old_one_still_works(sim, app, make_app):
    first = sign_in(sim, app)

    second = make_app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)
    third = make_app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    assert second["refresh_token"] != first["refresh_token"]
    assert "access_token" in third


def test_strict_rotation_refuses_a_used_refresh_token(sim, app, make_app):
    sim.behaviour.refresh_rotation = "strict"
    first = sign_in(sim, app)
    make_app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    again = make_app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    assert (again["error"], again["suberror"]) == ("invalid_grant", "bad_token")


def test_a_silent_call_refreshes_what_expired(sim, app, clock):
    sim.behaviour.token_lifetime = 200  # MSAL serves nothing with less than five minutes left.
    first = sign_in(sim, app)

    second = app.acquire_token_silent_with_error(SCOPES, app.get_accounts()[0])

    assert second["access_token"] != first["access_token"]


def test_revoking_ends_refreshes_and_access(sim, app, session):
    sim.behaviour.token_lifetime = 200
    first = sign_in(sim, app)

    sim.revoke(ANNA)

    refused = app.acquire_token_silent_with_error(SCOPES, app.get_accounts()[0])
    me = session.get(f"{GRAPH}/me", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [50173])
    assert me.status_code == 401
    assert me.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_withdrawn_consent_ends_refreshes(sim, app):
    sim.behaviour.token_lifetime = 200
    sign_in(sim, app)

    sim.withdraw_consent(ANNA)

    refused = app.acquire_token_silent_with_error(SCOPES, app.get_accounts()[0])
    assert (refused["error_codes"], refused["suberror"]) == ([65001], "consent_required")


def test_an_expired_secret_fails_for_everybody(sim, app):
    sim.behaviour.secret_expired = True

    result = sign_in(sim, app)

    assert (result["error"], result["error_codes"]) == ("invalid_client", [7000222])


def test_trouble_at_the_token_endpoint_looks_to_msal_like_the_real_one(sim, app, make_app, session):
    first = sign_in(sim, app)
    token = first["refresh_token"]

    sim.faults = [Fault("empty", path="/token", status=503)]
    with pytest.raises(msal.exceptions.MsalServiceError):
        make_app().acquire_token_by_refresh_token(token, SCOPES)
    sim.faults = [Fault("lost", path="/token")]
    with pytest.raises(requests.ConnectionError):
        make_app().acquire_token_by_refresh_token(token, SCOPES)
    sim.faults = [Fault("html", path="/token")]
    with pytest.raises(ValueError):
        make_app().acquire_token_by_refresh_token(token, SCOPES)
    sim.faults = [throttled("5", path="/token")]
    assert "error" in make_app().acquire_token_by_refresh_token(token, SCOPES)


def test_a_claims_challenge_is_answered_by_fresh_claims(sim, app, graph, session):
    first = sign_in(sim, app)
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    sim.challenge_claims(ANNA)

    challenged = session.get(f"{GRAPH}/me", headers=headers)
    again = app.acquire_token_silent_with_error(
        SCOPES, app.get_accounts()[0], claims_challenge='{"access_token":{}}'
    )

    assert challenged.status_code == 401
    assert 'error="insufficient_claims"' in challenged.headers["WWW-Authenticate"]
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert session.get(f"{GRAPH}/me", headers=headers).status_code == 200


def test_two_services_of_a_process_do_not_share_tokens(session, sim):
    other = Microsoft365()
    other.add_account(ANNA)
    token = other.access_token(ANNA)

    answer = (
        SimulatorAdapter(sim)
        .mount_on(requests.Session())
        .get(f"{GRAPH}/me", headers={"Authorization": f"Bearer {token}"})
    )

    assert answer.status_code == 401
