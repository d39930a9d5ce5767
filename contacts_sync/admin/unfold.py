"""What the theme asks of us: the sidebar, and what the dashboard shows. Named in settings as strings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

Item = dict[str, Any]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Give the sidebar; an entry is shown to those who may open it."""
    return [
        {
            "title": "",
            "items": [
                _item(_("Dashboard"), "dashboard", reverse("admin:index"), None),
                _item(_("My sync settings"), "sync", "/settings/", None),
            ],
        },
        {
            "title": _("%(firm)s contacts") % {"firm": settings.FIRM_LIST_NAME},
            "separator": True,
            "items": [
                {
                    **_item(
                        _("Contacts"), "contacts", _list("contact"), "contacts_sync.view_contact"
                    ),
                    "active": _is_contacts,
                },
                _item(
                    _("Duplicates"),
                    "content_copy",
                    reverse("admin:contacts_sync_contact_duplicates"),
                    "contacts_sync.view_contact",
                ),
                _item(
                    _("Imports"),
                    "upload_file",
                    _list("contactimport"),
                    "contacts_sync.view_contactimport",
                ),
                _item(
                    _("Trash"),
                    "delete",
                    reverse("admin:contacts_sync_contact_trash"),
                    "contacts_sync.view_contact",
                ),
            ],
        },
        {
            "title": _("Sync"),
            "separator": True,
            "items": [
                _item(
                    _("Connections"), "mail", _list("connection"), "contacts_sync.view_connection"
                ),
                _item(
                    _("Decisions"),
                    "gavel",
                    reverse("admin:contacts_sync_syncchange_held"),
                    "contacts_sync.view_syncchange",
                ),
                _item(_("Sync runs"), "history", _list("syncrun"), "contacts_sync.view_syncrun"),
                {
                    **_item(
                        _("Changes"),
                        "edit_note",
                        _list("syncchange"),
                        "contacts_sync.view_syncchange",
                    ),
                    "active": _is_changes,
                },
                _item(_("Links"), "link", _list("externallink"), "contacts_sync.view_externallink"),
                _item(
                    _("Outlook contacts"),
                    "cloud",
                    _list("remotecontact"),
                    "contacts_sync.view_remotecontact",
                ),
            ],
        },
        {
            "title": _("House"),
            "separator": True,
            "items": [
                _item(
                    _("People"), "group", reverse("admin:auth_user_changelist"), "auth.view_user"
                ),
                _item(
                    _("Roles"),
                    "shield_person",
                    reverse("admin:auth_group_changelist"),
                    "auth.view_group",
                ),
                _item(
                    _("Heartbeats"),
                    "monitor_heart",
                    _list("heartbeat"),
                    "contacts_sync.view_heartbeat",
                ),
                _item(
                    _("Queue: failures"),
                    "error",
                    reverse("admin:django_q_failure_changelist"),
                    _SUPERUSER,
                ),
                _item(
                    _("Queue: schedules"),
                    "schedule",
                    reverse("admin:django_q_schedule_changelist"),
                    _SUPERUSER,
                ),
            ],
        },
    ]


_SUPERUSER = "superuser"


def _list(model: str) -> str:
    return reverse(f"admin:contacts_sync_{model}_changelist")


def _item(title: str, icon: str, link: str, permission: str | None) -> Item:
    item: Item = {"title": title, "icon": icon, "link": link}
    return item if permission is None else {**item, "permission": _may(permission)}


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    if permission == _SUPERUSER:
        return lambda request: bool(request.user.is_superuser)
    return lambda request: request.user.has_perm(permission)


def _is_contacts(request: HttpRequest) -> bool:
    others = ("/trash/", "/duplicates/")
    return request.path.startswith(_list("contact")) and not request.path.endswith(others)


def _is_changes(request: HttpRequest) -> bool:
    held = reverse("admin:contacts_sync_syncchange_held")
    return request.path.startswith(_list("syncchange")) and not request.path.startswith(held)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the front page what its reader may see."""
    from contacts_sync.admin.dashboard import overview

    return {**context, "title": _("Control room"), "overview": overview(request.user)}
