"""What is new among the places that a search finds, exactly.

A place is the words that are found with :data:`AROUND` folded characters on either side, in a work. It is new if the
work has more of its like than it ever had when the search was looked at before. So what moves, because text was put in
before it or sections were cut otherwise, is not new; nor is what was there, went and came again. What is new in a work
that is replaced is just what stands there more often than it did, or in other surroundings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from indexer.text.folding import fold
from search.occurrences import Occurrence

AROUND = 10
"""Folded characters on either side by which places are told apart."""
CONTEXT = 40
"""Characters of the edition on either side in which these are looked for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Places that were seen, each by a number of 64 bits, as often as a work ever had it."""

    keys: Counter[int]

    @classmethod
    def parse(cls, written: bytes) -> Seen:
        """Read what was written."""
        return cls(Counter(np.frombuffer(written, "<u8").tolist()))

    @classmethod
    def none(cls) -> Seen:
        """Return what is seen before the first look."""
        return cls(Counter())

    def __bytes__(self) -> bytes:
        """Write it as numbers in order."""
        return np.sort(np.fromiter(self.keys.elements(), "<u8", self.keys.total())).tobytes()

    def told(self, found: Iterable[Occurrence], most: int) -> tuple[Seen, list[Occurrence]]:
        """Return what is seen once these places are, too, and which of them are new, in their order.

        Where that comes to more than ``most``, what is not there any more is forgotten.
        """
        left, keys = Counter(self.keys), Counter(self.keys)
        now: Counter[int] = Counter()
        new = []
        for each in found:
            key = key_of(each)
            now[key] += 1
            if left[key] > 0:
                left[key] -= 1
            else:
                keys[key] += 1
                new.append(each)
        return Seen(keys if keys.total() <= most else now), new


def key_of(place: Occurrence) -> int:
    """Return the number of a place."""
    left, right = fold(place.left)[-AROUND:], fold(place.right)[:AROUND]
    said = "\0".join((place.work.id, left, fold(place.text), right))
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "little")
