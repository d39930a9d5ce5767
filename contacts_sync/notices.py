"""Mails to the owner of a mailbox: once when somebody is needed, once when all is well again.

What was told and is not over yet stands in `Connection.noticed`. A mail names no contact.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contacts_sync import wording
from contacts_sync.models import Connection, SyncChange, SyncRun

logger = logging.getLogger(__name__)

FAILURES = 5
"""After so many failures in a row, which takes more than an hour, they do not pass by themselves."""

SIGN_IN, FAILING, HELD = "sign_in", "failing", "held"
PASSING = (
    Connection.Problem.UNAVAILABLE,
    Connection.Problem.FAILING,
    Connection.Problem.CONFIGURATION,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """What happened, and the page where something can be done about it."""

    subject: str
    text: str
    page: str = "office365"


def after_run(run: SyncRun) -> None:
    """Tell the owner what is new since the last mail. A preview is watched by whoever began it."""
    if run.is_open or run.kind == SyncRun.Kind.PREVIEW:
        return
    connection = Connection.objects.select_related("owner").get(pk=run.connection_id)
    told = set(connection.noticed.split())
    now = _concerns(connection)
    if now == told:
        return
    if not _remember(connection, connection.noticed, now):
        return  # another worker was faster, and tells it
    with translation.override(settings.LANGUAGE_CODE):
        mails = [_mail(connection, concern) for concern in sorted(now - told)]
        if not now and connection.state == Connection.State.ON:
            mails.append(_well_again(connection))
        sent = [_send(connection, mail) for mail in mails]
    if not all(sent):
        Connection.objects.filter(pk=connection.pk).update(noticed=connection.noticed)


def _concerns(connection: Connection) -> set[str]:
    """Say what the owner should know. Whoever stopped the sync is not asked for anything."""
    if connection.state != Connection.State.ON:
        return set()
    found = set()
    if connection.problem in PASSING:
        found |= {FAILING} if connection.failures >= FAILURES else set()
    elif connection.problem:
        found.add(SIGN_IN)
    if connection.changes.filter(status=SyncChange.Status.HELD).exists():
        found.add(HELD)
    # One that fails now and then is not well again before it has run.
    kept = set(connection.noticed.split()) & {FAILING}
    return found | (kept if connection.problem else set())


def _remember(connection: Connection, told: str, now: set[str]) -> bool:
    rows = Connection.objects.filter(pk=connection.pk, noticed=told)
    return rows.update(noticed=" ".join(sorted(now))) == 1


def _mail(connection: Connection, concern: str) -> Mail:
    account = {"account": connection.username}
    if concern == HELD:
        number = connection.changes.filter(status=SyncChange.Status.HELD).count()
        return Mail(
            _("Contact sync: your decision is needed"),
            _(
                "The sync of %(account)s has put %(number)s contacts aside and waits for your"
                " decision about them. All others are synced meanwhile."
            )
            % {**account, "number": f"{number:,}"},
            "office365_decisions",
        )
    notice = wording.problem_of(connection)
    title, text = (notice.title, notice.text) if notice else ("", "")
    if concern == SIGN_IN:
        return Mail(
            _("Contact sync: %(title)s") % {"title": title},
            f"{_('The account is %(account)s.') % account} {text}",
        )
    return Mail(
        _("Contact sync: it has failed several times"),
        _("The sync of %(account)s keeps failing: %(reason)s Both lists stay as they are. %(text)s")
        % {**account, "reason": connection.problem_text, "text": text},
    )


def _well_again(connection: Connection) -> Mail:
    return Mail(
        _("Contact sync: all is well again"),
        _("The sync of %(account)s works again, and nothing waits for you.")
        % {"account": connection.username},
    )


def _send(connection: Connection, mail: Mail) -> bool:
    """Send a mail; a failure is told the log, and with the next run it is tried again."""
    if not connection.owner.email:
        return True
    context = {"owner": connection.owner, "mail": mail, "link": _address(mail.page)}
    body = render_to_string("contacts_sync/notice.txt", context)
    try:
        send_mail(mail.subject, body, None, [connection.owner.email])
    except (SMTPException, OSError) as error:
        kind = type(error).__name__
        logger.warning("a notice about connection %s was not sent: %s", connection.pk, kind)
        return False
    return True


def _address(page: str) -> str:
    """Give the full address of a page. The worker has no request that would tell the host."""
    origins = [settings.SITE_URL] if settings.SITE_URL else [*settings.CSRF_TRUSTED_ORIGINS]
    hosts = [host for host in settings.ALLOWED_HOSTS if host[:1] not in ("*", ".", "[")]
    origins += [f"{'http' if settings.TRIAL else 'https'}://{host}" for host in hosts]
    return f"{origins[0]}{reverse(page)}" if origins else ""
