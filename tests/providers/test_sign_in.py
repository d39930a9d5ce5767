"""Signing in: how it goes well, and each way it does not."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from requests.adapters import BaseAdapter

from contacts_sync.providers.account import Account
from contacts_sync.providers.errors import (
    AuthRequired,
    ConsentRequired,
    Misconfigured,
    ProviderError,
    Unavailable,
)
from contacts_sync.providers.http import Session
from contacts_sync.providers.microsoft365 import refusals
from contacts_sync.providers.microsoft365.auth import (
    Registration,
    admin_consent_url,
    begin_sign_in,
    finish_sign_in,
)
from contacts_sync.providers.microsoft365.refusals import (
    REFUSALS,
    ConsentRefused,
    ForeignTenant,
    SignInFailed,
    sign_in_refusal,
)
from contacts_sync.simulator import Fault, SimulatorAdapter
from contacts_sync.simulator.accounts import TENANT
from tests.providers.conftest import NOW, USERNAME

BACK = "https://sync.firm.example/callback/"
OURS = Registration("client-1", client_secret="s3cret-value")


class SignIn:
    """A person who signs in, and the browser in between."""

    def __init__(self, sim, session, registration=OURS):
        self.sim, self.session, self.registration = sim, session, registration
        self.http_cache = {}

    def begin(self):
        return begin_sign_in(self.registration, self.session, BACK, self.http_cache)

    def consent(self, flow, username=USERNAME, decision="accept"):
        address = self.sim.authorize(flow["auth_uri"], username, decision)
        assert address.startswith(BACK)
        return dict(parse_qsl(urlsplit(address).query))

    def finish(self, flow, query, tenants=(TENANT,), now=NOW):
        return finish_sign_in(
            self.registration, self.session, flow, query, tenants, self.http_cache, lambda: now
        )

    def whole(self, username=USERNAME, decision="accept", **options):
        flow = self.begin()
        return self.finish(flow, self.consent(flow, username, decision), **options)


@pytest.fixture
def sign_in(sim, session):
    return SignIn(sim, session)


# --- It goes well -------------------------------------------------------------------------------


def test_a_person_signs_in(sim, sign_in):
    signed_in = sign_in.whole()

    assert signed_in.account == Account(
        TENANT, sim.accounts[USERNAME].object_id, USERNAME, "Anna Ash"
    )
    assert json.loads(signed_in.credential)["RefreshToken"]


def test_the_person_chooses_the_account_and_sees_what_is_asked(sign_in):
    flow = sign_in.begin()
    asked = dict(parse_qsl(urlsplit(flow["auth_uri"]).query))

    assert asked["prompt"] == "select_account"
    assert set(asked["scope"].split()) == {
        "User.Read", "Contacts.ReadWrite", "openid", "profile", "offline_access",
    }  # fmt: skip
    assert asked["redirect_uri"] == BACK
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"] != flow["nonce"]
    assert asked.get("response_mode", "query") == "query"


def test_the_flow_fits_into_a_session(sign_in):
    flow = sign_in.begin()

    assert json.loads(json.dumps(flow)) == flow


def test_beginning_warns_of_nothing(sign_in):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert sign_in.begin()


def test_discovery_is_asked_for_once_for_all_accounts(sim, sign_in):
    sign_in.begin()
    sign_in.begin()

    assert len(sim.requests(path="openid-configuration")) == 1


def test_no_list_of_tenants_allows_all(sign_in):
    assert sign_in.whole(tenants=()).account.tenant_id == TENANT


def test_tenants_are_compared_without_case(sign_in):
    assert sign_in.whole(tenants=("other", TENANT.upper())).account.tenant_id == TENANT


def test_a_tenant_of_our_own_works_as_authority(sim, session):
    registration = Registration("client-1", client_secret="s", tenant=TENANT)

    assert SignIn(sim, session, registration).whole().account.tenant_id == TENANT


def test_clocks_may_differ_a_little(sign_in):
    early, late = NOW - timedelta(seconds=100), NOW + timedelta(seconds=3600 + 100)

    assert sign_in.whole(now=early)
    assert sign_in.whole(now=late)


def test_nothing_secret_shows(sign_in):
    signed_in = sign_in.whole()

    assert "secret" not in repr(signed_in).replace("client_secret", "")
    assert json.loads(signed_in.credential)["RefreshToken"]
    assert "refresh" not in repr(signed_in).lower()
    assert "s3cret-value" not in repr(OURS)
    assert "BEGIN" not in repr(Registration("c", certificate="-----BEGIN PRIVATE KEY-----"))


# --- The person or the tenant says no -----------------------------------------------------------


def test_who_cancels_is_told_so(sign_in):
    with pytest.raises(ConsentRefused, match="declined"):
        sign_in.whole(decision="cancel")


def test_a_tenant_that_withholds_consent_asks_for_an_administrator(sim, sign_in):
    sim.accounts[USERNAME].consent = "admin"

    with pytest.raises(ConsentRequired, match="administrator"):
        sign_in.whole(decision="return")


def test_an_administrator_can_agree_by_link(sim, sign_in):
    sim.accounts[USERNAME].consent = "admin"
    link = admin_consent_url(OURS, sign_in.session, BACK, "state-1", sign_in.http_cache)
    asked = dict(parse_qsl(urlsplit(link).query))

    assert link.startswith("https://login.microsoftonline.com/organizations/v2.0/adminconsent?")
    assert asked == {
        "client_id": "client-1",
        "redirect_uri": BACK,
        "scope": "https://graph.microsoft.com/User.Read https://graph.microsoft.com/Contacts.ReadWrite",
        "state": "state-1",
    }
    sim.grant_admin_consent(TENANT, "client-1", set())
    assert sign_in.whole()


def test_an_account_of_another_firm_is_refused_by_name(sim, sign_in):
    other = "99999999-2222-4333-8444-555555555555"
    sim.add_account("eve@other.example", tenant_id=other)

    with pytest.raises(ForeignTenant) as caught:
        sign_in.whole("eve@other.example")

    assert "eve@other.example" in str(caught.value)
    assert other in str(caught.value)


def test_half_a_consent_is_none(sim, sign_in, change_token_answer):
    change_token_answer(lambda answer: answer.update(scope="User.Read openid profile"))

    with pytest.raises(ConsentRefused, match=r"Contacts\.ReadWrite"):
        sign_in.whole()


# --- The way back is not the way out ------------------------------------------------------------


def test_another_state_is_refused(sign_in):
    flow = sign_in.begin()
    query = sign_in.consent(flow)

    with pytest.raises(SignInFailed, match="Start again"):
        sign_in.finish(flow, {**query, "state": "forged"})


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": ""}])
def test_a_way_back_without_a_state_is_refused(sign_in, query):
    with pytest.raises(SignInFailed):
        sign_in.finish(sign_in.begin(), query)


def test_without_a_flow_nothing_is_finished(sign_in):
    with pytest.raises(SignInFailed):
        sign_in.finish({}, {"code": "x", "state": "y"})


def test_a_way_back_with_neither_code_nor_error_is_refused(sign_in):
    flow = sign_in.begin()

    with pytest.raises(ProviderError):
        sign_in.finish(flow, {"state": flow["state"]})


def test_a_code_works_once(sign_in):
    flow = sign_in.begin()
    query = sign_in.consent(flow)
    sign_in.finish(flow, query)

    with pytest.raises(AuthRequired, match="already used"):
        sign_in.finish(flow, query)


def test_a_code_of_another_flow_is_refused(sign_in):
    flow, other = sign_in.begin(), sign_in.begin()
    query = sign_in.consent(other)

    with pytest.raises(AuthRequired):
        sign_in.finish(flow, {**query, "state": flow["state"]})


def test_another_nonce_is_refused(sign_in):
    flow = sign_in.begin()
    query = sign_in.consent(flow)

    with pytest.raises(SignInFailed):
        sign_in.finish({**flow, "nonce": "other"}, query)


# --- The id token -------------------------------------------------------------------------------


class Between(BaseAdapter):
    """Changes what the token endpoint answers, or signs id tokens with a key of its own."""

    def __init__(self, sim):
        super().__init__()
        self.inner = SimulatorAdapter(sim)
        self.change = lambda answer: None
        self.key = None

    def send(self, request, **options):
        response = self.inner.send(request)
        if request.url.endswith("/token") and response.status_code == 200:
            answer = response.json()
            self.change(answer)
            response._content = json.dumps(answer).encode()
        return response

    def close(self):
        """Nothing to close."""


@pytest.fixture
def between(sim, session):
    adapter = Between(sim)
    session.mount("https://login.microsoftonline.com/", adapter)
    return adapter


@pytest.fixture
def change_token_answer(between):
    def change(how):
        between.change = how

    return change


@pytest.fixture(scope="module")
def foreign_key():
    return generate_private_key(65537, 2048)


@pytest.fixture
def with_claims(sim, change_token_answer):
    """Let Microsoft's own key sign other claims."""

    def change(algorithm="RS256", key=..., kid=None, **changes):
        def forge(answer):
            token = answer["id_token"]
            claims = jwt.decode(token, options={"verify_signature": False})
            claims = {k: v for k, v in {**claims, **changes}.items() if v is not None}
            header = {"kid": kid or jwt.get_unverified_header(token)["kid"]}
            signer = sim.tokens._private_key() if key is ... else key
            answer["id_token"] = jwt.encode(claims, signer, algorithm, headers=header)

        change_token_answer(forge)

    return change


