"""One person's data: everything that is kept, given out or erased on request."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress as SignInAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms.models import model_to_dict

from contacts_sync import connections
from contacts_sync.importing import forgetting
from contacts_sync.models import (
    Connection,
    Contact,
    ExternalLink,
    ImportRow,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.run import decisions
from contacts_sync.run.housekeeping import WAITING

ERASED = "(erased)"


def contacts_of(address: str) -> QuerySet[Contact]:
    """Find the contacts, in the list and in the trash, that have an e-mail address."""
    return Contact.objects.filter(emails__address__iexact=address.strip()).distinct()


def elsewhere(address: str) -> dict[str, Any]:
    """Give what is kept about an address that no contact stands for: in files, and in mailboxes."""
    return {
        "rows_of_files": [
            {"file": row.file.file_name, "uploaded": row.file.created_at, "said": row.draft}
            for row in rows_elsewhere(address).select_related("file")
        ],
        "mailboxes": [
            {"mailbox": one.connection.username, "in_outlook": one.values}
            for one in mirrored_elsewhere(address)
        ],
    }


def rows_elsewhere(address: str) -> QuerySet[ImportRow]:
    """Find the rows of uploaded files that hold an address, and became no contact."""
    holds = Q(search__contains=address.strip().casefold())
    return ImportRow.objects.filter(holds, contact=None)


def mirrored_elsewhere(address: str) -> list[RemoteContact]:
    """Find the Outlook contacts that have an address, and belong to no contact."""
    wanted = address.strip().casefold()
    alone = RemoteContact.objects.filter(Q(link=None) | Q(link__contact=None))
    found = alone.filter(values__icontains=wanted).select_related("connection")
    return [
        one
        for one in found.order_by("pk")
        if wanted in (str(value).casefold() for _, value in one.values["sets"].get("emails", ()))
    ]


# --- A contact ----------------------------------------------------------------------------------


def export_contact(contact: Contact) -> dict[str, Any]:
    """Give everything that is kept about a contact, in this application's own words."""
    links = ExternalLink.objects.filter(contact=contact).select_related("connection", "mirror")
    return {
        "contact": {
            **model_to_dict(contact),
            "uid": contact.uid,
            "created_at": contact.created_at,
            "updated_at": contact.updated_at,
            "edited_at": contact.edited_at,
            "deleted_at": contact.deleted_at,
        },
        "company": str(contact.company or ""),
        "values": {
            name: [
                model_to_dict(row) for row in model._default_manager.filter(**{"contact": contact})
            ]
            for name, model in VALUE_MODELS.items()
        },
        "mailboxes": [
            {
                "mailbox": link.connection.username,
                "state": link.get_state_display(),
                "in_outlook": link.mirror.values if link.mirror else {},
                "agreed_here": link.local_shadow,
                "agreed_there": link.remote_shadow,
            }
            for link in links
        ],
        "rows_of_files": [
            {"file": row.file.file_name, "uploaded": row.file.created_at, "said": row.draft}
            for row in _rows(contact).select_related("file")
        ],
        "changes": [
            {
                "at": change.at,
                "what": change.action,
                "where": change.side,
                "status": change.status,
                "before": change.before,
                "after": change.after,
                "conflict": change.conflict,
            }
            for change in _changes(contact).order_by("pk")
        ],
    }


class Waiting(Exception):
    """Copies in Outlook are still to be deleted; the runs do that. `mailboxes` names where."""

    def __init__(self, mailboxes: list[str]) -> None:
        super().__init__(mailboxes)
        self.mailboxes = mailboxes


def erase_contact(contact: Contact, *, leave_in_outlook: bool = False) -> None:
    """Erase a contact and everything kept about it, here and in every connected mailbox.

    It goes into the trash first, so that the runs delete its copies; until they have, this raises
    Waiting and is to be repeated. `leave_in_outlook` lets the owners of the mailboxes keep theirs.
    """
    alive = Contact.objects.filter(pk=contact.pk)
    if leave_in_outlook:
        decisions.remove_here_only(alive.alive(), None)
    alive.delete()
    waiting = ExternalLink.objects.filter(contact=contact, state__in=WAITING)
    if waiting:
        names = waiting.values_list("connection__username", flat=True).distinct()
        raise Waiting(sorted(names))
    with transaction.atomic():
        _changes(contact).update(name=ERASED, before={}, after={}, conflict=[], reason="")
        links = ExternalLink.objects.filter(contact=contact)
        # Whoever was left out in Outlook stays left out, by an id that says nothing.
        kept = links.filter(state=ExternalLink.State.APART, mirror__present=True)
        RemoteContact.objects.filter(link__in=links).exclude(link__in=kept).delete()
        links.exclude(pk__in=kept).delete()
        kept.update(name=ERASED, local_shadow=None, remote_shadow=None, problem="", contact=None)
        forgetting.forget(contact, _rows(contact))
        _unlike(contact)
        _log_entries(contact).update(object_repr=ERASED, change_message="")
        alive.purge()


