"""The real MSAL and a person sign in at the simulated identity platform."""

from __future__ import annotations

import jwt
import pytest

from tests.simulator.conftest import ANNA, BACK, GRAPH, answer_of, sign_in, start


def test_a_code_becomes_tokens_and_the_access_token_reads_the_profile(sim, app, session):
    result = sign_in(sim, app)

    claims = result["id_token_claims"]
    profile = session.get(
        f"{GRAPH}/me", headers={"Authorization": f"Bearer {result['access_token']}"}
    )
    account = sim.accounts[ANNA]
    assert claims["preferred_username"] == ANNA
    assert (claims["tid"], claims["oid"]) == (account.tenant_id, account.object_id)
    assert profile.json()["userPrincipalName"] == ANNA
    assert profile.json()["id"] == account.object_id
    assert app.get_accounts()[0]["home_account_id"] == f"{account.object_id}.{account.tenant_id}"


def test_the_id_token_can_be_checked_with_the_published_key_and_issuer(sim, app, session):
    result = sign_in(sim, app)

    base = "https://login.microsoftonline.com/organizations"
    document = session.get(f"{base}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(session.get(document["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(result["id_token"])["kid"]]
    issuer = document["issuer"].replace("{tenantid}", result["id_token_claims"]["tid"])
    claims = jwt.decode(
        result["id_token"],
        key,
        ["RS256"],
        audience="client-1",
        issuer=issuer,
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    assert claims["name"] == "Anna Berg"
    assert claims["exp"] > claims["iat"] == claims["nbf"]


def test_discovery_sends_browsers_to_the_simulator_and_machines_to_the_real_host(sim, session):
    sim.origin = "http://localhost:9000"

    url = "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration"
    document = session.get(url).json()

    assert document["authorization_endpoint"].startswith("http://localhost:9000/organizations/")
    assert document["token_endpoint"].startswith("https://login.microsoftonline.com/organizations/")


def test_the_state_of_another_sign_in_is_refused(sim, app):
    flow, other = start(app), start(app)
    answer = answer_of(sim.authorize(other["auth_uri"], ANNA))

    with pytest.raises(ValueError, match="state"):
        app.acquire_token_by_auth_code_flow(flow, answer)


def test_the_nonce_comes_back(sim, app):
    flow = start(app)
    answer = answer_of(sim.authorize(flow["auth_uri"], ANNA))
    flow["nonce"] = "another"

    with pytest.raises(RuntimeError, match="nonce"):
        app.acquire_token_by_auth_code_flow(flow, answer)


def test_a_code_works_once(sim, app, make_app):
    flow = start(app)
    answer = answer_of(sim.authorize(flow["auth_uri"], ANNA))
    app.acquire_token_by_auth_code_flow(dict(flow), answer)

    again = make_app().acquire_token_by_auth_code_flow(flow, answer)

    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005])


def test_a_code_expires(sim, app, clock):
    flow = start(app)
    answer = answer_of(sim.authorize(flow["auth_uri"], ANNA))
    clock.sleep(601)

    result = app.acquire_token_by_auth_code_flow(flow, answer)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [70008])


def test_another_pkce_verifier_is_refused(sim, app):
    flow = start(app)
    answer = answer_of(sim.authorize(flow["auth_uri"], ANNA))
    flow["code_verifier"] = "x" * 43

    result = app.acquire_token_by_auth_code_flow(flow, answer)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [501481])


def test_declining_comes_back_as_access_denied(sim, app):
    flow = start(app)

    answer = answer_of(sim.authorize(flow["auth_uri"], ANNA, "cancel"))

    assert answer["error"] == "access_denied"
    assert "AADSTS65004" in answer["error_description"]
    assert app.acquire_token_by_auth_code_flow(flow, answer)["error"] == "access_denied"


def test_an_account_that_needs_its_administrator_is_told_so(sim, app, session):
    sim.add_account("bob@firm.example", "Bob", consent="admin")
    flow = start(app)

    page = session.post(flow["auth_uri"], {"account": "bob@firm.example"})
    answer = answer_of(sim.authorize(flow["auth_uri"], "bob@firm.example", "return"))

    assert "Need admin approval" in page.text
    assert answer["error"] == "access_denied"
    assert "AADSTS90094" in answer["error_description"]


