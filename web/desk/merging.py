"""Two librarians change one draft at once: the changes of both are merged, and shown with whose each is.

The merging is reconcile-text's, character by character, for Chinese has no blanks between words. It puts in what either
added and takes out what either removed; both drafts are kept as they were, so that no word is lost whatever becomes of
the merged one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from reconcile_text import reconcile_with_history


class Whose(StrEnum):
    """Who made a change, and which."""

    UNCHANGED = "Unchanged"
    ADDED_HERE = "AddedFromLeft"
    ADDED_THERE = "AddedFromRight"
    REMOVED_HERE = "RemovedFromLeft"
    REMOVED_THERE = "RemovedFromRight"


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text and what became of it."""

    text: str
    whose: Whose

    @property
    def here(self) -> bool:
        """Whether it is a change of the one who merges."""
        return self.whose in (Whose.ADDED_HERE, Whose.REMOVED_HERE)

    @property
    def added(self) -> bool:
        """Whether one of the two put it in."""
        return self.whose in (Whose.ADDED_HERE, Whose.ADDED_THERE)

    @property
    def removed(self) -> bool:
        """Whether one of the two took it out."""
        return self.whose in (Whose.REMOVED_HERE, Whose.REMOVED_THERE)


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged text, and how it came about."""

    text: str
    changes: tuple[Change, ...]


def merge(base: str, here: str, there: str) -> Merge:
    """Merge what ``here`` and ``there`` made of ``base``."""
    merged = reconcile_with_history(base, here, there, "Character")
    spans = groupby(merged["history"], key=lambda span: span["history"])
    changes = (Change("".join(span["text"] for span in group), Whose(whose)) for whose, group in spans)
    return Merge(merged["text"], tuple(changes))