def _changes(contact: Contact) -> QuerySet[SyncChange]:
    """Find the records about a contact, also those from before it was one of ours."""
    links = ExternalLink.objects.filter(contact=contact).exclude(remote_id=None)
    about = Q(contact=contact) | Q(contact_uid=contact.uid) | Q(link__contact=contact)
    for connection, remote_id in links.values_list("connection", "remote_id"):
        about |= Q(connection=connection, remote_id=remote_id)
    return SyncChange.objects.filter(about)


def _rows(contact: Contact) -> QuerySet[ImportRow]:
    """Find the rows of uploaded files that became the contact, or hold one of its addresses."""
    about = Q(contact=contact)
    for address in contact.emails.values_list("address", flat=True):
        if address.strip():
            about |= Q(search__contains=address.strip().casefold())
    return ImportRow.objects.filter(about)


def _unlike(contact: Contact) -> None:
    """Take a contact's name out of the rows of files that looked like it."""
    for row in ImportRow.objects.exclude(likes=[]).only("likes").iterator():
        others = [one for one in row.likes if one[0] != contact.pk]
        if others != row.likes:
            ImportRow.objects.filter(pk=row.pk).update(likes=others)


def _log_entries(row: Any) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(type(row))
    return LogEntry.objects.filter(content_type=kind, object_id=str(row.pk))


# --- A user -------------------------------------------------------------------------------------


def export_user(user: User) -> dict[str, Any]:
    """Give everything that is kept about somebody who signs in here; no secret is among it."""
    return {
        "account": {
            "email": user.email,
            "name": user.get_full_name(),
            "roles": [group.name for group in user.groups.all()],
            "joined": user.date_joined,
            "last_sign_in": user.last_login,
        },
        "addresses": list(SignInAddress.objects.filter(user=user).values("email", "verified")),
        "microsoft_sign_in": list(
            SocialAccount.objects.filter(user=user).values("uid", "last_login", "extra_data")
        ),
        "second_factors": list(
            Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at")
        ),
        "sessions": list(
            UserSession.objects.filter(user=user).values("created_at", "ip", "user_agent")
        ),
        "mailboxes": [
            {
                "account": one.username,
                "name": one.account_name,
                "tenant": one.tenant_id,
                "account_id": one.object_id,
                "state": one.state,
                "connected": one.created_at,
                "last_in_step": one.synced_at,
                "contacts_mirrored": one.mirror.count(),
                "runs": one.runs.count(),
            }
            for one in Connection.objects.filter(owner=user)
        ],
        "did": list(SyncChange.objects.filter(actor=user).values("at", "action", "name")),
        "in_the_admin": list(
            LogEntry.objects.filter(user=user).values("action_time", "object_repr")
        ),
    }


def erase_user(user: User) -> None:
    """Erase somebody who signs in here. Their mailbox is let go; what they did stays, nameless.

    The row remains, because change records and runs say that somebody did it; nobody can sign in
    with it, and it names nobody.
    """
    for connection in Connection.objects.filter(owner=user):
        if connection.state != Connection.State.RETIRED:
            connections.retire(connection)
    with transaction.atomic():
        for connection in Connection.objects.filter(owner=user):
            _log_entries(connection).update(object_repr=ERASED, change_message="")
        Connection.objects.filter(owner=user).update(
            username=ERASED, account_name="", object_id="", folder_id="", problem_text=""
        )
        SyncRun.objects.filter(connection__owner=user).update(message="", warning="")
        for rows in (SignInAddress, SocialAccount, Authenticator, UserSession):
            rows.objects.filter(user=user).delete()
        _log_entries(user).update(object_repr=ERASED, change_message="")
        user.groups.clear()
        user.user_permissions.clear()
        user.username, user.email = f"erased-{user.pk}", ""
        user.first_name = user.last_name = ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()  # and with it every session ends
        user.save()
