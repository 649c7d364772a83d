"""How often characters and pairs stand in a pack, or in some works of it: looked up in its directories.

No text is read but, for characters, that of the works that count or of the others, whichever is less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.store.encoding import Ids
from indexer.store.layout import PRINTED
from indexer.store.pack import Pack
from search import deadline
from search.exact.grams import are_in, ranges_of
from search.exact.matching import Mask
from search.ranking.pieces import Numbers

_AT_ONCE = 1 << 20
"""Places of pairs that are looked at together, or those of one pair."""


def frequencies(pack: Pack, words: Sequence[str], streams: Sequence[int], allowed: Mask | None) -> Numbers:
    """Return how often each of some words of one or two characters, folded, stands in streams of allowed passages."""
    counts = np.zeros(len(words), np.int64)
    for size in (1, 2):
        known = [
            (at, ids)
            for at, word in enumerate(words)
            if len(word) == size and (ids := pack.ids([ord(char) for char in word])) is not None
        ]
        if known:
            rows, ids = np.array([at for at, _ in known]), np.stack([each for _, each in known])
            for stream in streams:
                deadline.check()
                if size == 2:
                    counts[rows] += _pairs(pack, stream, ids, allowed)
                else:
                    counts[rows] += _letters(pack, stream, allowed)[ids[:, 0]]
    return counts


def _pairs(pack: Pack, number: int, ids: Ids, allowed: Mask | None) -> Numbers:
    """Return how often each of some pairs stands in a stream."""
    pairs = pack.streams[number].pairs
    rows, counts = pairs.counts(ids[:, 0], ids[:, 1])
    if allowed is None:
        return counts
    ranges, found = ranges_of(pack, number, allowed), np.zeros(len(rows), np.int64)
    some = np.flatnonzero(counts)
    for together in np.split(some, np.flatnonzero(np.diff(np.cumsum(counts[some]) // _AT_ONCE)) + 1):
        if not len(together):
            continue
        deadline.check()
        sizes = counts[together]
        before = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(pairs.starts[rows[together]] - before, sizes)
        found[together] = np.add.reduceat(are_in(pairs.order[at], ranges), before, dtype=np.int64)
    return found


def _letters(pack: Pack, number: int, allowed: Mask | None) -> Numbers:
    """Return how often each character of the alphabet stands in a stream.

    The printed order alone has one where it is another than in its own stream.
    """
    ids, size = pack.streams[number].codes.ids, len(pack.alphabet)
    if number == PRINTED:
        if allowed is None:
            return pack.repeats
        places = pack.printed.repeats.astype(np.int64)
        return np.bincount(ids.take(places[are_in(places, ranges_of(pack, number, allowed))]), minlength=size)
    if allowed is None:
        return pack.letters[number]
    is_less = 2 * int(np.count_nonzero(allowed)) <= len(allowed)
    counts = np.zeros(size, np.int64)
    for low, high in ranges_of(pack, number, allowed if is_less else ~allowed).reshape(-1, 2).tolist():
        deadline.check()
        counts += np.bincount(ids[low:high], minlength=size)
    return counts if is_less else pack.letters[number] - counts
