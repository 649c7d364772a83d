"""The folded streams of a pack as they are read: main text, notes, and both in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.encoding import Ids, Letters, Offsets
from indexer.store.layout import MAIN, NOTES
from indexer.store.positions import Pairs, Places
from indexer.store.segments import Interleaved, Segments
from indexer.text.streams import BOUNDARY, Codes

_SPREAD = 40503
"""An odd number near 2^16 over the golden ratio, which spreads keys evenly (Knuth, TAOCP 3, 6.4)."""
_SEEN = (1 << 20) - 1


@dataclass(frozen=True)
class StoredStream:
    """A folded stream of a pack, with where each character comes from and where each pair of them stands.

    ``irregular`` are the few characters, sorted by place, whose original does not fold to them by itself: iteration
    marks, circles that are zeros, what several code points stand for (:data:`indexer.store.layout.IRREGULAR`).
    """

    codes: Letters
    offsets: Offsets | Interleaved | Codes
    pairs: Pairs
    irregular: NDArray[Any]

    @cached_property
    def irregular_places(self) -> Codes:
        """The places of the irregular characters, sorted."""
        return np.ascontiguousarray(self.irregular["place"])

    def original_starts(self, places: Places) -> Places:
        """Return where in the pack's text the originals of characters begin."""
        starts: Places = self.offsets[places].astype(np.int64)
        return starts

    def original_ends(self, places: Places) -> Places:
        """Return where in the pack's text the originals of characters end."""
        ends = self.original_starts(places) + 1
        known = self.irregular_places
        if len(known):
            at = np.minimum(known.searchsorted(places), len(known) - 1)
            ends += np.where(known[at] == places, self.irregular["length"][at].astype(np.int64) - 1, 0)
        return ends

    def is_original(self, offset: int) -> bool:
        """Return whether an irregular character has its original at an offset of the pack's text."""
        starts = self._irregular_starts
        at = int(starts.searchsorted(offset))
        return at < len(starts) and int(starts[at]) == offset

    @cached_property
    def _irregular_starts(self) -> Places:
        return self.original_starts(self.irregular_places.astype(np.int64))

    @cached_property
    def boundaries(self) -> Places:
        """The places of boundaries, sorted."""
        return np.flatnonzero(self.codes.ids[:] == BOUNDARY)

    def unbroken(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Return a mask of the half-open ranges that hold no boundary."""
        boundaries = self.boundaries
        same: NDArray[np.bool_] = np.searchsorted(boundaries, starts) == np.searchsorted(boundaries, ends)
        return same


@dataclass(frozen=True)
class PrintedStream(StoredStream):
    """Text and notes in the order of the page, of the sections that have notes.

    ``pairs`` are those alone that the other streams do not have: over a seam, which is where one segment ends and
    another starts, and beside ``repeats``, the places of what its neighbours in print make another character than those
    in its own stream do: iteration marks, and circles that are zeros in one of the two alone.
    """

    main: StoredStream
    notes: StoredStream
    segments: Segments
    repeats: Codes

    @classmethod
    def of(
        cls,
        main: StoredStream,
        notes: StoredStream,
        segments: Segments,
        repeats: Codes,
        repeated: Ids,
        pairs: Pairs,
        irregular: NDArray[Any],
    ) -> PrintedStream:
        """Interleave two streams; ``repeated`` are the ranks of the characters at ``repeats``."""
        ids = interleaved_ids(main.codes.ids, notes.codes.ids, segments, repeats, repeated)
        codes = Letters(ids, main.codes.alphabet)
        kind, none = np.dtype(np.uint32), np.empty(0, np.uint32)
        offsets = Interleaved(main.offsets, notes.offsets, segments, kind, none, none)
        return cls(codes, offsets, pairs, irregular, main, notes, segments, repeats)

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

    def may_hold(self, ranks: Sequence[int]) -> bool:
        """Return whether a row of characters may stand so in the printed order alone: a quick look that never misses.

        It is a Bloom filter of one hash (Bloom, CACM 1970) over the pairs that the printed order alone has.
        """
        seen = self._seen
        return any(seen[first * _SPREAD + second & _SEEN] for first, second in pairwise(ranks))

    @cached_property
    def _seen(self) -> bytes:
        keys = self.pairs.keys
        bits = 4 * keys.itemsize
        first, second = keys.astype(np.int64) >> bits, keys.astype(np.int64) & (1 << bits) - 1
        seen = np.zeros(_SEEN + 1, np.uint8)
        seen[first * _SPREAD + second & _SEEN] = 1
        return seen.tobytes()

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
    """Return the pairs over seams and beside what is another character in print (:class:`PrintedStream`)."""
    seams = ids.segments.starts[1:-1].astype(np.int64) - 1
    repeats = ids.changed.astype(np.int64)
    places = np.unique(np.concatenate([seams, repeats - 1, repeats]))
    places = places[(places >= 0) & (places < len(ids) - 1)]
    first, second = ids[places], ids[places + 1]
    inside = (first != BOUNDARY) & (second != BOUNDARY)
    return Pairs.at(places[inside].astype(np.uint32), first[inside], second[inside])
