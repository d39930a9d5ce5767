"""What people decide: leave out, link, keep both, put back, approve and dismiss.

A decision changes our own state only. The next run carries it out, by the same plan as everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts_sync.engine.guard import BY_NAME, Answer
from contacts_sync.engine.plan import BY_A_PERSON, MATCHED
from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.models.contact import ContactQuerySet
from contacts_sync.run import amending, originals
from contacts_sync.store import bulk, distinct, linking, search

Link, Change = ExternalLink, SyncChange


class NotPossible(Exception):
    """The decision does not fit what is there now. The text says why."""


def leave_out(
    connection: Connection, *, contact_id: int | None = None, remote_id: str = "", actor: Any
) -> ExternalLink:
    """Leave a contact out: never read, written or matched again, unless a person changes that."""
    with transaction.atomic():
        link = _link_of(connection, contact_id, remote_id) or Link(connection=connection)
        mirror = _mirror(connection, remote_id) if remote_id else link.mirror
        if contact_id:
            link.contact = Contact.objects.get(pk=contact_id)
        if mirror is not None and not (contact_id and _other_link(link, mirror)):
            link.mirror, link.remote_id = mirror, mirror.remote_id
        link.name = str(link.contact or mirror or link.name)
        link.state, link.decision, link.group, link.reason = Link.State.APART, "", "", ""
        link.pending = False
        _save(link)
        if mirror is not None:
            RemoteContact.objects.filter(pk=mirror.pk).update(settled=mirror.fingerprint)
        _decided(link, Change.Status.DISMISSED, actor)
        amending.drop(connection, [contact_id] if contact_id else [], [remote_id])
    return link


def leave_out_all(
    connection: Connection, about: Iterable[tuple[int | None, str]], actor: Any
) -> int:
    """Leave out many: each a contact, an Outlook contact, or both of a pair; returns how many.

    Who has left the folder meanwhile is passed over.
    """
    ends = list(dict.fromkeys(about))
    left: list[tuple[int | None, str]] = []
    with transaction.atomic():
        for start in range(0, len(ends), search.CHUNK):
            left += _leave_out_some(connection, ends[start : start + search.CHUNK], actor)
        contacts, remote_ids = (contact for contact, _ in left), (remote for _, remote in left)
        amending.drop(connection, filter(None, contacts), remote_ids)
    return len(left)


def _leave_out_some(
    connection: Connection, ends: list[tuple[int | None, str]], actor: Any
) -> list[tuple[int | None, str]]:
    contacts = Contact.objects.in_bulk([contact for contact, _remote in ends if contact])
    remote_ids = [remote for _contact, remote in ends if remote]
    present = RemoteContact.objects.filter(
        connection=connection, remote_id__in=remote_ids, present=True
    )
    mirrors = {row.remote_id: row for row in present}
    ends = [
        (contact, remote)
        for contact, remote in ends
        if (not contact or contact in contacts) and (not remote or remote in mirrors)
    ]
    rows = Link.objects.filter(
        Q(contact__in=contacts) | Q(remote_id__in=mirrors), connection=connection
    )
    links = list(rows.select_related("mirror"))
    by_contact = {link.contact_id: link for link in links if link.contact_id}
    by_remote = {link.remote_id: link for link in links if link.remote_id}
    left = []
    for contact, remote in ends:
        ours, theirs = by_contact.get(contact or 0), by_remote.get(remote)
        if ours is not None and theirs is not None and ours.pk != theirs.pk:
            leave_out(connection, contact_id=contact, remote_id=remote, actor=actor)
            continue
        link = ours or theirs or Link(connection=connection)
        link.contact = contacts[contact] if contact else link.contact
        link.mirror = mirrors[remote] if remote else link.mirror
        link.remote_id = remote or link.remote_id
        link.name = str(link.contact or link.mirror or link.name)
        link.state, link.decision, link.group, link.reason = Link.State.APART, "", "", ""
        link.pending = False
        left.append(link)
    linking.save([link for link in left if link.pk])
    bulk.insert([link for link in left if not link.pk])
    marked = [link.mirror_id for link in left if link.mirror_id]
    RemoteContact.objects.filter(pk__in=marked).update(settled=F("fingerprint"))
    linking.undecided([link.pk for link in left if link.pk]).update(
        status=Change.Status.DISMISSED, decided_at=timezone.now(), actor=actor
    )
    return ends


def take_back_in(link: ExternalLink, actor: Any) -> None:
    """Let a contact that was left out take part again.

    A pair goes on as a pair. What has one end only is matched like a new one.
    """
    if link.state != Link.State.APART:
        raise NotPossible(_("This contact is not left out."))
    with transaction.atomic():
        mirror = link.mirror
        Change.objects.create(
            connection=link.connection,
            contact=link.contact,
            contact_uid=link.contact.uid if link.contact else None,
            remote_id=link.remote_id or "",
            name=str(link),
            side=Change.Side.BOTH,
            action=Change.Action.RESTORE,
            status=Change.Status.DONE,
            reason="takes part again",
            actor=actor,
        )
        if link.contact and not link.contact.deleted_at and mirror and mirror.present:
            link.state, link.pending = Link.State.LINKED, True
            _save(link)
        else:
            link.delete()
        if mirror:
            RemoteContact.objects.filter(pk=mirror.pk).update(settled="")
        _hurry(link.connection_id)


def link_pair(connection: Connection, contact_id: int, remote_id: str, actor: Any) -> ExternalLink:
    """Say that a contact and an Outlook contact are the same. The first-link rule then holds."""
    with transaction.atomic():
        mirror = _mirror(connection, remote_id)
        ours = Link.objects.filter(connection=connection, contact=contact_id).first()
        theirs = Link.objects.filter(connection=connection, remote_id=remote_id).first()
        for one in (ours, theirs):
            if one is not None and one.state == Link.State.LINKED and one.mirror_id:
                raise NotPossible(_("One of the two is linked with another contact already."))
        if theirs is not None and ours is not None and theirs.pk != ours.pk:
            _decided(theirs, Change.Status.DISMISSED, actor)
            theirs.delete()
        groups = {one.group for one in (ours, theirs) if one is not None and one.group}
        link = ours or theirs or Link(connection=connection)
        link.contact = Contact.objects.alive().filter(pk=contact_id).first()
        if link.contact is None:
            raise NotPossible(_("This contact is in the trash."))
        link.mirror, link.remote_id, link.name = mirror, mirror.remote_id, str(link.contact)
        link.state, link.group, link.reason = Link.State.LINKED, "", ""
        link.local_shadow = link.remote_shadow = None
        link.decision, link.pending = "", True
        _save(link)
        _decided(link, Change.Status.APPROVED, actor)
        Change.objects.create(
            connection=connection,
            contact=link.contact,
            contact_uid=link.contact.uid,
            link=link,
            remote_id=remote_id,
            name=str(link),
            side=Change.Side.BOTH,
            action=Change.Action.LINK,
            status=Change.Status.DONE,
            reason=BY_A_PERSON,
            actor=actor,
        )
        amending.plan_again(connection, [link, *_keep_the_rest(connection, groups)])
        _hurry(connection.pk)
    return link


def _keep_the_rest(connection: Connection, groups: set[str]) -> list[ExternalLink]:
    """Keep who is left alone on one side of a group: a plan would create them, and nobody asks."""
    rest = Link.objects.filter(connection=connection, state=Link.State.HELD, decision="")
    kept: list[ExternalLink] = []
    for group in groups:
        left = list(rest.filter(group=group))
        if group.startswith(MATCHED) and len({one.contact_id is None for one in left}) == 1:
            Link.objects.filter(pk__in=[one.pk for one in left]).update(decision=Link.Decision.KEEP)
            kept += left
    return kept


def keep_both(link: ExternalLink, actor: Any) -> None:
    """Say that a held contact is nobody else: it is created on the other side."""
    if link.state != Link.State.HELD:
        raise NotPossible(_("This contact does not wait for a decision any more."))
    with transaction.atomic():
        Link.objects.filter(pk=link.pk).update(decision=Link.Decision.KEEP)
        _decided(link, Change.Status.APPROVED, actor)
        amending.plan_again(link.connection, [link])
        _hurry(link.connection_id)


def keep_all(links: QuerySet[ExternalLink], actor: Any) -> int:
    """Say of all these that each is nobody else; returns of how many. What was decided stays."""
    with transaction.atomic():
        held = list(links.filter(state=Link.State.HELD, decision="").select_related("connection"))
        for some in search.chunks([link.pk for link in held]):
            Link.objects.filter(pk__in=some).update(decision=Link.Decision.KEEP)
            linking.undecided(some).update(
                status=Change.Status.APPROVED, decided_at=timezone.now(), actor=actor
            )
        for connection in {link.connection for link in held}:
            mine = [link for link in held if link.connection_id == connection.pk]
            amending.plan_again(connection, mine)
            _hurry(connection.pk)
    return len(held)


def tell_apart(connection: Connection, contact: Contact, remote_id: str, actor: Any) -> None:
    """Say that two which look alike are different: each is added, and nobody is asked again."""
    with transaction.atomic():
        distinct.tell_apart_there(contact, connection, remote_id, actor)
        amending.answer_near(connection, contact.pk, remote_id)


def put_back(link: ExternalLink, actor: Any) -> None:
    """Create a contact in Outlook again that was removed there."""
    if link.state != Link.State.GONE or link.contact is None or link.contact.deleted_at:
        raise NotPossible(_("Only a contact that was removed in Outlook can be put back."))
    with transaction.atomic():
        _to_be_created(link)
        _save(link)
        Change.objects.create(
            connection=link.connection,
            contact=link.contact,
            contact_uid=link.contact.uid,
            link=link,
            name=str(link),
            side=Change.Side.THERE,
            action=Change.Action.RESTORE,
            status=Change.Status.DONE,
            reason="put back in Outlook",
            actor=actor,
        )
        amending.plan_again(link.connection, [link])
        _hurry(link.connection_id)


def _to_be_created(link: ExternalLink) -> None:
    """Let a link be created in Outlook anew, under a new key.

    It knows the old contact until then: if that one comes back first, the link goes on with it.
    """
    link.state, link.client_key, link.sent_at = Link.State.CREATING, None, None
    link.decision, link.pending = "", True


def try_again(links: QuerySet[ExternalLink]) -> int:
    """Let contacts that one side refused be tried with the next run, and not hours later."""
    return links.exclude(problem="").update(next_try_at=None, pending=True)


def approve(changes: QuerySet[SyncChange], actor: Any) -> int:
    """Approve held changes: they are carried out by the next run, within seven days."""
    with transaction.atomic():
        held = list(changes.filter(status=Change.Status.HELD).select_related("link", "connection"))
        for change in held:
            link = change.link
            if change.guard == "" and link is not None and link.state == Link.State.HELD:
                Link.objects.filter(pk=link.pk).update(decision=Link.Decision.KEEP)
        _plan_again(held)
        return _close(held, Change.Status.APPROVED, actor)


def dismiss(changes: QuerySet[SyncChange], actor: Any) -> int:
    """Dismiss held changes: what then happens to each contact, the guard's row says."""
    with transaction.atomic():
        held = list(
            changes.filter(status=Change.Status.HELD).select_related(
                "link", "link__contact", "connection"
            )
        )
        for change in held:
            guard = BY_NAME.get(change.guard)
            _dismiss(change, guard.dismiss if guard else Answer.APART)
        _plan_again(held)
        return _close(held, Change.Status.DISMISSED, actor)


