"""A section becomes folded streams, and the passages and windows over them. Pure functions.

The main stream is the section's text without its interlinear notes; the notes stream is its notes, one after
another. What stands beside the text, such as the number of a note, is in neither. Each section of the main stream and
each note of the notes stream ends with :data:`BOUNDARY`, which no folded character equals, so no match runs across it.
A phrase is searched in a stream, hence across line ends, pages, notes and passages; a passage only says where a match
is counted and shown.

Where the page runs from text into a note, or out of it, neither stream has what stands side by side: the printed order
does, which is both streams' characters as they stand on the page (:func:`printed_order`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.model import Section, SpanKind
from indexer.text.readings import Codes as Codes
from indexer.text.readings import read, settled, signs

BOUNDARY = 0
LONGEST_PASSAGE = 600
"""Characters; a page that is longer (a page mark is missing, or the text has no pages) is cut at line ends."""
PASSAGE_GOAL = 260
"""Characters gathered into a passage where the text has no pages."""
WINDOW, STRIDE = 40, 20
"""Folded characters a window of unpunctuated text, and from one window to the next."""
SHORTEST_WINDOW = 6
LONGEST_SENTENCE = 80
PUNCTUATED = 0.02
"""A text with at least this share of sentence punctuation is cut into sentences."""

_SENTENCE_END = re.compile(r"[。！？；!?;]+[」』”’）)]*|\n+")
_PUNCTUATION = re.compile(r"[。，、；：！？]")


@dataclass(frozen=True, slots=True)
class Stream:
    """Folded code points and, for each, the offset of its original in the section and how long that is.

    ``letters`` are the same before their neighbours settle what circles and iteration marks are
    (:mod:`indexer.text.readings`).
    """

    codes: Codes
    letters: Codes
    offsets: Codes
    lengths: Codes


@dataclass(frozen=True, slots=True)
class PrintedOrder(Stream):
    """A section's text and notes in the order of the page: slices of its two streams.

    ``starts`` says where each slice starts, ``homes`` where it comes from: twice the place in its own stream, plus 1
    for the notes stream. At ``repeats`` stands another character than there: an iteration mark repeats what goes before
    it in print, a circle is zero beside a numeral. The boundary of the main stream ends it.
    """

    starts: Codes
    homes: Codes
    repeats: Codes


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of a stream that gets one vector."""

    start: int
    end: int


def code_points(text: str) -> Codes:
    """Return the text as an array of code points; lone surrogates, which no valid file holds, become U+FFFD."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint32)


def text_of(codes: Codes) -> str:
    """Invert :func:`code_points`."""
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def main_stream(section: Section, codes: Codes) -> Stream:
    """Return the folded text without its notes and what stands beside it, closed by a boundary."""
    kept = _without(section, len(codes), SpanKind.NOTE, SpanKind.MARK)
    mine = [sign for sign in signs(section) if sign.is_note or kept[sign.start]]
    reading = read(section.text, codes, np.flatnonzero(kept), mine)
    return Stream(
        np.append(reading.codes, np.uint32(BOUNDARY)),
        np.append(reading.letters, np.uint32(BOUNDARY)),
        np.append(reading.offsets, np.uint32(len(codes))),
        np.append(reading.lengths, np.uint32(0)),
    )


def notes_stream(section: Section, codes: Codes) -> Stream:
    """Return the folded notes in order, each closed by a boundary."""
    kept = _without(section, len(codes), SpanKind.MARK)
    mine = [sign for sign in signs(section) if not sign.is_note and kept[sign.start]]
    starts = [sign.start for sign in mine]
    parts: list[tuple[Codes, ...]] = []
    for span in section.spans:
        if span.kind is SpanKind.NOTE:
            places = np.flatnonzero(kept[span.start : span.end]) + span.start
            inside = mine[bisect_left(starts, span.start) : bisect_left(starts, span.end)]
            reading = read(section.text, codes, places, inside)
            parts.append((reading.codes, reading.letters, reading.offsets, reading.lengths))
            parts.append((_one(BOUNDARY), _one(BOUNDARY), _one(span.end), _one(0)))
    if not parts:
        return Stream(*(np.empty(0, np.uint32) for _ in range(4)))
    return Stream(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _one(value: int) -> Codes:
    return np.array([value], np.uint32)


def printed_order(section: Section, codes: Codes, main: Stream, notes: Stream) -> PrintedOrder:
    """Return the printed order of a section with these code points and streams; it is empty where no note says a word.

    A note starts a slice, and what follows it another, unless the note is empty. What a sign of one stream covers is in
    print that sign alone: a note that says that characters are lacking is those characters.
    """
    said = np.flatnonzero(notes.codes != BOUNDARY)
    said = said[~_covered(notes.offsets[said], main.offsets, main.lengths)]
    if not len(said):
        return PrintedOrder(*(np.empty(0, np.uint32) for _ in range(7)))
    kept = np.flatnonzero(~_covered(main.offsets, notes.offsets[said], notes.lengths[said]))
    offsets = np.concatenate([main.offsets[kept], notes.offsets[said]])
    order = np.argsort(offsets, kind="stable")
    offsets = offsets[order]
    own, letters, lengths = (
        np.concatenate([of_main[kept], of_notes[said]])[order]
        for of_main, of_notes in (
            (main.codes, notes.codes),
            (main.letters, notes.letters),
            (main.lengths, notes.lengths),
        )
    )
    homes = np.concatenate([kept << 1, said << 1 | 1])[order].astype(np.uint32)
    starts = np.flatnonzero(np.append(True, homes[1:] != homes[:-1] + 2)).astype(np.uint32)
    places = np.flatnonzero(_without(section, len(codes), SpanKind.MARK))
    read = settled(section.text, letters[:-1], offsets[:-1], lengths[:-1], places)
    printed = np.append(read, np.uint32(BOUNDARY))
    repeats = np.flatnonzero(printed != own).astype(np.uint32)
    return PrintedOrder(printed, letters, offsets, lengths, starts, homes[starts], repeats)


def _covered(offsets: Codes, starts: Codes, lengths: Codes) -> NDArray[np.bool_]:
    """Return which offsets lie in one of some ranges, which are sorted."""
    before = starts.searchsorted(offsets, side="right") - 1
    covered: NDArray[np.bool_] = (before >= 0) & (offsets < starts[before] + lengths[before])
    return covered


def _without(section: Section, length: int, *kinds: SpanKind) -> NDArray[np.bool_]:
    """Return a mask of the characters of a section's text that are in no span of these kinds."""
    kept = np.ones(length, dtype=bool)
    for span in section.spans:
        if span.kind in kinds:
            kept[span.start : span.end] = False
    return kept


