"""The plain scan that every engine is held to: slow, obvious, and written only here.

A section is read character by character into runs: its main text without the notes is one run, and each note is a
run of its own; what stands beside the text is in none. A run is the list of its characters that folding keeps, where an
iteration mark is the character before it once more. A phrase stands where its folded characters stand in a row in a
run; overlapping places all count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from corpora.model import Section, SpanKind
from indexer.text.folding import ITERATION, fold
from search.model import Scope
from search.query import MAX_RUN


@dataclass(frozen=True, slots=True)
class Character:
    """A character that folding keeps: where it stands in the section, as it stands there, and folded."""

    offset: int
    original: str
    folded: str


Run = tuple[Character, ...]
Place = tuple[int, int]
"""The number of a section and an offset in its text."""


@dataclass(frozen=True, slots=True)
class Found:
    """An occurrence: the numbers of its section and of its run there, where it starts in the run, and what it is."""

    section: int
    run: int
    start: int
    characters: Run

    @property
    def end(self) -> int:
        return self.start + len(self.characters)


def occurrences(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> list[Place]:
    """Section and offset where each occurrence of the query, read as one phrase, starts."""
    return [(found.section, found.characters[0].offset) for found in scan(sections, query, scope, strict)]


def covered(sections: Sequence[Section], query: str, scope: Scope) -> set[Place]:
    """Section and offset of every character that is part of an occurrence."""
    return {(found.section, each.offset) for found in scan(sections, query, scope) for each in found.characters}


def beside(sections: Sequence[Section], left: str, right: str, distance: int, scope: Scope) -> set[Found]:
    """The occurrences of two phrases that have one of the other in their run, ``distance`` characters off at most."""
    others = list(scan(sections, right, scope))
    pairs = [
        (one, other)
        for one in scan(sections, left, scope)
        for other in others
        if (one.section, one.run) == (other.section, other.run)
        and 0 <= max(other.start - one.end, one.start - other.end) <= distance
    ]
    return {found for pair in pairs for found in pair}


def wild(sections: Sequence[Section], query: str, scope: Scope) -> int:
    """The number of places where a phrase with ``?`` and ``*`` starts."""
    query = re.sub(r"\*+", "*", query)
    wildcards = {"?": ".", "*": f".{{0,{MAX_RUN}}}"}
    parts = re.split(r"([?*])", query)
    expression = "".join(wildcards.get(part) or _folded(_characters(part, range(len(part)))) for part in parts)
    return sum(
        len(re.findall(f"(?={expression})", _folded(run), re.DOTALL))
        for section in sections
        for run in runs(section, scope)
    )


def scan(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> Iterator[Found]:
    """Every occurrence of the query, read as one phrase; spelled just as there where the scan is strict."""
    wanted = _characters(query, range(len(query)))
    for number, section in enumerate(sections):
        for place, run in enumerate(runs(section, scope)):
            text = _folded(run)
            start = text.find(_folded(wanted))
            while start >= 0:
                found = run[start : start + len(wanted)]
                if not strict or [each.original for each in found] == [each.original for each in wanted]:
                    yield Found(number, place, start, found)
                start = text.find(_folded(wanted), start + 1)


def runs(section: Section, scope: Scope) -> list[Run]:
    """The stretches of a section in which a phrase can stand."""
    main, notes = _runs(section)
    return ([main] if scope is not Scope.NOTES else []) + (notes if scope is not Scope.TEXT else [])


@cache
def _runs(section: Section) -> tuple[Run, list[Run]]:
    notes = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.NOTE]
    marks = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.MARK]
    beside = {offset for mark in marks for offset in mark}
    inside = {offset for note in notes for offset in note} | beside
    main = [offset for offset in range(len(section.text)) if offset not in inside]
    said = [[offset for offset in note if offset not in beside] for note in notes]
    return _characters(section.text, main), [_characters(section.text, note) for note in said]


def _characters(text: str, offsets: Sequence[int]) -> Run:
    run: list[Character] = []
    for at in offsets:
        folded = fold(text[at])
        if folded == ITERATION and run:
            folded = run[-1].folded
        if folded:
            run.append(Character(at, text[at], folded))
    return tuple(run)


def _folded(run: Run) -> str:
    return "".join(each.folded for each in run)