STAMP = int(NOW.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "https://login.microsoftonline.com/other/v2.0"},
        {"iss": f"https://evil.example/{TENANT}/v2.0"},
        {"iss": None},
        {"tid": "other"},
        {"tid": None},
        {"oid": None},
        {"exp": STAMP - 200},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": STAMP + 200},
        {"nonce": "other"},
        {"nonce": None},
        {"kid": "unknown"},
    ],
    ids=str,
)
def test_an_id_token_with_another_claim_is_refused(sign_in, with_claims, changes):
    with_claims(**changes)

    with pytest.raises(SignInFailed, match="Start again"):
        sign_in.whole(tenants=())


@pytest.mark.parametrize(
    "changes", [{"exp": STAMP - 7200}, {"nbf": STAMP + 7200}], ids=["+2h", "-2h"]
)
def test_a_clock_that_is_off_is_named(sign_in, with_claims, changes):
    with_claims(**changes)

    with pytest.raises(SignInFailed, match="the clock of this server is off"):
        sign_in.whole(tenants=())


def test_an_id_token_of_another_key_is_refused(sign_in, with_claims, foreign_key):
    with_claims(key=foreign_key)

    with pytest.raises(SignInFailed, match="verified"):
        sign_in.whole()


def test_an_id_token_signed_with_a_shared_secret_is_refused(sign_in, with_claims):
    with_claims(algorithm="HS256", key="client-1" * 8)

    with pytest.raises(SignInFailed, match="verified"):
        sign_in.whole()


