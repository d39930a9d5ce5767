"""What a refusal looks like: a page of ours, a sentence, and nothing of how we are built."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_on_a_server(settings):
    settings.DEBUG = False


def test_a_form_without_its_token_is_told_what_to_do(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    page = browser.post("/settings/contact-and-calendar-sync/office365/authorize/")

    assert page.status_code == 403
    assert "This was not sent" in page.content.decode()
    assert "CSRF verification" not in page.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/settings/?q=%00", 400, "This was not understood"),
        ("/no/such/page/", 404, "There is no such page"),
    ],
)
def test_other_refusals_are_pages_of_ours(client, alice, path, status, sentence):
    client.force_login(alice)

    page = client.get(path)

    assert page.status_code == status
    assert sentence in page.content.decode()
    assert "Django" not in page.content.decode()


def test_a_host_that_is_not_ours_gets_no_page(client):
    page = client.get("/accounts/login/", headers={"Host": "evil.example"})

    assert page.status_code == 400
    assert "evil" not in page.content.decode()


def test_guessing_from_one_place_ends_whatever_address_the_guesser_claims(client, alice, settings):
    """The proxy appends the address that it saw; what stands before it was made up."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def sign_in(number, seen, password="wrong", email=None):
        client.post(
            reverse("account_login"),
            {"login": email or f"x{number}@firm.example", "password": password},
            headers={"X-Forwarded-For": f"9.9.9.{number}, {seen}"},
        )
        return "_auth_user_id" in client.session

    for number in range(10):
        sign_in(number, "10.0.0.1")

    assert not sign_in(11, "10.0.0.1", "correct horse", alice.email)
    assert sign_in(11, "10.0.0.2", "correct horse", alice.email)
