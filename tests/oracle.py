"""The plain scan that every engine is held to: slow, obvious, and written only here.

A section is read character by character into runs: its main text without the notes is one run, each note is a run of
its own, and all of it in the order of the page, text and notes, is one more; what stands beside the text is in none. A
run is the list of its characters that folding keeps, where an iteration mark is the character before it once more. A
phrase stands where its folded characters stand in a row in a run; overlapping places all count, and what is found in
two runs, the same characters of the section, counts once.
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

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where its characters stand in the section: what makes two places different."""
        return tuple(each.offset for each in self.characters)


def occurrences(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> list[Place]:
    """Section and offset where each occurrence of the query, read as one phrase, starts."""
    return [(found.section, found.characters[0].offset) for found in scan(sections, query, scope, strict)]


def covered(sections: Sequence[Section], query: str, scope: Scope) -> set[Place]:
    """Section and offset of every character that is part of an occurrence."""
    return {(found.section, each.offset) for found in scan(sections, query, scope) for each in found.characters}


def beside(sections: Sequence[Section], left: str, right: str, distance: int, scope: Scope) -> set[tuple[int, ...]]:
    """The places of two phrases that have one of the other ``distance`` characters off at most: section and offsets."""
    found = pairs(sections, left, right, distance, scope)
    return {(each.section, *each.offsets) for one, other, _ in found for each in (one, other)}


def pairs(
    sections: Sequence[Section], left: str, right: str, distance: int, scope: Scope
) -> Iterator[tuple[Found, Found, tuple[int, ...]]]:
    """The pairs of occurrences of two phrases that have ``distance`` characters between them at most.

    They are counted in any run that has both. With each pair come the offsets of all characters from its first to its
    last in the first run in which they are so near.
    """
    others = list(scan(sections, right, scope))
    for one in scan(sections, left, scope):
        section = sections[one.section]
        shared = [(runs(section, scope)[at], _places(section, scope)[at]) for at in _runs_with(section, scope, one)]
        for other in (found for found in others if found.section == one.section):
            first, last = sorted((one.offsets, other.offsets))
            for run, at in shared:
                if all(offset in at for offset in other.offsets) and 0 <= at[last[0]] - at[first[-1]] - 1 <= distance:
                    yield one, other, tuple(each.offset for each in run[at[first[0]] : at[last[-1]] + 1])
                    break


def _runs_with(section: Section, scope: Scope, found: Found) -> list[int]:
    """The numbers of the runs that have all characters of an occurrence."""
    known = _places(section, scope)
    return [number for number in range(len(known)) if all(offset in known[number] for offset in found.offsets)]


@cache
def _places(section: Section, scope: Scope) -> list[dict[int, int]]:
    """For each run, the place in it of each of its characters, by its offset."""
    return [{each.offset: at for at, each in enumerate(run)} for run in runs(section, scope)]


def wild(sections: Sequence[Section], query: str, scope: Scope) -> int:
    """The number of places where a phrase with ``?`` and ``*`` stands.

    For each start in a run it is the shortest stretch that is spelled as typed, else the shortest. A stretch of print
    that another run has just so, character for character, is looked for there alone.
    """
    query = re.sub(r"\*+", "*", query)
    parts = [(part, _characters(part, range(len(part)))) for part in re.split(r"([?*])", query)]
    wildcards = {"?": ".", "*": f".{{0,{MAX_RUN}}}"}
    folded, typed = (
        "".join(wildcards.get(part) or re.escape(text(run)) for part, run in parts) for text in (_folded, _original)
    )
    longest = len(query) + MAX_RUN * query.count("*")
    places = set()
    for number, section in enumerate(sections):
        of_runs = {each: at for at, run in enumerate(runs(section, Scope.BOTH)[:-1]) for each in run}
        for run in runs(section, scope):
            text, spelled = _folded(run), _original(run)
            for start in (found.start() for found in re.finditer(f"(?={folded})", text, re.DOTALL)):
                ends = range(start + 1, min(start + longest, len(run)) + 1)
                fits = [end for end in ends if re.fullmatch(folded, text[start:end], re.DOTALL)]
                as_typed = (end for end in fits if re.fullmatch(typed, spelled[start:end], re.DOTALL))
                stretch = run[start : next(as_typed, fits[0])]
                stands_in = {of_runs.get(each) for each in stretch}
                if run is not printed(section) or len(stands_in) > 1 or None in stands_in:
                    places.add((number, tuple(each.offset for each in stretch)))
    return len(places)


def scan(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> Iterator[Found]:
    """Every occurrence of the query, read as one phrase; spelled just as there where the scan is strict."""
    wanted = _characters(query, range(len(query)))
    for number, section in enumerate(sections):
        known: set[tuple[int, ...]] = set()
        for place, run in enumerate(runs(section, scope)):
            text = _folded(run)
            start = text.find(_folded(wanted))
            while start >= 0:
                found = Found(number, place, start, run[start : start + len(wanted)])
                if found.offsets not in known and (not strict or _original(found.characters) == _original(wanted)):
                    known.add(found.offsets)
                    yield found
                start = text.find(_folded(wanted), start + 1)


def runs(section: Section, scope: Scope) -> list[Run]:
    """The stretches of a section in which a phrase can stand: the text, each note, and all as printed."""
    main, notes, _ = _runs(section)
    return {Scope.TEXT: [main], Scope.NOTES: notes, Scope.BOTH: [main, *notes, printed(section)]}[scope]


def printed(section: Section) -> Run:
    """Text and notes of a section in the order of the page."""
    return _runs(section)[2]


@cache
def _runs(section: Section) -> tuple[Run, list[Run], Run]:
    notes = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.NOTE]
    marks = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.MARK]
    beside = {offset for mark in marks for offset in mark}
    inside = {offset for note in notes for offset in note} | beside
    main = [offset for offset in range(len(section.text)) if offset not in inside]
    said = [[offset for offset in note if offset not in beside] for note in notes]
    everything = [offset for offset in range(len(section.text)) if offset not in beside]
    return (
        _characters(section.text, main),
        [_characters(section.text, note) for note in said],
        _characters(section.text, everything),
    )


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


def _original(run: Run) -> str:
    return "".join(each.original for each in run)
