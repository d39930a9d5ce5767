"""What the machines are told that watch this one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from contacts_sync import triggers
from contacts_sync.models import Heartbeat
from contacts_sync.views import health


def test_alive_asks_nobody(client):
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_reports_on_database_migrations_triggers_and_worker(client):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=12))

    response = client.get("/readyz")

    report = response.json()
    assert response.status_code == 200
    assert (report["status"], report["database"], report["migrations"]) == ("ready", "ok", "ok")
    assert report["triggers"] == "ok"
    assert report["worker"]["worker"]["seconds_ago"] in (12, 13)


@pytest.mark.django_db
def test_a_worker_that_is_away_is_reported_and_no_failure(client, monkeypatch):
    monkeypatch.setattr(triggers, "current", lambda connection: False)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["worker"] == {"never_seen": True}
    assert response.json()["triggers"].startswith("missing or old")


@pytest.mark.django_db
def test_pending_migrations_are_not_ready(client, monkeypatch):
    monkeypatch.setattr(health, "_pending", lambda: ["contacts_sync.0002_next"])

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["migrations"] == ["contacts_sync.0002_next"]


def test_an_unreachable_database_is_not_ready_and_tells_no_secrets(client, monkeypatch):
    def fail():
        raise DatabaseError("password=secret")

    monkeypatch.setattr(health, "_pending", fail)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "database": "unreachable"}


@pytest.fixture
def away(db):
    """The database answers nothing; whatever a page looked up before is lost."""

    def fail(execute, sql, params, many, context):
        raise OperationalError("password=secret")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize("demanded", [False, True], ids=["", "second factor demanded"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_session_cookie_asks_nothing_of_a_database_that_is_away(
    client, alice, settings, request, demanded, path
):
    settings.REQUIRE_STAFF_MFA = demanded
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    request.getfixturevalue("away")

    response = client.get(path)

    assert response.status_code == (200 if path == "/healthz" else 503)
    assert b"secret" not in response.content