def passage_starts(section: Section) -> list[tuple[int, int]]:
    """Return the start of each passage with the number of its page (-1 where the text has no page there)."""
    length = len(section.text)
    if not length:
        return []
    pages = [(page.start, number) for number, page in enumerate(section.pages) if page.start < length]
    if not pages or pages[0][0] > 0:
        pages.insert(0, (0, -1))
    starts: list[tuple[int, int]] = []
    for (start, number), (end, _) in zip(pages, [*pages[1:], (length, -1)], strict=True):
        paged = number >= 0
        if paged and end - start <= LONGEST_PASSAGE:
            starts.append((start, number))
        else:
            starts += [(cut, number) for cut in _cuts(section.text, start, end, PASSAGE_GOAL)]
    return starts


def _cuts(text: str, start: int, end: int, goal: int) -> Iterator[int]:
    """Cut points from ``start``: at a line or sentence end after ``goal``, else at LONGEST_PASSAGE."""
    yield start
    last = start
    while end - last > LONGEST_PASSAGE:
        ends = (found.end() for found in _SENTENCE_END.finditer(text, last + goal, last + LONGEST_PASSAGE))
        last = next(ends, last + LONGEST_PASSAGE)
        if last < end:
            yield last


def main_windows(section: Section, stream: Stream) -> list[Window]:
    """Return windows of the main stream: sentences where it is punctuated, overlapping windows where it is not."""
    size = len(stream.codes) - 1
    if len(_PUNCTUATION.findall(section.text)) < PUNCTUATED * len(section.text):
        return list(_sliding(0, size))
    ends = [found.end() for found in _SENTENCE_END.finditer(section.text)]
    bounds = np.unique(np.append(np.searchsorted(stream.offsets[:-1], ends), size))
    windows: list[Window] = []
    start = 0
    for end in bounds.tolist():
        if end - start >= SHORTEST_WINDOW or end == size:
            windows += _sliding(start, end) if end - start > LONGEST_SENTENCE else [Window(start, end)]
            start = end
    return [window for window in windows if window.end > window.start]


def note_windows(stream: Stream) -> list[Window]:
    """Return windows over each note that is long enough to mean something alone."""
    windows: list[Window] = []
    start = 0
    for end in np.flatnonzero(stream.codes == BOUNDARY).tolist():
        if end - start >= SHORTEST_WINDOW:
            windows += _sliding(start, end)
        start = end + 1
    return windows


def _sliding(start: int, end: int) -> Iterator[Window]:
    while end - start > WINDOW:
        yield Window(start, start + WINDOW)
        start += STRIDE
    if end > start:
        yield Window(start, end)
