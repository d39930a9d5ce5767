"""Who may do what: four groups, their permissions in one table."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

READER, MEMBER, OPERATOR, ADMINISTRATOR = "reader", "member", "operator", "administrator"

LOOK = (
    "contacts_sync.view_contact",
    "contacts_sync.view_connection",
    "contacts_sync.view_syncrun",
    "contacts_sync.view_syncchange",
    "contacts_sync.view_externallink",
    "contacts_sync.view_remotecontact",
    "contacts_sync.view_heartbeat",
)
EDIT = (
    "contacts_sync.view_contact",
    "contacts_sync.add_contact",
    "contacts_sync.change_contact",
)
DELETE = "contacts_sync.delete_contact"
START = "contacts_sync.change_connection"  # preview, sync now, resync, stop; who wins a conflict
DECIDE = "contacts_sync.change_syncchange"  # approve and dismiss what is held
PAIR = "contacts_sync.change_externallink"  # put back, keep both, leave out, take back in
RELEASE = "contacts_sync.delete_connection"  # release an account
IMPORT = (
    "contacts_sync.view_contactimport",
    "contacts_sync.add_contactimport",
    "contacts_sync.change_contactimport",
)
# Many contacts as a file; one that one may see is no secret.
EXPORT = "contacts_sync.export_contact"
INVITE = ("auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group")

OPERATE = (*LOOK, *EDIT, DELETE, START, DECIDE, PAIR, *IMPORT, EXPORT)

ROLES: dict[str, tuple[str, ...]] = {
    READER: LOOK,
    MEMBER: EDIT,
    OPERATOR: OPERATE,
    ADMINISTRATOR: (*OPERATE, RELEASE, *INVITE),
}
"""The groups and their permissions. `ensure_groups` makes the database say the same."""


def ensure_groups(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Create the groups and give each exactly the permissions of the table.

    It may be connected to `post_migrate`: permissions of apps whose turn comes later are made here.
    """
    for label in {name.partition(".")[0] for names in ROLES.values() for name in names}:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    for name, permissions in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(_permissions(permissions, using))


def _permissions(names: tuple[str, ...], using: str) -> list[Permission]:
    wanted = Q()
    for name in names:
        label, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return list(Permission.objects.using(using).filter(wanted))
