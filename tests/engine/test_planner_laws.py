"""The whole planner without a database: a plan in any order ends the same, and nothing is left to do.

A world is a handful of triples: a record of ours, one of theirs, and what both held when they last
agreed. Each of the three may be missing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from contacts_sync.engine.match import Candidate
from contacts_sync.engine.merge import merge
from contacts_sync.engine.plan import (
    Do,
    LinkView,
    Ours,
    State,
    Strangers,
    Theirs,
    decide,
    decide_strangers,
    pair_up,
    without_returned,
)
from contacts_sync.engine.records import LocalRecord, RemoteRecord, Shadow, Side
from tests.engine.worlds import PERSON, edited_here, edited_there, records, sync

NONE_HERE, NONE_THERE = LocalRecord({}, {}), RemoteRecord({}, {})
CREATED = 1000
"""Records that a plan makes are numbered from here, by the number of what they are made from."""

TRIPLES = Counter()
"""How many triples this process has planned."""


@dataclass(frozen=True)
class Link:
    """A link, as the planner sees it."""

    state: State
    contact: int | None = None
    mirror: int | None = None
    shadow: Shadow | None = None
    group: str = ""
    sent: bool = False


@dataclass
class World:
    """Two lists and the links between them, with everything a plan is made from."""

    ours: dict = field(default_factory=dict)
    theirs: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    """What a record matches by: (side, number) and keys."""

    def copy(self):
        """Give a world that may go its own way."""
        return World(dict(self.ours), dict(self.theirs), dict(self.links), dict(self.keys))

    def view(self, number):
        """Show a link with its two ends."""
        link = self.links[number]
        ours = self.ours.get(link.contact, (Ours.PURGED, None))[0]
        theirs = self.theirs.get(link.mirror, (Theirs.ABSENT, None))[0]
        return LinkView(number, link.state, ours, theirs, link.contact, link.mirror, link.sent)

    def plan(self):
        """Plan everything, as a run does."""
        actions, strays = [], {}
        for number in sorted(self.links):
            link, view = self.links[number], self.view(number)
            action = decide(view)
            held = action is None and link.state is State.HELD
            if held or (action and action.do is Do.CREATE_THERE):
                if view.ours is Ours.ALIVE:
                    strays[Side.HERE, link.contact] = number
                elif view.theirs is Theirs.PRESENT:
                    strays[Side.THERE, link.mirror] = number
            elif action and not (action.do is Do.UPDATE and self.agrees(link)):
                actions.append(action)
        leaving = {one.contact for one in actions if one.do is Do.MARK_GONE}
        strangers = self.strangers(strays, leaving)
        matching = pair_up(strangers)
        actions = list(without_returned(actions, matching))
        for action in decide_strangers(strangers, matching):
            held = action.do is Do.HOLD and action.link
            if not (held and self.links[action.link].group == action.group):
                actions.append(action)
        return actions

    def agrees(self, link):
        """Say whether a pair is in step, and known to be."""
        if link.state is not State.LINKED or link.shadow is None:
            return False
        found = self.merge(link)
        return not found.writes_here and not found.writes_there

    def merge(self, link):
        """Merge the two ends of a link."""
        here = self.ours[link.contact][1] if link.contact else NONE_HERE
        there = self.theirs[link.mirror][1] if link.mirror else NONE_THERE
        return merge(PERSON, here, there, link.shadow)

    def strangers(self, strays, leaving):
        """Collect who has no living counterpart."""
        taken_here = {link.contact for link in self.links.values()}
        taken_there = {link.mirror for link in self.links.values()}
        gone = {
            link.contact
            for link in self.links.values()
            if link.state is State.GONE and not self.present(link.mirror)
        }
        gone = {pk for pk in gone | leaving if self.alive(pk)}
        free = {pk for pk in self.ours if pk not in taken_here and self.alive(pk)}
        here = free | gone | {pk for side, pk in strays if side is Side.HERE}
        there = {pk for pk in self.theirs if pk not in taken_there and self.present(pk)}
        there |= {pk for side, pk in strays if side is Side.THERE}
        return Strangers(
            tuple(self.candidate(Side.HERE, pk) for pk in sorted(here)),
            tuple(self.candidate(Side.THERE, pk) for pk in sorted(there)),
            gone=frozenset(gone),
            links=strays,
        )

    def alive(self, pk):
        """Say whether a record of ours is alive."""
        return self.ours.get(pk, (None,))[0] is Ours.ALIVE

    def present(self, pk):
        """Say whether a record of theirs is in the folder."""
        return self.theirs.get(pk, (None,))[0] is Theirs.PRESENT

    def candidate(self, side, pk):
        """Show a record to the matcher."""
        return Candidate(pk, frozenset(self.keys.get((side, pk), ())))

    def apply(self, action):
        """Carry one action out, as a run does."""
        number, link = action.link, self.links.get(action.link)
        match action.do:
            case Do.CLOSE:
                del self.links[number]
            case Do.MARK_GONE:
                self.links[number] = replace(link, state=State.GONE)
            case Do.DELETE_THERE:
                self.theirs.pop(action.mirror, None)
                del self.links[number]
            case Do.HOLD:
                number = number or self.number(action)
                self.links[number] = Link(
                    State.HELD, action.contact, action.mirror, group=action.group
                )
            case Do.UPDATE:
                self.pair(number, action.contact, action.mirror, link.shadow)
            case Do.ADOPT:
                for other, one in list(self.links.items()):
                    if one.contact == action.contact or one.mirror == action.mirror:
                        del self.links[other]
                self.pair(self.number(action), action.contact, action.mirror, None)
            case Do.CREATE_HERE:
                self.links.pop(number, None)
                made = CREATED + action.mirror
                self.ours[made] = (Ours.ALIVE, NONE_HERE)
                self.pair(self.number(action), made, action.mirror, None)
            case Do.CREATE_THERE:
                self.links.pop(number, None)
                made = CREATED + action.contact
                self.theirs[made] = (Theirs.PRESENT, NONE_THERE)
                self.pair(self.number(action), action.contact, made, None)

    def number(self, action):
        """Number a new link by what it is about, so that worlds can be compared."""
        return CREATED + 2 * (action.contact or action.mirror) + (action.contact is None)

    def pair(self, number, contact, mirror, shadow):
        """Write a merge on both sides."""
        here, there, shadow = sync(self.ours[contact][1], self.theirs[mirror][1], shadow)
        self.ours[contact] = (self.ours[contact][0], here)
        self.theirs[mirror] = (self.theirs[mirror][0], there)
        self.links[number] = Link(State.LINKED, contact, mirror, shadow)

    def told(self):
        """Tell the world without row numbers, which depend on who was first."""
        ours = {
            pk: (state, record and dict(record.scalars), record and _values(record))
            for pk, (state, record) in self.ours.items()
        }
        links = {
            number: (link.state, link.contact, link.mirror, link.group)
            for number, link in self.links.items()
        }
        return ours, self.theirs, links


def _values(record):
    return {
        name: Counter((one.label, one.value, one.primary) for one in values)
        for name, values in record.sets.items()
        if values
    }


letters = st.sets(st.sampled_from("abc"), max_size=2)
states = st.sampled_from([None, None, *State])


@st.composite
def worlds(draw):
    """A world of some triples, each with any of the three missing."""
    world = World()
    for number in range(1, draw(st.integers(1, 5)) + 1):
        TRIPLES["generated"] += 1
        here, there = draw(records())
        state, shadow = draw(states), None
        if state and draw(st.booleans()):
            here, there, shadow = sync(here, there)
            here, there = draw(edited_here(here)), draw(edited_there(there))
        ours = draw(st.sampled_from([Ours.ALIVE, Ours.ALIVE, Ours.TRASHED, Ours.PURGED]))
        theirs = draw(st.sampled_from([Theirs.PRESENT, Theirs.PRESENT, *Theirs]))
        if ours is not Ours.PURGED:
            world.ours[number] = (ours, here)
            world.keys[Side.HERE, number] = draw(letters)
        if theirs is not Theirs.ABSENT:
            world.theirs[number] = (theirs, there)
            world.keys[Side.THERE, number] = draw(letters)
        if state is None:
            continue
        contact = number if ours is not Ours.PURGED else None
        mirror = number if theirs is not Theirs.ABSENT else None
        one_end = draw(st.booleans()) if contact and mirror else False
        if state in (State.CREATING, State.HELD):
            one_end = True  # nothing stands at the other end of those yet
        if one_end:
            contact, mirror = draw(st.sampled_from([(contact, None), (None, mirror)]))
            if state is State.CREATING:
                contact, mirror = (number if ours is not Ours.PURGED else None), None
        if state is State.GONE and contact is None:
            continue  # purging has closed it
        sent = state is State.CREATING and draw(st.booleans())
        world.links[number] = Link(state, contact, mirror, shadow, "", sent)
    return world


@given(worlds(), st.randoms(use_true_random=False))
def test_the_actions_of_a_plan_end_the_same_in_any_order(world, random):
    actions = world.plan()
    shuffled = list(actions)
    random.shuffle(shuffled)
    one, other = world.copy(), world.copy()

    for action in actions:
        one.apply(action)
    for action in shuffled:
        other.apply(action)

    assert one.told() == other.told()


@given(worlds())
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(world):
    for action in world.plan():
        world.apply(action)

    assert world.plan() == []