def test_an_unsigned_id_token_is_refused(sign_in, with_claims):
    with_claims(algorithm="none", key=None)

    with pytest.raises(SignInFailed, match="verified"):
        sign_in.whole()


def test_a_missing_id_token_is_refused(sign_in, change_token_answer):
    change_token_answer(lambda answer: answer.pop("id_token"))

    with pytest.raises(SignInFailed):
        sign_in.whole()


# --- Our own settings, and the network ----------------------------------------------------------


def test_an_expired_secret_is_the_operators_matter(sim, sign_in):
    sim.behaviour.secret_expired = True

    with pytest.raises(Misconfigured, match="secret"):
        sign_in.whole()


def test_a_wrong_secret_is_the_operators_matter(sim, sign_in):
    sim.register("client-1", "the right one", BACK)

    with pytest.raises(Misconfigured) as caught:
        sign_in.whole()
    assert "s3cret-value" not in str(caught.value)


def test_an_unknown_tenant_is_the_operators_matter(sim, session):
    sim.faults = [Fault(path="openid-configuration", status=400, body={"error": "invalid_tenant"})]

    with pytest.raises(Misconfigured, match=r"firm\.example"):
        SignIn(sim, session, Registration("c", "s", tenant="firm.example")).begin()


def test_a_certificate_that_is_none_is_the_operators_matter(sim, session):
    with pytest.raises(Misconfigured) as caught:
        SignIn(sim, session, Registration("c", certificate="-----BEGIN nonsense")).begin()
    assert "nonsense" not in str(caught.value)


@pytest.mark.parametrize("kind", ["html", "lost", "timeout", "reply", "truncated", "empty"])
@pytest.mark.parametrize("path", ["openid-configuration", "/token", "/keys"])
def test_trouble_on_the_way_is_told_and_does_not_last(sim, sign_in, kind, path):
    sim.faults = [Fault(kind, path=path, status=200 if kind == "empty" else 503)]

    with pytest.raises(Unavailable, match="sign-in"):
        sign_in.whole()

    sign_in.http_cache.clear() if kind == "reply" else None  # MSAL waits some seconds after a 503
    assert sign_in.whole()


