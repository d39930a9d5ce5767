"""Open, authorize, stop and retire connections: the only file that lists providers."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts_sync import credentials
from contacts_sync.models import Connection, ExternalLink, RemoteContact, SyncChange, SyncRun
from contacts_sync.providers.account import Account
from contacts_sync.providers.base import ContactProvider
from contacts_sync.providers.errors import AuthRequired, ConsentRequired, ProviderError
from contacts_sync.providers.http import ApiClient, Session
from contacts_sync.providers.microsoft365 import auth
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.providers.microsoft365.contacts import Microsoft365Contacts
from contacts_sync.simulator.adapter import RerouteAdapter


class Refused(Exception):
    """An account is not connected. The text says why, and what to do."""

    def __init__(self, message: str, admin_consent_url: str = "") -> None:
        super().__init__(message)
        self.admin_consent_url = admin_consent_url


def registration() -> auth.Registration:
    """Give our registration at Microsoft, from the settings."""
    certificate = settings.MICROSOFT_CLIENT_CERTIFICATE
    return auth.Registration(
        client_id=settings.MICROSOFT_CLIENT_ID,
        client_secret=settings.MICROSOFT_CLIENT_SECRET,
        certificate=Path(certificate).read_text() if certificate else "",
        tenant=settings.MICROSOFT_TENANT,
        login_url=settings.MICROSOFT_LOGIN_URL,
        graph_url=settings.MICROSOFT_GRAPH_URL,
    )


@cache
def session() -> Session:
    """Give the one way to Microsoft; in a demo it leads to the simulator."""
    made = Session()
    if settings.MICROSOFT_SIMULATOR_URL and settings.TRIAL:
        RerouteAdapter(settings.MICROSOFT_SIMULATOR_URL).mount_on(made)
    return made


def open_provider(
    connection: Connection,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
) -> ContactProvider:
    """Open the mailbox of a connection. Raises AuthRequired when there is no usable credential.

    `sleep` and `stopping` are for `ApiClient`: a worker that is to end waits for no service.
    """
    if not connection.credential:
        raise AuthRequired(
            _("This mailbox is not authorized. Authorize Office 365 access on the Settings page.")
        )
    try:
        credential = credentials.unseal(connection, connection.credential)
    except credentials.Unreadable as error:
        raise AuthRequired(
            _(
                "The stored authorization of this mailbox cannot be read any more. Please authorize "
                "Office 365 access again."
            )
        ) from error
    return _provider(connection, credential, sleep, stopping)


def _provider(
    connection: Connection,
    credential: str,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
) -> Microsoft365Contacts:
    version = connection.credential_version

    def save(rotated: str) -> None:
        nonlocal version
        version = credentials.replace(connection, rotated, version)

    def reload() -> str:
        nonlocal version
        row = Connection.objects.get(pk=connection.pk)
        version = row.credential_version
        return credentials.unseal(row, row.credential) if row.credential else ""

    token = auth.TokenSource(registration(), session(), credential, save, reload)
    api = ApiClient(
        "Microsoft 365",
        registration().graph_base,
        session(),
        token,
        sleep=sleep,
        stopping=stopping,
    )
    return Microsoft365Contacts(GraphClient(api), token.tenant_id, connection.folder_id)


def mailbox_of(user: Any) -> Connection | None:
    """Find the living connection of a user."""
    rows = Connection.objects.filter(owner=user).exclude(state=Connection.State.RETIRED)
    return rows.first()


def begin_authorization(redirect_uri: str) -> dict[str, Any]:
    """Begin a sign-in at Microsoft; the answer belongs into the session, `auth_uri` is the way."""
    if not settings.MICROSOFT_CLIENT_ID:
        raise Refused(
            _(
                "This installation is not registered at Microsoft yet. Please ask your "
                "administrator to set MICROSOFT_CLIENT_ID and its secret."
            )
        )
    try:
        return auth.begin_sign_in(registration(), session(), redirect_uri)
    except ProviderError as error:
        raise Refused(str(error)) from error


def finish_authorization(owner: Any, flow: dict[str, Any], query: dict[str, str]) -> Connection:
    """Connect the account that signed in to its owner.

    Raises Refused when the sign-in did not succeed, when the mailbox belongs to another connection,
    when the owner's connection belongs to another account, or when there is no mailbox.
    """
    try:
        signed_in = auth.finish_sign_in(
            registration(), session(), flow, query, settings.MICROSOFT_ALLOWED_TENANTS
        )
    except ConsentRequired as error:
        raise Refused(str(error), _consent_url(flow)) from error
    except ProviderError as error:
        raise Refused(str(error)) from error
    account = signed_in.account
    present = mailbox_of(owner)
    _check_account(owner, present, account)
    connection = present or Connection(
        owner=owner, tenant_id=account.tenant_id, object_id=account.object_id
    )
    connection.username, connection.account_name = account.username, account.name
    try:
        connection.folder_id = _provider(connection, signed_in.credential).folder_id()
    except ProviderError as error:
        raise Refused(str(error)) from error
    try:
        with transaction.atomic():
            _authorized(connection)
            credentials.store(connection, signed_in.credential)
    except IntegrityError as error:
        raise Refused(_taken(account)) from error
    connection.refresh_from_db()
    return connection


def _consent_url(flow: dict[str, Any]) -> str:
    try:
        return auth.admin_consent_url(
            registration(), session(), str(flow.get("redirect_uri", "")), str(flow.get("state", ""))
        )
    except ProviderError:
        return ""


def _check_account(owner: Any, present: Connection | None, account: Account) -> None:
    mine = (account.tenant_id, account.object_id)
    if present is not None and (present.tenant_id, present.object_id) != mine:
        raise Refused(
            _(
                "You signed in as %(new)s, but your connection belongs to %(old)s. Authorize again "
                "and choose %(old)s, or press Use another account first."
            )
            % {"new": account.username, "old": present.username}
        )
    others = Connection.objects.filter(
        tenant_id=account.tenant_id, object_id=account.object_id
    ).exclude(state=Connection.State.RETIRED)
    if others.exclude(owner=owner).exists():
        raise Refused(_taken(account))


def _taken(account: Account) -> str:
    return _(
        "The mailbox %(account)s is already connected by somebody else of this firm. A mailbox can "
        "be connected once; ask your administrator to release it if that is a mistake."
    ) % {"account": account.username}


def _authorized(connection: Connection) -> None:
    """Bring a connection in line with a fresh authorization, and touch nothing else of its row."""
    State = Connection.State
    if connection.pk is None:
        connection.save()
        return
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(
        username=connection.username,
        account_name=connection.account_name,
        folder_id=connection.folder_id,
        problem="",
        problem_text="",
        problem_since=None,
        failures=0,
    )
    rows.filter(state=State.ON).update(next_run_at=timezone.now())
    back = rows.filter(state=State.DISCONNECTED)
    back.filter(started_at=None).update(state=State.AUTHORIZED)
    back.update(state=State.STOPPED)


def stop(connection: Connection) -> None:
    """Stop the sync. Both lists and all links stay; a request in flight is finished and stored."""
    with transaction.atomic():
        State = Connection.State
        Connection.objects.filter(pk=connection.pk, state=State.ON).update(state=State.STOPPED)
        Connection.objects.filter(pk=connection.pk).update(stop_requested=True, next_run_at=None)
        _end_waiting_run(connection)
    connection.refresh_from_db()


def _end_waiting_run(connection: Connection) -> None:
    """End a run that nobody works on; one that is being worked on sees the request itself."""
    now = timezone.now()
    idle = Connection.objects.filter(pk=connection.pk).exclude(lease_until__gt=now)
    if idle.exists():
        SyncRun.objects.filter(connection=connection, status__in=SyncRun.OPEN).update(
            status=SyncRun.Status.STOPPED,
            step=SyncRun.Step.CLOSED,
            finished_at=now,
            message=_("The sync was stopped."),
        )


def disconnect(connection: Connection) -> None:
    """Stop the sync and forget the credential. Links stay, for the same account to come back."""
    stop(connection)
    credentials.forget(connection)
    Connection.objects.filter(pk=connection.pk).update(
        state=Connection.State.DISCONNECTED, problem="", problem_text="", problem_since=None
    )
    connection.refresh_from_db()


def retire(connection: Connection) -> None:
    """Let go of an account: its links, mirror and credential. Nothing is deleted in either list."""
    disconnect(connection)
    with transaction.atomic():
        # A run in flight has lost its lease with this, and stores nothing any more.
        Connection.objects.filter(pk=connection.pk).update(
            fence=F("fence") + 1, lease_owner="", lease_until=None
        )
        Status, changes = SyncChange.Status, SyncChange.objects.filter(connection=connection)
        changes.filter(status__in=[Status.HELD, Status.PLANNED]).delete()
        changes.filter(status=Status.SENT).update(status=Status.UNKNOWN)  # nobody will ask any more
        ExternalLink.objects.filter(connection=connection).delete()
        RemoteContact.objects.filter(connection=connection).delete()
        Connection.objects.filter(pk=connection.pk).update(
            state=Connection.State.RETIRED, cursor="", seen=0, keys_read=False
        )
    connection.refresh_from_db()
