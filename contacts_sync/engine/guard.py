"""No accident spreads: hold what looks like one, and let the rest of the run go on.

One table says what is counted, from which floor and share on it is held, and what a person's answer
does (DESIGN.md, R15).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from contacts_sync.engine.plan import Action, Do


class Answer(enum.StrEnum):
    """What approving or dismissing a held change does."""

    SEND = "send"  # carry it out
    RESTORE = "restore"  # take our records out of the trash
    PUT_BACK = "put_back"  # create them there again
    APART = "apart"  # leave them out from now on
    TAKE_HERE = "take_here"  # write our values back
    TAKE_THERE = "take_there"  # take their values


@dataclass(frozen=True, slots=True)
class Totals:
    """The sizes that the shares of the table refer to.

    `previewed` are the creations that the approved preview of a first sync showed, None in later
    runs, and `made` those beyond it that earlier slices have made. `listing_shrunk` says that a complete listing held under half of what was known.
    """

    links: int
    records: int
    previewed: int | None = None
    made: int = 0
    listing_shrunk: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """One row of the table: held when there are more than max(floor, share × total).

    `before` are those that earlier slices of the same run let by.
    """

    name: str
    floor: int
    share: float
    counts: Callable[[Action], bool]
    total: Callable[[Totals], int]
    applies: Callable[[Totals], bool]
    dismiss: Answer
    approve: Answer = Answer.SEND
    always: Callable[[Totals], bool] = lambda totals: False
    before: Callable[[Totals], int] = lambda totals: 0

    def holds(self, count: int, totals: Totals) -> bool:
        """Say whether this many are too many."""
        if not count or not self.applies(totals):
            return False
        many = count + self.before(totals) > max(self.floor, self.share * self.total(totals))
        return many or self.always(totals)


GUARDS: tuple[Guard, ...] = (
    Guard(
        "deletions",
        floor=10,
        share=0.10,
        counts=lambda action: action.do is Do.DELETE_THERE,
        total=lambda totals: totals.links,
        applies=lambda totals: True,
        dismiss=Answer.RESTORE,
    ),
    Guard(
        "vanished",
        floor=10,
        share=0.10,
        counts=lambda action: action.do is Do.MARK_GONE,
        total=lambda totals: totals.links,
        applies=lambda totals: True,
        dismiss=Answer.PUT_BACK,
        always=lambda totals: totals.listing_shrunk,
    ),
    Guard(
        "growth",
        floor=20,
        share=0.10,
        counts=lambda action: action.creates,
        total=lambda totals: totals.previewed or 0,
        applies=lambda totals: totals.previewed is not None,
        dismiss=Answer.APART,
        before=lambda totals: totals.made,
    ),
    Guard(
        "arrivals",
        floor=200,
        share=0.20,
        counts=lambda action: action.do is Do.CREATE_HERE,
        total=lambda totals: totals.records,
        applies=lambda totals: True,
        dismiss=Answer.APART,
    ),
    Guard(
        "blanked",
        floor=0,
        share=0.0,
        counts=lambda action: action.do is Do.UPDATE and action.blanks,
        total=lambda totals: totals.links,
        applies=lambda totals: True,
        dismiss=Answer.TAKE_HERE,
    ),
    Guard(
        "changed_there",
        floor=50,
        share=0.90,
        counts=lambda action: action.do is Do.UPDATE and action.writes_here,
        total=lambda totals: totals.links,
        applies=lambda totals: True,
        dismiss=Answer.TAKE_HERE,
    ),
    Guard(
        "changed_here",
        floor=200,
        share=0.50,
        counts=lambda action: action.do is Do.UPDATE and action.writes_there,
        total=lambda totals: totals.links,
        applies=lambda totals: True,
        dismiss=Answer.TAKE_THERE,
    ),
)
"""DESIGN.md, R15; and a contact of which nothing is left there, be it only one."""

SHOWN = (Do.CREATE_HERE, Do.CREATE_THERE, Do.UPDATE)
"""What *Start Sync* approves by its preview. Deletions are approved one by one."""

BY_NAME = {guard.name: guard for guard in GUARDS}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may go on, and what is held by which guard."""

    go: tuple[Action, ...]
    held: tuple[tuple[Action, Guard], ...]


def judge(
    actions: Iterable[Action],
    totals: Totals,
    approved: Callable[[Action], bool] = lambda action: False,
    previewed: Callable[[Action], bool] = lambda action: False,
    waiting: Callable[[Action], str] = lambda action: "",
    guards: Collection[Guard] = GUARDS,
) -> Verdict:
    """Hold every action of a kind of which there are too many.

    What a person has approved is not counted, and goes on; so are creations and updates that the
    approved preview has shown. `waiting` names the guard that holds an action already: it is held until a
    person decides, however few they have become.
    """
    plan = list(actions)
    stopped: dict[int, Guard] = {}
    for guard in guards:
        counted = [
            position
            for position, action in enumerate(plan)
            if guard.counts(action)
            and not approved(action)
            and not (action.do in SHOWN and previewed(action))
        ]
        if not guard.holds(len(counted), totals):
            counted = [one for one in counted if waiting(plan[one]) == guard.name]
        for position in counted:
            stopped.setdefault(position, guard)
    return Verdict(
        tuple(action for position, action in enumerate(plan) if position not in stopped),
        tuple((plan[position], guard) for position, guard in sorted(stopped.items())),
    )
