"""Export the firm's list as a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contacts_sync import contact as shape
from contacts_sync.files import EXPORTS, Draft, Unread
from contacts_sync.importing import all_drafts
from contacts_sync.logs import printable


class Command(BaseCommand):
    help = (
        "Export the firm's list, without its trash. A vCard file keeps everything; a CSV file has"
        " no place for some things, which are listed on standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=[one.name for one in EXPORTS], default="vcard")
        parser.add_argument("--output", metavar="FILE", help="instead of standard output")

    def handle(self, **options: Any) -> None:
        chunks = self._chunks(options["format"])
        if not options["output"]:
            for chunk in chunks:
                self._print(chunk)
            return
        path = Path(options["output"])
        try:
            _write(path, chunks)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error

    def _chunks(self, name: str) -> Iterator[bytes]:
        export = next(one for one in EXPORTS if one.name == name)
        return export.write(all_drafts(), self._report)

    def _report(self, draft: Draft, left: Unread) -> None:
        shown = shape.display_name(draft.kind, draft.scalars)
        line = printable(f"{shown or 'without a name'}: {left}")
        self.stderr.write(line, self.style.NOTICE)

    def _print(self, chunk: bytes) -> None:
        """Write bytes: a terminal's text layer would change the line ends."""
        if raw := getattr(self.stdout, "buffer", None):
            raw.write(chunk)
        else:
            self.stdout.write(chunk.decode(), ending="")


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    """Write a file that is there whole or not at all, for its owner's eyes."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.writelines(chunks)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
