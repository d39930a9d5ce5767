"""Erase everything that is kept about one person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts_sync import privacy
from contacts_sync.management import persons
from contacts_sync.models import ImportRow


class Command(BaseCommand):
    help = (
        "Erase one person: a contact with its copies in every mailbox and its history, or a user"
        " with their connection. Without --yes it says only whom it would erase. Backups are not"
        " touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        persons.add_arguments(parser)
        parser.add_argument("--yes", action="store_true", help="do it")
        parser.add_argument(
            "--leave-in-outlook",
            action="store_true",
            help="the owners of the mailboxes keep their copies",
        )

    def handle(self, **options: Any) -> None:
        found = persons.find(options)
        for row in (*found.contacts, *found.users):
            kind = type(row).__name__.lower()
            self.stdout.write(f"{'Erasing' if options['yes'] else 'Would erase'} {kind} {row.pk}.")
        rows = privacy.rows_elsewhere(found.address) if found.address else ImportRow.objects.none()
        if count := rows.count():
            said = "Erasing" if options["yes"] else "Would erase"
            self.stdout.write(f"{said} {count} rows of uploaded files.")
        if not options["yes"]:
            return
        rows.delete()
        waiting: set[str] = set()
        for contact in found.contacts:
            try:
                privacy.erase_contact(contact, leave_in_outlook=options["leave_in_outlook"])
            except privacy.Waiting as error:
                waiting |= set(error.mailboxes)
        for user in found.users:
            privacy.erase_user(user)
        if waiting:
            raise CommandError(
                "The contact is in the trash, and the next runs delete its copies in the mailboxes"
                f" {', '.join(sorted(waiting))}. Repeat this command afterwards: only then is"
                " everything erased.",
                returncode=2,
            )
        others = privacy.mirrored_elsewhere(found.address) if found.address else []
        if names := sorted({one.connection.username for one in others}):
            self.stdout.write(
                f"Contacts in Outlook that take no part hold this address: {', '.join(names)}. Whoever"
                " owns the mailbox deletes them there."
            )
        self.stdout.write("Erased. Backups still hold it, until they are overwritten.")
