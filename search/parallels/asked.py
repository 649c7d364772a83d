"""The text whose parallels are looked for: as it is written, and folded, with the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.model import Section, Span, SpanKind
from corpora.readers import gaiji
from indexer.text.streams import (
    BOUNDARY,
    Codes,
    Stream,
    Window,
    code_points,
    main_stream,
    main_windows,
    note_windows,
    notes_stream,
)
from search.parallels.shared import TextRange
from search.ranking.pieces import Numbers


@dataclass(frozen=True, slots=True)
class AskedText:
    """A text as written, and its folded characters: those of the text, then of its notes, with boundaries between.

    ``offsets`` are where the original of each begins in ``text``, ``ends`` where it ends; before those that ``broken``
    says stands a note. ``windows`` are those by which its meaning is compared. ``place`` is where the text stands in
    the index, if it does.
    """

    text: str
    codes: Codes
    offsets: Numbers
    ends: Numbers
    broken: NDArray[np.bool_]
    windows: tuple[Window, ...]
    place: TextRange | None = None

    @property
    def characters(self) -> int:
        """How many characters are compared."""
        return int((self.codes != BOUNDARY).sum())

    @classmethod
    def pasted(cls, text: str) -> AskedText:
        """Return a text that somebody typed or pasted; characters that it describes are each one."""
        spans = tuple(Span(SpanKind.GAIJI, *each) for each in gaiji.find(text))
        return cls._of(Section("", text, spans=spans), 0, len(text), None)

    @classmethod
    def standing(cls, section: Section, place: TextRange) -> AskedText:
        """Return a range of a section's text."""
        return cls._of(section, place.start, place.end, place)

    @classmethod
    def _of(cls, section: Section, start: int, end: int, place: TextRange | None) -> AskedText:
        codes = code_points(section.text)
        main, notes = main_stream(section, codes), notes_stream(section, codes)
        first, last = np.searchsorted(main.offsets[:-1], (start, end)).tolist()
        # Windows of a punctuated text are its sentences.
        within = [each for each in main_windows(section, main) if first <= each.start and each.end <= last]
        windows = [Window(each.start - first, each.end - first) for each in within or [Window(first, last)]]
        parts = [_cut(main, without_heads(section, main), first, last)]
        first, last = np.searchsorted(notes.offsets, (start, end)).tolist()
        moved = len(parts[0][0])
        said = [each for each in note_windows(notes) if first <= each.start and each.end <= last]
        windows += [Window(each.start - first + moved, each.end - first + moved) for each in said]
        parts.append(_cut(notes, notes.codes, first, last))
        folded, offsets, ends = map(np.concatenate, zip(*parts, strict=True))
        whole = tuple(each for each in windows if folded[each.start : each.end].all())
        notes_before = np.array([span.start for span in section.spans if span.kind is SpanKind.NOTE], np.int64)
        broken = notes_before.searchsorted(offsets) != notes_before.searchsorted(np.append(offsets[:1], ends[:-1]))
        return cls(section.text[start:end], folded, offsets - start, ends - start, broken, whole, place)


def without_heads(section: Section, stream: Stream) -> Codes:
    """Return the characters of a section's main stream with boundaries in the place of running heads.

    Every volume of an edition has them: they are shared by all, and say nothing.
    """
    codes = stream.codes.copy()
    for span in section.spans:
        if span.kind is SpanKind.HEAD:
            first, last = np.searchsorted(stream.offsets, (span.start, span.end)).tolist()
            codes[first:last] = BOUNDARY
    return codes


def _cut(stream: Stream, codes: Codes, first: int, last: int) -> tuple[Codes, Numbers, Numbers]:
    """Return characters of a stream, closed by a boundary, and where the original of each begins and ends."""
    offsets = stream.offsets[first:last].astype(np.int64)
    ends = offsets + stream.lengths[first:last]
    at = ends[-1:] if len(ends) else np.zeros(1, np.int64)
    return np.append(codes[first:last], np.uint32(BOUNDARY)), np.append(offsets, at), np.append(ends, at)
