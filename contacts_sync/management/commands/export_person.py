"""Give out everything that is kept about one person."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from contacts_sync import privacy
from contacts_sync.management import persons


class Command(BaseCommand):
    help = "Print everything that is kept about one person, as JSON: a contact, or a user."

    def add_arguments(self, parser: CommandParser) -> None:
        persons.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        found = persons.find(options)
        told = {
            "contacts": [privacy.export_contact(contact) for contact in found.contacts],
            "users": [privacy.export_user(user) for user in found.users],
            "elsewhere": privacy.elsewhere(found.address) if found.address else {},
        }
        self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
