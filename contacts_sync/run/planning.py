"""Plan: look at everything that is open, and let the engine decide.

Contents are read chunk by chunk; the plan itself keeps numbers, kinds and the names of companies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from contacts_sync import contact as shape
from contacts_sync.engine import plan as planner
from contacts_sync.engine.match import Candidate, Matching, match, near_pairs
from contacts_sync.engine.plan import Action, Do, LinkView, State, Strangers
from contacts_sync.engine.records import Side
from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact, SyncRun
from contacts_sync.store import items, linking, records, search, unsettled, writing

ORDER = {
    Do.CLOSE: 0,
    Do.MARK_GONE: 1,
    Do.HOLD: 2,
    Do.CREATE_HERE: 3,
    Do.ADOPT: 4,
    Do.UPDATE: 5,
    Do.CREATE_THERE: 6,
    Do.DELETE_THERE: 7,
}
"""What is written first. Within creations, companies precede the people who name them."""


CLOCKS = timedelta(minutes=5)
"""How far two clocks may be apart."""


@dataclass(slots=True)
class Plan:
    """The actions of one run, the companies they bring along, and what may be the same.

    `waits` says that something was looked at and has to be looked at again.
    """

    actions: list[Action]
    companies: list[str] = field(default_factory=list)
    waits: bool = False
    near: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)


def make_plan(run: SyncRun, now: datetime, near: bool = False) -> Plan:
    """Plan everything that is open on a connection. Nothing is written."""
    connection = run.connection
    work = search.open_work(connection)
    if not work:
        return Plan([])
    strays = _Strays()
    actions: list[Action] = []
    for some in search.chunks(work.links):
        actions += _links(connection, some, strays, now)
    leaving = {one.contact for one in actions if one.do is Do.MARK_GONE and one.contact}
    strangers, ours, theirs = _strangers(run, work, strays, leaving, near)
    matching = _matching(strangers)
    actions = list(planner.without_returned(actions, matching))
    actions += [
        action
        for action in planner.decide_strangers(strangers, matching)
        if action.do is not Do.HOLD or action.contact not in leaving
    ]
    actions = list(_sum_up_adoptions(connection, actions))
    companies = _companies(actions, theirs, strays.renamed)
    actions.sort(key=lambda one: _order(one, ours, theirs, strays.renamed))
    waits = bool(strangers.unsure)
    return Plan(actions, companies, waits, _near(actions, strangers) if near else [])


def _order(
    action: Action,
    ours: Mapping[int, Mine],
    theirs: Mapping[int, Yours],
    renamed: Mapping[int, str],
) -> tuple[int, bool]:
    """Put companies ahead of the people who name them, renamed ones too."""
    if action.do is Do.UPDATE and action.link in renamed:
        return ORDER[Do.CREATE_HERE], False
    row = theirs.get(action.mirror or 0) if action.do is Do.CREATE_HERE else None
    contact = ours.get(action.contact or 0) if action.do is Do.CREATE_THERE else None
    kind = row.kind if row else (contact.kind if contact else "")
    return ORDER[action.do], kind != shape.COMPANY


@dataclass(frozen=True, slots=True)
class Mine:
    """What a plan keeps of a contact of ours."""

    kind: str
    revision: int


@dataclass(frozen=True, slots=True)
class Yours:
    """What a plan keeps of a contact of theirs."""

    kind: str
    company: str
    modified: datetime | None
    unchanged: bool


@dataclass(slots=True)
class _Strays:
    """Links with one end only, which are matched with the strangers, and what was seen beside them.

    `renamed` are companies that get another name here: the new name by link.
    """

    links: list[ExternalLink] = field(default_factory=list)
    set_aside: set[int] = field(default_factory=set)
    renamed: dict[int, str] = field(default_factory=dict)


def _links(
    connection: Connection, pks: list[int], strays: _Strays, now: datetime
) -> Iterator[Action]:
    """Decide a chunk of links.

    `strays` receives those with one end only, which are matched with the strangers: what is held,
    and what is to be created there.
    """
    links = search.load_links(pks)
    contacts = records.load_contacts(link.contact_id for link in links if link.contact_id)
    for link in links:
        contact = contacts.get(link.contact_id) if link.contact_id else None
        view = search.view(link, contact)
        action = planner.decide(view)
        if action is None and link.state == State.HELD and _has_an_end(view):
            strays.links.append(link)
        if action is None:
            continue
        if action.do is Do.CREATE_THERE:
            strays.links.append(link)
            if _is_set_aside(link, contact, now):
                strays.set_aside.add(link.contact_id or 0)
            continue
        if _is_set_aside(link, contact, now):
            continue
        if action.do is Do.UPDATE and contact is not None:
            item = items.make(connection, action, contact, link.mirror, link)
            company = item.merged.here.get("company", "")
            action = planner.summed_up(action, item.merged, item.is_blank_there, company)
            if contact.kind == shape.COMPANY and "name" in item.merged.here:
                strays.renamed[link.pk] = shape.fold(item.merged.here["name"])
        yield action


def _has_an_end(view: LinkView) -> bool:
    return view.ours is planner.Ours.ALIVE or view.theirs is planner.Theirs.PRESENT


def _is_set_aside(link: ExternalLink, contact: Contact | None, now: datetime) -> bool:
    """Say whether a refused contact has to wait: it is tried at once when its contents change."""
    if not link.problem or link.next_try_at is None or link.next_try_at <= now:
        return False
    revision = contact.revision if contact else 0
    return link.problem_mark == linking.problem_mark(revision, link.mirror)


def _strangers(
    run: SyncRun,
    work: search.OpenWork,
    strays: _Strays,
    leaving: Collection[int],
    near: bool,
) -> tuple[Strangers, dict[int, Mine], dict[int, Yours]]:
    connection = run.connection
    links: dict[tuple[Side, int], int] = {}
    kept: set[tuple[Side, int]] = set()
    grouped: dict[tuple[Side, int], ExternalLink] = {}
    for link in strays.links:
        end = _end_of(link)
        links[end] = link.pk
        if link.decision == ExternalLink.Decision.KEEP:
            kept.add(end)
        elif link.group.startswith((planner.LEFT_OVER, planner.COPY)):
            grouped[end] = link
    pks_there = set(work.theirs) | {pk for side, pk in links if side is Side.THERE}
    pks_here = set(work.ours) | {pk for side, pk in links if side is Side.HERE}
    pks_here -= search.nothing_to_show(pks_here)
    gone = set(search.gone_contacts(connection)) | {*leaving} if pks_there else set()
    ours: dict[int, Mine] = {}
    here: list[Candidate] = []
    for candidate, contact in search.candidates_here(pks_here | gone, near):
        ours[contact.pk] = Mine(contact.kind, contact.revision)
        here.append(candidate)
    theirs: dict[int, Yours] = {}
    there: list[Candidate] = []
    for candidate, mirror in search.candidates_there(pks_there, near):
        if mirror.present and not mirror.doubtful and not mirror.skip:
            theirs[mirror.pk] = _yours(mirror)
            there.append(candidate)
    copies, orphans = (
        search.copies(connection, theirs, run.started_at) if theirs else (set(), set())
    )
    strangers = Strangers(
        ours=tuple(here),
        theirs=tuple(there),
        gone=frozenset(gone),
        copies=frozenset(copies),
        orphans=frozenset(orphans),
        kept=frozenset(kept),
        left_over=frozenset(end for end, link in grouped.items() if _as_held(link, ours, theirs)),
        set_aside=frozenset(strays.set_aside),
        unsure=_unsure(connection, theirs),
        links=links,
    )
    return strangers, ours, theirs


def _yours(mirror: RemoteContact) -> Yours:
    return Yours(
        mirror.kind,
        shape.fold(mirror.scalars.get("company", "")),
        mirror.modified,
        mirror.settled == mirror.fingerprint,
    )


def _end_of(link: ExternalLink) -> tuple[Side, int]:
    if link.contact_id:
        return Side.HERE, link.contact_id
    return Side.THERE, link.mirror_id or 0


def _as_held(link: ExternalLink, ours: Mapping[int, Mine], theirs: Mapping[int, Yours]) -> bool:
    """Say whether a held contact is what it was when it was held."""
    if link.contact_id:
        contact = ours.get(link.contact_id)
        return contact is not None and contact.revision == link.local_revision
    row = theirs.get(link.mirror_id or 0)
    return row is not None and row.unchanged


def _unsure(connection: Connection, rows: Mapping[int, Yours]) -> frozenset[int]:
    """Name what may be the result of a creation whose answer never came.

    It waits until the creation is settled: taken for a stranger it would become a twin. What was
    last changed before the request went out is something else.
    """
    links = unsettled.unanswered(connection) if rows else []
    sent = min((link.sent_at for link in links if link.sent_at), default=None)
    if sent is None:
        return frozenset()
    since = sent - CLOCKS
    return frozenset(
        pk for pk, row in rows.items() if row.modified is None or row.modified >= since
    )


def _matching(strangers: Strangers) -> Matching:
    """Match; then look closer at what is not one-to-one: twins that are equal pair in order."""
    first = planner.pair_up(strangers)
    if not first.groups:
        return first
    mine = [pk for group in first.groups for pk in group.ours]
    yours = [pk for group in first.groups for pk in group.theirs]
    contacts = records.load_contacts(mine)
    mirrors = RemoteContact.objects.in_bulk(yours)
    here = [
        replace(one, twin=records.twin_here(contacts[one.id]))
        for one in strangers.ours
        if one.id in contacts
    ]
    there = [
        replace(one, twin=records.twin_there(records.remote_record(row, row.kind), row.kind))
        for one in strangers.theirs
        if (row := mirrors.get(one.id))
    ]
    second = match(here, there)
    return Matching(tuple(sorted(first.pairs + second.pairs)), second.groups)


def _sum_up_adoptions(connection: Connection, actions: list[Action]) -> Iterator[Action]:
    adoptions = [one for one in actions if one.do is Do.ADOPT]
    summed: dict[tuple[int | None, int | None], Action] = {}
    for start in range(0, len(adoptions), search.CHUNK):
        some = adoptions[start : start + search.CHUNK]
        for item in items.load(connection, some):
            company = item.merged.here.get("company", "")
            summed[_ends(item.action)] = planner.summed_up(
                item.action, item.merged, item.is_blank_there, company
            )
    for one in actions:
        yield summed.get(_ends(one), one) if one.do is Do.ADOPT else one


def _ends(action: Action) -> tuple[int | None, int | None]:
    return action.contact, action.mirror


def _companies(
    actions: Iterable[Action], theirs: Mapping[int, Yours], renamed: Mapping[int, str]
) -> list[str]:
    """Name the companies that have to be made for the people of this plan."""
    wanted: list[str] = []
    arriving = set(renamed.values())
    for one in actions:
        row = theirs.get(one.mirror or 0) if one.do is Do.CREATE_HERE else None
        if row is not None:
            if row.kind == shape.COMPANY:
                arriving.add(row.company)
            else:
                wanted.append(row.company)
        elif one.reference:
            wanted.append(shape.fold(one.reference))
    known = writing.known_companies(wanted) if wanted else {}
    return planner.references_to_add(wanted, known.keys(), arriving)


def _near(
    actions: Iterable[Action], strangers: Strangers
) -> list[tuple[int, int, tuple[str, ...]]]:
    """Name the pairs that will both be created although they may be the same."""
    here = {one.contact for one in actions if one.do is Do.CREATE_THERE}
    there = {one.mirror for one in actions if one.do is Do.CREATE_HERE}
    pairs = near_pairs(
        (one for one in strangers.ours if one.id in here),
        (one for one in strangers.theirs if one.id in there),
    )
    return [(ours, theirs, key) for ours, theirs, key in pairs if isinstance(key, tuple)]
