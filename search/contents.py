"""A work's contents as a tree, and what a query finds in each of its sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from indexer.text.folding import fold

MOST_LISTED = 400
"""Sections of a work that one page of its contents lists: there are works of ten thousands."""


@dataclass(frozen=True, slots=True)
class FoundInWork:
    """What a query finds in a work: how many occurrences each of its sections has, of those that have any.

    With ``at_least`` there may be more (:attr:`search.stores.base.Matches.at_least`).
    """

    counts: Mapping[int, int]
    at_least: bool = False

    @property
    def total(self) -> int:
        """How many occurrences there are in the work."""
        return sum(self.counts.values())

    def before(self, number: int) -> int | None:
        """Return the last section before one that has some; None where none has."""
        return max((each for each in self.counts if each < number), default=None)

    def after(self, number: int) -> int | None:
        """Return the first section after one that has some; None where none has."""
        return min((each for each in self.counts if each > number), default=None)


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """A heading of the contents, and what stands below it.

    ``number`` is that of the section which it heads, None where it only gathers others; ``first`` is the first section
    below it, or itself. ``found`` counts the occurrences in all of these.
    """

    heading: str
    number: int | None
    first: int
    last: int
    found: int
    below: tuple[ContentsEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """A page of a work's contents: the sections from ``start`` to before ``end``, of ``total``."""

    entries: tuple[ContentsEntry, ...]
    start: int
    end: int
    total: int


@dataclass
class _Draft:
    heading: str
    number: int | None = None
    below: list[_Draft] = field(default_factory=list)


def named(title: str, path: Sequence[str]) -> str:
    """Return a section's name in full: its title, with what its path says after it.

    >>> named("卷八", ("卷八", "本紀第八", "世宗下")), named("第一回", ("卷一", "第一回"))
    ('卷八 本紀第八 世宗下', '第一回')
    """
    return " ".join(path[path.index(title) :]) if title in path else title


Headed = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The titles and the paths of a work's sections."""


def counterpart(number: int, work: Headed, other: Headed) -> int:
    """Return the section of another work, which has some, at the place of a section.

    It is that of the same name in full, else of the same title, else of a name that says the same last (世宗下), in any
    script; where none is, the one of the same number, or the last.
    """
    names = [_names(title, path) for title, path in zip(*other, strict=True)]
    for kind, name in enumerate(_names(work[0][number], work[1][number])):
        same = [at for at, each in enumerate(names) if name and each[kind] == name]
        if same:
            return min(same, key=lambda at: abs(at - number))
    return min(number, len(names) - 1)


def _names(title: str, path: Sequence[str]) -> tuple[str, str, str]:
    return fold(named(title, path)), fold(title), fold((path or (title,))[-1])


def contents(
    titles: Sequence[str], paths: Sequence[Sequence[str]], counts: Mapping[int, int], around: int = 0
) -> Contents:
    """Return the page of a work's contents that lists a section; ``counts`` are the occurrences in each."""
    start = min(around, max(len(titles) - 1, 0)) // MOST_LISTED * MOST_LISTED
    end = min(start + MOST_LISTED, len(titles))
    drafts = _nested((number, tuple(paths[number]) or (titles[number],)) for number in range(start, end))
    return Contents(tuple(_entry(each, counts) for each in drafts), start, end, len(titles))


def _nested(sections: Iterable[tuple[int, tuple[str, ...]]]) -> list[_Draft]:
    top = _Draft("")
    above = [top]
    for number, path in sections:
        kept = 0
        while kept < min(len(path) - 1, len(above) - 1) and above[kept + 1].heading == path[kept]:
            kept += 1
        del above[kept + 1 :]
        for heading in path[kept:]:
            above[-1].below.append(_Draft(heading))
            above.append(above[-1].below[-1])
        above[-1].number = number
    return top.below


def _entry(draft: _Draft, counts: Mapping[int, int]) -> ContentsEntry:
    """Return an entry; headings that have nothing but one other below them are one with it."""
    headings = [draft.heading]
    while draft.number is None and len(draft.below) == 1:
        (draft,) = draft.below
        headings.append(draft.heading)
    below = tuple(_entry(each, counts) for each in draft.below)
    own = draft.number
    return ContentsEntry(
        " ".join(filter(None, headings)),
        own,
        below[0].first if own is None else own,
        below[-1].last if below else own if own is not None else 0,
        (0 if own is None else counts.get(own, 0)) + sum(each.found for each in below),
        below,
    )