def test_a_redirect_is_not_followed_with_our_secret(sim, sign_in):
    sim.faults = [Fault(path="/token", status=307, headers={"Location": "https://evil.example/"})]

    with pytest.raises(Unavailable):
        sign_in.whole()


def test_half_a_token_answer_is_not_logged(sim, sign_in, caplog):
    caplog.set_level(logging.DEBUG)
    sim.faults = [Fault("truncated", path="/token")]

    with pytest.raises(Unavailable):
        sign_in.whole()

    assert "access_token" not in caplog.text


def test_a_sign_in_leaves_no_secret_in_the_log(sign_in, caplog):
    caplog.set_level(logging.DEBUG)
    signed_in = sign_in.whole()

    entries = json.loads(signed_in.credential)
    secrets = [
        entry["secret"]
        for kind in ("AccessToken", "RefreshToken", "IdToken")
        for entry in entries[kind].values()
    ]
    for secret in [*secrets, "s3cret-value"]:
        assert secret not in caplog.text


# --- The closed list ----------------------------------------------------------------------------

EXPECTED = {
    50173: AuthRequired,
    700082: AuthRequired,
    70043: AuthRequired,
    70008: AuthRequired,
    70000: AuthRequired,
    54005: SignInFailed,
    501481: SignInFailed,
    65001: ConsentRequired,
    65004: ConsentRefused,
    90094: ConsentRequired,
    50076: AuthRequired,
    50079: AuthRequired,
    50074: AuthRequired,
    50078: AuthRequired,
    53003: AuthRequired,
    53000: AuthRequired,
    53001: AuthRequired,
    50057: AuthRequired,
    50105: AuthRequired,
    50020: AuthRequired,
    50034: AuthRequired,
    50194: Misconfigured,
    7000215: Misconfigured,
    7000222: Misconfigured,
    7000218: Misconfigured,
    70002: Misconfigured,
    700016: Misconfigured,
    50011: Misconfigured,
    70011: Misconfigured,
    50196: Unavailable,
    90033: Unavailable,
    "invalid_grant": AuthRequired,
    "interaction_required": AuthRequired,
    "login_required": AuthRequired,
    "consent_required": ConsentRequired,
    "access_denied": ConsentRefused,
    "invalid_client": Misconfigured,
    "unauthorized_client": Misconfigured,
    "invalid_request": Misconfigured,
    "invalid_scope": Misconfigured,
    "temporarily_unavailable": Unavailable,
    "server_error": Unavailable,
}


def test_the_list_is_closed():
    assert {row.number or row.error: row.raises for row in REFUSALS} == EXPECTED
    assert all(row.says and row.source for row in REFUSALS)


@pytest.mark.parametrize("key", EXPECTED)
def test_each_row_of_the_list(key):
    if isinstance(key, int):
        answers = [
            {"error": "invalid_grant", "error_codes": [key]},
            {"error": "other", "error_description": f"AADSTS{key}: text. Trace ID: 1"},
        ]
    else:
        answers = [{"error": key}, {"error": key, "error_codes": [1], "suberror": "x"}]

    for answer in answers:
        found = sign_in_refusal(answer)
        assert type(found) is EXPECTED[key]
        assert str(key) in str(found) or "AADSTS1" in str(found)


@pytest.mark.parametrize(
    "answer",
    [{"error": "strange"}, {}, {"error": "strange", "error_codes": [123456]}, {"error_codes": "x"}],
)
def test_what_is_not_on_the_list_is_loud(answer):
    found = sign_in_refusal(answer)

    assert type(found) is Unavailable
    assert "do not know" in str(found)


def test_a_description_is_never_shown():
    answer = {
        "error": "invalid_grant",
        "error_description": "AADSTS50173: anna@firm.example said so",
    }

    assert "anna" not in str(sign_in_refusal(answer))
    assert "50173" in str(sign_in_refusal(answer))


def test_every_sentence_says_what_to_do():
    sentences = [
        text for name, text in vars(refusals).items() if name.isupper() and isinstance(text, str)
    ]

    assert len(sentences) > 15
    assert all(text.endswith(".") and "\n" not in text for text in sentences)


def test_the_session_in_use_is_ours(session):
    assert isinstance(session, Session)
    assert isinstance(session, requests.Session)
