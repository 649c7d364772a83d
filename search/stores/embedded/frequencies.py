"""How often characters and pairs stand in a pack, or in some works of it: looked up in its directories.

No text is read but, for characters, that of the works that count or of the others, whichever is less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.store.encoding import Ids
from indexer.store.layout import PRINTED
from indexer.store.pack import Pack
from indexer.text.streams import Codes, code_points
from search import deadline
from search.exact.grams import are_in, ranges_of
from search.exact.matching import Mask
from search.ranking.pieces import Numbers

_AT_ONCE = 1 << 20
"""Places of pairs that are looked at together, or those of one pair."""


Grams = tuple[Numbers, Codes]
"""Where grams of one size stand among words, and their characters, a row each."""


def grams_of(words: Sequence[str]) -> list[Grams]:
    """Return the characters, and the pairs, among some words, folded."""
    rows = ([at for at, word in enumerate(words) if len(word) == size] for size in (1, 2))
    return [
        (np.array(some, np.int64), code_points("".join(words[at] for at in some)).reshape(len(some), -1))
        for some in rows
        if some
    ]


def add_frequencies(
    counts: Numbers, grams: Sequence[Grams], pack: Pack, streams: Sequence[int], allowed: Mask | None
) -> None:
    """Add to the counts of words how often each stands in streams of allowed passages of a pack."""
    for rows, characters in grams:
        ids, is_known = pack.ranks(characters)
        known, ids = rows[is_known], ids[is_known]
        for stream in streams if len(known) else ():
            deadline.check()
            of_pairs = characters.shape[1] == 2
            counts[known] += (
                _pairs(pack, stream, ids, allowed) if of_pairs else _letters(pack, stream, allowed)[ids[:, 0]]
            )


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
