"""What Django needs to know of this application."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy


class ContactsSyncConfig(AppConfig):
    name = "contacts_sync"
    verbose_name = gettext_lazy("Contacts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from contacts_sync import (
            checks,  # noqa: F401  registers the system checks
            roles,
            schedules,
            triggers,
        )

        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
        post_migrate.connect(roles.ensure_groups, sender=self)
        post_migrate.connect(schedules.ensure_schedules, sender=self)
