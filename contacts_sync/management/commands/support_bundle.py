"""Write what helps somebody else to help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contacts_sync import support


class Command(BaseCommand):
    help = (
        "Write a zip with versions, settings, states and numbers. No account, contact, address,"
        " message or secret is in it; look yourself before you send it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=Path("support-bundle.zip"))

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        path.write_bytes(support.bundle())
        self.stdout.write(
            f"{path} is written. Its files are plain JSON: {', '.join(support.FILES)}."
        )
