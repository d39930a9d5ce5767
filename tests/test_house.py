"""Settings that refuse, checks that explain, and the way in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.defaults import server_error

from contacts_sync.accounts import AccountAdapter, SocialAccountAdapter
from syncsite.settings import _kept

ROOT = Path(__file__).parent.parent
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "k3y-" * 16 + "abcdefgh",
    "TOKEN_ENCRYPTION_KEYS": "wOwqT0bG8rZ0v3m6h7sQmM0b3nq9c1l6eVb0n7yJx1M=",
    "ALLOWED_HOSTS": "sync.firm.example",
    "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/nobody-connects",
    "MICROSOFT_ALLOWED_TENANTS": "8b6f2c1e-0000-4000-8000-000000000001",
}
ACCOUNT_PAGES = [
    "account_change_password",
    "account_email",
    "account_logout",
    "mfa_index",
    "socialaccount_connections",
]


def manage(*arguments, **changes):
    environment = (
        os.environ | PRODUCTION | changes | {"DJANGO_SETTINGS_MODULE": "syncsite.settings"}
    )
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


# --- Settings


def test_a_complete_production_environment_passes_the_deployment_checks():
    result = manage("check", "--deploy", "--fail-level", "WARNING")

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "TOKEN_ENCRYPTION_KEYS", "MICROSOFT_ALLOWED_TENANTS"]
)
def test_production_does_not_start_without(name):
    result = manage("check", **{name: ""})

    assert result.returncode != 0
    assert result.stderr.startswith(f"{name} is not set.")  # a sentence, and no traceback


def test_production_does_not_start_beside_the_simulator():
    result = manage("check", MICROSOFT_SIMULATOR_URL="http://127.0.0.1:9000")

    assert result.returncode != 0
    assert result.stderr.startswith("MICROSOFT_SIMULATOR_URL is set")


def test_the_demo_starts_beside_the_simulator():
    result = manage("check", DEMO="true", MICROSOFT_SIMULATOR_URL="http://127.0.0.1:9000")

    assert result.returncode == 0, result.stderr


def test_a_generated_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "var" / "secret_key"

    first = _kept(path, lambda: "made first")
    second = _kept(path, lambda: "made again")

    assert (first, second) == ("made first", "made first")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements.txt"])
def test_requirements_are_pinned_by_hash_and_name_no_host(name):
    text = (ROOT / name).read_text()

    pins = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text


# --- Checks


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"TOKEN_ENCRYPTION_KEYS": []}, {"contacts_sync.E001"}),
        ({"TOKEN_ENCRYPTION_KEYS": ["short"]}, {"contacts_sync.E001"}),
        ({"MICROSOFT_SIMULATOR_URL": "http://127.0.0.1:9000"}, set()),
        ({"MICROSOFT_SIMULATOR_URL": "http://127.0.0.1:9000/path"}, {"contacts_sync.E002"}),
        ({"MICROSOFT_SIMULATOR_URL": "127.0.0.1:9000"}, {"contacts_sync.E002"}),
        (
            {
                "MICROSOFT_SIMULATOR_URL": "http://127.0.0.1:9000",
                "MICROSOFT_ALLOWED_TENANTS": ["a"],
                "TRIAL": False,
                "SQLITE": False,
            },
            {"contacts_sync.E002"},
        ),
        (
            {"Q_CLUSTER": {"workers": 2, "queue_limit": 2, "timeout": 600, "retry": 1800}},
            {"contacts_sync.E003"},
        ),
        ({"TRIAL": False, "SQLITE": False}, {"contacts_sync.E004"}),
        ({"MICROSOFT_GRAPH_URL": "http://graph.microsoft.com"}, {"contacts_sync.E005"}),
        ({"MICROSOFT_CLIENT_SECRET": ""}, {"contacts_sync.E006"}),
        (
            {"MICROSOFT_CLIENT_SECRET": "", "MICROSOFT_CLIENT_CERTIFICATE": "/no/such.pem"},
            {"contacts_sync.E007"},
        ),
        (
            {"TRIAL": False, "SQLITE": True, "MICROSOFT_ALLOWED_TENANTS": ["a"]},
            {"contacts_sync.W001"},
        ),
    ],
)
def test_checks_say_what_is_wrong(settings, changes, expected):
    for name, value in changes.items():
        setattr(settings, name, value)

    found = {message.id for message in run_checks() if message.id.startswith("contacts_sync.")}

    assert found == expected


# --- Signing in


class Page(HTMLParser):
    """What the tests ask of a page: its controls, labels, and whatever a strict policy refuses."""

    def __init__(self, html):
        super().__init__()
        self.controls, self.labels, self.refused, self.links = {}, set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        kind = attrs.get("type", "text")
        if tag in {"input", "select", "textarea"} and kind != "hidden":
            self.controls[attrs.get("id")] = attrs
        if tag == "label":
            self.labels.add(attrs.get("for"))
        if tag == "style" or "style" in attrs or any(name.startswith("on") for name in attrs):
            self.refused.append(self.get_starttag_text())
        if tag == "script" and "src" not in attrs and kind != "application/json":
            self.refused.append(self.get_starttag_text())
        self.links += [attrs[name] for name in ("src", "href", "action") if name in attrs]


def assert_sound(response):
    page = Page(response.content.decode())
    assert page.refused == []
    assert [link for link in page.links if "//" in link] == [], (
        "a page loads nothing from elsewhere"
    )
    assert set(page.controls) <= page.labels, "every control has a label"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "socialaccount_signup"]
)
def test_pages_before_sign_in_are_ours(client, name):
    response = client.get(reverse(name), follow=True)

    assert response.status_code == 200
    assert_sound(response)
    assert "Contact Sync</title>" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_account_pages_are_ours(client, alice, name):
    client.force_login(alice)

    response = client.get(reverse(name))

    assert response.status_code == 200
    assert_sound(response)
    assert "alice@firm.example" in response.content.decode()


@pytest.mark.django_db
def test_a_person_signs_in_by_email_and_gets_to_the_settings(client, alice):
    response = client.post(
        reverse("account_login"), {"login": "Alice@firm.example", "password": "correct horse"}
    )

    assert response.status_code == 302
    assert response.url == "/settings/"


@pytest.mark.django_db
def test_a_wrong_password_is_told_without_naming_the_half_that_was_wrong(client, alice):
    response = client.post(
        reverse("account_login"), {"login": "alice@firm.example", "password": "wrong"}
    )

    assert response.status_code == 200
    assert "are not correct" in response.content.decode()


@pytest.mark.django_db
def test_the_sixth_wrong_password_is_not_even_looked_at(client, alice):
    for _ in range(6):
        client.post(reverse("account_login"), {"login": alice.email, "password": "wrong"})

    response = client.post(
        reverse("account_login"), {"login": alice.email, "password": "correct horse"}
    )

    assert response.status_code in {200, 429}
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_nobody_signs_up(client, django_user_model, rf):
    client.post(
        reverse("account_signup"),
        {"email": "eve@elsewhere.example", "password1": "x" * 20, "password2": "x" * 20},
    )

    assert not django_user_model.objects.exists()
    assert not AccountAdapter().is_open_for_signup(rf.get("/"))
    assert not SocialAccountAdapter().is_open_for_signup(rf.get("/"), None)


@pytest.mark.django_db
def test_microsoft_is_offered_only_where_it_is_configured(client, settings):
    with_it = client.get(reverse("account_login")).content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"microsoft": {"APPS": []}}
    without = client.get(reverse("account_login")).content.decode()

    assert "Sign in with Microsoft" in with_it
    assert "Sign in with Microsoft" not in without


@pytest.mark.django_db
def test_sign_in_at_microsoft_starts_with_a_post(client):
    response = client.post(reverse("microsoft_login"))

    assert response.status_code == 302
    assert response.url.startswith(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?"
    )


@pytest.mark.django_db
def test_the_admin_sends_strangers_to_the_one_sign_in(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)


@pytest.mark.django_db
def test_the_admin_is_closed_to_who_is_no_staff(client, alice):
    client.force_login(alice)

    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.django_db
def test_the_bar_offers_the_admin_to_staff_only(client, alice, ada):
    client.force_login(alice)
    for_alice = Page(client.get(reverse("account_email")).content.decode())
    client.force_login(ada)
    for_ada = Page(client.get(reverse("account_email")).content.decode())

    assert "/admin/" not in for_alice.links
    assert "/admin/" in for_ada.links


# --- What browsers may do


@pytest.mark.django_db
def test_our_pages_allow_no_code_but_files_of_ours(client, ada):
    client.force_login(ada)

    ours = client.get(reverse("account_email"))["Content-Security-Policy"]
    admin = client.get("/admin/")["Content-Security-Policy"]

    assert "unsafe" not in ours
    assert "default-src 'self'" in ours
    assert "script-src 'self' 'unsafe-eval'" in admin
    assert "script-src 'self' 'unsafe-inline'" not in admin


def test_error_pages_need_neither_a_person_nor_a_database(rf):
    assert b"Something went wrong here" in server_error(rf.get("/")).content
    for name in ("403.html", "404.html"):
        assert "Go to Settings" in render_to_string(name)


def test_production_can_collect_its_static_files(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    assert (tmp_path / "staticfiles.json").exists()
