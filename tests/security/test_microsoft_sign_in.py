"""Sign in with Microsoft: of the firm's tenants only, and of the person who signed in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from contacts_sync.accounts import SocialAccountAdapter
from contacts_sync.simulator.adapter import SimulatorAdapter
from contacts_sync.simulator.microsoft365 import Microsoft365
from contacts_sync.simulator.tokens import Tokens

pytestmark = pytest.mark.django_db
FOREIGN = "0f0f0f0f-0000-4000-8000-000000000009"


@pytest.fixture
def microsoft(monkeypatch):
    sim = Microsoft365()
    sim.add_account("alice@contoso.example", "Alice Adams")
    sim.add_account("alice@elsewhere.example", "Alice", tenant_id=FOREIGN)
    plain = SocialAccountAdapter.get_requests_session
    monkeypatch.setattr(
        SocialAccountAdapter,
        "get_requests_session",
        lambda self: SimulatorAdapter(sim).mount_on(plain(self)),
    )
    yield sim
    sim.close()


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    client.post(reverse("account_reauthenticate"), {"password": "correct horse"})
    return client


def connect(client, sim, username):
    away = client.post(reverse("microsoft_login"), query_params={"process": "connect"})
    back = urlsplit(sim.authorize(away.url, username))
    return client.get(f"{back.path}?{back.query}", follow=True)


def test_a_sign_in_that_waits_for_the_password_keeps_no_token(client, alice, microsoft):
    client.force_login(alice)

    asked = connect(client, microsoft, "alice@contoso.example")

    assert asked.redirect_chain[-1][0] == reverse("account_reauthenticate")
    assert "alice@contoso.example" in str(dict(client.session))
    assert "eyJ" not in str(dict(client.session))


def test_an_account_of_the_firm_is_connected(signed_in, microsoft, settings):
    tenant = microsoft.accounts["alice@contoso.example"].tenant_id
    settings.MICROSOFT_ALLOWED_TENANTS = [tenant.upper()]

    connect(signed_in, microsoft, "alice@contoso.example")

    assert SocialAccount.objects.count() == 1


def test_an_account_of_another_organization_is_not(signed_in, microsoft, settings):
    settings.MICROSOFT_ALLOWED_TENANTS = [microsoft.accounts["alice@contoso.example"].tenant_id]

    answer = connect(signed_in, microsoft, "alice@elsewhere.example")

    assert not SocialAccount.objects.exists()
    assert answer.status_code in (200, 401)
    assert answer.templates[0].name == "socialaccount/authentication_error.html"


@pytest.mark.parametrize("token", [None, "", "x.y.z", "no token at all"])
def test_without_an_id_token_nobody_is_connected(signed_in, microsoft, monkeypatch, token):
    monkeypatch.setattr(Tokens, "id_token", lambda self, *_args: token)

    connect(signed_in, microsoft, "alice@contoso.example")

    assert not SocialAccount.objects.exists()


def test_a_token_for_another_application_or_person_connects_nobody(
    signed_in, microsoft, monkeypatch
):
    made = Tokens.id_token
    other = microsoft.accounts["alice@elsewhere.example"]

    monkeypatch.setattr(
        Tokens, "id_token", lambda self, account, _client, nonce: made(self, account, "x", nonce)
    )
    connect(signed_in, microsoft, "alice@contoso.example")
    monkeypatch.setattr(
        Tokens, "id_token", lambda self, _account, client, nonce: made(self, other, client, nonce)
    )
    connect(signed_in, microsoft, "alice@contoso.example")

    assert not SocialAccount.objects.exists()
