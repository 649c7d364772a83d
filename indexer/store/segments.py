"""The printed order as segments of two streams: what stands on the page, without storing it once more.

Text and notes in the order of the page are slices of the main stream and of the notes stream, in turn. A segment is one
such slice, so that a page costs a few bytes a note, and a section without notes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.text.streams import Codes

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """Where each segment starts in the printed order, and where it comes from.

    ``starts`` is one longer than there are segments: its last is where all end. ``homes`` are twice the place in the
    segment's own stream, plus 1 where that is the notes stream (:func:`indexer.text.streams.printed_order`).
    """

    starts: Codes
    homes: Codes

    @property
    def length(self) -> int:
        """The number of characters in all segments, boundaries among them."""
        return int(self.starts[-1])

    def of(self, places: Places) -> Places:
        """Return the segment that each place of the printed order is in."""
        # In the array's own type: numpy would else convert all of it.
        rows: Places = self.starts.searchsorted(places.astype(np.uint32), side="right") - 1
        return rows

    def home(self, places: Places) -> tuple[Places, Places]:
        """Return for each place of the printed order its stream and its place there."""
        rows = self.of(places)
        homes = self.homes[rows].astype(np.int64)
        return homes & 1, places - self.starts[rows] + (homes >> 1)

    def printed(self, stream: int, places: Places, reach: int | None = None) -> tuple[Places, NDArray[np.bool_]]:
        """Return where places of a stream stand in the printed order, and which of them do: not those without notes.

        With ``reach`` only those do that have either end of their segment within so many characters.
        """
        rows, begins = self._of_streams[stream]
        if not len(rows):
            return np.zeros(len(places), np.int64), np.zeros(len(places), dtype=bool)
        at = begins.searchsorted(places.astype(np.uint32), side="right") - 1
        known = at >= 0
        at = np.maximum(at, 0)
        inside = places - begins[at]
        segments = rows[at]
        found = self.starts[segments] + inside
        left = self.starts[segments + 1] - found
        known &= left > 0
        if reach is not None:
            known &= (inside < reach) | (left <= reach)
        return found, known

    @cached_property
    def _of_streams(self) -> tuple[tuple[Places, Codes], tuple[Places, Codes]]:
        """Of either stream the segments that come from it, and where each starts there."""
        in_notes = (self.homes & 1).astype(bool)
        places = (self.homes >> 1).astype(np.uint32)
        main, notes = np.flatnonzero(~in_notes).astype(np.int64), np.flatnonzero(in_notes).astype(np.int64)
        return (main, places[main]), (notes, places[notes])


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Two arrays, of the main stream and of the notes stream, read as one in the printed order.

    At ``changed`` places, which are sorted, it holds ``values`` instead.
    """

    main: Any
    notes: Any
    segments: Segments
    dtype: np.dtype[Any]
    changed: Codes
    values: NDArray[Any]

    def __len__(self) -> int:
        return self.segments.length

    def __getitem__(self, key: Any) -> Any:
        return self.take(np.arange(*key.indices(len(self))) if isinstance(key, slice) else key)

    def take(self, places: Places) -> NDArray[Any]:
        """Return what stands at some places."""
        streams, at = self.segments.home(places)
        in_notes = streams.astype(bool)
        found = np.empty(places.shape, self.dtype)
        found[in_notes] = self.notes[at[in_notes]]
        found[~in_notes] = self.main[at[~in_notes]]
        if len(self.changed):
            rows = np.minimum(self.changed.searchsorted(places.astype(np.uint32)), len(self.changed) - 1)
            here = self.changed[rows] == places
            found[here] = self.values[rows[here]]
        return found
