"""Plan: look at everything that is open, and let the engine decide.

Contents are read chunk by chunk; the plan itself holds numbers only.
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
from contacts_sync.store import items, records, search, settling, unsettled, writing

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
    """The actions of one run, the companies they bring along, and what may be the same."""

    actions: list[Action]
    companies: list[str] = field(default_factory=list)
    near: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)


def make_plan(run: SyncRun, now: datetime, near: bool = False) -> Plan:
    """Plan everything that is open on a connection. Nothing is written."""
    connection = run.connection
    work = search.open_work(connection)
    if not work:
        return Plan([])
    strays: list[ExternalLink] = []
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
    companies = _companies(actions, theirs)
    kinds = _kinds(actions, ours, theirs)
    actions.sort(key=lambda one: (ORDER[one.do], one.creates and kinds.get(_end(one)) != "company"))
    return Plan(actions, companies, _near(actions, strangers) if near else [])


def _links(
    connection: Connection, pks: list[int], strays: list[ExternalLink], now: datetime
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
            strays.append(link)
        if action is None or _is_set_aside(link, contact, now):
            continue
        if action.do is Do.CREATE_THERE:
            strays.append(link)
            continue
        if action.do is Do.UPDATE and contact is not None:
            item = items.make(connection, action, contact, link.mirror, link)
            action = planner.summed_up(action, item.merged, item.merged.here.get("company", ""))
        yield action


def _has_an_end(view: LinkView) -> bool:
    return view.ours is planner.Ours.ALIVE or view.theirs is planner.Theirs.PRESENT


def _is_set_aside(link: ExternalLink, contact: Contact | None, now: datetime) -> bool:
    """Say whether a refused contact has to wait: it is tried at once when its contents change."""
    if not link.problem or link.next_try_at is None or link.next_try_at <= now:
        return False
    revision = contact.revision if contact else 0
    return link.problem_mark == settling.problem_mark(revision, link.mirror)


def _strangers(
    run: SyncRun,
    work: search.OpenWork,
    strays: list[ExternalLink],
    leaving: Collection[int],
    near: bool,
) -> tuple[Strangers, dict[int, Contact], dict[int, RemoteContact]]:
    connection = run.connection
    links: dict[tuple[Side, int], int] = {}
    kept: set[tuple[Side, int]] = set()
    grouped: dict[tuple[Side, int], ExternalLink] = {}
    for link in strays:
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
    ours: dict[int, Contact] = {}
    here: list[Candidate] = []
    for candidate, contact in search.candidates_here(pks_here | gone, near):
        ours[contact.pk] = contact
        here.append(candidate)
    theirs: dict[int, RemoteContact] = {}
    there: list[Candidate] = []
    for candidate, mirror in search.candidates_there(pks_there, near):
        if mirror.present and not mirror.doubtful and not mirror.skip:
            theirs[mirror.pk] = mirror
            there.append(candidate)
    there = _without_unanswered(connection, there, theirs)
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
        links=links,
    )
    return strangers, ours, theirs


def _end_of(link: ExternalLink) -> tuple[Side, int]:
    if link.contact_id:
        return Side.HERE, link.contact_id
    return Side.THERE, link.mirror_id or 0


def _as_held(
    link: ExternalLink, ours: Mapping[int, Contact], theirs: Mapping[int, RemoteContact]
) -> bool:
    """Say whether a held contact is what it was when it was held."""
    if link.contact_id:
        contact = ours.get(link.contact_id)
        return contact is not None and contact.revision == link.local_revision
    row = theirs.get(link.mirror_id or 0)
    return row is not None and row.settled == row.fingerprint


def _without_unanswered(
    connection: Connection, there: list[Candidate], rows: dict[int, RemoteContact]
) -> list[Candidate]:
    """Leave out what may be the result of a creation whose answer never came.

    It waits until the creation is settled: taken for a stranger it would become a twin. What was
    last changed before the request went out is something else.
    """
    links = unsettled.unanswered(connection) if there else []
    sent = min((link.sent_at for link in links if link.sent_at), default=None)
    if sent is None:
        return there
    since = sent - CLOCKS
    moments = {pk: row.modified for pk, row in rows.items()}
    return [one for one in there if (moment := moments[one.id]) is not None and moment < since]


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
            summed[_ends(item.action)] = planner.summed_up(item.action, item.merged, company)
    for one in actions:
        yield summed.get(_ends(one), one) if one.do is Do.ADOPT else one


def _ends(action: Action) -> tuple[int | None, int | None]:
    return action.contact, action.mirror


def _end(action: Action) -> tuple[Side, int]:
    if action.do is Do.CREATE_HERE:
        return Side.THERE, action.mirror or 0
    return Side.HERE, action.contact or 0


def _kinds(
    actions: Iterable[Action], ours: dict[int, Contact], theirs: dict[int, RemoteContact]
) -> dict[tuple[Side, int], str]:
    kinds: dict[tuple[Side, int], str] = {}
    for one in actions:
        side, pk = _end(one)
        if one.do is Do.CREATE_HERE and pk in theirs:
            kinds[(side, pk)] = theirs[pk].kind
        elif one.do is Do.CREATE_THERE and pk in ours:
            kinds[(side, pk)] = ours[pk].kind
    return kinds


def _companies(actions: Iterable[Action], theirs: dict[int, RemoteContact]) -> list[str]:
    """Name the companies that have to be made for the people of this plan."""
    wanted: list[str] = []
    arriving: set[str] = set()
    for one in actions:
        if one.do is Do.CREATE_HERE and one.mirror in theirs:
            row = theirs[one.mirror]
            name = shape.fold(row.scalars.get("company", ""))
            if row.kind == shape.COMPANY:
                arriving.add(name)
            else:
                wanted.append(name)
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
