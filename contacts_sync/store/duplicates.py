"""Find contacts of the firm's list that may be the same: exactly, or nearly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from contacts_sync.models import Contact
from contacts_sync.store import search


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Contacts that share a key. `exact`: they would match; else `reason` says what they share."""

    contacts: tuple[int, ...]
    exact: bool
    reason: str


def find(limit: int = 500) -> list[Duplicates]:
    """List groups of living contacts that share a key, exact ones first, each group once."""
    exact: dict[object, list[int]] = defaultdict(list)
    near: dict[tuple[str, ...], list[int]] = defaultdict(list)
    pks = Contact.objects.alive().values_list("pk", flat=True)
    for candidate, _contact in search.candidates_here(pks, near=True):
        for key in candidate.keys:
            exact[key].append(candidate.id)
        for close in candidate.near:
            if isinstance(close, tuple):
                near[close].append(candidate.id)
    groups: dict[tuple[int, ...], Duplicates] = {}
    for members in exact.values():
        if len(members) > 1:
            pair = tuple(sorted(members))
            groups.setdefault(pair, Duplicates(pair, True, "match"))
    for key, members in sorted(near.items()):
        if len(members) > 1:
            pair = tuple(sorted(members))
            groups.setdefault(pair, Duplicates(pair, False, key[0]))
    ordered = sorted(groups.values(), key=lambda one: (not one.exact, one.contacts))
    return ordered[:limit]