def _dismiss(change: SyncChange, answer: Answer) -> None:
    link = change.link
    if link is None:
        return
    match answer:
        case Answer.RESTORE:
            Contact.objects.filter(pk=link.contact_id or 0).restore()
        case Answer.PUT_BACK if link.contact is not None:
            _to_be_created(link)
            _save(link)
        case Answer.APART:
            Link.objects.filter(pk=link.pk).update(
                state=Link.State.APART, decision="", group="", pending=False
            )
        case Answer.TAKE_HERE:
            Link.objects.filter(pk=link.pk).update(decision=Link.Decision.HERE)
        case Answer.TAKE_THERE:
            Link.objects.filter(pk=link.pk).update(decision=Link.Decision.THERE)


def _plan_again(held: list[SyncChange]) -> None:
    links: defaultdict[Connection, list[ExternalLink]] = defaultdict(list)
    for change in held:
        if change.link is not None and change.connection is not None:
            links[change.connection].append(change.link)
    for connection, decided in links.items():
        amending.plan_again(connection, decided)


def _close(held: list[SyncChange], status: str, actor: Any) -> int:
    _hurry(*{change.connection_id for change in held})
    return Change.objects.filter(pk__in=[change.pk for change in held]).update(
        status=status, decided_at=timezone.now(), actor=actor
    )


