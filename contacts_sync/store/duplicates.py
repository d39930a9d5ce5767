"""Find contacts of the firm's list that may be the same: exactly, or nearly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

from contacts_sync import contact as shape
from contacts_sync.models import Contact, EmailAddress, PhoneNumber
from contacts_sync.store import distinct, records
from contacts_sync.store.distinct import Pair

LARGE = 50
"""A group of more contacts than this is not looked at pair by pair: it is shown as it is."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Contacts that share a key. `exact`: they would match; else `reason` says what they share."""

    contacts: tuple[int, ...]
    exact: bool
    reason: str


def find(limit: int = 500) -> list[Duplicates]:
    """List groups of living contacts that share a key, exact ones first, each group once.

    Reads the list as a whole, in four queries. Who was told apart from all others of a group is not
    in it.
    """
    exact: dict[Key, list[int]] = defaultdict(list)
    near: dict[Key, list[int]] = defaultdict(list)
    names = _names()
    emails, phones = _emails(), _phones(names)
    for pk, (kind, scalars) in names.items():
        addresses = emails.get(pk, ())
        for key in shape.match_keys(kind, scalars, addresses):
            exact[key].append(pk)
        for key in shape.near_keys(kind, scalars, addresses, phones.get(pk, ())):
            near[key].append(pk)
    apart = distinct.pairs()
    groups: dict[tuple[int, ...], Duplicates] = {}
    for members in exact.values():
        if pks := _together(members, apart):
            groups.setdefault(pks, Duplicates(pks, True, "match"))
    for key, members in sorted(near.items()):
        if pks := _together(members, apart):
            groups.setdefault(pks, Duplicates(pks, False, key[0]))
    ordered = sorted(groups.values(), key=lambda one: (not one.exact, one.contacts))
    return ordered[:limit]


def _names() -> dict[int, tuple[str, dict[str, str]]]:
    rows = Contact.objects.alive().order_by("pk")
    columns = rows.values_list("pk", "kind", "first_name", "last_name", "name")
    return {
        pk: (kind, {"first_name": first, "last_name": last, "name": name})
        for pk, kind, first, last, name in columns.iterator()
    }


def _emails() -> dict[int, list[str]]:
    rows = EmailAddress.objects.filter(contact__deleted_at=None).order_by()
    return _by_contact(rows.values_list("contact_id", "address").iterator())


def _phones(names: dict[int, tuple[str, dict[str, str]]]) -> dict[int, list[str]]:
    """Give the phones of people who share their last name with somebody: the others' are no key.

    To parse a number takes as long as all else about a contact.
    """
    last = {
        pk: shape.fold(scalars["last_name"]).casefold()
        for pk, (kind, scalars) in names.items()
        if kind == shape.PERSON
    }
    shared = Counter(last.values())
    rows = PhoneNumber.objects.filter(contact__deleted_at=None).order_by()
    wanted = (
        (pk, records.phone_key(number))
        for pk, number in rows.values_list("contact_id", "number").iterator()
        if last.get(pk) and shared[last[pk]] > 1
    )
    return _by_contact(wanted)


def _by_contact(rows: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for pk, value in rows:
        found[pk].append(value)
    return found


def _together(members: list[int], apart: Collection[Pair]) -> tuple[int, ...]:
    """Leave out of a group who is nobody else in it; nothing when that leaves no pair."""
    pks = sorted(set(members))
    if len(pks) < 2:
        return ()
    if not apart or len(pks) > LARGE:
        return tuple(pks)
    same = {pk for pair in combinations(pks, 2) if pair not in apart for pk in pair}
    return tuple(pk for pk in pks if pk in same)
