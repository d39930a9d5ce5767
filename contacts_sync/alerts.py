"""Tell operators by mail of what hits everybody at once. One mail each time it begins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db.models import Q

from contacts_sync import expiry
from contacts_sync.models import Connection
from contacts_sync.roles import ADMINISTRATOR, OPERATOR

logger = logging.getLogger(__name__)

Problem = Connection.Problem
AHEAD = (timedelta(days=30), timedelta(days=7), timedelta(days=1))
"""How long before our proof of identity ends somebody is told."""

PATIENCE = timedelta(hours=2)
"""Trouble at Microsoft passes by itself; this long is worth a look."""


def tell(before: datetime | None, now: datetime) -> int:
    """Send a mail for everything that began between the last look and this one; say how many.

    Nothing is remembered for that but when the last look was: what had begun by then was told then,
    also when the worker was away for days.
    """
    sent = 0
    for subject, text in _begun(before or now - timedelta(minutes=1), now):
        sent += _send(subject, text)
    return sent


def _begun(before: datetime, now: datetime) -> Iterator[tuple[str, str]]:
    if (row := _first(Problem.CONFIGURATION, now)) and not _first(Problem.CONFIGURATION, before):
        yield (
            "Contact Sync cannot sign in at Microsoft",
            f"{row.problem_text}\n\nNo mailbox is synced until this is repaired; nothing is lost,"
            " and the syncs go on by themselves afterwards. docs/troubleshooting.md says what to"
            " do: most often the client secret has expired, and a new one belongs into"
            " MICROSOFT_CLIENT_SECRET.",
        )
    if _most_unreachable(now) and not _most_unreachable(before):
        yield (
            "Contact Sync does not reach Microsoft 365",
            "Most mailboxes have been out of reach for two hours. Is this server's way to"
            " graph.microsoft.com open, and its clock right? Microsoft tells of its own trouble at"
            " https://status.cloud.microsoft/. Nothing is lost, and it is tried again by itself.",
        )
    try:
        ends = expiry.proof_ends()
    except expiry.Unreadable:
        return  # the system check says so, and so does the first run
    for ahead in AHEAD:
        if ends and before < ends - ahead <= now:
            yield (
                f"Contact Sync: the secret or certificate at Microsoft ends on {ends:%Y-%m-%d}",
                "Make a new one in Entra ID and set it; docs/operating.md says how, without a"
                " pause. After that day no mailbox is synced.",
            )


def _first(problem: Problem, moment: datetime) -> Connection | None:
    rows = Connection.objects.filter(problem=problem, problem_since__lte=moment)
    return rows.order_by("problem_since").first()


def _most_unreachable(moment: datetime) -> bool:
    syncing = Connection.objects.filter(state=Connection.State.ON)
    away = syncing.filter(problem=Problem.UNAVAILABLE, problem_since__lte=moment - PATIENCE)
    return away.count() * 2 > syncing.count()


def _send(subject: str, text: str) -> bool:
    """Send to each by itself: nobody learns who the others are. A mail that fails is logged."""
    told = False
    for address in recipients():
        try:
            send_mail(subject, text, None, [address])
            told = True
        except (SMTPException, OSError) as error:
            logger.error("an alert was not sent: %s", type(error).__name__)
    logger.error("%s", subject)
    return told


def recipients() -> list[str]:
    """Give the addresses of operators, administrators and superusers."""
    roles = Q(groups__name__in=(OPERATOR, ADMINISTRATOR)) | Q(is_superuser=True)
    people = User.objects.filter(roles, is_active=True).exclude(email="").order_by("pk").distinct()
    return list(people.values_list("email", flat=True))
