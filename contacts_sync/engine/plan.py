"""Decide what is to be done: for each link by one table, and for all strangers together.

Nothing here is read or written. A plan names records by their numbers and holds no contents, so that
the plan of a first sync of 100,000 records stays small.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from contacts_sync.engine.match import Candidate, Matching, match
from contacts_sync.engine.merge import Merge
from contacts_sync.engine.records import Side


class State(enum.StrEnum):
    """Where a link stands."""

    CREATING = "creating"
    LINKED = "linked"
    DELETING = "deleting"
    GONE = "gone"
    HELD = "held"
    APART = "apart"


class Ours(enum.StrEnum):
    """What became of our record."""

    ALIVE = "alive"
    TRASHED = "trashed"
    PURGED = "purged"


class Theirs(enum.StrEnum):
    """What became of their record. UNKNOWN: a removal was reported and could not be verified."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link, and what there is at its two ends.

    `sent`: a creation went out without an answer. `drop`: a person wants the copy there deleted, and
    nobody has touched it.
    """

    id: int
    state: State
    ours: Ours
    theirs: Theirs
    contact: int | None = None
    mirror: int | None = None
    sent: bool = False
    drop: bool = False


class Do(enum.StrEnum):
    """What can be done."""

    CREATE_HERE = "create_here"
    CREATE_THERE = "create_there"
    ADOPT = "adopt"
    UPDATE = "update"
    DELETE_THERE = "delete_there"
    MARK_GONE = "mark_gone"
    CLOSE = "close"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Action:
    """One intended step: what to do, with which records, and why.

    `writes_here`, `writes_there` and `conflicts` sum up the merge of an adoption or an update, and
    `blanks` says that ours would be emptied, for theirs holds nothing any more;
    `reference` is the name of a record that has to be created here first; `guard` names the guard
    that turned a creation into a hold.
    """

    do: Do
    link: int | None = None
    contact: int | None = None
    mirror: int | None = None
    reason: str = ""
    group: str = ""
    writes_here: bool = False
    writes_there: bool = False
    conflicts: int = 0
    blanks: bool = False
    reference: str = ""
    guard: str = ""

    @property
    def creates(self) -> bool:
        """Whether a record is made on either side."""
        return self.do in (Do.CREATE_HERE, Do.CREATE_THERE)


def decide(view: LinkView) -> Action | None:
    """Say what a link needs, by its state and its two ends; None when there is nothing to do.

    Held links, and those to be created there, are decided together with the strangers: what is to
    be created may have turned up meanwhile.
    """
    do = _TABLE.get((view.state, view.ours, view.theirs))
    if do is Do.UPDATE and view.drop:
        do = Do.DELETE_THERE
    if do is None or (view.state is State.CREATING and view.sent):
        return None
    return Action(do, view.id, view.contact, view.mirror)


BY_A_PERSON = "linked by a person"
"""The reason of a pair that somebody linked."""


def decide_answered(view: LinkView, kept: bool, agreed: bool) -> Action | None:
    """Say what a link needs after a person has answered about it, without the strangers.

    `kept`: it is nobody else, so it is created on the other side. A pair that never `agreed` on
    anything was linked just now, and is adopted.
    """
    if view.state is State.HELD and kept:
        if view.contact is not None:
            return Action(Do.CREATE_THERE, view.id, view.contact, reason="only here")
        return Action(Do.CREATE_HERE, view.id, mirror=view.mirror, reason="only there")
    if view.state is State.LINKED and view.contact is not None and not agreed:
        return Action(Do.ADOPT, view.id, view.contact, view.mirror, reason=BY_A_PERSON)
    return decide(view)


_PRESENT, _ABSENT, _UNKNOWN = Theirs.PRESENT, Theirs.ABSENT, Theirs.UNKNOWN
_TABLE: Mapping[tuple[State, Ours, Theirs], Do] = {
    # To be created there. Trashed before it was sent: nothing has to be done any more.
    (State.CREATING, Ours.ALIVE, _ABSENT): Do.CREATE_THERE,
    (State.CREATING, Ours.ALIVE, _PRESENT): Do.UPDATE,
    (State.CREATING, Ours.TRASHED, _ABSENT): Do.CLOSE,
    (State.CREATING, Ours.TRASHED, _PRESENT): Do.DELETE_THERE,
    (State.CREATING, Ours.PURGED, _ABSENT): Do.CLOSE,
    (State.CREATING, Ours.PURGED, _PRESENT): Do.DELETE_THERE,
    # Linked. A removal there never deletes here; a removal here deletes there.
    (State.LINKED, Ours.ALIVE, _PRESENT): Do.UPDATE,
    (State.LINKED, Ours.ALIVE, _ABSENT): Do.MARK_GONE,
    (State.LINKED, Ours.TRASHED, _PRESENT): Do.DELETE_THERE,
    (State.LINKED, Ours.TRASHED, _UNKNOWN): Do.DELETE_THERE,
    (State.LINKED, Ours.TRASHED, _ABSENT): Do.CLOSE,
    (State.LINKED, Ours.PURGED, _PRESENT): Do.DELETE_THERE,
    (State.LINKED, Ours.PURGED, _UNKNOWN): Do.DELETE_THERE,
    (State.LINKED, Ours.PURGED, _ABSENT): Do.CLOSE,
    # To be deleted there. Restored meanwhile: still there is linked again, else created once.
    (State.DELETING, Ours.ALIVE, _PRESENT): Do.UPDATE,
    (State.DELETING, Ours.ALIVE, _ABSENT): Do.CREATE_THERE,
    (State.DELETING, Ours.TRASHED, _PRESENT): Do.DELETE_THERE,
    (State.DELETING, Ours.TRASHED, _UNKNOWN): Do.DELETE_THERE,
    (State.DELETING, Ours.TRASHED, _ABSENT): Do.CLOSE,
    (State.DELETING, Ours.PURGED, _PRESENT): Do.DELETE_THERE,
    (State.DELETING, Ours.PURGED, _UNKNOWN): Do.DELETE_THERE,
    (State.DELETING, Ours.PURGED, _ABSENT): Do.CLOSE,
    # Gone. It is not written again, until the same record turns up in the folder.
    (State.GONE, Ours.ALIVE, _PRESENT): Do.UPDATE,
    (State.GONE, Ours.TRASHED, _PRESENT): Do.DELETE_THERE,
    (State.GONE, Ours.PURGED, _PRESENT): Do.CLOSE,
    (State.GONE, Ours.PURGED, _ABSENT): Do.CLOSE,
    # Held for a person: the group forms anew when one end leaves.
    (State.HELD, Ours.TRASHED, _ABSENT): Do.CLOSE,
    (State.HELD, Ours.PURGED, _ABSENT): Do.CLOSE,
    # Left out: never read, written or matched again.
    (State.APART, Ours.PURGED, _ABSENT): Do.CLOSE,
}


def summed_up(action: Action, merged: Merge, blank: bool, reference: str = "") -> Action:
    """Add to an adoption or update what its merge will write; `blank`: theirs holds nothing."""
    return Action(
        action.do,
        action.link,
        action.contact,
        action.mirror,
        action.reason,
        action.group,
        merged.writes_here,
        merged.writes_there,
        len(merged.conflicts),
        blank and merged.writes_here,
        reference,
    )


@dataclass(frozen=True, slots=True)
class Strangers:
    """All records without a living counterpart, of one connection.

    `gone` are those of ours whose counterpart was removed there: they take part in matching, and
    are not created again. `copies` are those of theirs that equal a record already linked, and
    `orphans` the copies whose original has left: they may take its place if they match. `kept`
    are records of which a person said: not the same as any other. `left_over` are held since their
    twins were paired with others, or since they equalled another record: they wait for a person
    until they change or match again. `set_aside` are those of ours that were refused: they are
    not created yet, but may match. `unsure` are those of theirs that may be the result of a creation
    without an answer: they wait, and so does whoever matches them. `links` name the links that held records already have.
    """

    ours: tuple[Candidate, ...] = ()
    theirs: tuple[Candidate, ...] = ()
    gone: frozenset[int] = frozenset()
    copies: frozenset[int] = frozenset()
    orphans: frozenset[int] = frozenset()
    kept: frozenset[tuple[Side, int]] = frozenset()
    left_over: frozenset[tuple[Side, int]] = frozenset()
    set_aside: frozenset[int] = frozenset()
    unsure: frozenset[int] = frozenset()
    links: Mapping[tuple[Side, int], int] = field(default_factory=dict)


def pair_up(strangers: Strangers) -> Matching:
    """Match the strangers that may be matched."""
    return match(
        (one for one in strangers.ours if (Side.HERE, one.id) not in strangers.kept),
        (
            one
            for one in strangers.theirs
            if (Side.THERE, one.id) not in strangers.kept
            and one.id not in strangers.copies - strangers.orphans
        ),
    )


def decide_strangers(strangers: Strangers, matching: Matching) -> Iterator[Action]:
    """Adopt what matches, hold what is not clear, create the rest on the other side."""
    links = strangers.links
    for here, there in matching.pairs:
        if there in strangers.unsure:
            continue
        yield Action(Do.ADOPT, links.get((Side.HERE, here)), here, there, reason="match")
    for group in matching.groups:
        if strangers.unsure.intersection(group.theirs):
            continue
        name = _group_name(group.ours, group.theirs)
        for pk in group.ours:
            yield Action(
                Do.HOLD, links.get((Side.HERE, pk)), contact=pk, reason="group", group=name
            )
        for pk in group.theirs:
            yield Action(
                Do.HOLD, links.get((Side.THERE, pk)), mirror=pk, reason="group", group=name
            )
    taken_here, taken_there = matching.ours, matching.theirs
    for one in strangers.theirs:
        link = links.get((Side.THERE, one.id))
        if one.id in strangers.unsure or one.id in taken_there:
            continue
        if one.id in strangers.copies and (Side.THERE, one.id) not in strangers.kept:
            yield Action(Do.HOLD, link, mirror=one.id, reason="copy", group=f"{COPY}{one.id}")
        elif (Side.THERE, one.id) not in strangers.left_over:
            yield Action(Do.CREATE_HERE, link, mirror=one.id, reason="only there")
    for one in strangers.ours:
        left_over = (Side.HERE, one.id) in strangers.left_over or one.id in strangers.set_aside
        if one.id not in taken_here and one.id not in strangers.gone and not left_over:
            link = links.get((Side.HERE, one.id))
            yield Action(Do.CREATE_THERE, link, contact=one.id, reason="only here")


MATCHED = "group-"
"""How the names of groups begin that have both sides."""

LEFT_OVER, COPY = "rest-", "copy-"
"""How the names of groups begin that have one side only."""


def without_returned(actions: Iterable[Action], matching: Matching) -> Iterator[Action]:
    """Leave out removals of records that match again in the same plan: they have not gone."""
    back = {here for here, _ in matching.pairs}
    for action in actions:
        if action.do is not Do.MARK_GONE or action.contact not in back:
            yield action


def _group_name(ours: tuple[int, ...], theirs: tuple[int, ...]) -> str:
    kind = MATCHED if ours and theirs else LEFT_OVER
    return "-".join(
        [kind.strip("-"), *(f"h{pk}" for pk in ours[:3]), *(f"t{pk}" for pk in theirs[:3])]
    )[:64]


def references_to_add(
    wanted: Iterable[str], known: Collection[str], arriving: Collection[str]
) -> list[str]:
    """Name the references that nobody holds yet and that no record of this plan brings along.

    Names are given in canonical form; each is named once.
    """
    return [
        name
        for name in dict.fromkeys(wanted)
        if name and name not in known and name not in arriving
    ]
