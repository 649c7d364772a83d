"""The plain scan that every engine is held to: slow, obvious, and written only here.

A section is read character by character into runs: its main text without the notes is one run, each note is a run of
its own, and all of it in the order of the page, text and notes, is one more; what stands beside the text is in none. A
run is the list of its characters that folding keeps. What stands for a character is one: a character that a reader
marks as described or named, a remark that characters are lacking (as many as it says; a note that says so is that many
characters of the text, and of the page), a cross or a diamond within a line. Then a circle near numerals is zero, and
an iteration mark is the character before it once more. A phrase stands where its folded characters stand in a row in a
run; overlapping places all count, and what is found in two runs, the same characters of the section, counts once. In
a phrase □, 〓 and a circle that is no zero are any one character, and so is ``?``; ``*`` is a few of any, and square
brackets hold one of some, or any but some.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from itertools import pairwise, product
from typing import TypeVar

from corpora.model import Section, Span, SpanKind, Work
from corpora.readers import gaiji, titles
from indexer.dates.annotating import Annotator
from indexer.text.folding import ITERATION, fold
from indexer.text.readings import MOST_LACKING
from indexer.text.streams import code_points, main_stream, notes_stream
from indexer.text.words import bounds
from search.model import Scope, Slip
from search.query import MAX_RUN

T = TypeVar("T")


def once(of: Callable[[Section], T]) -> Callable[[Section], T]:
    """Work out something of a section once; sections are told apart by what they are, which costs more to compare."""
    known: dict[int, tuple[Section, T]] = {}

    @wraps(of)
    def kept(section: Section) -> T:
        if id(section) not in known:
            known[id(section)] = section, of(section)  # held, so that no other section gets the same id
        return known[id(section)][1]

    return kept


@dataclass(frozen=True, slots=True)
class Character:
    """A character that folding keeps: where it stands in the section, as it stands there, folded, and as described.

    ``number`` counts those that one remark stands for.
    """

    offset: int
    original: str
    folded: str
    name: str = ""
    number: int = 0

    @property
    def mark(self) -> Mark:
        """What makes it different from all others of its section."""
        return self.offset, self.number

    def is_like(self, wanted: Character, strict: bool) -> bool:
        """Whether it is the character that is wanted: the same when folded, and of the same description."""
        if wanted.name:
            one, other = ("".join(fold(part) or part for part in each.name) for each in (self, wanted))
            return self.name == wanted.name if strict else gaiji.same(one, other)
        return self.folded == wanted.folded and (not strict or self.original == wanted.original)


Run = tuple[Character, ...]
Mark = tuple[int, int]
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
        """Where its characters stand in the section."""
        return tuple(each.offset for each in self.characters)

    @property
    def last(self) -> int:
        """The offset at which its last character's original ends, less one."""
        return self.characters[-1].offset + len(self.characters[-1].original) - 1

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What makes two places different."""
        return tuple(each.mark for each in self.characters)


def shared_runs(text: str, other: str, least: int) -> set[tuple[int, int, int]]:
    """The maximal runs that two folded texts share: where each begins in both, and its length; NUL equals nothing."""

    def agree(at: int, place: int) -> bool:
        inside = 0 <= at < len(text) and 0 <= place < len(other)
        return inside and text[at] == other[place] != "\0"

    found = set()
    for at, place in product(range(len(text)), range(len(other))):
        if agree(at, place) and not agree(at - 1, place - 1):
            length = 1
            while agree(at + length, place + length):
                length += 1
            if length >= least:
                found.add((at, place, length))
    return found


@once
def words(section: Section) -> list[tuple[int, int]]:
    """Where each word of a modern section begins and ends in its main run: between two bounds of jieba's cut."""
    free = set(bounds("".join(fold(char) or char for char in section.text)))
    offsets = [each.offset for each in runs(section, Scope.TEXT)[0]]
    cuts = [at for at, offset in enumerate(offsets) if offset in free] + [len(offsets)]
    return list(pairwise(cuts))


