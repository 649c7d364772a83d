"""Runs that a text shares with a stream, found at the places of its rarest pairs of characters.

Of every few characters of the text in a row the pair is looked up that stands at the fewest places, as seeds are in
the alignment of genomes (BLAST: Altschul et al., Journal of Molecular Biology 215, 1990), and from there both are
compared. A run of that many characters is so found wherever it stands, and a longer one by all that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from indexer.store.encoding import Ids
from indexer.store.layout import MAIN, NOTES
from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.store.segments import Interleaved
from indexer.text.streams import Codes
from search import deadline
from search.exact.matching import Mask, passages_at
from search.parallels.runs import AT_ONCE, Runs, united

OWN_STREAMS = (MAIN, NOTES)
"""The streams whose runs are shared: what crosses from text into a note is in neither."""
_NOWHERE = -1


def shared_runs(view: PackView, number: int, text: Codes, least: int, allowed: Mask | None) -> Runs:
    """Return the maximal runs of ``least`` or more characters that a text shares with a stream of a view.

    They are in the allowed passages; None allows all. ``least`` is 2 or more, the stream one of :data:`OWN_STREAMS`.
    """
    stream = view.streams[number]
    ids = stream.codes.ids
    if isinstance(ids, Interleaved):
        raise TypeError("the printed order has no runs of its own")
    letters = _ranks(view, text)
    if len(letters) < least:
        return Runs.none()
    known = np.flatnonzero((letters[:-1] != _NOWHERE) & (letters[1:] != _NOWHERE))
    kind = ids.dtype
    counts, rows = np.zeros(len(letters) - 1, np.int64), np.zeros(len(letters) - 1, np.int64)
    rows[known], counts[known] = stream.pairs.counts(letters[known].astype(kind), letters[known + 1].astype(kind))
    windows = sliding_window_view(counts, least - 1)
    anchors = np.unique((windows.argmin(axis=1) + np.arange(len(windows)))[windows.all(axis=1)])
    found = []
    for at, places in _pairs(view, number, anchors, rows[anchors], counts[anchors]):
        pieces = _pieces(letters, ids, at, places, least)
        if allowed is not None:
            pieces = _allowed(view, number, pieces, allowed)
        found.append(pieces)
    return united(Runs.joined(found))


def _ranks(view: PackView, text: Codes) -> Places:
    """Return the ranks of a text's characters; those that are not in the view equal nothing."""
    alphabet = view.alphabet
    rows = np.minimum(alphabet.searchsorted(text), len(alphabet) - 1)
    return np.where((alphabet[rows] == text) & (rows > 0), rows, _NOWHERE)


def _pairs(
    view: PackView, number: int, anchors: Places, rows: Places, counts: Places
) -> Iterator[tuple[Places, Places]]:
    """Yield where pairs begin in the text and where in the stream, each with each, some at a time."""
    pairs = view.streams[number].pairs
    totals = np.append(0, np.cumsum(counts))
    first = 0
    while first < len(anchors):
        deadline.check()
        last = max(int(totals.searchsorted(totals[first] + AT_ONCE, side="right")) - 1, first + 1)
        mine = counts[first:last]
        starts = pairs.starts[rows[first:last]].astype(np.int64)
        within = np.arange(int(mine.sum())) - np.repeat(np.cumsum(mine) - mine - starts, mine)
        yield np.repeat(anchors[first:last], mine), pairs.order[within].astype(np.int64)
        first = last


def _pieces(letters: Places, ids: Ids, at: Places, places: Places, least: int) -> Runs:
    """Return how far text and stream agree around equal pairs, at most as far as decides on a run."""
    reach = least - 2
    left, right = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    active = np.arange(len(at))
    for step in range(1, reach + 1):
        here, there = at[active] - step, places[active] - step
        same = (here >= 0) & (there >= 0)
        same &= letters.take(here, mode="clip") == ids.take(there, mode="clip")
        active = active[same]
        left[active] += 1
    active = np.arange(len(at))
    for step in range(2, reach + 2):
        here, there = at[active] + step, places[active] + step
        same = here < len(letters)
        same &= letters.take(here, mode="clip") == ids.take(there, mode="clip")
        active = active[same]
        right[active] += 1
    lengths = left + 2 + right
    kept = lengths >= least
    return Runs(at - left, places - left, lengths).take(kept)


def _allowed(view: PackView, number: int, runs: Runs, allowed: Mask) -> Runs:
    order = np.argsort(runs.places, kind="stable")
    runs = runs.take(order)
    return runs.take(allowed[passages_at(view, number, runs.places)])
