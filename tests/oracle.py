"""The plain scan that every engine is held to: slow, obvious, and written only here.

A section is read character by character into runs: its main text without the notes is one run, and each note is a
run of its own. A run is the list of its characters that folding keeps. A phrase stands where its folded
characters stand in a row in a run; overlapping places all count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from corpora.model import Section, SpanKind
from indexer.folding import fold
from search.results import Scope


@dataclass(frozen=True, slots=True)
class Character:
    """A character that folding keeps: where it stands in the section, as it stands there, and folded."""

    offset: int
    original: str
    folded: str


Run = tuple[Character, ...]
Place = tuple[int, int]
"""The number of a section and an offset in its text."""


def occurrences(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> list[Place]:
    """Section and offset where each occurrence of the query, read as one phrase, starts."""
    return [(number, found[0].offset) for number, found in _found(sections, query, scope, strict)]


def covered(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> set[Place]:
    """Section and offset of every character that is part of an occurrence."""
    return {(number, each.offset) for number, found in _found(sections, query, scope, strict) for each in found}


def runs(section: Section, scope: Scope) -> list[Run]:
    """The stretches of a section in which a phrase can stand."""
    main, notes = _runs(section)
    return ([main] if scope is not Scope.NOTES else []) + (notes if scope is not Scope.TEXT else [])


def _found(sections: Sequence[Section], query: str, scope: Scope, strict: bool) -> Iterator[tuple[int, Run]]:
    wanted = _characters(query, range(len(query)))
    folded = "".join(each.folded for each in wanted)
    for number, section in enumerate(sections):
        for run in runs(section, scope):
            text = "".join(each.folded for each in run)
            start = text.find(folded)
            while start >= 0:
                found = run[start : start + len(wanted)]
                if not strict or [each.original for each in found] == [each.original for each in wanted]:
                    yield number, found
                start = text.find(folded, start + 1)


@cache
def _runs(section: Section) -> tuple[Run, list[Run]]:
    notes = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.NOTE]
    inside = {offset for note in notes for offset in note}
    main = [offset for offset in range(len(section.text)) if offset not in inside]
    return _characters(section.text, main), [_characters(section.text, note) for note in notes]


def _characters(text: str, offsets: Sequence[int]) -> Run:
    return tuple(Character(at, text[at], folded) for at in offsets if (folded := fold(text[at])))
