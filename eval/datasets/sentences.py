"""From a modern sentence to its classical original among all sentences of two histories (金史, 遼史): test data.

Nothing is trained or tuned on these pairs.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from eval.quality.measuring import Query
from indexer.text.folding import fold

LITTLE = (0.3, 0.5)
"""The share of a classical sentence's characters that stand in its translation, where little wording is shared."""


class Pair(NamedTuple):
    """A modern sentence and its classical original."""

    modern: str
    classical: str


def read(path: Path) -> list[Pair]:
    """Read the pairs of a file in JSON Lines, xz.

    Raises OSError where it cannot be read, and KeyError or ValueError where it holds no pairs.
    """
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [Pair(row["modern"], row["classical"]) for row in map(json.loads, lines)]


def shares_little(pair: Pair) -> bool:
    """Return whether translation and original have little wording in common."""
    classical, modern = set(fold(pair.classical)), set(fold(pair.modern))
    low, high = LITTLE
    return low <= len(classical & modern) / max(len(classical), 1) <= high


def queries(pairs: Sequence[Pair]) -> list[Query]:
    """Return a query for each pair; an original answers by its text, and so does any other with that translation."""
    originals: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        originals[pair.modern].add(pair.classical)
    return [Query(str(row), pair.modern, frozenset(originals[pair.modern])) for row, pair in enumerate(pairs)]
