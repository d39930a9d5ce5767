"""Signing in with a Microsoft account, against the simulator."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.urls import reverse

from contacts_sync.accounts import SocialAccountAdapter
from contacts_sync.simulator.adapter import SimulatorAdapter
from contacts_sync.simulator.microsoft365 import Microsoft365

pytestmark = pytest.mark.django_db


@pytest.fixture
def microsoft(monkeypatch):
    """Microsoft 365 with Alice's work account, reached by allauth's sessions."""
    sim = Microsoft365()
    sim.add_account("alice@contoso.example", "Alice Adams")
    plain = SocialAccountAdapter.get_requests_session

    monkeypatch.setattr(
        SocialAccountAdapter,
        "get_requests_session",
        lambda self: SimulatorAdapter(sim).mount_on(plain(self)),
    )
    yield sim
    sim.close()


def go_to_microsoft(client, sim, **start):
    """Press the button, choose the account there, come back."""
    away = client.post(reverse("microsoft_login"), query_params=start)
    back = urlsplit(sim.authorize(away.url, "alice@contoso.example"))
    return client.get(f"{back.path}?{back.query}", follow=True)


def test_a_connected_microsoft_account_signs_its_owner_in(client, alice, microsoft):
    client.force_login(alice)
    asked = go_to_microsoft(client, microsoft, process="connect")
    assert asked.redirect_chain[-1][0] == reverse("account_reauthenticate")
    client.post(reverse("account_reauthenticate"), {"password": "correct horse"})
    client.logout()

    go_to_microsoft(client, microsoft)

    assert client.session["_auth_user_id"] == str(alice.pk)
    assert not SocialToken.objects.exists(), "signing in gives no access to a mailbox"


def test_a_stranger_is_told_how_to_get_in(client, alice, microsoft):
    response = go_to_microsoft(client, microsoft)

    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert "No account yet" in response.content.decode()


def test_the_same_email_address_at_microsoft_opens_nothing(client, django_user_model, microsoft):
    django_user_model.objects.create_user("alice", "alice@contoso.example", "correct horse")

    go_to_microsoft(client, microsoft)

    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
