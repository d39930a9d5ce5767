"""Import a file of contacts, and say what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts_sync import files
from contacts_sync.files import Draft
from contacts_sync.files.mapping import NONE
from contacts_sync.importing import Entry, Told, Verdict, bring_in
from contacts_sync.logs import printable


class Command(BaseCommand):
    help = (
        "Import a file of contacts into the firm's list: vCard, CSV or Excel, as Outlook, Google and"
        " other programs write them. Contacts are created only; one that is there already is left as"
        " it is. Exit code 0: everything was read; 1: nothing was; 2: some of it could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say it, and write nothing")
        parser.add_argument(
            "--guess", action="store_true", help="read a table of an unknown kind as it looks"
        )

    def handle(self, **options: Any) -> None:
        path, dry_run = Path(options["file"]), options["dry_run"]
        counts: Counter[str] = Counter()
        try:
            files.check_size(path.stat().st_size, files.Limits())
            title, read = _open(path, options["guess"])
            reason = f"imported from {path.name}"
            for told in bring_in(read, reason=reason, dry_run=dry_run):
                counts[told.verdict] += 1
                counts["alike"] += told.verdict is Verdict.NEW and bool(told.like)
                self._say(told)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except files.Refused as error:
            raise CommandError(str(error)) from error
        self._sum_up(title, counts, dry_run)
        if counts[Verdict.UNREADABLE]:
            raise SystemExit(2)

    def _say(self, told: Told) -> None:
        entry = told.entry
        if not isinstance(entry, Draft):
            self._line(f"{entry.source}: not read. {entry.reason}")
            return
        start = f"{entry.source}: {told.name or 'without a name'}"
        if told.verdict is Verdict.KNOWN:
            self._line(f"{start}: already there, as {told.like[0] or 'one without a name'}")
        elif told.like:
            self._line(f"{start}: new, and looks like {', '.join(told.like)}")
        for unread in entry.unread if told.verdict is Verdict.NEW else ():
            self._line(f"{start}: {unread}")

    def _line(self, text: str) -> None:
        """Write what a file says without obeying it: a terminal has commands of its own."""
        self.stdout.write(printable(text))

    def _sum_up(self, title: str, counts: Counter[str], dry_run: bool) -> None:
        new = f"{counts[Verdict.NEW]} {'would be added' if dry_run else 'added'}"
        if counts["alike"]:
            new += f" ({counts['alike']} of them look like a contact that is there)"
        rest = f"{counts[Verdict.KNOWN]} already there, {counts[Verdict.UNREADABLE]} not readable"
        self.stdout.write(f"{title}: {new}, {rest}.")


def _open(path: Path, guess: bool) -> tuple[str, Callable[[], Iterator[Entry]]]:
    data = path.read_bytes()
    try:
        source = files.detect(path.name, data)
    except files.NeedsMapping as error:
        mapping = error.mapping
        if all(one["role"] == NONE for one in mapping.values()):
            raise CommandError(f"{path} is no file of contacts that can be read.") from error
        if not guess:
            raise CommandError(f"{path} {UNKNOWN_TABLE}\n{_shown(mapping)}") from error
        return "Table", lambda: files.read_table(data, mapping)
    return source.title, lambda: source.read(data)


UNKNOWN_TABLE = (
    "is a table of a kind that is not known. With --guess its columns are read as they look:"
)


def _shown(mapping: files.Mapping) -> str:
    return "\n".join(f"  {name}: {files.TITLES[one['role']]}" for name, one in mapping.items())
