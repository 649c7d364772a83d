"""CCPM: which of four verses does a modern description mean? (Li et al. 2021, arXiv 2106.01979)

The file that is at hand has no part of its own for testing. A fixed hash of the right verse puts every fifth item
aside, so that no verse that is trained on as right is right again in the test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PARTS = 5
"""One part in so many is the test."""

Part = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """A description, the verses to choose from, and the place of the right one among them."""

    description: str
    verses: tuple[str, ...]
    right: int


def read(path: Path, part: Part) -> Iterator[Item]:
    """Read the items of one part, in the order of the file.

    Raises OSError where it cannot be read, and KeyError or ValueError where it holds no items.
    """
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            item = Item(row["translation"], tuple(row["choices"]), int(row["answer"]))
            if part_of(item) == part:
                yield item


def part_of(item: Item) -> Part:
    """Return the part to which an item belongs, whatever else the file holds."""
    digest = hashlib.sha256(item.verses[item.right].encode()).digest()
    return "test" if int.from_bytes(digest[:4], "big") % PARTS == 0 else "train"
