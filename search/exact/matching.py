"""Where a phrase stands: all its places on the folded streams, from the places of its rarest pair of characters.

A pattern is read as pieces, each a row of characters and single wildcards between two characters; what stands between
two pieces is a gap, of at least so many characters and at most so many. Everything is vectorised over occurrences.

In the printed order only what neither other stream has is an occurrence: what crosses from text into a note or out of
it, or reads an iteration mark as it stands in print. A phrase without wildcards is found there by the pairs that the
printed order alone has, which are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.store.encoding import Ids
from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.store.streams import PrintedStream, StoredStream
from indexer.text.readings import Letter, same_character
from indexer.text.streams import BOUNDARY, Codes, text_of
from search import deadline
from search.model import SearchError
from search.query import ANY_ONE, ANY_RUN, MAX_RUN, Element
from search.ranges import among, merged

MOST_STARTS = 300_000
"""Places of a pack that a gap before the first character, as in ?*之, may make of the places of what follows it."""

MOST_PAIRS = 5_000_000
"""Pairs of phrases near each other that are found in a pack; a hundred megabytes of them."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StreamRanges:
    """Half-open ranges of one pack's stream, sorted by start, with the passage where each starts.

    ``typed`` says which are spelled as in the query.
    """

    stream: int
    starts: Places
    ends: Places
    typed: Mask
    passages: Places

    def where(self, keep: Mask | slice | Places) -> StreamRanges:
        """Return those that a mask, a slice or their rows keep."""
        return StreamRanges(self.stream, self.starts[keep], self.ends[keep], self.typed[keep], self.passages[keep])

    def untyped(self) -> StreamRanges:
        """Return the same ranges, none of them spelled as in the query."""
        return StreamRanges(self.stream, self.starts, self.ends, np.zeros_like(self.typed), self.passages)


