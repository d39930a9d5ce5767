"""Tell the copies that the sync made in Outlook from what was there before, which is never deleted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet

from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncChange

Link, Change = ExternalLink, SyncChange


def copies(links: QuerySet[ExternalLink]) -> QuerySet[ExternalLink]:
    """Find the links whose Outlook contact the sync created."""
    return links.filter(_made_by_us())


def originals(links: QuerySet[ExternalLink]) -> QuerySet[ExternalLink]:
    """Find the links whose Outlook contact was there before, or of which that is not on record."""
    return links.filter(~_made_by_us())


def _made_by_us() -> Any:
    """Say whether it is on record that we created the very contact that is linked now."""
    return Exists(
        Change.objects.filter(
            link=OuterRef("pk"),
            remote_id=OuterRef("remote_id"),
            action=Change.Action.ADD,
            side=Change.Side.THERE,
            status=Change.Status.DONE,
        )
    )


def remove(contacts: Collection[int]) -> None:
    """Put contacts into the trash. Copies are deleted with the next runs; originals stay, left out."""
    leave_there(originals(Link.objects.filter(contact__in=contacts, state=Link.State.LINKED)))
    Contact.objects.filter(pk__in=contacts).delete()


def leave_there(links: QuerySet[ExternalLink]) -> None:
    """Leave links out: what is in Outlook stays as it is."""
    ends = list(links.values_list("pk", "mirror_id"))
    Link.objects.filter(pk__in=[pk for pk, _mirror in ends]).update(
        state=Link.State.APART, decision="", group="", pending=False
    )
    mirrors = [mirror for _pk, mirror in ends if mirror]
    RemoteContact.objects.filter(pk__in=mirrors).update(settled=F("fingerprint"))


def by_mailbox(links: QuerySet[ExternalLink]) -> list[tuple[Connection, int]]:
    """Count links by mailbox; those that are retired are written to no more."""
    living = links.exclude(connection__state=Connection.State.RETIRED).order_by()
    counts = dict(living.values_list("connection").annotate(Count("pk")))
    rows = Connection.objects.select_related("owner").in_bulk(counts)
    return [(rows[pk], counts[pk]) for pk in sorted(counts)]
