"""Everybody who may come to a door, and one row of everything for them to find behind it."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from contacts_sync.models import Connection, Contact, ContactImport, Heartbeat, SyncChange
from contacts_sync.roles import ADMINISTRATOR, MEMBER, OPERATOR, READER, ensure_groups

PEOPLE = (
    "anonymous",
    "other",  # signed in, with a mailbox of their own, and no staff
    "owner",  # the same, and everything our pages show is theirs
    "member",
    "reader",
    "operator",
    "administrator",
    "superuser",
)
"""The order in which the table of doors names them."""

ROLES = {
    "member": MEMBER,
    "reader": READER,
    "operator": OPERATOR,
    "administrator": ADMINISTRATOR,
}


def everybody():
    """Make one of each; anonymous is nobody."""
    ensure_groups()
    people = {"anonymous": None}
    for name in PEOPLE[1:]:
        user = User.objects.create_user(
            name,
            f"{name}@firm.example",
            is_staff=name in ROLES or name == "superuser",
            is_superuser=name == "superuser",
        )
        if name in ROLES:
            user.groups.add(Group.objects.get(name=ROLES[name]))
        people[name] = user
    return people


def everything(people):
    """Make one row of each model; give their keys by model, as the admin's addresses want them."""
    owner, now = people["owner"], timezone.now()
    connections = [mailbox(people[name]) for name in ("owner", "other")]
    mine = connections[0]
    contact = Contact.objects.create(first_name="Anna", last_name="Ash")
    contact.emails.create(address="anna@x.example")
    mirror = mine.mirror.create(
        remote_id="r1", values={"scalars": {"first_name": "Anna"}, "sets": {}}
    )
    link = mine.links.create(
        contact=contact, mirror=mirror, remote_id="r1", name="Anna Ash", state="held"
    )
    run = mine.runs.create(trigger="owner", status="done", step="closed", finished_at=now)
    change = SyncChange.objects.create(
        run=run,
        connection=mine,
        contact=contact,
        link=link,
        name="Anna Ash",
        side="here",
        action="update",
        status="held",
        guard="arrivals",
        before={"first_name": "Ann"},
        after={"first_name": "Anna"},
    )
    task = {"func": "contacts_sync.tasks.work", "started": now, "stopped": now}
    return {
        "contacts_sync.connection": mine.pk,
        "contacts_sync.contact": contact.pk,
        "contacts_sync.remotecontact": mirror.pk,
        "contacts_sync.externallink": link.pk,
        "contacts_sync.syncrun": run.pk,
        "contacts_sync.syncchange": change.pk,
        "contacts_sync.heartbeat": Heartbeat.objects.create(name="worker", at=now).pk,
        "contacts_sync.contactimport": ContactImport.objects.create(
            file_name="people.csv", step="ready"
        ).pk,
        "auth.user": owner.pk,
        "auth.group": Group.objects.get(name=READER).pk,
        "account.emailaddress": EmailAddress.objects.create(user=owner, email=owner.email).pk,
        "socialaccount.socialaccount": SocialAccount.objects.create(
            user=owner, provider="microsoft", uid="1"
        ).pk,
        # Somebody else's: who has a second factor is asked for it, and this table is not about that.
        "mfa.authenticator": Authenticator.objects.create(
            user=User.objects.create_user("absent"), type="totp", data={"secret": "sealed"}
        ).pk,
        "django_q.success": Task.objects.create(id="1", name="one", success=True, **task).pk,
        "django_q.failure": Task.objects.create(id="2", name="two", success=False, **task).pk,
        "django_q.schedule": Schedule.objects.order_by("pk").first().pk,
        "django_q.ormq": OrmQ.objects.create(key="contact-sync", payload="signed", lock=now).pk,
    }


def mailbox(owner, **fields):
    """Connect a mailbox that has been syncing for days."""
    now = timezone.now()
    return Connection.objects.create(
        owner=owner,
        tenant_id="firm",
        object_id=owner.username,
        username=f"{owner.username}@mail.example",
        credential="SECRET-CREDENTIAL",
        **{
            "state": Connection.State.ON,
            "started_at": now - timedelta(days=3),
            "next_run_at": now + timedelta(minutes=40),
            **fields,
        },
    )
