"""The folded streams of a pack as they are read: main text, notes, and both in the order of the page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.store.encoding import Ids, Letters, Offsets
from indexer.store.layout import MAIN, NOTES
from indexer.store.positions import Pairs, Places
from indexer.store.segments import Interleaved, Segments
from indexer.text.streams import BOUNDARY, Codes


@dataclass(frozen=True)
class StoredStream:
    """A folded stream of a pack, with where each character comes from and where each pair of them stands."""

    codes: Letters
    offsets: Offsets | Interleaved
    pairs: Pairs

    @cached_property
    def boundaries(self) -> Places:
        """The places of boundaries, sorted."""
        return np.flatnonzero(self.codes.ids[:] == BOUNDARY)

    def unbroken(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Which half-open ranges hold no boundary."""
        boundaries = self.boundaries
        same: NDArray[np.bool_] = np.searchsorted(boundaries, starts) == np.searchsorted(boundaries, ends)
        return same


@dataclass(frozen=True)
class PrintedStream(StoredStream):
    """Text and notes in the order of the page, of the sections that have notes.

    ``pairs`` are those alone that the other streams do not have: over a seam, which is where one segment ends and
    another starts, and beside ``repeats``, the places of iteration marks that repeat another character in print than in
    their own stream.
    """

    main: StoredStream
    notes: StoredStream
    segments: Segments
    repeats: Codes

    @classmethod
    def of(
        cls, main: StoredStream, notes: StoredStream, segments: Segments, repeats: Codes, repeated: Ids, pairs: Pairs
    ) -> PrintedStream:
        """Interleave two streams; ``repeated`` are the ranks of what stands at ``repeats``."""
        ids = interleaved_ids(main.codes.ids, notes.codes.ids, segments, repeats, repeated)
        codes = Letters(ids, main.codes.alphabet)
        kind, none = np.dtype(np.uint32), np.empty(0, np.uint32)
        offsets = Interleaved(main.offsets, notes.offsets, segments, kind, none, none)
        return cls(codes, offsets, pairs, main, notes, segments, repeats)

    @cached_property
    def boundaries(self) -> Places:
        """The places of boundaries, sorted: the ends of the sections that have notes."""
        return self.printed(MAIN, self.main.boundaries)

    def printed(self, stream: int, places: Places, reach: int | None = None) -> Places:
        """Return where those of a stream's places stand that the printed order has, at most ``reach`` from a seam."""
        found, known = self.segments.printed(stream, places, reach)
        return found[known]

    def places_of_character(self, letter: int, longest: int) -> Places:
        """Return where a character may stand in what the printed order alone has, sorted.

        ``longest`` is how many characters of it are looked for at most. Not all of these places are right: they are for
        the caller to compare.
        """
        main, notes = (stream.pairs.of_character(letter) for stream in (self.main, self.notes))
        return self._together(main, notes, self._repeating(letter), longest)

    def places_of_rarest(self, first: Ids, second: Ids, longest: int) -> tuple[int, Places]:
        """Return the rarest of some pairs, and where it may stand; see :meth:`places_of_character`."""
        known = [pairs.counts(first, second) for pairs in (self.main.pairs, self.notes.pairs, self.pairs)]
        best = int(np.sum([counts for _, counts in known], axis=0).argmin())
        main, notes, new = (
            pairs.of_pair(int(rows[best])) if counts[best] else np.empty(0, np.int64)
            for pairs, (rows, counts) in zip((self.main.pairs, self.notes.pairs, self.pairs), known, strict=True)
        )
        return best, self._together(main, notes, new, longest)

    def _together(self, main: Places, notes: Places, new: Places, longest: int) -> Places:
        """Return places of the two streams, of those near enough to a seam, and others of the printed order."""
        reach = longest + self._longest_repeat
        places = np.concatenate([self.printed(MAIN, main, reach), self.printed(NOTES, notes, reach), new])
        places.sort(kind="stable")  # of a few sorted parts: quicker than any other
        fresh = np.ones(len(places), dtype=bool)
        np.not_equal(places[1:], places[:-1], out=fresh[1:])
        return places[fresh]

    @cached_property
    def _longest_repeat(self) -> int:
        """How far from its segment's start any of ``repeats`` stands at most, counted from 1."""
        places: Places = self.repeats.astype(np.int64)
        return int((places - self.segments.starts[self.segments.of(places)]).max(initial=-1)) + 1

    def across(self, ids: Ids) -> Places:
        """Return where a row of characters may start that stands so in the printed order alone, sorted."""
        if len(ids) == 1:
            return self._repeating(int(ids[0]))
        rows, counts = self.pairs.counts(ids[:-1], ids[1:])
        parts = [self.pairs.of_pair(int(rows[at])) - at for at in np.flatnonzero(counts).tolist()]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def crossing(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Return which half-open ranges cross a seam."""
        crossed: NDArray[np.bool_] = self.segments.of(starts) != self.segments.of(ends - 1)
        return crossed

    def repeating(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Return which half-open ranges hold one of ``repeats``."""
        held: NDArray[np.bool_] = np.searchsorted(self.repeats, starts) != np.searchsorted(self.repeats, ends)
        return held

    def _repeating(self, letter: int) -> Places:
        places: Places = self.repeats.astype(np.int64)
        there: NDArray[np.bool_] = self.codes.ids.take(places) == letter
        return places[there]


def interleaved_ids(
    main: Ids | Interleaved, notes: Ids | Interleaved, segments: Segments, repeats: Codes, repeated: Ids
) -> Interleaved:
    """Return the ranks of the characters in the printed order."""
    return Interleaved(main, notes, segments, main.dtype, repeats, repeated)


def new_pairs(ids: Interleaved) -> Pairs:
    """Return the pairs over seams and beside what repeats another character in print (:class:`PrintedStream`)."""
    seams = ids.segments.starts[1:-1].astype(np.int64) - 1
    repeats = ids.changed.astype(np.int64)
    places = np.unique(np.concatenate([seams, repeats - 1, repeats]))
    places = places[(places >= 0) & (places < len(ids) - 1)]
    first, second = ids[places], ids[places + 1]
    inside = (first != BOUNDARY) & (second != BOUNDARY)
    return Pairs.at(places[inside].astype(np.uint32), first[inside], second[inside])
