"""Where a phrase stands: all its places on the folded streams, from the places of its rarest pair of characters.

A pattern is read as pieces, each a row of characters, classes, and single wildcards between two of them; what stands
between two pieces is a gap, of at least so many characters and at most so many. Everything is vectorised over
occurrences.

In the printed order only what neither other stream has is an occurrence: what crosses from text into a note or out of
it, or reads an iteration mark as it stands in print. A phrase without wildcards is found there by the pairs that the
printed order alone has, which are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.store.encoding import Ids
from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.store.streams import PrintedStream, StoredStream
from indexer.text.readings import Letter, same_character
from indexer.text.streams import BOUNDARY, text_of
from search import deadline
from search.model import SearchError, Slip
from search.query import ANY_ONE, ANY_RUN, MAX_RUN, CharacterClass, Element
from search.ranges import among, merged

MOST_STARTS = 300_000
"""Places of a pack that a gap before the first character, as in ?*之, may make of the places of what follows it."""

Mask = NDArray[np.bool_]
Slips = NDArray[np.int8]
SLIPS = tuple(Slip)
"""What the numbers of slips mean."""


@dataclass(frozen=True, slots=True)
class StreamRanges:
    """Half-open ranges of one pack's stream, sorted by start, with the passage where each starts.

    ``typed`` says which are spelled as in the query; ``slips`` are numbers of :data:`SLIPS`.
    """

    stream: int
    starts: Places
    ends: Places
    typed: Mask
    passages: Places
    slips: Slips

    @classmethod
    def exact(cls, stream: int, starts: Places, ends: Places, typed: Mask, passages: Places) -> StreamRanges:
        """Return ranges without a slip."""
        return cls(stream, starts, ends, typed, passages, np.zeros(len(starts), np.int8))

    def where(self, keep: Mask | slice | Places) -> StreamRanges:
        """Return those that a mask, a slice or their rows keep."""
        return StreamRanges(
            self.stream,
            self.starts[keep],
            self.ends[keep],
            self.typed[keep],
            self.passages[keep],
            self.slips[keep],
        )

    def untyped(self) -> StreamRanges:
        """Return the same ranges, none of them spelled as in the query."""
        return replace(self, typed=np.zeros_like(self.typed))


@dataclass(frozen=True)
class _Piece:
    """A row of characters at their distances from its start, after a gap of low to high.

    Each is one of some ``letters``. ``barred`` are distances at which any character stands but some letters, and these.
    """

    low: int
    high: int
    length: int = 0
    distances: tuple[int, ...] = ()
    letters: tuple[tuple[Letter, ...], ...] = ()
    barred: tuple[tuple[int, tuple[Letter, ...]], ...] = ()

    def followed_by(self, ones: int, letters: tuple[Letter, ...]) -> _Piece:
        """Return the row with so many single wildcards and one of some letters behind it."""
        distance = self.length + ones
        return replace(
            self, length=distance + 1, distances=(*self.distances, distance), letters=(*self.letters, letters)
        )

    def barred_by(self, ones: int, letters: tuple[Letter, ...]) -> _Piece:
        """Return the row with so many single wildcards and any character but some letters behind it."""
        distance = self.length + ones
        return replace(self, length=distance + 1, barred=(*self.barred, (distance, letters)))

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
        """The distances of what is not one of some characters."""
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
            return StreamRanges.exact(number, starts, starts, np.empty(0, dtype=bool), starts)
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
    passages = passages_at(pack, number, everything.starts)
    return in_print_alone(pack, StreamRanges.exact(number, everything.starts, everything.ends, spelled, passages))


def in_print_alone(pack: PackView, found: StreamRanges) -> StreamRanges:
    """Return ranges but those of the printed order that are in no way different in their own stream."""
    stream = pack.streams[found.stream]
    if not isinstance(stream, PrintedStream):
        return found
    return found.where(stream.crossing(found.starts, found.ends) | stream.repeating(found.starts, found.ends))


def passages_at(pack: PackView, number: int, starts: Places) -> Places:
    """Return the passage in which each range of a stream starts.

    The fewer of the two are looked up among the others.
    """
    begins = pack.stream_starts[number]
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
        else:
            if runs or not pieces:
                pieces.append(_Piece(ones, ones + MAX_RUN * runs))
                ones = 0
            if isinstance(element, CharacterClass) and element.negated:
                pieces[-1] = pieces[-1].barred_by(ones, element.letters)
            else:
                letters = element.letters if isinstance(element, CharacterClass) else (next(spelled),)
                pieces[-1] = pieces[-1].followed_by(ones, letters)
            ones = runs = 0
    return pieces, ones


def stands(pack: PackView, folded: Sequence[int], allowed: Mask | None) -> bool:
    """Return whether folded characters occur in a row anywhere in the allowed passages of a pack; None allows all."""
    return any(len(standing(pack, number, folded, allowed)) for number in range(len(pack.streams)))


def standing(pack: PackView, number: int, folded: Sequence[int], allowed: Mask | None) -> Places:
    """Return where folded characters occur in a row in a stream, in the allowed passages; None allows all."""
    starts = row_places(pack, number, folded, len(folded))
    return starts if allowed is None else starts[allowed[passages_at(pack, number, starts)]]


def row_places(pack: PackView, number: int, folded: Sequence[int], longest: int) -> Places:
    """Return where folded characters occur in a row in a stream, sorted.

    In the printed order they are those that may be part of ``longest`` characters that no other stream has.
    """
    deadline.check()
    letters = tuple((Letter(code, ""),) for code in folded)
    row = _Piece(0, 0, len(letters), tuple(range(len(letters))), letters)
    return _places(pack, pack.streams[number], row, longest)


def are_letter(pack: PackView, stream: StoredStream, letter: Letter, places: Places, strict: bool) -> Mask:
    """Return at which of some sorted places, which may be outside of a stream, a character stands.

    Where it is ``strict`` it is spelled there as typed.
    """
    same = (places >= 0) & (places < len(stream.codes))
    same[same] = stream.codes.take(places[same]) == letter.code
    if letter.name:
        same[same] = _are_named(pack, stream, places[same], [letter.name])
    if strict:
        same[same] = _is_typed(pack, stream, letter, places[same], 0)
    return same


def _described(pack: PackView, stream: StoredStream, piece: _Piece, starts: Places) -> Places:
    """Return the places of a piece at which the text has the descriptions that were typed, and none that are barred."""
    for distance, letters in zip(piece.distances, piece.letters, strict=True):
        if named := [letter.name for letter in letters if letter.name]:
            plain = [letter.code for letter in letters if not letter.name]
            fits = np.isin(stream.codes.take(starts + distance), plain)
            starts = starts[fits | _are_named(pack, stream, starts + distance, named)]
    for distance, letters in piece.barred:
        if named := [letter.name for letter in letters if letter.name]:
            starts = starts[~_are_named(pack, stream, starts + distance, named)]
    return starts


def _are_named(pack: PackView, stream: StoredStream, places: Places, wanted: Sequence[str]) -> Mask:
    """Return at which places stands what is described or named as one of some characters."""
    names = _gaiji_names(pack, stream, places)
    return np.array([any(same_character(name, each) for each in wanted) for name in names], dtype=bool)


def _gaiji_names(pack: PackView, stream: StoredStream, places: Places) -> list[str]:
    """Return the description or reference at each place, empty where there is none."""
    return [pack.gaiji_name(offset) for offset in stream.original_starts(places).tolist()]


def _as_typed(pack: PackView, stream: StoredStream, piece: _Piece, starts: Places) -> Mask:
    """Return which places of a piece are spelled as typed."""
    spelled = np.ones(len(starts), dtype=bool)
    for distance, letters in zip(piece.distances, piece.letters, strict=True):
        if len(letters) == 1:
            spelled &= _is_typed(pack, stream, letters[0], starts, distance)
            continue
        codes = stream.codes.take(starts + distance)
        one = np.zeros(len(starts), dtype=bool)
        for letter in letters:
            rows = np.flatnonzero(codes == letter.code)
            one[rows] |= _is_typed(pack, stream, letter, starts[rows], distance)
        spelled &= one
    return spelled


def _is_typed(pack: PackView, stream: StoredStream, letter: Letter, starts: Places, distance: int) -> Mask:
    """Return at which of some sorted places a letter, which stands at a distance from them all, is spelled as typed.

    Of a character of which the pack knows one spelling, the one typed, only the irregular places are compared.
    """
    rows, places = _irregular(stream, starts, distance)
    exact = np.array([text == letter.typed for text in _originals(pack, stream, places)], dtype=bool)
    if _is_only_spelling(pack, letter):
        same = np.ones(len(starts), dtype=bool)
        same[rows] = exact
        return same
    written = pack.ids([ord(letter.typed)]) if len(letter.typed) == 1 else None
    if letter.name:
        return np.array([name == letter.name for name in _gaiji_names(pack, stream, starts + distance)], dtype=bool)
    if written is None:
        same = np.zeros(len(starts), dtype=bool)
    else:
        same = pack.text.ids[stream.offsets[starts + distance]] == written[0]
    same[rows] = exact
    return same


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
    ids = [_known(pack, [letter.code for letter in letters]) for letters in piece.letters]
    if not len(text) or not all(map(len, ids)):
        return np.empty(0, np.int64)
    starts, known = _anchored(stream, piece, ids, longest)
    if not len(starts):
        return starts
    starts = starts[(starts >= 0) & (starts <= len(text) - piece.length)]
    others = [at for at in range(len(ids)) if at not in known]
    if alone := [at for at in others if len(ids[at]) == 1]:
        wanted = np.concatenate([ids[at] for at in alone])
        starts = starts[(text[starts[:, None] + piece.steps[alone]] == wanted).all(axis=1)]
    for at in others:
        if len(ids[at]) > 1:
            starts = starts[np.isin(text[starts + piece.distances[at]], ids[at])]
    if len(piece.between):
        starts = starts[(text[starts[:, None] + piece.between] != BOUNDARY).all(axis=1)]
    for distance, barred in piece.barred:
        plain = _known(pack, [letter.code for letter in barred if not letter.name])
        starts = starts[~np.isin(text[starts + distance], plain)]
    return starts


def _known(pack: PackView, codes: Iterable[int]) -> Ids:
    """Return the ranks of those of some characters that are in a pack, each once."""
    ranks = [rank for code in dict.fromkeys(codes) if (rank := pack.rank(code)) is not None]
    return np.array(ranks, pack.text.ids.dtype)


def _anchored(stream: StoredStream, piece: _Piece, ids: Sequence[Ids], longest: int) -> tuple[Places, tuple[int, ...]]:
    """Return the starts that the rarest pair of a piece allows, and which characters that settles.

    ``ids`` are the ranks that each character of the piece may have.
    """
    if isinstance(stream, PrintedStream):
        return _anchored_in_print(stream, piece, ids, longest), ()
    if not len(piece.pairs):
        at = _fewest(ids)
        places = _united([stream.pairs.of_character(letter) for letter in ids[at].tolist()])
        return places - piece.distances[at], (at,)
    sides = [(ids[at], ids[at + 1]) for at in piece.pairs.tolist()]
    first = np.concatenate([np.repeat(left, len(right)) for left, right in sides])
    second = np.concatenate([np.tile(right, len(left)) for left, right in sides])
    bounds = np.cumsum([0, *(len(left) * len(right) for left, right in sides)])
    rows, counts = stream.pairs.counts(first, second)
    totals = np.add.reduceat(counts, bounds[:-1])
    best = int(totals.argmin())
    if not totals[best]:
        return np.empty(0, np.int64), ()
    mine = slice(bounds[best], bounds[best + 1])
    at = int(piece.pairs[best])
    places = _united([stream.pairs.of_pair(row) for row in rows[mine][counts[mine] > 0].tolist()])
    return places - piece.distances[at], (at, at + 1)


def _anchored_in_print(stream: PrintedStream, piece: _Piece, ids: Sequence[Ids], longest: int) -> Places:
    """Return the starts that a piece may have in the printed order; all its characters are still to be compared."""
    alone = [len(each) == 1 for each in ids]
    if longest == len(ids) and all(alone):  # a row of characters, and no more
        return stream.across(np.concatenate(ids))
    if pairs := [at for at in piece.pairs.tolist() if alone[at] and alone[at + 1]]:
        first, second = (np.concatenate([ids[at + step] for at in pairs]) for step in (0, 1))
        best, places = stream.places_of_rarest(first, second, longest)
        at = pairs[best]
    else:
        at = _fewest(ids)
        places = _united([stream.places_of_character(letter, longest) for letter in ids[at].tolist()])
    starts: Places = places - piece.distances[at]
    return starts


def _fewest(ids: Sequence[Ids]) -> int:
    """Return which of some characters has the fewest choices."""
    return min(range(len(ids)), key=lambda at: len(ids[at]))


def _united(parts: Sequence[Places]) -> Places:
    """Return all of some places, sorted, each once; each part is so already."""
    return parts[0] if len(parts) == 1 else each_once(parts)


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
        result.append(replace(inside, stream=kind, starts=starts, ends=ends).where(mine))
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
    return replace(found, stream=PRINTED, starts=starts, ends=lasts + 1).where(rows), rows


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
