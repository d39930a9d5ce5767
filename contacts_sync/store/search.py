"""What is open: found without reading what did not change.

Equality per link is the truth; `Connection.seen` and the generated `open` columns only narrow the
search. An unchanged list costs three queries, whatever its size (DESIGN.md, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet

from contacts_sync import contact as shape
from contacts_sync.engine.match import Candidate
from contacts_sync.engine.plan import LinkView, Ours, State, Theirs
from contacts_sync.models import (
    Connection,
    Contact,
    ContactValue,
    EmailAddress,
    ExternalLink,
    PhoneNumber,
    RemoteContact,
)
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store import records

CHUNK = 500

Key = TypeVar("Key", int, str)

ASKED = Q(state=State.HELD, decision="") & ~Q(group__startswith="guard-")
"""Links about which a person is asked one by one; what a guard holds is decided as a whole."""


@dataclass(frozen=True, slots=True)
class OpenWork:
    """All that a plan has to look at: links, and records of either side without a link."""

    links: frozenset[int]
    ours: frozenset[int]
    theirs: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.links or self.ours or self.theirs)


def open_work(connection: Connection) -> OpenWork:
    """Find everything that is not settled, in three queries."""
    links: set[int] = set()
    ours: set[int] = set()
    theirs: set[int] = set()
    for contact, link in _open_here(connection):
        if link:
            links.add(link)
        else:
            ours.add(contact)
    for mirror, link in _open_there(connection):
        if link:
            links.add(link)
        else:
            theirs.add(mirror)
    links.update(
        ExternalLink.objects.filter(connection=connection, open=True).values_list("pk", flat=True)
    )
    return OpenWork(frozenset(links), frozenset(ours), frozenset(theirs))


def _open_here(connection: Connection) -> Iterable[tuple[int, int | None]]:
    stale = Q(mine__local_revision__lt=F("revision")) | Q(mine__local_revision__gt=F("revision"))
    return (
        Contact.objects.filter(revision__gt=connection.seen)
        .annotate(mine=FilteredRelation("links", condition=Q(links__connection=connection.pk)))
        .filter(Q(mine=None, deleted_at=None) | Q(mine__state="linked") & stale)
        .order_by()
        .values_list("pk", "mine__id")
    )


def _open_there(connection: Connection) -> Iterable[tuple[int, int | None]]:
    """Find changed rows of the mirror. What is left out is not looked at while it is there."""
    rows = RemoteContact.objects.filter(connection=connection, open=True)
    rows = rows.filter(Q(link=None) | ~Q(link__state=State.APART) | Q(present=False))
    return rows.order_by().values_list("pk", "link__id")


def chunks(keys: Iterable[Key], size: int = CHUNK) -> Iterator[list[Key]]:
    """Cut keys into pieces, in order."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def load_links(pks: Iterable[int]) -> list[ExternalLink]:
    """Load links with their mirror rows; contacts are loaded apart, with their values."""
    rows = ExternalLink.objects.filter(pk__in=list(pks)).select_related("mirror")
    return list(rows.order_by("pk"))


def view(link: ExternalLink, contact: Contact | None) -> LinkView:
    """See a link as the planner does."""
    if contact is None:
        ours = Ours.PURGED
    else:
        ours = Ours.ALIVE if contact.deleted_at is None else Ours.TRASHED
    mirror = link.mirror
    if mirror is None or not mirror.present:
        theirs = Theirs.ABSENT
    else:
        theirs = Theirs.UNKNOWN if mirror.doubtful else Theirs.PRESENT
    return LinkView(
        link.pk,
        State(link.state),
        ours,
        theirs,
        link.contact_id,
        link.mirror_id,
        link.sent_at is not None,
        drop=_is_untouched(link) and link.decision == ExternalLink.Decision.DROP,
    )


def _is_untouched(link: ExternalLink) -> bool:
    return link.mirror is not None and link.mirror.fingerprint == link.mirror.settled


