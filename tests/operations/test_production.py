"""The environment of a server: refused with all that is missing, and clean when complete."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.checks import run_checks

ROOT = Path(__file__).parent.parent.parent
COMPLETE = {
    "DEBUG": "",
    "DEMO": "",
    "SECRET_KEY": "k3y-" * 16 + "abcdefgh",
    "TOKEN_ENCRYPTION_KEYS": "wOwqT0bG8rZ0v3m6h7sQmM0b3nq9c1l6eVb0n7yJx1M=",
    "ALLOWED_HOSTS": "sync.firm.example",
    "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/nobody-connects",
    "EMAIL_URL": "smtp+tls://sync:password@mail.firm.example:587/",
    "MICROSOFT_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "MICROSOFT_CLIENT_SECRET": "a-secret",
    "MICROSOFT_ALLOWED_TENANTS": "8b6f2c1e-0000-4000-8000-000000000001",
}


def manage(*arguments, **changes):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | COMPLETE | changes | {"DJANGO_SETTINGS_MODULE": "syncsite.settings"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_complete_environment_passes_the_deployment_checks_without_a_word():
    result = manage("check", "--deploy", "--fail-level", "WARNING")

    assert (result.returncode, result.stdout) == (
        0,
        "System check identified no issues (2 silenced).\n",
    ), result.stderr


def test_everything_that_is_missing_is_said_at_once_and_no_value_is_shown():
    result = manage(
        "check",
        SECRET_KEY="",
        ALLOWED_HOSTS="",
        EMAIL_URL="",
        MICROSOFT_ALLOWED_TENANTS="",
        TOKEN_ENCRYPTION_KEYS="no-key-of-ours",
        CREATE_SETTLE_SECONDS="soon",
        RETENTION_TRASH_DAYS="0",
        MICROSOFT_SIMULATOR_URL="http://127.0.0.1:9000",
        LOG_FORMAT="xml",
        TIME_ZONE="Berlin",
        SITE_URL="sync.firm.example",
    )

    said = result.stderr
    assert result.returncode != 0
    for sentence in (
        "SECRET_KEY is not set. Give it in the environment or in .env;",
        "ALLOWED_HOSTS is not set. Give the name under which people reach this site.",
        "EMAIL_URL is not set. Invitations, forgotten passwords and alerts go by mail:",
        "MICROSOFT_ALLOWED_TENANTS is not set. Give the firm's Microsoft 365 tenant id",
        "Key 1 of TOKEN_ENCRYPTION_KEYS is not a key: 32 bytes in URL-safe base64.",
        "CREATE_SETTLE_SECONDS is not a whole number of at least 0.",
        "RETENTION_TRASH_DAYS is not a whole number of at least 1.",
        "MICROSOFT_SIMULATOR_URL is set, and neither DEBUG nor the demo is on.",
        "LOG_FORMAT is neither plain nor json.",
        "TIME_ZONE is no time zone: Berlin. Name one like Europe/Berlin.",
        "SITE_URL is not an origin like https://sync.firm.example.",
    ):
        assert sentence in said
    assert "no-key-of-ours" not in result.stderr


def test_what_root_collects_the_service_can_read(tmp_path):
    """The pages run as another user than the one who installs, and did not start."""
    collect = f"""
import os
from django.core.management import call_command
from django.test import override_settings
os.umask(0o077)
with override_settings(STATIC_ROOT={str(tmp_path / "static")!r}):
    call_command("collectstatic", interactive=False, verbosity=0)
"""
    result = manage("shell", "-c", collect)

    assert result.returncode == 0, result.stderr
    found = [path for path in (tmp_path / "static").rglob("*") if path.suffix != ".gz"]
    assert (tmp_path / "static" / "staticfiles.json") in found
    assert [path for path in found if not path.stat().st_mode & 0o004] == []


def test_a_refusal_is_a_sentence_and_no_traceback():
    result = manage("check", "--deploy", SECRET_KEY="")

    assert result.returncode == 1
    assert result.stderr.startswith("SECRET_KEY is not set.")
    assert "Traceback" not in result.stderr


def test_sentry_is_asked_for_only_where_it_is_installed():
    result = manage("check", SENTRY_DSN="https://key@sentry.firm.example/1")

    assert "SENTRY_DSN is set, and sentry-sdk is not installed" in result.stderr


@pytest.fixture
def production(settings):
    settings.TRIAL, settings.SQLITE = False, False
    settings.MICROSOFT_ALLOWED_TENANTS = ["a"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def found():
    return {one.id for one in run_checks() if one.id.startswith("contacts_sync.")}


@pytest.mark.parametrize("backend", ["dummy", "console"])
def test_a_server_without_mail_is_warned(production, settings, backend):
    assert found() == set()
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"

    assert found() == {"contacts_sync.W002"}


def test_the_end_of_a_secret_is_seen_a_month_ahead(production, settings):
    soon, later = (datetime.now(UTC) + timedelta(days=days) for days in (20, 40))

    settings.MICROSOFT_SECRET_EXPIRES = f"{later:%Y-%m-%d}"
    assert found() == set()
    settings.MICROSOFT_SECRET_EXPIRES = f"{soon:%Y-%m-%d}"
    assert found() == {"contacts_sync.W003"}
    settings.MICROSOFT_SECRET_EXPIRES = "in June"
    assert found() == {"contacts_sync.E007"}


def test_the_end_of_a_certificate_is_read_from_it(production, settings, tmp_path):
    path = tmp_path / "app.pem"
    settings.MICROSOFT_CLIENT_SECRET, settings.MICROSOFT_CLIENT_CERTIFICATE = "", str(path)
    assert found() == {"contacts_sync.E007"}

    path.write_bytes(certificate(days=20))
    assert found() == {"contacts_sync.W003"}
    path.write_bytes(certificate(days=300))
    assert found() == set()


def certificate(days):
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Contact Sync")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