def occurrences(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> list[Place]:
    """Section and offset where each occurrence of the query, read as one phrase, starts."""
    return [(found.section, found.characters[0].offset) for found in scan(sections, query, scope, strict)]


def covered(sections: Sequence[Section], query: str, scope: Scope) -> set[Place]:
    """Section and offset of every character that is part of an occurrence."""
    return {
        (found.section, offset)
        for found in scan(sections, query, scope)
        for each in found.characters
        for offset in range(each.offset, each.offset + len(each.original))
    }


def beside(
    sections: Sequence[Section], left: str, right: str, distance: int, scope: Scope, ordered: bool = False
) -> set[tuple[int, tuple[Mark, ...]]]:
    """The places of two phrases that have one of the other ``distance`` characters off at most: section and marks."""
    found = pairs(sections, left, right, distance, scope, ordered)
    return {(each.section, each.marks) for one, other, _ in found for each in (one, other)}


def together(
    sections: Sequence[Section], left: str, right: str, scope: Scope, ordered: bool = False
) -> set[tuple[int, tuple[Mark, ...]]]:
    """The places of two phrases that have one of the other in their section, behind it where they are ordered."""
    found = product(scan(sections, left, scope), list(scan(sections, right, scope)))
    return {
        (each.section, each.marks)
        for one, other in found
        if one.section == other.section
        and (one.last < other.offsets[0] or (not ordered and other.last < one.offsets[0]))
        for each in (one, other)
    }


def pairs(
    sections: Sequence[Section], left: str, right: str, distance: int, scope: Scope, ordered: bool = False
) -> Iterator[tuple[Found, Found, tuple[int, ...]]]:
    """The pairs of occurrences of two phrases that have ``distance`` characters between them at most.

    They are counted in any run that has both. With each pair come the offsets of all characters from its first to its
    last in the first run in which they are so near.
    """
    others: dict[int, list[tuple[Found, tuple[Mark, ...]]]] = defaultdict(list)
    for other in scan(sections, right, scope):
        others[other.section].append((other, other.marks))
    for one in scan(sections, left, scope):
        section, mine = sections[one.section], one.marks
        known = zip(runs(section, scope), _chosen(_places(section), scope), strict=True)
        shared = [(run, at) for run, at in known if all(mark in at for mark in mine)]
        for other, theirs in others[one.section]:
            first, last = sorted((mine, theirs))
            if ordered and last == mine:
                continue
            for run, at in shared:
                is_near = first[-1] in at and last[0] in at and 0 <= at[last[0]] - at[first[-1]] - 1 <= distance
                if is_near and all(mark in at for mark in theirs):
                    yield one, other, tuple(each.offset for each in run[at[first[0]] : at[last[-1]] + 1])
                    break


@once
def _places(section: Section) -> list[dict[Mark, int]]:
    """For each run, the place in it of each of its characters."""
    return [{each.mark: at for at, each in enumerate(run)} for run in runs(section, Scope.BOTH)]


@dataclass(frozen=True, slots=True)
class Choice:
    """One character out of some, or, where it is negated, any but those."""

    of: Run
    negated: bool

    def takes(self, character: Character, strict: bool) -> bool:
        """Whether a character is one of those that may stand there; what may not, may not in any spelling."""
        return any(character.is_like(each, strict and not self.negated) for each in self.of) != self.negated


Pattern = tuple[Choice | str, ...]
"""Characters to choose from, ``?`` and ``*``."""
MARKS = re.compile(r"([?*]|\[\^?[^\[\]\s]+\])")


def _pattern(query: str) -> Pattern:
    """A phrase as what may stand at each of its places; in running text there are no operators."""
    query = query.translate(str.maketrans("？＊［］＾", "?*[]^"))
    whole = {at for start, end, _ in gaiji.find(query) for at in range(start, end)}
    is_passage = any(mark in query for mark in "，。、；：！…,;!“”「」『』《》")
    found: list[Choice | str] = []
    start = 0
    for mark in [] if is_passage else MARKS.finditer(query):
        if mark.start() in whole or _lacking(mark[0]):
            continue
        found += _said(query[start : mark.start()])
        if len(mark[0]) == 1:
            found += [mark[0]] if mark[0] == "?" or (found and found[-1] != "*") else []
        else:
            choices = _alone(mark[0][1:-1].removeprefix("^"))
            found += [Choice(choices, mark[0][1] == "^")] if choices or mark[0][1] == "^" else []
        start = mark.end()
    found += _said(query[start:])
    while found and found[-1] == "*":
        found.pop()
    return tuple(found)


def _said(text: str) -> list[Choice | str]:
    """What a part of a phrase says; a sign for a character that nobody knows is any one."""
    said: list[Choice | str] = []
    for each in _alone(text):
        is_unknown = each.folded in ("□", "〓", "〇") and len(each.original) == 1 and not each.name
        said.append("?" if is_unknown else Choice((each,), False))
    return said


def is_told(query: str) -> bool:
    """Whether a phrase says enough to be looked for: some character, and one beside whatever may not be some."""
    rows: list[list[Choice | str]] = [[]]
    for each in _pattern(query.strip()):
        rows = [*rows, []] if each == "*" else [*rows[:-1], [*rows[-1], each]]
    choices = [[each for each in row if isinstance(each, Choice)] for row in rows]
    told = [any(not each.negated for each in row) for row in choices]
    return any(told) and all(one for one, row in zip(told, choices, strict=True) if row)


def _ends(run: Run, start: int, pattern: Pattern, strict: bool) -> set[int]:
    """Where what stands in a run from ``start`` on may end, if it is as a pattern says."""
    ends = {start}
    for each in pattern:
        if each == "*":
            ends = {end + more for end in ends for more in range(MAX_RUN + 1) if end + more <= len(run)}
        else:
            ends = {
                end + 1 for end in ends if end < len(run) and (isinstance(each, str) or each.takes(run[end], strict))
            }
        if not ends:
            break
    return ends


def scan(sections: Sequence[Section], query: str, scope: Scope, strict: bool = False) -> Iterator[Found]:
    """Every occurrence of the query, read as one phrase; spelled just as there where the scan is strict.

    Where its length may vary it is, for each start in a run, the shortest stretch that is spelled as typed, else the
    shortest. A stretch of print that another run has just so, character for character, is looked for there alone.
    """
    pattern = _pattern(query.strip())
    for number, section in enumerate(sections):
        known: set[tuple[Mark, ...]] = set()
        for place, (run, text) in enumerate(zip(runs(section, scope), _chosen(_texts(section), scope), strict=True)):
            for start in _starts(text, pattern):
                typed = _ends(run, start, pattern, strict=True)
                fits = typed if strict else typed or _ends(run, start, pattern, strict=False)
                found = Found(number, place, start, run[start : min(fits, default=start)])
                if found.characters and _is_of(section, run, found.characters) and found.marks not in known:
                    known.add(found.marks)
                    yield found


def _starts(text: str, pattern: Pattern) -> Iterator[int]:
    """Where a pattern may begin in a folded text."""
    if pattern and all(isinstance(each, Choice) and len(each.of) == 1 and not each.negated for each in pattern):
        literal = "".join(_folded(each.of) for each in pattern if isinstance(each, Choice))
        start = text.find(literal)
        while start >= 0:
            yield start
            start = text.find(literal, start + 1)
    elif pattern:
        wildcards = {"?": ".", "*": f".{{0,{MAX_RUN}}}"}
        # A class of none but described characters may bar one of them, and let others pass.
        folded = "".join(
            wildcards[each]
            if isinstance(each, str)
            else "."
            if each.negated
            else f"(?:{'|'.join(re.escape(one.folded) for one in each.of)})"
            for each in pattern
        )
        yield from (found.start() for found in re.finditer(f"(?={folded})", text, re.DOTALL))


def matches(sections: Sequence[Section], expression: str, scope: Scope) -> set[tuple[int, tuple[Mark, ...]]]:
    """Where a regular expression over folded text, as Python reads it, matches something: from each start once."""
    compiled = re.compile(f"(?=({expression}))", re.DOTALL)
    found = set()
    for number, section in enumerate(sections):
        for run, text in zip(runs(section, scope), _chosen(_texts(section), scope), strict=True):
            for match in compiled.finditer(text):
                stretch = run[match.start() : match.end(1)]
                if stretch and _is_of(section, run, stretch):
                    found.add((number, tuple(each.mark for each in stretch)))
    return found


def with_slips(
    sections: Sequence[Section], query: str, scope: Scope, strict: bool = False
) -> Iterator[tuple[Found, Slip]]:
    """Every place of a phrase in which one character may be wrong, missing or too much, with what is wrong there.

    All without a slip count. Then, kind by kind, those stretches count that have no character in common with one that
    does already: those with a character too much, those with a wrong one, those that lack one. Of one kind and one run
    they may overlap; the printed order comes last, and has only what no other run has.
    """
    pattern = _alone(query)
    kinds = ((Slip.EXTRA, 1), (Slip.WRONG, 0), (Slip.MISSING, -1))
    for number, section in enumerate(sections):
        exact = [replace(found, section=number) for found in scan([section], query, scope, strict)]
        yield from ((found, Slip.NONE) for found in exact)
        taken = {mark for found in exact for mark in found.marks}
        for (kind, more), (place, run) in product(kinds, list(enumerate(runs(section, scope)))):
            here = [
                found
                for start in range(len(run) - len(pattern) - more + 1)
                for found in [Found(number, place, start, run[start : start + len(pattern) + more])]
                if _slipped(found.characters, pattern, strict)
                and _is_of(section, run, found.characters)
                and not taken & set(found.marks)
            ]
            taken |= {mark for found in here for mark in found.marks}
            yield from ((found, kind) for found in here)


def _slipped(said: Run, wanted: Run, strict: bool) -> bool:
    """Whether characters are those wanted but for one that is wrong, missing or too much."""
    if len(said) == len(wanted):
        return sum(not one.is_like(other, strict) for one, other in zip(said, wanted, strict=True)) == 1
    if len(said) < len(wanted):
        shorter = (wanted[:at] + wanted[at + 1 :] for at in range(len(wanted)))
        return any(all(one.is_like(other, strict) for one, other in zip(said, each, strict=True)) for each in shorter)
    longer = (said[:at] + said[at + 1 :] for at in range(len(said)))
    return any(all(one.is_like(other, strict) for one, other in zip(each, wanted, strict=True)) for each in longer)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a work: the number of its section, its range there, whether it is in a note, and what it may be.

    ``years`` are the first and last one of each reading, the likeliest first; it is sure if there is nothing in doubt.
    """

    section: int
    start: int
    end: int
    in_notes: bool
    years: tuple[tuple[int, int], ...]
    is_sure: bool

    def may_be(self, first: int, last: int) -> bool:
        """Whether it may be of one of some years."""
        return any(one <= last and first <= other for one, other in self.years)

    def must_be(self, first: int, last: int) -> bool:
        """Whether it is of one of some years in any case."""
        return self.is_sure and all(first <= one and other <= last for one, other in self.years)


def dates(work: Work) -> list[Dated]:
    """Every date of a work, as its sections are read one after another, in the order of the text."""
    annotator = Annotator(work.record.title)
    found = []
    for number, section in enumerate(work.sections):
        codes = code_points(section.text)
        streams = main_stream(section, codes), notes_stream(section, codes)
        for each in annotator.annotate(section, streams):
            years = tuple((date.first, date.last) for date in each.dates)
            found.append(Dated(number, *each.in_text(streams), bool(each.stream), years, not each.doubts))
    return found


def runs(section: Section, scope: Scope) -> list[Run]:
    """The stretches of a section in which a phrase can stand: the text, each note, and all as printed."""
    return _chosen(_runs(section), scope)


def _chosen(of_runs: list[T], scope: Scope) -> list[T]:
    """Those of a section's runs, or of something that there is for each, in which a scope looks."""
    return {Scope.TEXT: of_runs[:1], Scope.NOTES: of_runs[1:-1], Scope.BOTH: of_runs}[scope]


def printed(section: Section) -> Run:
    """Text and notes of a section in the order of the page."""
    return _runs(section)[-1]


def _is_of(section: Section, run: Run, stretch: Run) -> bool:
    """Whether a stretch counts in a run: in print only what no other run has just so."""
    if run is not printed(section):
        return True
    stands_in = {_owners(section).get(each) for each in stretch}
    return len(stands_in) > 1 or None in stands_in


@once
def _owners(section: Section) -> dict[Character, int]:
    """The number of the run, but for that of print, in which each character stands."""
    return {each: at for at, run in enumerate(_runs(section)[:-1]) for each in run}


@once
def _texts(section: Section) -> list[str]:
    """The folded text of each run."""
    return [_folded(run) for run in _runs(section)]


@once
def _runs(section: Section) -> list[Run]:
    """The main text, each note, and all as printed."""
    notes = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.NOTE]
    marks = [range(span.start, span.end) for span in section.spans if span.kind is SpanKind.MARK]
    beside = {offset for mark in marks for offset in mark}
    inside = {offset for note in notes for offset in note} | beside
    main = [offset for offset in range(len(section.text)) if offset not in inside]
    said = [[offset for offset in note if offset not in beside] for note in notes]
    everything = [offset for offset in range(len(section.text)) if offset not in beside]
    lacking = {
        note.start: note
        for note in notes
        if note.start not in beside and _lacking(section.text[note.start : note.stop])
    }
    return [
        _characters(section, sorted([*main, *lacking]), lacking),
        *(_characters(section, note, {}) for note in said),
        _characters(section, everything, lacking),
    ]


