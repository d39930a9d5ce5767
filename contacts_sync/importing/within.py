"""What stood earlier in the same file: known by numbers alone, so that a large file fits in memory."""

from __future__ import annotations

from array import array

from contacts_sync.importing.known import Look

NEAR = 3
"""How many rows that look alike are remembered for one key."""


Numbers = dict[int, int | list[int]]
"""Rows by a hash; most have it for themselves, and then no list is made."""


class Earlier:
    """The rows of a file so far, by what they would match and resemble: about 1,500 bytes each.

    Texts are remembered by their hash: of two that differ, the chance of being taken for one is
    about one in 10^10 for a file of 50,000 rows.
    """

    def __init__(self) -> None:
        self._keys: dict[int, int] = {}
        self._near: dict[int, list[int]] = {}
        self._facts: dict[int, array[int]] = {}
        self._handles: Numbers = {}
        self._first: Numbers = {}

    def same(self, look: Look) -> int:
        """Give the number of an earlier row that this one is; 0 when there is none."""
        for key in self._key_hashes(look):
            if number := self._keys.get(key):
                return number
        said = {hash(fact) for fact in look.facts}
        for number in _found(self._handles, hash(look.handles[0])):
            if said.issubset(self._facts[number]):
                return number
        return 0

    def less(self, look: Look) -> set[int]:
        """Give the numbers of earlier rows that say nothing which this one does not say."""
        said = {hash(fact) for fact in look.facts}
        return {
            number
            for handle in look.handles
            for number in _found(self._first, hash(handle))
            if said.issuperset(self._facts[number])
        }

    def near(self, look: Look) -> dict[int, str]:
        """Give the numbers of earlier rows that look like this one, each with the reason."""
        found: dict[int, str] = {}
        for key in sorted(look.near):
            for number in self._near.get(hash(key), ()):
                found.setdefault(number, key[0])
        return found

    def add(self, look: Look, number: int) -> None:
        """Remember a row."""
        for key in self._key_hashes(look):
            self._keys.setdefault(key, number)
        for near in look.near:
            rows = self._near.setdefault(hash(near), [])
            if len(rows) < NEAR:
                rows.append(number)
        self._facts[number] = array("q", (hash(fact) for fact in look.facts))
        handles = [hash(handle) for handle in look.handles]
        for handle in handles:
            _put(self._handles, handle, number)
        _put(self._first, handles[0], number)

    @staticmethod
    def _key_hashes(look: Look) -> list[int]:
        keys = [hash(key) for key in look.keys]
        return [*keys, hash(("uid", look.uid))] if look.uid else keys


def _put(index: Numbers, key: int, number: int) -> None:
    held = index.setdefault(key, number)
    if isinstance(held, list):
        held.append(number)
    elif held != number:
        index[key] = [held, number]


def _found(index: Numbers, key: int) -> list[int]:
    held = index.get(key, [])
    return held if isinstance(held, list) else [held]
