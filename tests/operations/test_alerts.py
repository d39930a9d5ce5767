"""Mails to operators: when something hits everybody, once."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import timezone

from contacts_sync import alerts, tasks
from contacts_sync.models import Connection, Heartbeat
from tests.security.people import everybody, mailbox

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
STAFF = ["operator@firm.example", "administrator@firm.example", "superuser@firm.example"]


@pytest.fixture
def people():
    return everybody()


@pytest.fixture
def now():
    return timezone.now()


def subjects():
    return {message.subject for message in mail.outbox}


def test_an_expired_secret_is_told_once_to_each_operator(people, now):
    for name, ago in (("owner", 10), ("other", 2)):
        mailbox(
            people[name],
            problem="configuration",
            problem_text="The secret has expired.",
            problem_since=now - ago * MINUTE,
        )

    for minute in range(15, -1, -1):
        alerts.tell(now - (minute + 1) * MINUTE, now - minute * MINUTE)

    assert sorted(to for message in mail.outbox for to in message.to) == sorted(STAFF)
    assert subjects() == {"Contact Sync cannot sign in at Microsoft"}
    assert "The secret has expired." in mail.outbox[0].body


def test_what_began_while_the_worker_was_away_is_told_when_it_is_back(people, now):
    mailbox(people["owner"], problem="configuration", problem_since=now - timedelta(hours=9))
    Heartbeat.objects.create(name="worker", at=now - timedelta(hours=10))

    tasks.dispatch()
    tasks.dispatch()

    assert len(mail.outbox) == len(STAFF)


def test_repaired_and_broken_again_is_told_again(people, now):
    one = mailbox(people["owner"], problem="configuration", problem_since=now - 10 * MINUTE)
    alerts.tell(now - 11 * MINUTE, now - 9 * MINUTE)
    Connection.objects.filter(pk=one.pk).update(problem="", problem_since=None)
    alerts.tell(now - 9 * MINUTE, now - 5 * MINUTE)
    Connection.objects.filter(pk=one.pk).update(problem="configuration", problem_since=now)

    alerts.tell(now - 5 * MINUTE, now)

    assert len(mail.outbox) == 2 * len(STAFF)


def test_a_cut_line_is_told_after_two_hours_if_it_is_most_mailboxes(people, now):
    cut = {"problem": "unavailable", "problem_since": now - timedelta(hours=2)}
    mailbox(people["owner"], **cut)
    mailbox(people["other"])
    mailbox(people["member"])
    alerts.tell(now - MINUTE, now)
    assert mail.outbox == []

    Connection.objects.exclude(owner=people["owner"]).update(**cut)
    alerts.tell(now - MINUTE, now)
    alerts.tell(now, now + MINUTE)

    assert subjects() == {"Contact Sync does not reach Microsoft 365"}
    assert len(mail.outbox) == len(STAFF)


def test_the_end_of_a_secret_is_told_a_month_a_week_and_a_day_before(people, settings, now):
    settings.MICROSOFT_SECRET_EXPIRES = f"{now + timedelta(days=60):%Y-%m-%d}"

    told = [
        alerts.tell(now + timedelta(days=day), now + timedelta(days=day + 1)) for day in range(61)
    ]

    assert sum(told) == 3
    assert len(mail.outbox) == 3 * len(STAFF)


def test_a_mail_server_that_is_away_stops_nothing(people, now, monkeypatch):
    def fail(*_args, **_kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr(alerts, "send_mail", fail)
    mailbox(people["owner"], problem="configuration", problem_since=now - MINUTE / 2)

    assert tasks.dispatch() == "0 sent"


def test_nobody_without_a_role_gets_a_mail(people):
    type(people["operator"]).objects.filter(username="operator").update(is_active=False)

    assert alerts.recipients() == STAFF[1:]