def test_admin_consent_opens_the_tenant(sim, app, session):
    sim.add_account("bob@firm.example", "Bob", consent="admin")
    tenant = sim.accounts[ANNA].tenant_id
    url = (
        f"https://login.microsoftonline.com/{tenant}/v2.0/adminconsent?client_id=client-1"
        f"&redirect_uri={BACK}&state=s&scope=https://graph.microsoft.com/Contacts.ReadWrite"
        "+https://graph.microsoft.com/User.Read+offline_access"
    )

    asked = session.get(url)
    granted = session.post(url, {"decision": "accept"}, allow_redirects=False)

    assert "Permissions requested" in asked.text
    assert answer_of(granted.headers["Location"])["admin_consent"] == "True"
    assert answer_of(granted.headers["Location"])["state"] == "s"
    assert "access_token" in sign_in(sim, app, "bob@firm.example")


def test_a_refused_account_comes_back_declined(sim, app):
    sim.add_account("eve@firm.example", "Eve", consent="refused")
    flow = start(app)

    assert (
        answer_of(sim.authorize(flow["auth_uri"], "eve@firm.example"))["error"] == "access_denied"
    )


def test_the_account_chooser_lists_everybody_and_consent_is_asked_once(sim, session, app):
    sim.add_account("bob@firm.example", "Bob")
    flow = start(app, prompt="select_account")

    chooser = session.get(flow["auth_uri"])
    consent = session.post(flow["auth_uri"], {"account": ANNA})
    accepted = session.post(
        flow["auth_uri"], {"account": ANNA, "decision": "accept"}, allow_redirects=False
    )
    again = session.post(start(app)["auth_uri"], {"account": ANNA}, allow_redirects=False)

    assert ANNA in chooser.text and "bob@firm.example" in chooser.text
    assert "Have full access to your contacts" in consent.text
    assert "code" in answer_of(accepted.headers["Location"])
    assert "code" in answer_of(again.headers["Location"])


def test_without_a_prompt_the_signed_in_account_goes_straight_on(sim, session, app):
    sign_in(sim, app)
    cookie = {"Cookie": "SimulatedSession=anna%40firm.example"}

    straight = session.get(start(app)["auth_uri"], headers=cookie, allow_redirects=False)
    chooser = session.get(
        start(app, prompt="select_account")["auth_uri"], headers=cookie, allow_redirects=False
    )

    assert straight.status_code == 302
    assert "Pick an account" in chooser.text


def test_an_account_of_another_tenant_is_turned_away(sim, app):
    sim.add_account("out@other.example", tenant_id="00000000-0000-4000-8000-000000000001")
    address = start(app)["auth_uri"].replace("/organizations/", f"/{sim.accounts[ANNA].tenant_id}/")

    with pytest.raises(ValueError, match="AADSTS50020"):
        sim.authorize(address, "out@other.example")


def test_a_registered_application_needs_its_secret_and_redirect_address(sim, make_app, session):
    sim.register("client-1", "right", BACK)

    wrong = sign_in(sim, make_app("wrong"))
    right = sign_in(sim, make_app("right"))
    elsewhere = session.get(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"
        "?client_id=client-1&response_type=code&scope=openid&redirect_uri=https://evil.example/"
    )
    unknown = session.get(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"
        f"?client_id=client-2&response_type=code&scope=openid&redirect_uri={BACK}"
    )

    assert wrong["error_codes"] == [7000215]
    assert "access_token" in right
    assert "AADSTS50011" in elsewhere.text
    assert "AADSTS700016" in unknown.text


def test_plain_sign_in_needs_no_administrator_and_reads_no_contacts(sim, session):
    sim.add_account("bob@firm.example", "Bob", consent="admin")
    address = (
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?client_id=c"
        f"&response_type=code&scope=User.Read&state=s&redirect_uri={BACK}"
    )
    code = answer_of(sim.authorize(address, "bob@firm.example"))["code"]

    answer = session.post(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
        {
            "grant_type": "authorization_code",
            "client_id": "c",
            "client_secret": "s",
            "code": code,
            "redirect_uri": BACK,
        },
    ).json()

    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert session.get(f"{GRAPH}/me", headers=headers).json()["displayName"] == "Bob"
    refused = session.get(f"{GRAPH}/me/contacts", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")


def test_pages_escape_what_they_show(sim, session, app):
    sim.add_account("x@firm.example", "<script>alert(1)</script>")

    page = session.get(start(app, prompt="select_account")["auth_uri"])

    assert "<script>" not in page.text


def test_form_post_works_without_scripts(sim, session, app):
    flow = start(app, response_mode="form_post")

    page = session.post(flow["auth_uri"], {"account": ANNA, "decision": "accept"})

    assert f'action="{BACK}"' in page.text
    assert 'name="code"' in page.text
