"""How the contacts of a mailbox fare: each in exactly one pile, so that the numbers add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat, Lower, Trim

from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store.search import ASKED
from contacts_sync.views import find

State, Status = ExternalLink.State, SyncChange.Status

EVERYBODY = "all"
IN_SYNC, COMING, WAITING, FAILING = "in_sync", "coming", "waiting", "failing"
GONE, APART, HOME, SKIPPED = "gone", "apart", "home", "skipped"
NOWHERE = "nowhere"
"""The pile of links whose contact has left both lists."""

HERE = Q(contact__isnull=False, contact__deleted_at=None)
THERE = Q(mirror__isnull=False, mirror__present=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many contacts lie in each pile, and in which of the two lists they are."""

    piles: dict[str, int]
    both: int
    only_here: int
    only_there: int

    @property
    def total(self) -> int:
        return self.both + self.only_here + self.only_there

    def __getattr__(self, name: str) -> int:
        return self.piles.get(name, 0)

    @property
    def unsynced(self) -> int:
        """Those that take no part, for whatever reason."""
        return sum(self.piles.get(name, 0) for name in (GONE, APART, HOME, SKIPPED))


def piled(connection: Connection) -> QuerySet[Any]:
    """Give the links of a connection, each with the name of its `pile`."""
    changes = SyncChange.objects.filter(link=OuterRef("pk"))
    settled = Q(
        state=State.LINKED,
        decision="",
        pending=False,
        contact__revision=F("local_revision"),
        mirror__open=False,
    )
    links = connection.links.annotate(
        here=ExpressionWrapper(HERE, output_field=BooleanField()),
        there=ExpressionWrapper(THERE, output_field=BooleanField()),
        asked=Exists(changes.filter(connection=connection, status=Status.HELD)),
    )
    guarded = Q(state=State.HELD, decision="")
    return links.annotate(
        pile=Case(
            When(here=False, there=False, then=Value(NOWHERE)),
            When(state=State.APART, then=Value(APART)),
            When(ASKED | guarded | Q(asked=True), then=Value(WAITING)),
            When(~Q(problem=""), then=Value(FAILING)),
            When(state=State.GONE, then=Value(GONE)),
            When(settled & Q(here=True, there=True), then=Value(IN_SYNC)),
            default=Value(COMING),
            output_field=CharField(),
        )
    )


def strangers_here(connection: Connection) -> QuerySet[Contact]:
    """Find the contacts of the firm's list that this mailbox has no link for."""
    mine = ExternalLink.objects.filter(connection=connection, contact=OuterRef("pk"))
    return Contact.objects.alive().filter(~Exists(mine))


def strangers_there(connection: Connection) -> QuerySet[RemoteContact]:
    """Find the Outlook contacts that have no link."""
    return connection.mirror.filter(present=True, link=None)


def new_here(connection: Connection) -> Q:
    """Tell contacts that no run has looked at from those that have nothing to show in Outlook."""
    shell = Q(from_company_name=True)
    for model in VALUE_MODELS.values():
        values: QuerySet[Any] = model._default_manager.order_by()
        shell &= ~Q(Exists(values.filter(contact=OuterRef("pk"))))
    return Q(revision__gt=connection.seen) & ~shell


def standing(connection: Connection) -> Standing:
    """Count the contacts of a mailbox, in three queries."""
    piles: dict[str, int] = {}
    both = only_here = only_there = 0
    counted = piled(connection).order_by().values("pile", "here", "there").annotate(n=Count("pk"))
    for pile, here, there, number in counted.values_list("pile", "here", "there", "n"):
        if pile == NOWHERE:
            continue
        piles[pile] = piles.get(pile, 0) + number
        both += number if here and there else 0
        only_here += number if here and not there else 0
        only_there += number if there and not here else 0
    ours = strangers_here(connection).aggregate(
        all=Count("pk"), new=Count("pk", filter=new_here(connection))
    )
    theirs = strangers_there(connection).aggregate(
        all=Count("pk"), skipped=Count("pk", filter=~Q(skip=""))
    )
    piles[HOME] = ours["all"] - ours["new"]
    piles[SKIPPED] = theirs["skipped"]
    piles[COMING] = piles.get(COMING, 0) + ours["new"] + theirs["all"] - theirs["skipped"]
    return Standing(piles, both, only_here + ours["all"], only_there + theirs["all"])


Key = tuple[str, int, str]
LINK, OURS, THEIRS = "link", "ours", "theirs"


def _in(scalar: str) -> KeyTextTransform:
    return KeyTextTransform(scalar, KeyTextTransform("scalars", "values"))


def _folded(*parts: Any) -> Lower:
    return Lower(Trim(Concat(*parts, output_field=TextField())))


NAMES = {
    LINK: _folded("name", Value("")),
    OURS: _folded("name", "first_name", Value(" "), "last_name"),
    THEIRS: _folded(_in("name"), _in("first_name"), Value(" "), _in("last_name")),
}
"""What a list is sorted by: the name as it is shown, or nearly."""


def keys(connection: Connection, pile: str, words: str = "") -> QuerySet[Any]:
    """List who lies in a pile: links, or contacts of either side without one, by name.

    Each is named by its sort, its number, and what it is sorted by.
    """

    def of(rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
        kind = Value(sort, output_field=CharField())
        named = rows.order_by().annotate(sort=kind, sorted_by=NAMES[sort])
        return named.values_list("sort", "pk", "sorted_by")

    links = of(_links(connection, pile, words), LINK)
    ours = find.search_here(strangers_here(connection), words)
    theirs = strangers_there(connection)
    for word in words.split():
        theirs = theirs.filter(values__icontains=word)
    match pile:
        case "all":
            return links.union(of(ours, OURS), of(theirs, THEIRS), all=True).order_by(
                "sorted_by", "pk"
            )
        case "coming":
            new = of(ours.filter(new_here(connection)), OURS)
            arrived = of(theirs.filter(skip=""), THEIRS)
            return links.union(new, arrived, all=True).order_by("sorted_by", "pk")
        case "home":
            return of(ours.exclude(new_here(connection)), OURS).order_by("sorted_by", "pk")
        case "skipped":
            return of(theirs.exclude(skip=""), THEIRS).order_by("sorted_by", "pk")
    return links.order_by("sorted_by", "pk")


def _links(connection: Connection, pile: str, words: str) -> QuerySet[Any]:
    found = piled(connection)
    found = found.exclude(pile=NOWHERE) if pile == EVERYBODY else found.filter(pile=pile)
    return find.search(found, words)


def load(found: Iterable[Key]) -> list[Any]:
    """Load the rows of a page, in a constant number of queries."""
    wanted = list(found)
    by_sort = {
        sort: [pk for one, pk, _name in wanted if one == sort] for sort in (LINK, OURS, THEIRS)
    }
    links = ExternalLink.objects.select_related("contact", "mirror").in_bulk(by_sort[LINK])
    ours = Contact.objects.in_bulk(by_sort[OURS])
    theirs = RemoteContact.objects.in_bulk(by_sort[THEIRS])
    rows: dict[str, dict[int, Any]] = {LINK: links, OURS: ours, THEIRS: theirs}
    return [rows[sort][pk] for sort, pk, _name in wanted if pk in rows[sort]]
