"""Purge at once what the worker purges bit by bit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from contacts_sync.run import housekeeping


class Command(BaseCommand):
    help = (
        "Purge what is kept longer than the settings RETENTION_… say: trash, change records, runs,"
        " sessions. The worker does the same by itself; this is for a shortened setting."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{housekeeping.tidy_all(timezone.now())} rows purged.")