def candidates_here(pks: Iterable[int], near: bool = False) -> Iterator[tuple[Candidate, Contact]]:
    """Load match keys of contacts, without their values. Empty ones and the trash are left out."""
    for some in chunks(pks):
        emails: dict[int, list[str]] = {}
        for pk, address in EmailAddress.objects.filter(contact__in=some).values_list(
            "contact_id", "address"
        ):
            emails.setdefault(pk, []).append(address)
        phones = _phones(some) if near else {}
        for contact in Contact.objects.filter(pk__in=some, deleted_at=None).order_by("pk"):
            scalars = {name: getattr(contact, name) for name in ("first_name", "last_name", "name")}
            addresses = emails.get(contact.pk, [])
            keys = shape.match_keys(contact.kind, scalars, addresses)
            close = (
                shape.near_keys(contact.kind, scalars, addresses, phones.get(contact.pk, []))
                if near
                else frozenset()
            )
            yield Candidate(contact.pk, keys, near=close), contact


def _phones(pks: list[int]) -> dict[int, list[str]]:
    phones: dict[int, list[str]] = {}
    rows = PhoneNumber.objects.filter(contact__in=pks)
    for pk, number in rows.values_list("contact_id", "number"):
        phones.setdefault(pk, []).append(records.phone_key(number))
    return phones


def candidates_there(
    pks: Iterable[int], near: bool = False
) -> Iterator[tuple[Candidate, RemoteContact]]:
    """Load match keys of mirror rows."""
    for some in chunks(pks):
        for mirror in RemoteContact.objects.filter(pk__in=some).order_by("pk"):
            kind, scalars = mirror.kind, mirror.scalars
            addresses = [value for _, value in mirror.values["sets"].get(shape.EMAILS, ())]
            numbers = [value for _, value in mirror.values["sets"].get(shape.PHONES, ())]
            keys = shape.match_keys(kind, scalars, addresses)
            close = (
                shape.near_keys(
                    kind, scalars, addresses, [records.phone_key(number) for number in numbers]
                )
                if near
                else frozenset()
            )
            yield Candidate(mirror.pk, keys, near=close), mirror


def nothing_to_show(pks: Iterable[int]) -> set[int]:
    """Tell which contacts have nothing to show in Outlook yet.

    A company that was made from a company name stays home while it has no detail of its own, and so
    does a contact without a name whose values have no room there. When one gets more its revision
    rises, and the next run looks again.
    """
    blank = Q(company=None, birthday=None, name="", **dict.fromkeys(records.TEXTS, ""))
    found: set[int] = set()
    for some in chunks(pks):
        rows = Contact.objects.filter(pk__in=some)
        companies = rows.filter(from_company_name=True)
        for model in VALUE_MODELS.values():
            values: QuerySet[ContactValue] = model._default_manager.all()
            companies = companies.filter(~Exists(values.filter(contact=OuterRef("pk"))))  # type: ignore[misc]
        found.update(companies.values_list("pk", flat=True))
        nameless = records.load_contacts(rows.filter(blank).values_list("pk", flat=True))
        found.update(pk for pk, one in nameless.items() if records.shows_nothing(one))
    return found


def copies(connection: Connection, pks: Iterable[int], before: object) -> tuple[set[int], set[int]]:
    """Tell which new mirror rows equal one that was linked before this run began.

    Equal now, or when it was last in step: a person may copy a contact and then change it, or
    remove it. The second set are those of them whose original has left.
    """
    found: set[int] = set()
    orphans: set[int] = set()
    for some in chunks(pks):
        linked = ExternalLink.objects.filter(
            connection=connection,
            mirror__connection=connection,
            state=State.LINKED,
            created_at__lt=before,
        )
        now = linked.filter(mirror__fingerprint=OuterRef("fingerprint"))
        once = linked.filter(mirror__settled=OuterRef("fingerprint"))
        rows = RemoteContact.objects.filter(Exists(now) | Exists(once), pk__in=some)
        found.update(rows.values_list("pk", flat=True))
        stands = now | once.filter(mirror__present=True)
        orphans.update(rows.filter(~Exists(stands)).values_list("pk", flat=True))
    return found, orphans


def gone_contacts(connection: Connection) -> list[int]:
    """List the living contacts whose counterpart was removed in Outlook, and is not back."""
    rows = ExternalLink.objects.filter(
        connection=connection, state=State.GONE, contact__deleted_at=None
    )
    rows = rows.exclude(contact=None).exclude(mirror__present=True)
    return list(rows.values_list("contact_id", flat=True))
