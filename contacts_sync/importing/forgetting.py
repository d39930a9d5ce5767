"""Forget a person whom a file told of: in its rows, its bytes, and in what is said of others."""

from __future__ import annotations

import json

from django.db.models import QuerySet

from contacts_sync.models import Contact, ContactImport, ImportPart, ImportRow
from contacts_sync.store import bulk

CHUNK = 1_000


def forget(contact: Contact, rows: QuerySet[ImportRow]) -> None:
    """Delete rows that hold a contact, and whatever names it beside others.

    The bytes of their files go too, which could else be read again; the other rows stay to be chosen
    from. Runs inside the caller's transaction.
    """
    ImportPart.objects.filter(file__in=rows.order_by().values("file")).delete()
    rows.delete()
    named = []
    resembling = ImportRow.objects.exclude(likes=[]).order_by().only("likes")
    for row in resembling.iterator(chunk_size=CHUNK):
        kept = [one for one in row.likes if one[0] != contact.pk]
        if kept != row.likes:
            row.likes = kept
            named.append(row)
    bulk.update(named, ["likes"])
    for file in ContactImport.objects.filter(step=ContactImport.Step.UNDONE).exclude(message=""):
        told = json.loads(file.message)
        kept = [name for name in told["names"] if name != str(contact)]
        if kept != told["names"]:
            file.message = json.dumps({**told, "names": kept}, ensure_ascii=False)
            file.save(update_fields=["message"])
