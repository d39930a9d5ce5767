"""Import a file of contacts, and say what became of each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts_sync import files
from contacts_sync.files import Draft
from contacts_sync.importing import Told, Verdict, bring_in


class Command(BaseCommand):
    help = (
        "Import a vCard file, or a CSV file of Outlook, into the firm's list. Contacts are created"
        " only: one that is there already is left as it is. Exit code 0: everything was read;"
        " 1: nothing was, the file is of no known kind; 2: some of it could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say it, and write nothing")

    def handle(self, **options: Any) -> None:
        path, dry_run = Path(options["file"]), options["dry_run"]
        try:
            data = path.read_bytes()
            source = files.detect(path.name, data)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except files.UnknownFormat as error:
            raise CommandError(str(error)) from error
        counts: Counter[str] = Counter()
        reason = f"imported from {path.name}"
        for told in bring_in(lambda: source.read(data), reason=reason, dry_run=dry_run):
            counts[told.verdict] += 1
            counts["alike"] += told.verdict is Verdict.NEW and bool(told.like)
            self._say(told)
        self._sum_up(source.title, counts, dry_run)
        if counts[Verdict.UNREADABLE]:
            raise SystemExit(2)

    def _say(self, told: Told) -> None:
        entry = told.entry
        if not isinstance(entry, Draft):
            self.stdout.write(f"{entry.source}: not read. {entry.reason}")
            return
        start = f"{entry.source}: {told.name or 'without a name'}"
        if told.verdict is Verdict.KNOWN:
            self.stdout.write(f"{start}: already there, as {told.like[0] or 'one without a name'}")
        elif told.like:
            self.stdout.write(f"{start}: new, and looks like {', '.join(told.like)}")
        for unread in entry.unread if told.verdict is Verdict.NEW else ():
            self.stdout.write(f"{start}: {unread}")

    def _sum_up(self, title: str, counts: Counter[str], dry_run: bool) -> None:
        new = f"{counts[Verdict.NEW]} {'would be added' if dry_run else 'added'}"
        if counts["alike"]:
            new += f" ({counts['alike']} of them look like a contact that is there)"
        rest = f"{counts[Verdict.KNOWN]} already there, {counts[Verdict.UNREADABLE]} not readable"
        self.stdout.write(f"{title}: {new}, {rest}.")
