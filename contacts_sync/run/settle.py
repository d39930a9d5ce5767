"""Settle: find out what became of writes whose answers never came, and find lost links again."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from contacts_sync.models import ExternalLink
from contacts_sync.providers.base import RemoteContact
from contacts_sync.run.context import Slice
from contacts_sync.store import unsettled


def settle(work: Slice) -> None:
    """Finish what a dead slice left open.

    A creation without an answer is looked up by its key, then in the mirror. It is sent again only
    when it is certainly not there; until then it waits.
    """
    connection = work.connection
    unsettled.forget_sent(connection, work.lease, work.now())
    if not connection.keys_read or unsettled.links_lost(connection):
        unsettled.relink(connection, work.lease, work.provider.keyed(), work.now())
    back = unsettled.perhaps_back(connection)
    if back:
        unsettled.resume(connection, work.lease, _find(work, back), work.now())
    open_links = unsettled.unanswered(connection)
    if not open_links:
        return
    answers = _find(work, open_links)
    unsettled.found(connection, work.lease, answers, work.now())

    missing = [link for link in open_links if link.pk not in answers]
    twins = unsettled.twins_in_mirror(connection, missing) if missing else {}
    if twins:
        unsettled.adopt_twins(connection, work.lease, twins, work.now())
    certain = [
        link
        for link in missing
        if link.pk not in twins
        and unsettled.is_certain(connection, link, settings.CREATE_SETTLE_SECONDS)
    ]
    if certain:
        unsettled.not_there(connection, work.lease, certain, work.now())


def _find(work: Slice, links: Sequence[ExternalLink]) -> dict[int, RemoteContact]:
    """Look links up by their keys, in our folder only; never one that has a link of its own."""
    hits = work.provider.find([link.client_key for link in links if link.client_key])
    found = [contact.remote_id for contacts in hits.values() for contact in contacts]
    taken = unsettled.elsewhere(work.connection, found) if found else set()
    answers: dict[int, RemoteContact] = {}
    for link in links:
        for contact in hits.get(link.client_key or "", ()):
            ours = contact.folder_id in ("", work.connection.folder_id)
            if ours and contact.remote_id not in taken:
                answers.setdefault(link.pk, contact)
    return answers
