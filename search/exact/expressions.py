"""Where a regular expression matches: at each place of a stream where it does, what Perl would take from there.

A match holds one of a few characters that :mod:`search.expressions` names, so only the stretches around these are
looked at, each wide enough that a match in it is one in the whole. RE2 finds them in time in proportion to the text.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.store.streams import PrintedStream
from indexer.text.streams import BOUNDARY, Codes, text_of
from search import deadline
from search.exact.matching import StreamRanges, each_once, in_print_alone, passages_at
from search.expressions import Expression, compiled
from search.model import SearchError

MOST_PLACES = 1_000_000
"""Places in a pack of the characters that a match has one of; more are refused before anything is looked at."""
_AT_ONCE = 1 << 20
"""Characters that are looked at together."""
_LINE_END = ord("\n")


def find_expression(pack: PackView, number: int, expression: Expression) -> StreamRanges:
    """Find every match of an expression in a stream, one for each start; all count as spelled as typed.

    Raises:
        SearchError: it may match almost everywhere.
    """
    stream = pack.streams[number]
    found = [np.empty((2, 0), np.int64)]
    for windows in _windows(_needed(pack, number, expression), expression.longest, len(stream.codes)):
        deadline.check()
        lengths = windows[1] - windows[0] + 1
        firsts = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) + np.repeat(windows[0] - firsts, lengths)
        codes = stream.codes.take(np.minimum(places, len(stream.codes) - 1)).astype(np.uint32)
        codes[codes == BOUNDARY] = _LINE_END
        codes[firsts + lengths - 1] = _LINE_END  # one behind each stretch
        found.append(places[_matches(codes, expression)])
    starts, ends = np.concatenate(found, axis=1)
    typed = np.ones(len(starts), dtype=bool)
    return in_print_alone(pack, StreamRanges.exact(number, starts, ends, typed, passages_at(pack, number, starts)))


def _needed(pack: PackView, number: int, expression: Expression) -> Places:
    """Return where the characters stand of which a match has one, sorted; in print those that may be of one alone."""
    stream = pack.streams[number]
    letters = [rank for code in expression.needed if (rank := pack.rank(code)) is not None]
    if not letters or not len(stream.codes):
        return np.empty(0, np.int64)
    if isinstance(stream, PrintedStream):
        parts = [stream.places_of_character(letter, 2 * expression.longest) for letter in letters]
    else:
        parts = [stream.pairs.of_character(letter) for letter in letters]
    if sum(map(len, parts)) > MOST_PLACES:
        raise SearchError("expression-too-broad", expression.text[:20])
    return each_once(parts)


def _windows(places: Places, longest: int, length: int) -> Iterator[Places]:
    """Yield the stretches in which matches around some places lie, first and last place behind, some at a time."""
    if not len(places):
        return
    lows, highs = np.maximum(places - longest + 1, 0), np.minimum(places + longest, length)
    fresh = np.flatnonzero(np.append(True, lows[1:] > highs[:-1]))
    windows = np.stack([lows[fresh], highs[np.append(fresh[1:], len(highs)) - 1]])
    blocks = np.cumsum(windows[1] - windows[0]) // _AT_ONCE
    for rows in np.split(np.arange(len(fresh)), np.flatnonzero(np.diff(blocks)) + 1):
        yield windows[:, rows]


def _matches(codes: Codes, expression: Expression) -> Places:
    """Return the first position of each match, and the one behind its last."""
    widths = 1 + (codes >= 0x80).astype(np.int64) + (codes >= 0x800) + (codes >= 0x10000)
    offsets = np.cumsum(widths) - widths
    text = text_of(codes).encode()
    search = compiled(expression.pattern).search
    bounds: list[tuple[int, int]] = []
    at = 0
    while match := search(text, at):
        bounds.append(match.span())
        at = bounds[-1][0] + _width(text[bounds[-1][0]])
        if len(bounds) % 10_000 == 0:
            deadline.check()
    return np.searchsorted(offsets, np.array(bounds, np.int64).reshape(-1, 2).T)


def _width(lead: int) -> int:
    """Return how many bytes the character has that begins with one, in UTF-8."""
    return 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
