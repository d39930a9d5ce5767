"""The second factor: demanded of staff where the firm says so, and its secrets encrypted."""

from __future__ import annotations

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse

from contacts_sync import accounts

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse"


def sign_in(client, user):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def confirm(client):
    """Say the password again, as whatever changes the way to sign in asks."""
    return client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def code(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def activate(client):
    """Set up a second factor as a person does: read the secret off the page, type a code."""
    confirm(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    return secret, client.post(reverse("mfa_activate_totp"), {"code": code(secret)})


@pytest.fixture
def demanded(settings):
    settings.REQUIRE_STAFF_MFA = True


def test_staff_without_a_second_factor_are_led_to_where_they_set_one_up(client, ada, demanded):
    sign_in(client, ada)

    for path in ("/settings/", "/admin/", "/admin/contacts_sync/contact/"):
        assert client.get(path).url == reverse("mfa_index")
    assert client.post("/admin/auth/user/add/", {"email": "x@firm.example"}).status_code == 302
    page = client.get("/settings/", follow=True).content.decode()
    assert "Your firm asks everybody who sees its contacts for a second factor." in page


def test_a_part_of_a_page_that_loads_by_itself_is_led_there_too(client, ada, demanded):
    sign_in(client, ada)

    answer = client.get("/settings/", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == reverse("mfa_index")


def test_once_it_is_set_up_everything_opens(client, ada, demanded):
    sign_in(client, ada)

    _secret, answer = activate(client)

    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_who_is_no_staff_and_who_signs_out_are_not_held_up(client, alice, ada, demanded):
    sign_in(client, alice)
    assert client.get("/settings/").status_code == 200
    client.logout()
    sign_in(client, ada)

    assert client.post(reverse("account_logout")).url == reverse("account_login")
    assert client.get("/healthz").status_code == 200


def test_without_the_switch_nobody_is_asked(client, ada):
    sign_in(client, ada)

    assert client.get("/admin/").status_code == 200


def test_a_password_alone_does_not_sign_in_who_has_a_second_factor(client, ada):
    sign_in(client, ada)
    secret, _answer = activate(client)
    other = Client()

    asked = sign_in(other, ada)
    assert asked.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in other.session

    from django.core.cache import cache

    cache.clear()  # a code is good for one use, and this minute's was used
    other.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert other.session["_auth_user_id"] == str(ada.pk)


def test_the_secrets_of_a_second_factor_are_not_in_the_database(client, ada):
    sign_in(client, ada)
    secret, _answer = activate(client)

    rows = list(Authenticator.objects.values_list("data", flat=True))

    assert len(rows) == 2, "the code generator and the recovery codes"
    assert secret not in str(rows)
    assert all(
        value.startswith("gAAAA")
        for row in rows
        for name, value in row.items()
        if name in ("secret", "seed")
    )


def test_rotation_moves_the_second_factors_to_the_first_key(client, ada, settings):
    sign_in(client, ada)
    secret, _answer = activate(client)
    old, new = settings.TOKEN_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()

    settings.TOKEN_ENCRYPTION_KEYS = [new, old]
    assert accounts.rotate() == (2, 0)
    settings.TOKEN_ENCRYPTION_KEYS = [new]

    sealed = Authenticator.objects.get(type="totp").data["secret"]
    assert get_adapter().decrypt(sealed) == secret
    assert accounts.rotate() == (2, 0)


def test_a_second_factor_whose_key_is_gone_lets_nobody_in(ada, settings):
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    settings.TOKEN_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    factor = TOTP(Authenticator.objects.get(type="totp"))

    assert not any(factor.validate_code(code(guess)) for guess in ("", "JBSWY3DPEHPK3PXP"))
    assert accounts.rotate() == (0, 1)


def test_a_person_sees_where_they_are_signed_in_and_ends_the_rest(client, alice):
    elsewhere = Client(headers={"User-Agent": "Somewhere else"})
    sign_in(elsewhere, alice)
    sign_in(client, alice)

    page = client.get(reverse("usersessions_list")).content.decode()
    client.post(reverse("usersessions_list"))

    assert "Somewhere else" in page
    assert UserSession.objects.count() == 1
    assert elsewhere.get("/settings/").status_code == 302
    assert client.get("/settings/").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "usersessions_list",
        "mfa_index",
        "mfa_activate_totp",
    ],
)
def test_the_pages_of_the_second_factor_hold_no_inline_code(client, ada, name):
    sign_in(client, ada)
    confirm(client)

    page = client.get(reverse(name), follow=True)

    text = page.content.decode()
    assert page.status_code == 200
    assert " style=" not in text
    assert "onclick" not in text
    assert "<script>" not in text


def test_changing_how_one_signs_in_asks_for_the_password_again(client, alice):
    client.force_login(alice)  # a session that somebody left open

    for name in ("mfa_activate_totp", "account_email", "mfa_add_webauthn"):
        answer = client.post(reverse(name), {"email": "eve@elsewhere.example", "action_add": ""})
        assert answer.url.startswith(reverse("account_reauthenticate")), name
