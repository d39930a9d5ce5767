"""Read an uploaded file into rows, in slices: a killed worker costs one chunk, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts_sync import contact as shape
from contacts_sync import credentials, files
from contacts_sync.files import Draft
from contacts_sync.importing import columns, uploads
from contacts_sync.importing.drafts import record_of, stored
from contacts_sync.importing.known import Known, Look
from contacts_sync.importing.reading import CHUNK, Entry
from contacts_sync.importing.within import Earlier
from contacts_sync.models import ContactImport, ImportRow
from contacts_sync.store import bulk

Step, Verdict = ContactImport.Step, ImportRow.Verdict

LIKES = 5
"""How many contacts that look like a row are named."""

SEARCHED = 1_000
"""How much of a row can be searched for."""

GONE = "The file is not here any more. Upload it again."
NO_KEY = "The file was encrypted with a key that is not in use any more. Upload it again."


class Overtaken(Exception):
    """Somebody else works on this file now, or has begun anew."""


def read_slice(file: ContactImport, ends_at: datetime) -> bool:
    """Read on from where the last slice ended; False when there is more to do.

    The file's own refusals end in `refused`, with the sentence. What comes before the place where
    the last slice ended is parsed again and not stored again.
    """
    try:
        entries = _open(file)
    except files.Refused as error:
        _close(file, Step.REFUSED, message=str(error), finished_at=timezone.now())
        uploads.forget(file)
        return True
    except credentials.Unreadable:
        _close(file, Step.REFUSED, message=NO_KEY, finished_at=timezone.now())
        return True
    if entries is None:
        return True
    earlier, number = Earlier(), 0
    while some := list(islice(entries, CHUNK)):
        looks = [_look(one) for one in some]
        fresh = [at for at in range(len(some)) if number + at + 1 > file.read]
        if fresh:
            _store(file, some[fresh[0] :], looks[fresh[0] :], earlier)
        else:
            for at, look in enumerate(looks, number + 1):
                if look is not None and not earlier.same(look):
                    earlier.add(look, at)
        number += len(some)
        if fresh and timezone.now() >= ends_at:
            return False
    _close(file, Step.READY, expected=number)
    return True


def _open(file: ContactImport) -> Iterator[Entry] | None:
    """Open a file in its format; None when a person has to say what its columns hold."""
    data = uploads.content(file)
    if not data:
        raise files.Refused(GONE)
    told = files.encoding_of(data)
    data = files.recode(data, file.encoding)
    fields: dict[str, Any] = {
        "read_as": files.ENCODINGS.get(file.encoding, told.title),
        "unsure": not told.sure and not file.encoding,
        "expected": max(files.rough_count(data), file.read),
    }
    try:
        source = files.detect(file.file_name, data)
    except files.NeedsMapping as error:
        return _open_table(file, data, error.look, fields)
    _keep(file, format=source.title, headings=[], **fields)
    return source.read(data)


def _open_table(
    file: ContactImport, data: bytes, shown: files.Look, fields: dict[str, Any]
) -> Iterator[Entry] | None:
    fields["headings"] = list(shown.headings) if shown.has_headings else []
    said = columns.mapping_of(file.columns) if file.columns else None
    if said is None and shown.has_headings and (said := columns.remembered(shown.headings)):
        fields |= {"remembered": True, "columns": _roles(said)}
    if said is None:
        _close(file, Step.COLUMNS, columns=_roles(shown.mapping), **fields)
        return None
    _keep(file, format=columns.TITLE, **fields)
    return files.read_table(data, said)


def _roles(mapping: files.Mapping) -> columns.Columns:
    return {name: one["role"] for name, one in mapping.items()}


def _look(entry: Entry) -> Look | None:
    return Look(entry.kind, record_of(entry), entry.uid) if isinstance(entry, Draft) else None


def _store(
    file: ContactImport,
    entries: list[Entry],
    looks: list[Look | None],
    earlier: Earlier,
) -> None:
    """Judge some entries and store them as rows, in one transaction with how far the file is."""
    first = file.read + 1
    known = Known()
    known.load(look for look in looks if look)
    rows: dict[int, ImportRow] = {}
    said_later: dict[int, int] = {}
    for number, (entry, look) in enumerate(zip(entries, looks, strict=True), first):
        rows[number] = row = _row(file, number, entry, look, known, earlier)
        if look is not None and row.verdict in ImportRow.CHOOSABLE:
            said_later |= dict.fromkeys(earlier.less(look), number)
            earlier.add(look, number)
    with transaction.atomic():
        _keep(file, expect=file.read, read=file.read + len(rows), tries=0)
        _say_less(file, rows, said_later)
        ImportRow.objects.bulk_create(rows.values())


def _say_less(file: ContactImport, rows: dict[int, ImportRow], later: dict[int, int]) -> None:
    """Leave out rows of which a later one of the same file says all and more."""
    numbers = later.keys() - rows.keys()
    before = list(
        file.rows.filter(number__in=numbers, verdict__in=ImportRow.CHOOSABLE) if numbers else ()
    )
    for row in (*before, *(rows[number] for number in later.keys() & rows.keys())):
        row.verdict, row.chosen = Verdict.KNOWN, False
        row.likes = [[0, str(later[row.number]), "same row"]]
    bulk.update(before, ["verdict", "chosen", "likes"])


def _row(
    file: ContactImport,
    number: int,
    entry: Entry,
    look: Look | None,
    known: Known,
    earlier: Earlier,
) -> ImportRow:
    row = ImportRow(file=file, number=number, place=str(entry.source or ""))
    if look is None or not isinstance(entry, Draft):
        row.verdict, row.reason = Verdict.UNREADABLE, getattr(entry, "reason", "")
        row.search = row.reason.casefold()[:SEARCHED]
        return row
    row.kind, row.name = entry.kind, shape.display_name(entry.kind, entry.scalars)
    row.draft = stored(entry)
    row.unread = [[one.what, one.value, one.why] for one in entry.unread]
    row.has_unread = bool(row.unread)
    row.search = _searched(row.name, entry)
    if same := known.same(look):
        row.verdict, row.likes = Verdict.KNOWN, [[same.pk, same.name, ""]]
        row.contact_id = same.pk
        return row
    if at := earlier.same(look):
        row.verdict, row.likes = Verdict.KNOWN, [[0, str(at), "same row"]]
        return row
    near = known.near(look)
    less = earlier.less(look)
    inside = {at: why for at, why in earlier.near(look).items() if at not in less}
    row.verdict = Verdict.LIKE if near else Verdict.NEW
    row.likes = [[one.pk, one.name, why] for one, why in near.items()][:LIKES]
    row.likes += [[0, str(at), why] for at, why in inside.items()][: LIKES - len(row.likes)]
    row.chosen = row.verdict == Verdict.NEW
    return row


def _searched(name: str, draft: Draft) -> str:
    words = [name, draft.scalars.get("company", "")]
    words += [str(one.value) for one in (*draft.emails, *draft.phones)]
    return " ".join(words).casefold()[:SEARCHED]


def _keep(file: ContactImport, expect: int | None = None, **fields: Any) -> None:
    """Write how far a file is, if it is still ours; raises `Overtaken`."""
    mine = ContactImport.objects.filter(pk=file.pk, turn=file.turn, step=Step.READING)
    if expect is not None:
        mine = mine.filter(read=expect)
    if not mine.update(touched_at=timezone.now(), **fields):
        raise Overtaken
    for name, value in fields.items():
        setattr(file, name, value)


def _close(file: ContactImport, step: str, **fields: Any) -> None:
    _keep(file, step=step, tries=0, **fields)
