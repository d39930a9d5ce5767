"""Move all mailbox credentials and second factors to the first key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts_sync import accounts, credentials


class Command(BaseCommand):
    help = (
        "Encrypt every mailbox credential and second factor anew, with the first of"
        " TOKEN_ENCRYPTION_KEYS. After that the other keys can be removed."
    )

    def handle(self, **options: Any) -> None:
        done, failed = credentials.rotate()
        factors, lost = accounts.rotate()
        self.stdout.write(
            f"{done} {'credential is' if done == 1 else 'credentials are'} encrypted with the first key."
        )
        if factors:
            self.stdout.write(f"So are {factors} secrets of second factors.")
        if lost:
            self.stderr.write(
                f"{lost} secrets of second factors could be opened with none of the keys: add the"
                " right key, or remove them in the admin, and their owners set them up again."
            )
        if failed:
            raise CommandError(
                f"{failed} could be opened with none of the keys. Add the key they were encrypted"
                " with to TOKEN_ENCRYPTION_KEYS and repeat this, or let their owners authorize"
                " Office 365 access again.",
                returncode=2,
            )