def _characters(section: Section, offsets: Sequence[int], lacking: Mapping[int, range]) -> Run:
    """The characters at some offsets; ``lacking`` are the notes among them that say that characters are lacking."""
    text, inside = section.text, set(offsets)
    whole = {start: (note.stop, "□" * _lacking(text[start : note.stop]), "") for start, note in lacking.items()}
    whole |= {start: each for start, each in _signs(section).items() if start not in whole and start in inside}
    run: list[Character] = []
    end = 0
    for at in offsets:
        if at in whole and at >= end:
            end, told, name = whole[at]
            run += [Character(at, text[at:end], each, name, number) for number, each in enumerate(told)]
        elif at >= end and (folded := fold(text[at])):
            run.append(Character(at, text[at], folded))
    return _repeated(_with_zeros(text, inside, run))


Signs = dict[int, tuple[int, str, str]]
"""Where a sign begins: where it ends, the folded characters that it stands for, and its description."""


@once
def _signs(section: Section) -> Signs:
    """What stands for characters, but for notes."""
    text = section.text
    found: Signs = {}
    notes = [span for span in section.spans if span.kind is SpanKind.NOTE and _lacking(text[span.start : span.end])]
    for at, char in enumerate(text):
        if char in SHAPES:
            before, after = text[:at].rstrip(SHAPES)[-1:], text[at:].lstrip(SHAPES)[:1]
            if _is_ideograph(before) or (before.strip() and _is_ideograph(after)):
                found[at] = (at + 1, char, "")
    for start, char in enumerate(text):
        for end in range(start + 3, start + 12) if char in "〔【（(［[" else ():
            is_closed = text[end - 1 : end] in tuple("〕】）)］]")
            lacking = _lacking(text[start:end]) if is_closed else 0
            # A note that says no more is read there as it stands.
            if lacking and not any(note.start <= start < note.end for note in notes):
                found[start] = (end, "□" * lacking, "")
    for span in section.spans:
        said = text[span.start : span.end]
        if span.kind is SpanKind.SMALL and _lacking(said):
            found[span.start] = (span.end, "□" * _lacking(said), "")
        if span.kind is SpanKind.GAIJI:
            found[span.start] = (span.end, fold(said) if len(said) == 1 else "〓", span.name)
    return found


