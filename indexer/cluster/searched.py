"""What is searched of passages: their streams as the tokens that a cluster indexes (:mod:`indexer.cluster.mapping`).

A character of a stream takes two positions: at the even one it stands itself, at the odd one the pair of it and the
next. What follows a passage, up to the reach of a phrase that begins in it, is there by its pairs alone, so that a
phrase that begins with a single character is found where it begins and nowhere else. At a boundary is a hole.

All is made section by section: a section's stream becomes one text in which each character takes up as much as any
other, and a passage of it is a slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.cluster.mapping import REACH
from indexer.store.layout import MAIN, NOTES, PRINTED, STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, Codes, text_of

_WIDTH = 5
"""Characters that stand for one of a stream: itself, a blank, the pair, a blank."""
_HOLE, _BLANK = ord("_"), ord(" ")
_AFTER = REACH - 1
"""Characters after a passage that a phrase may hold which begins in it."""


class SearchedSection:
    """The passages of a section as they are searched; ``new_places`` are those of a pack's pairs in print alone."""

    def __init__(self, pack: Pack, section: int, new_places: NDArray[np.int64]) -> None:
        passages = pack.passages_of(section)
        rows = pack.passages[passages.start : passages.stop]
        self._streams = tuple(_Tokens.of(pack, kind, rows) for kind in (MAIN, NOTES))
        following = pack.passages["printed_start"][passages.stop : passages.stop + 1]
        end = int(following[0]) if len(following) else len(pack.printed.codes)
        self._printed = _PrintedTokens.of(pack, rows["printed_start"].astype(np.int64), end, new_places)

    def fields(self, passage: int) -> Iterator[tuple[str, str]]:
        """Yield the fields of a passage with their texts, which need no escaping; ``passage`` counts in the section."""
        main, notes = self._streams
        for name, stream in zip("mn", self._streams, strict=True):
            if grams := stream.grams_of(passage):
                yield name, grams
        spelled = main.spelled(passage) | notes.spelled(passage)
        yield "o", _joined(original for _, original in spelled)
        spellings = Counter(character for character, _ in spelled)
        varied = {character for character, number in spellings.items() if number > 1}
        varied.update(main.irregular_of(passage), notes.irregular_of(passage), self._printed.irregular(passage))
        if varied:
            yield "v", _joined(varied)
        if alone := self._printed.alone(passage):
            yield "s", alone
        text, note = main.ranked(passage), notes.ranked(passage)
        yield "r", f"{text} {note}".strip()
        if note:
            yield "rt", text
            yield "rn", note
            yield "noted", "true"
        if any(stream.rough[passage] for stream in (main, notes, self._printed)):
            yield "rough", "true"


