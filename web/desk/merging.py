"""Two librarians change one draft at once: the changes of both are merged, and shown with whose each is.

The merging is reconcile-text's, character by character, for Chinese has no blanks between words. It puts in what either
added and takes out what either removed; both drafts are kept as they were, so that no word is lost whatever becomes of
the merged one.

Its time grows with the square of what differs, and it holds Python's lock meanwhile. So it runs in a process of its
own, which is this file run as a program, with a bound on its time and memory: real edits take some hundredths of a
second, and drafts that have little in common are better laid side by side than merged.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

SECONDS = 2
"""The most processor time of one merging."""
_MEMORY = 1 << 30
"""Bytes of addresses that it may take."""
_STARTING = 8
"""Seconds beside, for a process to begin and end on a busy machine."""
_CLASH = re.compile("⟪[^⟪‖⟫]*‖[^⟪‖⟫]*⟫")
_one_at_a_time = threading.Lock()


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
    """The merged text, and how it came about.

    ``marked`` is the text with ⟪mine‖theirs⟫ where both changed the same stretch: one of the two has to be chosen.
    """

    text: str
    changes: tuple[Change, ...]
    marked: str

    @property
    def clashes(self) -> int:
        """The number of stretches that both changed."""
        return unsettled(self.marked)


def unsettled(text: str) -> int:
    """Return how many stretches of a text are still marked as changed by both."""
    return len(_CLASH.findall(text))


def merge(base: str, here: str, there: str) -> Merge | None:
    """Merge what ``here`` and ``there`` made of ``base``; None where they differ too much for the time there is.

    This process merges one pair at a time; another that comes waits :data:`SECONDS` for its turn, and is not merged
    either where it does not come.
    """
    if not _one_at_a_time.acquire(timeout=SECONDS):
        return None
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],
            input=json.dumps([base, here, there]).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS + _STARTING,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    finally:
        _one_at_a_time.release()
    merged = json.loads(done.stdout)
    changes = tuple(Change(text, Whose(whose)) for text, whose in merged["changes"])
    return Merge(merged["text"], changes, merged["marked"])


def combine(base: str, here: str, there: str) -> Merge:
    """Merge the drafts in this process, however long it takes."""
    from reconcile_text import reconcile_with_history  # the server's processes have no need of it

    merged = reconcile_with_history(base, here, there, "Character")
    spans = groupby(merged["history"], key=lambda span: span["history"])
    changes = tuple(Change("".join(span["text"] for span in group), Whose(whose)) for whose, group in spans)
    return Merge(merged["text"], changes, _marked(changes, here, there))


def _marked(changes: Iterable[Change], here: str, there: str) -> str:
    """Return the merged text with both readings wherever both changed a stretch.

    What both took out is told of one of them alone, so each side's reading is followed in its own draft.
    """
    parts: list[str] = []
    at_mine = at_theirs = 0
    for changed, stretch in groupby(changes, key=lambda each: each.whose is not Whose.UNCHANGED):
        mine = theirs = kept = ""
        for each in stretch:
            kept += "" if each.removed else each.text
            if each.whose not in (Whose.ADDED_THERE, Whose.REMOVED_HERE) and here.startswith(each.text, at_mine):
                mine, at_mine = mine + each.text, at_mine + len(each.text)
            if each.whose not in (Whose.ADDED_HERE, Whose.REMOVED_THERE) and there.startswith(each.text, at_theirs):
                theirs, at_theirs = theirs + each.text, at_theirs + len(each.text)
        clashes = changed and kept not in (mine, theirs)
        parts.append(f"⟪{mine}‖{theirs}⟫" if clashes else kept)
    return "".join(parts)


def _main() -> None:
    """Merge the three texts of the standard input, a JSON array, within the bounds."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))  # ends it even if nobody waits for it any more
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    merged = combine(*json.load(sys.stdin.buffer))
    changes = [(each.text, each.whose) for each in merged.changes]
    json.dump({"text": merged.text, "changes": changes, "marked": merged.marked}, sys.stdout)


if __name__ == "__main__":
    _main()
