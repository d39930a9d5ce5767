"""What stood earlier in the same file: known by numbers alone, so that a large file fits in memory."""

from __future__ import annotations

from array import array

from contacts_sync.importing.known import Look

NEAR = 3
"""How many rows that look alike are remembered for one key."""


class Earlier:
    """The rows of a file so far, by what they would match and resemble: some 500 bytes each.

    Texts are remembered by their hash: of two that differ, the chance of being taken for one is
    about one in 10^10 for a file of 50,000 rows.
    """

    def __init__(self) -> None:
        self._keys: dict[int, int] = {}
        self._near: dict[int, list[int]] = {}
        self._facts: dict[int, list[tuple[array[int], int]]] = {}

    def same(self, look: Look) -> int:
        """Give the number of an earlier row that this one is; 0 when there is none."""
        for key in self._key_hashes(look):
            if number := self._keys.get(key):
                return number
        said = {hash(fact) for fact in look.facts}
        for facts, number in self._facts.get(hash(look.name), ()):
            if said.issubset(facts):
                return number
        return 0

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
        facts = array("q", (hash(fact) for fact in look.facts))
        self._facts.setdefault(hash(look.name), []).append((facts, number))

    @staticmethod
    def _key_hashes(look: Look) -> list[int]:
        keys = [hash(key) for key in look.keys]
        return [*keys, hash(("uid", look.uid))] if look.uid else keys
