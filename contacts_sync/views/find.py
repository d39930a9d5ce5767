"""What the pages look up."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from contacts_sync import wording
from contacts_sync.engine.guard import BY_NAME
from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    ExternalLink,
    SyncChange,
    SyncRun,
)

State = ExternalLink.State


def open_run(connection: Connection) -> SyncRun | None:
    """Find the run that works on a connection, or will in a moment."""
    return connection.runs.filter(status__in=SyncRun.OPEN).first()


def progress(connection: Connection, run: SyncRun) -> wording.Progress:
    """Find out how far an open run is."""
    return wording.progress(run, timezone.now(), connection.next_run_at)


def latest_preview(connection: Connection) -> SyncRun | None:
    """Find the preview that *Start Sync* would act on: none once something else ran after it."""
    latest = connection.runs.first()
    return latest if latest and latest.kind == SyncRun.Kind.PREVIEW else None


def known(connection: Connection) -> dict[str, int]:
    """Count the links that a preview tells beside its three numbers."""
    counts: dict[str, int] = connection.links.aggregate(
        linked=Count("pk", filter=Q(state=State.LINKED)),
        gone=Count("pk", filter=Q(state=State.GONE)),
        apart=Count("pk", filter=Q(state=State.APART)),
    )
    return counts


def held_changes(connection: Connection) -> QuerySet[Any]:
    """Find what a guard holds back of a mailbox; `held_by` names the guard."""
    return held_by_guards(connection.changes.all())


def held_by_guards(changes: QuerySet[SyncChange]) -> QuerySet[Any]:
    """Choose the changes that a guard holds back; `held_by` names the guard.

    Held creations are links whose records have the guard's name as their reason. Contacts that
    match several others wait as links too, and no guard holds them.
    """
    held_by = Case(
        When(guard="", action=SyncChange.Action.HOLD, then=F("reason")),
        default=F("guard"),
        output_field=CharField(),
    )
    held = changes.filter(status=SyncChange.Status.HELD).annotate(held_by=held_by)
    return held.filter(held_by__in=BY_NAME)


def last_run(connection: Connection) -> SyncRun | None:
    """Find the sync that ended last."""
    ended = connection.runs.exclude(finished_at=None).exclude(kind=SyncRun.Kind.PREVIEW)
    return ended.first()


def doings(connection: Connection) -> QuerySet[SyncRun]:
    """Find the closed runs that did something or went wrong. Most have nothing to do."""
    planned = Q(kind=SyncRun.Kind.PREVIEW, status=SyncRun.Status.DONE)
    return (
        connection.runs.exclude(finished_at=None)
        .exclude(planned)
        .exclude(
            status=SyncRun.Status.DONE,
            added_here=0,
            added_there=0,
            linked=0,
            updated_here=0,
            updated_there=0,
            deleted_there=0,
            gone=0,
        )
    )


def search(links: QuerySet[ExternalLink], words: str) -> QuerySet[ExternalLink]:
    """Find links by the name on either side, or by an e-mail address."""
    for word in words.split():
        links = links.filter(Q(name__icontains=word) | _ours("contact__", "contact", word))
    return links


def search_here(contacts: QuerySet[Contact], words: str) -> QuerySet[Contact]:
    """Find contacts by name, or by an e-mail address."""
    for word in words.split():
        contacts = contacts.filter(_ours("", "pk", word))
    return contacts


def _ours(prefix: str, key: str, word: str) -> Q:
    names = Q()
    for name in ("first_name", "last_name", "name"):
        names |= Q(**{f"{prefix}{name}__icontains": word})
    addresses = EmailAddress.objects.filter(contact=OuterRef(key), address__icontains=word)
    return names | Q(Exists(addresses))
