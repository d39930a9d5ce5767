"""What Django needs to know of this application."""

from __future__ import annotations

from django.apps import AppConfig


class ContactsSyncConfig(AppConfig):
    name = "contacts_sync"
    verbose_name = "Contacts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts_sync import checks  # noqa: F401  registers the system checks