def _is_ideograph(char: str) -> bool:
    return bool(char) and (char in "〇〓□々〻" or (char >= "\u3400" and unicodedata.category(char) in ("Lo", "Co")))


SHAPES = "◆◇△▲▽▼×"


def _lacking(remark: str) -> int:
    """How many characters are lacking where a remark stands; 0 where it says no such thing."""
    said = "".join(remark.split())
    if len(said) > 2 and said[0] in "〔【（(［[" and said[-1] in "〕】）)］]":
        said = said[1:-1]
    said = said.removesuffix("。")
    for before, word in product(("", "原", "原本", "此", "此處", "此处", "下", "上", "以下", "以上"), "闕缺阙"):
        if not said.startswith(before):
            continue
        rest = said[len(before) :]
        if rest in (word, f"{word}文", f"{word}字"):
            return 1
        forms = [
            rest[1:].removesuffix(after) for after in ("", "文", "字") if rest[:1] == word and rest.endswith(after)
        ]
        forms += [rest.removesuffix(f"字{word}")] if rest.endswith(f"字{word}") else []
        if count := max(map(_count, forms), default=0):
            return count
    return 0


def _count(written: str) -> int:
    """A number, as many as one remark may stand for; 0 where it is none."""
    figures = written.replace("兩", "二").replace("两", "二").replace("○", "〇")
    if not 0 < len(figures) <= 4 or not set(figures) <= set("〇零一二三四五六七八九十百0123456789"):
        return 0
    return min(max(titles.number(figures), 1), MOST_LACKING)