def _joined(characters: Iterable[str]) -> str:
    return " ".join(sorted({*characters} - {" "}))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A section's stream as text. Places count from its beginning.

    ``grams`` are characters and pairs, ``pairs`` the pairs alone, each character in :data:`_WIDTH` of theirs. ``plain``
    are the characters and ``originals`` what they fold from, with blanks for boundaries and where they do not do so by
    themselves. ``starts`` and ``ends`` are those of each passage, ``reached`` is how far what begins there may go.
    ``irregular`` are the places of characters that do not fold from theirs, or that are described. A passage is
    ``rough`` if a running head or the inside of a word is within its reach.
    """

    grams: str
    pairs: str
    plain: str
    originals: str
    starts: Sequence[int]
    ends: Sequence[int]
    reached: Sequence[int]
    irregular: NDArray[np.int64]
    rough: Sequence[bool]

    @classmethod
    def of(cls, pack: Pack, kind: int, rows: NDArray[Any]) -> _Tokens:
        """Read the stream of a section with these passages."""
        stream, name = pack.streams[kind], STREAM_NAMES[kind]
        first, last = int(rows[f"{name}_start"][0]), int(rows[f"{name}_end"][-1])
        codes = stream.codes[first:last]
        starts, ends = (rows[f"{name}_{end}"].astype(np.int64) - first for end in ("start", "end"))
        low, high = stream.irregular_places.searchsorted((first, last))
        irregular = stream.irregular[low:high]
        offsets = stream.original_starts(np.arange(first, last))
        places = irregular["place"].astype(np.int64) - first
        originals = pack.text[np.minimum(offsets, len(pack.text) - 1)]
        originals = np.where(codes == BOUNDARY, np.uint32(_BLANK), originals)
        originals[places] = _BLANK
        odd = np.union1d(places, np.flatnonzero(np.isin(offsets, pack.gaiji_starts)))
        grams = _grams(codes)
        pairs = grams.copy()
        pairs[:, 0] = _HOLE
        reached = _reached(codes, ends)
        rough = _touched(pack, kind, starts + first, reached + first)
        if kind == MAIN:
            # What begins in the passage may end where it reaches.
            low, high = (pack.inside.searchsorted((first + each).astype(np.uint32)) for each in (starts, reached + 1))
            rough |= low < high
        return cls(
            text_of(grams.ravel()),
            text_of(pairs.ravel()),
            text_of(np.where(codes == BOUNDARY, np.uint32(_BLANK), codes)),
            text_of(originals),
            starts.tolist(),
            ends.tolist(),
            reached.tolist(),
            odd,
            rough.tolist(),
        )

    def grams_of(self, passage: int) -> str:
        """Return characters and pairs of a passage, and the pairs after it; nothing where it has no character."""
        start, end = self.starts[passage], self.ends[passage]
        if not self.plain[start:end].strip():
            return ""
        # The last pair that a phrase may hold begins one character before its own last.
        return self.grams[_WIDTH * start : _WIDTH * end] + self.pairs[_WIDTH * end : _WIDTH * (end + _AFTER - 1)]

    def spelled(self, passage: int) -> set[tuple[str, str]]:
        """Return the different characters within reach of a passage, each with its original."""
        start, end = self.starts[passage], self.reached[passage]
        return set(zip(self.plain[start:end], self.originals[start:end], strict=True)) - {(" ", " ")}

    def irregular_of(self, passage: int) -> Iterator[str]:
        """Yield the characters within reach of a passage that do not fold from their originals."""
        low, high = self.irregular.searchsorted((self.starts[passage], self.reached[passage]))
        return map(self.plain.__getitem__, self.irregular[low:high].tolist())

    def ranked(self, passage: int) -> str:
        """Return the runs of characters of a passage, with a blank between two."""
        return " ".join(self.plain[self.starts[passage] : self.ends[passage]].split())


def _grams(codes: Codes) -> Codes:
    """Return a row for each character: itself, a blank, the pair that it begins, a blank."""
    following = np.append(codes[1:], np.uint32(BOUNDARY))[: len(codes)]
    broken = (codes == BOUNDARY) | (following == BOUNDARY)
    rows = np.full((len(codes), _WIDTH), _BLANK, np.uint32)
    rows[:, 0] = np.where(codes == BOUNDARY, _HOLE, codes)
    rows[:, 2] = np.where(broken, _HOLE, codes)
    rows[:, 3] = np.where(broken, _BLANK, following)
    return rows


def _reached(codes: Codes, ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how far a row of characters may go that begins before some ends.

    Boundaries do not count: in print a row may hold several notes.
    """
    passed = np.concatenate([[0], np.cumsum(codes != BOUNDARY)])
    reached: NDArray[np.int64] = np.minimum(passed.searchsorted(passed[ends] + _AFTER), len(codes))
    return reached


@dataclass(frozen=True, slots=True)
class _PrintedTokens:
    """What a section's printed order alone has: pairs, and characters that are others in print, by passage."""

    pairs: Sequence[Sequence[str]]
    repeats: Sequence[Sequence[str]]
    odd: Sequence[Sequence[str]]
    rough: Sequence[bool]

    @classmethod
    def of(cls, pack: Pack, starts: NDArray[np.int64], end: int, new_places: NDArray[np.int64]) -> _PrintedTokens:
        """Read the printed order of the passages that start at ``starts`` in it, and end before ``end``."""
        printed = pack.printed
        ends = np.append(starts[1:], end)
        within = np.minimum(ends + _AFTER, end)
        repeats, odd = printed.repeats.astype(np.int64), printed.irregular_places.astype(np.int64)
        # A pair is one that a phrase may hold if its second character is within reach.
        pairs = _between(new_places, starts, within - 1)
        return cls(
            [[a + b for a, b in zip(_read(pack, each), _read(pack, each + 1), strict=True)] for each in pairs],
            [_read(pack, each) for each in _between(repeats, starts, ends)],
            [_read(pack, each) for each in _between(odd, starts, within)],
            _touched(pack, PRINTED, starts, within).tolist(),
        )

    def alone(self, passage: int) -> str:
        """Return the tokens of what stands in print alone in a passage or, but for single characters, after it."""
        repeats = (f"s1:{character}" for character in self.repeats[passage])
        return " ".join(sorted({*self.pairs[passage], *repeats}))

    def irregular(self, passage: int) -> Sequence[str]:
        """Return the characters within reach of a passage that do not fold from their originals."""
        return self.odd[passage]


def _touched(pack: Pack, kind: int, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which ranges of a stream a running head touches."""
    begins, stops = pack.heads[kind]
    touched: NDArray[np.bool_] = stops.searchsorted(starts, "right") < begins.searchsorted(ends)
    return touched


def _between(places: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return which of some sorted places are in each of some ranges."""
    bounds = zip(places.searchsorted(starts).tolist(), places.searchsorted(ends).tolist(), strict=True)
    return [places[low:high] for low, high in bounds]


def _read(pack: Pack, places: NDArray[np.int64]) -> str:
    """Return what stands at places of the printed order."""
    return text_of(pack.printed.codes[places]) if len(places) else ""
