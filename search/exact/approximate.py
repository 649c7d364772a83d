"""Where a phrase stands with one character wrong, missing or too much: all places within edit distance one.

A slip is in one half of a phrase, and the other half stands as it is (the partition of Wu and Manber, CACM 1992). So
the places of either half are taken, and what is around them is compared with the phrase, which may be shifted by one
behind the slip.

What is near a phrase in one way most often is so in several: where 會寧府 stands, there stands 會寧, too. So places are
told apart. Those without a slip count; and of the others, in the order of :data:`KINDS`, those that have no character
in common with one that counts already. Those of one kind in one stream may overlap, as those without a slip may; what
the printed order alone has comes after what text and notes have of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from indexer.store.layout import PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.text.readings import Letter, phrase_letters
from indexer.text.streams import BOUNDARY
from search import deadline
from search.exact.matching import (
    SLIPS,
    Mask,
    StreamRanges,
    are_letter,
    each_once,
    in_own_streams,
    in_print_alone,
    passages_at,
    row_places,
)
from search.model import SearchError, Slip
from search.query import Approximate
from search.ranges import among
from search.words.lookalikes import are_lookalikes

KINDS = (Slip.EXTRA, Slip.WRONG, Slip.MISSING)
"""The kinds of slips: the more of the phrase stands there, and the longer the stretch, the earlier."""
MOST_PLACES = 1_000_000
"""Places of a phrase's halves in a stream; more are refused before anything is compared."""
_AT_ONCE = 1 << 16
"""Places that are compared together."""


def find_slips(pack: PackView, streams: Sequence[int], sought: Approximate, strict: bool) -> list[StreamRanges]:
    """Find every stretch with one slip in some streams of a pack, kind by kind, also those that overlap.

    Where it is ``strict``, a character in another spelling is a slip, too.

    Raises:
        SearchError: a half of the phrase stands almost everywhere.
    """
    letters = phrase_letters(sought.phrase.text)
    found = [(number, _found(pack, number, letters, _starts(pack, number, sought), strict)) for number in streams]
    return [_ranges(pack, number, kind, slips, len(letters)) for kind in KINDS for number, slips in found]


def apart(pack: PackView, exact: Sequence[StreamRanges], slips: Iterable[StreamRanges]) -> list[StreamRanges]:
    """Return occurrences without a slip and those with one that have no character in common with any before them."""
    found = list(exact)
    taken = each_once([np.empty(0, np.int64), *(np.sort(_characters(pack, each), axis=None) for each in exact)])
    for each in slips:
        deadline.check()
        mine = _characters(pack, each)
        keep: Mask = ~np.any(among(mine, taken), axis=1)
        taken = each_once([taken, np.sort(mine[keep], axis=None)])
        kept = each.where(keep)
        found += in_own_streams(pack, kept) if each.stream == PRINTED else [kept]
    return found


def _characters(pack: PackView, found: StreamRanges) -> Places:
    """Return the characters of ranges of one length, a row each, as numbers that are the same in every stream."""
    length = int((found.ends - found.starts).max(initial=0))
    places = found.starts[:, None] + np.arange(length)
    kinds, homes = pack.printed.segments.home(places) if found.stream == PRINTED else (found.stream, places)
    numbers: Places = 2 * homes + kinds
    return numbers


def _starts(pack: PackView, number: int, sought: Approximate) -> Places:
    """Return where a stretch with a slip may begin in a stream, sorted: where one of the phrase's halves lets it."""
    first, second = ([letter.code for letter in part] for part in sought.parts)
    longest = len(first) + len(second) + 1
    firsts, seconds = (row_places(pack, number, part, longest) for part in (first, second))
    if len(firsts) + len(seconds) > MOST_PLACES:
        raise SearchError("slip-too-broad", sought.phrase.text[:20])
    starts = each_once([firsts, *(seconds - len(first) + shift for shift in (-1, 0, 1))])
    return starts[starts >= 0]


def _found(
    pack: PackView, number: int, letters: Sequence[Letter], starts: Places, strict: bool
) -> dict[Slip, tuple[Places, Mask]]:
    """Return by kind where stretches with a slip begin, and which of them have a look-alike."""
    blocks = list(_compared(pack, number, letters, starts, strict))
    return {
        kind: (
            np.concatenate([starts[:0], *(each[kind][0] for each in blocks)]),
            np.concatenate([np.empty(0, np.bool_), *(each[kind][1] for each in blocks)]),
        )
        for kind in KINDS
    }


def _compared(
    pack: PackView, number: int, letters: Sequence[Letter], starts: Places, strict: bool
) -> Iterator[dict[Slip, tuple[Places, Mask]]]:
    stream, length = pack.streams[number], len(letters)
    codes = np.array([letter.code for letter in letters])
    for low in range(0, len(starts), _AT_ONCE):
        deadline.check()
        mine = starts[low : low + _AT_ONCE]
        behind, level, ahead = (
            np.array([are_letter(pack, stream, each, mine + at + shift, strict) for at, each in enumerate(letters)])
            for shift in (-1, 0, 1)
        )
        # How many characters from its beginning on are as they are, and how many to its end if it is shifted.
        fit = np.logical_and.accumulate(level).sum(axis=0)
        fit_behind, fit_ahead = (np.logical_and.accumulate(each[::-1]).sum(axis=0) for each in (behind, ahead))
        # The first character that differs is there, and is no boundary.
        at = mine + fit
        strange = stream.codes.take(np.minimum(at, len(stream.codes) - 1))
        is_there = (at < len(stream.codes)) & (strange != BOUNDARY)
        is_short = fit < length
        alike = are_lookalikes(codes[np.minimum(fit, length - 1)], strange)
        extra = is_short & is_there & (fit + fit_ahead >= length)
        wrong = is_there & (level.sum(axis=0) == length - 1)
        missing = is_short & (fit + fit_behind >= length - 1)
        yield {
            Slip.EXTRA: (mine[extra], np.zeros(int(extra.sum()), np.bool_)),
            Slip.WRONG: (mine[wrong], alike[wrong]),
            Slip.MISSING: (mine[missing], np.zeros(int(missing.sum()), np.bool_)),
        }


def _ranges(
    pack: PackView, number: int, kind: Slip, slips: dict[Slip, tuple[Places, Mask]], length: int
) -> StreamRanges:
    starts, alike = slips[kind]
    ends = starts + length + (kind is Slip.EXTRA) - (kind is Slip.MISSING)
    typed = np.zeros(len(starts), np.bool_)
    numbers = np.where(alike, SLIPS.index(Slip.LOOKALIKE), SLIPS.index(kind)).astype(np.int8)
    found = StreamRanges(number, starts, ends, typed, passages_at(pack, number, starts), numbers)
    return in_print_alone(pack, found)
