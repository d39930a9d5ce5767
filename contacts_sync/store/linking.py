"""Rows of links: their client keys and marks, saved and closed in bulk."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.store import bulk, records

COLUMNS = [
    "contact",
    "mirror",
    "remote_id",
    "client_key",
    "name",
    "state",
    "decision",
    "reason",
    "group",
    "local_shadow",
    "remote_shadow",
    "local_revision",
    "sent_at",
    "pending",
    "problem",
    "problem_count",
    "problem_mark",
    "next_try_at",
    "changed_at",
]
"""All columns but the key and the generated one: a bulk update must not touch these."""


def new_key(contact: Contact) -> str:
    """Make a client key: the contact's uid, and a nonce for this creation."""
    return f"{contact.uid.hex}-{secrets.token_hex(6)}"


def problem_mark(revision: int, row: RemoteContact | None) -> str:
    """Mark the contents with which a contact was refused: it is tried at once when they change."""
    return records.contents(revision, row.fingerprint if row else "")


def forget_problem(link: ExternalLink) -> None:
    """Let a contact that was set aside go on; the caller saves the link."""
    link.problem, link.problem_count, link.problem_mark = "", 0, ""
    link.next_try_at = None


def touching(
    connection: Connection, pks: Sequence[int], contacts: Sequence[int], mirrors: Sequence[int]
) -> QuerySet[ExternalLink]:
    """Find links of a connection by their numbers, their contacts or their mirror rows, in order.

    Each way has an index of its own. SQLite would rather walk all links of the connection, in their
    order, so the connection is only named where it is needed, and the order is no column's.
    """
    found = Q(pk__in=pks) | Q(mirror__in=mirrors) | Q(contact__in=contacts, connection=connection)
    return ExternalLink.objects.filter(found).order_by(F("pk") + 0)


def save(links: Sequence[ExternalLink]) -> None:
    """Insert new links and update known ones."""
    for link in links:
        link.contact_id = link.contact.pk if link.contact else link.contact_id
        link.mirror_id = link.mirror.pk if link.mirror else link.mirror_id
    known = [link for link in links if link.pk is not None]
    ExternalLink.objects.bulk_create([link for link in links if link.pk is None])
    for link in known:
        link.changed_at = timezone.now()
    bulk.update(known, COLUMNS)


def close(pks: Sequence[int]) -> None:
    """Delete links, and the mirror rows of contacts that are gone with them."""
    if not pks:
        return
    undecided(pks).update(status=SyncChange.Status.DISMISSED, reason="no longer due")
    rows = RemoteContact.objects.filter(link__in=pks)
    gone = list(rows.values_list("pk", flat=True))
    ExternalLink.objects.filter(pk__in=pks).delete()
    RemoteContact.objects.filter(pk__in=gone, present=False, deleted_at=None).delete()


def undecided(links: Sequence[int]) -> QuerySet[SyncChange]:
    """List what waits for a decision about these links."""
    if not links:
        return SyncChange.objects.none()
    return SyncChange.objects.filter(link__in=links, status=SyncChange.Status.HELD)
