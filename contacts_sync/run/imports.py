"""Work on an import in the background: read, create and undo, in slices, until it is done or halts."""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import F, QuerySet
from django.utils import timezone

from contacts_sync import importing
from contacts_sync.models import ContactImport
from contacts_sync.run import undo_import
from contacts_sync.run.context import SLICE

Step = ContactImport.Step

TRIES = 5
"""How often a step that gets nowhere is begun: then a person is told."""

QUIET = timedelta(minutes=5)
"""When nobody has touched an import for so long, its worker is gone."""

log = logging.getLogger(__name__)


def work(file: ContactImport) -> bool:
    """Work on an import for one slice; True when there is more to do at once.

    What goes wrong in a file or a row is told there. Anything else halts the import, which then says
    so and can be continued or undone; a database that is away is asked again later.
    """
    if not file.is_working or not _enter(file):
        return False
    ends_at = timezone.now() + SLICE
    try:
        finished = _step(file, ends_at)
    except importing.Overtaken:
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Where it happened, and not what the exception says: that may quote a contact.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("import %s halted: %s\n%s", file.pk, type(error).__name__, where)
        halt(file, type(error).__name__)
        return False
    return not finished


def _step(file: ContactImport, ends_at: datetime) -> bool:
    match file.step:
        case Step.READING:
            return importing.read_slice(file, ends_at)
        case Step.CREATING:
            return importing.take_slice(file, ends_at)
    return undo_import.undo_slice(file, file.actor, ends_at)


def _enter(file: ContactImport) -> bool:
    """Count the tries; False when another worker is at it, or there were too many."""
    if file.tries >= TRIES:
        halt(file, "")
        return False
    mine = ContactImport.objects.filter(pk=file.pk, turn=file.turn, tries=file.tries)
    if not mine.update(turn=F("turn") + 1, tries=F("tries") + 1, touched_at=timezone.now()):
        return False
    file.refresh_from_db()
    return True


def halt(file: ContactImport, why: str) -> None:
    """Say that an import stopped half-way."""
    text = "It stopped half-way, and can be continued. What was done until then stays."
    ContactImport.objects.filter(pk=file.pk, step=file.step).update(
        step=Step.FAILED, halted=file.step, message=f"{text} {f'({why})' if why else ''}".strip()
    )


def go_on(file: ContactImport) -> bool:
    """Continue an import where it stopped."""
    halted = file.halted
    fits = ContactImport.objects.filter(pk=file.pk, step=Step.FAILED, halted=halted)
    begun = halted in ContactImport.WORKING and fits.update(
        step=halted,
        halted="",
        message="",
        turn=F("turn") + 1,
        tries=0,
        touched_at=timezone.now(),
    )
    file.refresh_from_db()
    return bool(begun)


def forsaken(now: datetime) -> QuerySet[ContactImport]:
    """Find imports whose worker is gone."""
    return ContactImport.objects.filter(step__in=ContactImport.WORKING, touched_at__lte=now - QUIET)