@dataclass(frozen=True)
class _Piece:
    """A row of characters (folded, and as typed) at their distances from its start, after a gap of low to high."""

    low: int
    high: int
    distances: tuple[int, ...]
    folded: tuple[int, ...]
    typed: tuple[Letter, ...]

    @cached_property
    def length(self) -> int:
        return self.distances[-1] + 1

    @cached_property
    def steps(self) -> Places:
        """The distances as an array."""
        return np.array(self.distances)

    @cached_property
    def pairs(self) -> Places:
        """Which characters stand just before the next one."""
        return np.flatnonzero(np.diff(self.steps) == 1)

    @cached_property
    def between(self) -> Places:
        """The distances of the single wildcards."""
        return np.setdiff1d(np.arange(self.length), self.steps)


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Half-open ranges of a stream, sorted by start, one for each start."""

    starts: Places
    ends: Places

    def where(self, keep: Mask) -> _Ranges:
        return _Ranges(self.starts[keep], self.ends[keep])


def find(pack: PackView, number: int, pattern: tuple[Element, ...], typed: tuple[Letter, ...]) -> StreamRanges:
    """Find every occurrence of ``pattern`` in a stream, overlapping ones too, one for each start.

    ``typed`` are the pattern's characters as the reader typed them, one for each character element; one that is a
    description stands only where the text has the same. Where runs vary, the shortest occurrence that is spelled as
    typed counts, else the shortest. Of the printed order those are left out that are in no way different in their own
    stream.

    Raises:
        SearchError: the pattern stands almost everywhere.
    """
    stream = pack.streams[number]
    pieces, tail = _pieces(pattern, typed)
    longest = sum(piece.high + piece.length for piece in pieces) + tail
    found: list[tuple[_Ranges, Mask]] = []
    for piece in pieces:
        deadline.check()
        starts = _described(pack, stream, piece, _places(pack, stream, piece, longest))
        if not len(starts):
            return StreamRanges(number, starts, starts, np.empty(0, dtype=bool), starts)
        found.append((_Ranges(starts, starts + piece.length), _as_typed(pack, stream, piece, starts)))
    everything = _chained(stream, pieces, [ranges for ranges, _ in found], tail)
    if len(pieces) == 1 and not (pieces[0].high or tail):
        spelled = found[0][1]
    else:
        same = _chained(stream, pieces, [ranges.where(spelt) for ranges, spelt in found], tail)
        at = np.searchsorted(everything.starts, same.starts)
        spelled = np.zeros(len(everything.starts), dtype=bool)
        spelled[at] = True
        everything.ends[at] = same.ends
    passages = _passages(pack.stream_starts[number], everything.starts)
    result = StreamRanges(number, everything.starts, everything.ends, spelled, passages)
    if isinstance(stream, PrintedStream):
        starts, ends = result.starts, result.ends
        return result.where(stream.crossing(starts, ends) | stream.repeating(starts, ends))
    return result


def _passages(begins: Codes, starts: Places) -> Places:
    """Return the passage in which each range starts; the fewer of the two are looked up among the others."""
    if len(starts) < len(begins):
        return np.searchsorted(begins, starts, side="right") - 1
    bounds = np.append(np.searchsorted(starts, begins), len(starts))
    return np.repeat(np.arange(len(begins)), np.diff(bounds))


@lru_cache(64)
def _pieces(pattern: tuple[Element, ...], typed: tuple[Letter, ...]) -> tuple[list[_Piece], int]:
    """Return the pieces of a pattern, and how many single wildcards end it; the same for every pack."""
    pieces: list[_Piece] = []
    spelled = iter(typed)
    ones = runs = 0
    for element in pattern:
        if element is ANY_ONE:
            ones += 1
        elif element is ANY_RUN:
            runs += 1
        elif isinstance(element, int):
            char = next(spelled)
            if pieces and not runs:
                last = pieces[-1]
                row = (*last.distances, last.length + ones), (*last.folded, element), (*last.typed, char)
                pieces[-1] = _Piece(last.low, last.high, *row)
            else:
                pieces.append(_Piece(ones, ones + MAX_RUN * runs, (0,), (element,), (char,)))
            ones = runs = 0
    return pieces, ones


def stands(pack: PackView, folded: Sequence[int], allowed: Mask | None) -> bool:
    """Return whether folded characters occur in a row anywhere in the allowed passages of a pack; None allows all."""
    return any(len(standing(pack, number, folded, allowed)) for number in range(len(pack.streams)))


def standing(pack: PackView, number: int, folded: Sequence[int], allowed: Mask | None) -> Places:
    """Return where folded characters occur in a row in a stream, in the allowed passages; None allows all."""
    deadline.check()
    row = _Piece(0, 0, tuple(range(len(folded))), tuple(folded), ())
    starts = _places(pack, pack.streams[number], row, row.length)
    return starts if allowed is None else starts[allowed[_passages(pack.stream_starts[number], starts)]]


def _described(pack: PackView, stream: StoredStream, piece: _Piece, starts: Places) -> Places:
    """Return the places of a piece at which the text has the descriptions that were typed."""
    for distance, letter in zip(piece.distances, piece.typed, strict=True):
        if letter.name:
            names = _gaiji_names(pack, stream, starts + distance)
            starts = starts[np.array([same_character(name, letter.name) for name in names], dtype=bool)]
    return starts


def _gaiji_names(pack: PackView, stream: StoredStream, places: Places) -> list[str]:
    """Return the description or reference at each place, empty where there is none."""
    return [pack.gaiji_name(offset) for offset in stream.original_starts(places).tolist()]


def _as_typed(pack: PackView, stream: StoredStream, piece: _Piece, starts: Places) -> Mask:
    """Return which places of a piece are spelled as typed.

    Of a character of which the pack knows one spelling, the one typed, only the irregular places are compared.
    """
    spelled = np.ones(len(starts), dtype=bool)
    for distance, letter in zip(piece.distances, piece.typed, strict=True):
        rows, places = _irregular(stream, starts, distance)
        exact = np.array([text == letter.typed for text in _originals(pack, stream, places)], dtype=bool)
        if _is_only_spelling(pack, letter):
            spelled[rows[~exact]] = False
            continue
        written = pack.ids([ord(letter.typed)]) if len(letter.typed) == 1 else None
        if letter.name:
            same = np.array([name == letter.name for name in _gaiji_names(pack, stream, starts + distance)], dtype=bool)
        elif written is None:
            same = np.zeros(len(starts), dtype=bool)
        else:
            same = pack.text.ids[stream.offsets[starts + distance]] == written[0]
        if not letter.name:
            same[rows] = exact
        spelled &= same
    return spelled


def _is_only_spelling(pack: PackView, letter: Letter) -> bool:
    """Return whether the typed character is in the pack, and is the only one there that folds as it does."""
    if len(letter.typed) > 1:
        return False
    typed, folded = pack.rank(ord(letter.typed)), pack.rank(letter.code)
    if typed is None or folded is None:
        return False
    return int(pack.folded[typed]) == letter.code and int(pack.spellings[folded]) == 1


def _irregular(stream: StoredStream, starts: Places, distance: int) -> tuple[Places, Places]:
    """Return which of the sorted starts have an irregular character at a distance, and its places."""
    known = stream.irregular_places
    if not len(starts) or not len(known):
        return starts[:0], starts[:0]
    low, high = known.searchsorted((starts[0] + distance, starts[-1] + distance + 1))
    if low == high:
        return starts[:0], starts[:0]
    places = known[low:high].astype(np.int64)
    at = np.searchsorted(starts, places - distance)
    found = starts[np.minimum(at, len(starts) - 1)] == places - distance
    return at[found], places[found]


def _originals(pack: PackView, stream: StoredStream, places: Places) -> list[str]:
    """Return what stands in the text for each character at some places."""
    if not len(places):  # the rule
        return []
    ranges = zip(stream.original_starts(places).tolist(), stream.original_ends(places).tolist(), strict=True)
    return [text_of(pack.text[start:end]) for start, end in ranges]


def _places(pack: PackView, stream: StoredStream, piece: _Piece, longest: int) -> Places:
    """Return the starts of a piece of a pattern that takes up so many characters at most.

    In the printed order they are those that may be part of what no other stream has.
    """
    text = stream.codes.ids
    ids = pack.ids(piece.folded) if len(text) else None
    if ids is None:
        return np.empty(0, np.int64)
    starts, known = _anchored(stream, piece, ids, longest)
    if not len(starts):
        return starts
    starts = starts[(starts >= 0) & (starts <= len(text) - piece.length)]
    others = [at for at in range(len(ids)) if at not in known]
    if others:
        starts = starts[(text[starts[:, None] + piece.steps[others]] == ids[others]).all(axis=1)]
    if piece.length > len(ids):
        starts = starts[(text[starts[:, None] + piece.between] != BOUNDARY).all(axis=1)]
    return starts


def _anchored(stream: StoredStream, piece: _Piece, ids: Ids, longest: int) -> tuple[Places, tuple[int, ...]]:
    """Return the starts that the rarest pair of a piece allows, and which characters that settles."""
    if isinstance(stream, PrintedStream):
        return _anchored_in_print(stream, piece, ids, longest), ()
    if not len(piece.pairs):
        return stream.pairs.of_character(int(ids[0])), (0,)
    rows, counts = stream.pairs.counts(ids[piece.pairs], ids[piece.pairs + 1])
    best = int(counts.argmin())
    if not counts[best]:
        return np.empty(0, np.int64), ()
    at = int(piece.pairs[best])
    return stream.pairs.of_pair(int(rows[best])) - piece.distances[at], (at, at + 1)


def _anchored_in_print(stream: PrintedStream, piece: _Piece, ids: Ids, longest: int) -> Places:
    """Return the starts that a piece may have in the printed order; all its characters are still to be compared."""
    if longest == len(ids):  # a row of characters, and no more
        return stream.across(ids)
    if not len(piece.pairs):
        return stream.places_of_character(int(ids[0]), longest)
    best, places = stream.places_of_rarest(ids[piece.pairs], ids[piece.pairs + 1], longest)
    return places - piece.distances[int(piece.pairs[best])]


def _chained(stream: StoredStream, pieces: Sequence[_Piece], found: Sequence[_Ranges], tail: int) -> _Ranges:
    """Return the ranges that the pieces make in a row, the shortest for each start; ``tail`` more characters
    follow.

    Taken from the last piece to the first. Of the places where what follows can stand, the first after a gap gives the
    shortest range, because ends rise with starts.
    """
    following = found[-1]
    if tail:
        ends = following.ends + tail
        inside = ends < len(stream.codes)
        following, ends = following.where(inside), ends[inside]
        keep = stream.unbroken(following.starts, ends)
        following = _Ranges(following.starts[keep], ends[keep])
    for after, ranges in zip(pieces[:0:-1], found[-2::-1], strict=True):
        deadline.check()
        at = np.searchsorted(following.starts, ranges.ends + after.low)
        keep = at < len(following.starts)
        ranges, at = ranges.where(keep), at[keep]
        nearest = following.starts[at]
        keep = (nearest <= ranges.ends + after.high) & stream.unbroken(ranges.ends, nearest)
        following = _Ranges(ranges.starts[keep], following.ends[at[keep]])
    return _led(stream, following, pieces[0].low, pieces[0].high)


def _led(stream: StoredStream, ranges: _Ranges, low: int, high: int) -> _Ranges:
    """Return the ranges with the gap before their first piece; for each start the shortest."""
    if not high:
        return ranges
    if len(ranges.starts) * (high - low + 1) > MOST_STARTS:
        raise SearchError("query-too-complex", "?*")
    deadline.check()
    starts = each_once([ranges.starts - gap for gap in range(low, high + 1)])
    starts = starts[starts >= 0]
    # The nearest that the gap can lead to is the shortest; if a boundary cuts that off, it does all others.
    nearest = np.searchsorted(ranges.starts, starts + low)
    keep = stream.unbroken(starts, ranges.starts[nearest])
    return _Ranges(starts[keep], ranges.ends[nearest[keep]])


def in_own_streams(pack: PackView, found: StreamRanges) -> list[StreamRanges]:
    """Return occurrences of the printed order, those that lie within one segment as ranges of the stream it is of."""
    stream = pack.printed
    crossing = stream.crossing(found.starts, found.ends)
    if crossing.all():
        return [found]
    result, inside = [found.where(crossing)], found.where(~crossing)
    kinds, starts = stream.segments.home(inside.starts)
    ends = starts + (inside.ends - inside.starts)
    for kind in (MAIN, NOTES):
        mine = kinds == kind
        result.append(StreamRanges(kind, starts[mine], ends[mine], inside.typed[mine], inside.passages[mine]))
    return result


def in_print(pack: PackView, found: StreamRanges) -> tuple[StreamRanges, Places]:
    """Return occurrences as they lie in the printed order, from first character to last, and their rows in ``found``.

    Those in sections without notes are left out.
    """
    if found.stream == PRINTED:
        return found, np.arange(len(found.starts))
    segments = pack.printed.segments
    starts, known = segments.printed(found.stream, found.starts)
    lasts, _ = segments.printed(found.stream, found.ends - 1)
    rows = np.flatnonzero(known)
    return StreamRanges(PRINTED, starts[rows], lasts[rows] + 1, found.typed[rows], found.passages[rows]), rows


def near(pack: PackView, left: StreamRanges, right: StreamRanges, distance: int) -> Mask:
    """Return which of ``left`` have one of ``right`` within ``distance`` characters, on either side, not
    overlapping.
    """
    keep = np.zeros(len(left.starts), dtype=bool)
    if not len(right.starts):
        return keep
    unbroken = pack.streams[left.stream].unbroken
    begins, ends = right.starts, np.sort(right.ends, kind="stable")
    after = np.searchsorted(begins, left.ends)
    other = begins[np.minimum(after, len(begins) - 1)]
    near = np.flatnonzero((after < len(begins)) & (other - left.ends <= distance))
    keep[near] = unbroken(left.starts[near], other[near])
    before = np.searchsorted(ends, left.starts, side="right") - 1
    other = ends[np.maximum(before, 0)]
    near = np.flatnonzero(~keep & (before >= 0) & (left.starts - other <= distance))
    keep[near] = unbroken(other[near] - 1, left.starts[near])
    return keep


def near_pairs(pack: PackView, left: StreamRanges, right: StreamRanges, distance: int) -> StreamRanges:
    """Return the stretch of each pair of one of ``left`` and one of ``right`` that follows within the distance.

    Raises:
        SearchError: there are more than :data:`MOST_PAIRS` in the pack.
    """
    order = np.argsort(right.starts, kind="stable")
    begins = right.starts[order]
    low = np.searchsorted(begins, left.ends)
    counts = np.searchsorted(begins, left.ends + distance, side="right") - low
    if (pairs := int(counts.sum())) > MOST_PAIRS:
        raise SearchError("query-too-complex", f"NEAR/{distance}")
    ones = np.repeat(np.arange(len(left.starts)), counts)
    others = order[np.arange(pairs) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)]
    keep = pack.streams[left.stream].unbroken(left.starts[ones], right.starts[others])
    ones, others = ones[keep], others[keep]
    ends, typed = right.ends[others], left.typed[ones] & right.typed[others]
    return StreamRanges(left.stream, left.starts[ones], ends, typed, left.passages[ones])


def each_once(parts: Sequence[Places]) -> Places:
    """Return the distinct numbers of all parts, sorted: quicker than numpy's own where the parts are sorted."""
    numbers = np.sort(np.concatenate(parts), kind="stable") if len(parts) > 1 else parts[0]
    return numbers[first_of_each(numbers)]


