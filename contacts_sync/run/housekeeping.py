"""Tidy up: purge what has been in the trash long enough, and echoes nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from contacts_sync.models import Contact, ExternalLink, RemoteContact

TRASH = timedelta(days=30)
ECHO = timedelta(days=30)
AT_ONCE = 500

WAITING = (ExternalLink.State.CREATING, ExternalLink.State.LINKED, ExternalLink.State.DELETING)
"""Links that still have something to do for a contact in the trash."""


def tidy(now: datetime) -> None:
    """Purge a bounded number of rows. A contact stays while a link waits for it, or people name it."""
    links = ExternalLink.objects.filter(contact=OuterRef("pk"), state__in=WAITING)
    people = Contact.objects.alive().filter(company=OuterRef("pk"))
    due = Contact.objects.filter(deleted_at__lte=now - TRASH).filter(
        ~Exists(links), ~Exists(people)
    )
    pks = list(due.values_list("pk", flat=True)[:AT_ONCE])
    if pks:
        # What was left out in Outlook stays left out: without its link it would come back as new.
        links_due = ExternalLink.objects.filter(contact__in=pks)
        links_due.exclude(state=ExternalLink.State.APART, mirror__present=True).delete()
        Contact.objects.filter(pk__in=pks).purge()
    echoes = RemoteContact.objects.filter(deleted_at__lte=now - ECHO, link=None)
    RemoteContact.objects.filter(
        pk__in=list(echoes.values_list("pk", flat=True)[:AT_ONCE])
    ).delete()