def _with_zeros(text: str, inside: set[int], run: list[Character]) -> list[Character]:
    """Circles after a digit, between numerals, and the figure 〇 before a digit are zeros; read from left to right."""
    digits, numerals = {*"零一二三四五六七八九0123456789"}, {*"零一二三四五六七八九0123456789十百千"}

    def neighbour(at: int, step: int) -> str:
        """The character next to one, if nothing but blanks stands between them."""
        other = at + step
        if not 0 <= other < len(run):
            return ""
        left, right = sorted((run[at], run[other]), key=lambda each: each.offset)
        between = range(left.offset + len(left.original), right.offset)
        return run[other].folded if all(text[each].isspace() for each in between if each in inside) else ""

    at = 0
    while at < len(run):
        if run[at].folded != "〇":
            at += 1
            continue
        end = at + 1
        while end < len(run) and neighbour(end - 1, 1) == "〇":
            end += 1
        before, after = neighbour(at, -1), neighbour(end - 1, 1)
        figures = all(each.original == "〇" for each in run[at:end])
        if before in digits or (before in numerals and after in numerals) or (figures and after in digits):
            run[at:end] = [replace(each, folded="零") for each in run[at:end]]
        at = end
    return run


def _repeated(run: list[Character]) -> Run:
    for at in range(1, len(run)):
        if run[at].folded == ITERATION:
            run[at] = replace(run[at], folded=run[at - 1].folded)
    return tuple(run)


def _alone(text: str) -> Run:
    """A phrase, or a part of one, as it is read by itself."""
    spans = tuple(Span(SpanKind.GAIJI, *each) for each in gaiji.find(text))
    return _characters(Section("", text, spans=spans), range(len(text)), {})


def _folded(run: Run) -> str:
    return "".join(each.folded for each in run)