def copies(contacts: QuerySet[Contact]) -> list[tuple[Connection, int]]:
    """Count the Outlook copies that deleting these contacts will delete, by mailbox."""
    links = Link.objects.filter(
        contact__in=contacts, state__in=[Link.State.LINKED, Link.State.CREATING]
    )
    return originals.by_mailbox(links)


def remove_here_only(contacts: QuerySet[Contact], actor: Any) -> int:
    """Put contacts into the trash and leave their Outlook copies where they are."""
    with transaction.atomic():
        chosen = list(contacts.filter(deleted_at=None).values_list("pk", flat=True))
        originals.leave_there(
            Link.objects.filter(contact__in=chosen).exclude(state=Link.State.APART)
        )
        rows: ContactQuerySet = Contact.objects.filter(pk__in=chosen)
        count, _details = rows.delete()
    return count


def _hurry(*connections: int | None) -> None:
    """Let the next run of a mailbox that is on begin with the next minute."""
    Connection.objects.filter(
        pk__in=[pk for pk in connections if pk],
        state=Connection.State.ON,
        next_run_at__isnull=False,
    ).update(next_run_at=timezone.now())


def _link_of(connection: Connection, contact_id: int | None, remote_id: str) -> ExternalLink | None:
    rows = Link.objects.filter(connection=connection)
    if contact_id:
        return rows.filter(contact=contact_id).first()
    return rows.filter(remote_id=remote_id).first()


def _mirror(connection: Connection, remote_id: str) -> RemoteContact:
    row = RemoteContact.objects.filter(
        connection=connection, remote_id=remote_id, present=True
    ).first()
    if row is None:
        raise NotPossible(_("This Outlook contact is not in the Contacts folder any more."))
    return row


def _other_link(link: ExternalLink, mirror: RemoteContact) -> bool:
    return Link.objects.filter(mirror=mirror).exclude(pk=link.pk).exists()


def _save(link: ExternalLink) -> None:
    linking.save([link])


def _decided(link: ExternalLink, status: str, actor: Any) -> None:
    if link.pk:
        linking.undecided([link.pk]).update(status=status, decided_at=timezone.now(), actor=actor)