def first_of_each(numbers: Places) -> Places:
    """Return the positions in sorted numbers at which a new number begins."""
    fresh = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)


def whole(pack: PackView, found: StreamRanges) -> Mask:
    """Return which occurrences cut no word in two; none does where the text is classical, or a note."""
    if found.stream != MAIN or not len(pack.inside):
        return np.ones(len(found.starts), dtype=bool)
    return ~(among(found.starts, pack.inside) | among(found.ends, pack.inside))


def in_heads(pack: PackView, found: StreamRanges) -> Mask | None:
    """Return which occurrences begin in a running head; None where none does."""
    starts, ends = (found.starts.searchsorted(bounds) for bounds in pack.heads[found.stream])
    if (starts == ends).all():
        return None
    steps = np.bincount(starts, minlength=len(found.starts) + 1) - np.bincount(ends, minlength=len(found.starts) + 1)
    inside: Mask = np.cumsum(steps[:-1]) > 0
    return inside


def in_passage(found: StreamRanges, passage: int) -> StreamRanges:
    """Return the occurrences that start in one passage."""
    low, high = np.searchsorted(found.passages, (passage, passage + 1))
    return found.where(slice(int(low), int(high)))


def original_ranges(pack: PackView, found: StreamRanges) -> list[tuple[int, int]]:
    """Return the stretches of the pack's text that the occurrences cover, sorted and merged.

    Punctuation and line ends inside an occurrence are covered; a note that interrupts it is not, unless it stands for
    characters that are lacking.
    """
    stream = pack.streams[found.stream]
    firsts, lasts = stream.original_starts(found.starts), stream.original_ends(found.ends - 1)
    interrupted = pack.noted(firsts, lasts) & (found.stream == MAIN)
    ranges: list[tuple[int, int]] = []
    for first, last, notes in zip(firsts.tolist(), lasts.tolist(), interrupted.tolist(), strict=True):
        if notes:
            deadline.check()
            for note_start, note_end in pack.notes_between(first, last):
                if stream.is_original(note_start):
                    continue
                if note_start > first:
                    ranges.append((first, note_start))
                first = note_end
        if last > first:
            ranges.append((first, last))
    return merged(ranges)
