"""The parallels of a text: shared wording is aligned, and what shares too little is compared in meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.text.streams import BOUNDARY, Codes, Window, text_of
from search import deadline
from search.model import WorkCard
from search.parallels.alignment import Agreement, AlignedStretch, aligned, compared
from search.parallels.asked import AskedText
from search.parallels.chains import by_segment, chained
from search.parallels.model import Agreements, Likeness, Parallel, ParallelPart
from search.parallels.runs import Runs, Shingles
from search.parallels.shared import SharedText, TextRange
from search.ranking.pieces import Numbers
from search.stores.base import Filters, NearWindow, Store, StoredPassage, Wanted

CONTEXT = 12
"""Characters of the edition that are shown on either side."""
MOST_WINDOWS = 16
"""Windows of a text whose meaning is compared; of more, so many are drawn evenly."""
NEAREST = 10
"""Passages that are looked at for each window."""
LIKE = 0.6
"""The cosine from which on two windows are called near in meaning."""
REWORDED = 0.6
"""The share of an alignment from which on two windows are called near in wording."""


def in_wording(asked: AskedText, found: SharedText, least: int) -> Parallel | None:
    """Return the parallel that a shared text is; None where no part of it shares so much in one order."""
    parts = sorted(_parts(asked, found, least), key=lambda part: part[0].here_start)
    if not parts:
        return None
    stretches = [stretch for part in parts for stretch in part]
    agreements = Agreements.of(stretches)
    is_exact = all(each.agreement is Agreement.SAME for each in stretches)
    low, high = stretches[0].here_start, stretches[-1].here_end
    start, end = int(found.offsets[low]), int(found.ends[high - 1])
    page = found.page(start)
    return _parallel(
        found,
        (start, end),
        likeness=Likeness.EXACT if is_exact else Likeness.NEAR,
        page=page.label,
        facsimile=page.facsimile,
        in_notes=found.in_notes,
        parts=tuple(_original(part, _Originals.of(asked), _Originals.of(found)) for part in parts),
        agreements=agreements,
    )


def _parallel(
    there: SharedText | StoredPassage,
    place: tuple[int, int],
    *,
    likeness: Likeness,
    page: str,
    facsimile: str,
    in_notes: bool,
    parts: tuple[ParallelPart, ...],
    agreements: Agreements,
    nearness: float = 0.0,
) -> Parallel:
    """Return a parallel that stands at a half-open range of a section, in a text that holds it."""
    start, end = place
    at, until = start - there.start, end - there.start
    return Parallel(
        likeness=likeness,
        work=there.work,
        section=there.section,
        section_number=there.section_number,
        page=page,
        facsimile=facsimile,
        in_notes=in_notes,
        start=start,
        end=end,
        text=there.text[at:until],
        left=there.text[:at][-CONTEXT:],
        right=there.text[until:][:CONTEXT],
        parts=parts,
        agreements=agreements,
        nearness=nearness,
    )


def _parts(asked: AskedText, found: SharedText, least: int) -> Iterator[tuple[AlignedStretch, ...]]:
    """Yield the aligned parts of a shared text, the best first, none over another in it."""
    taken: list[tuple[int, int]] = []
    for low, high, runs in by_segment(asked.codes, found.runs):
        for chain in chained(runs):
            for free in _free(chain, taken):
                if int(free.lengths.sum()) < least:
                    continue
                first, last = int(free.places[0]), int((free.places + free.lengths)[-1])
                after = max((b for _, b in taken if b <= first), default=0)
                before = min((a for a, _ in taken if a >= last), default=len(found.codes))
                part = aligned(asked.codes[low:high], found.codes[after:before], free.moved(-low, -after))
                moved = tuple(each.moved(low, after) for each in part)
                taken.append((moved[0].here_start, moved[-1].here_end))
                yield moved


def _free(chain: Runs, taken: Sequence[tuple[int, int]]) -> Iterator[Runs]:
    """Yield what is left of a chain where parts of the other text are taken: its runs between them, as far as whole."""
    if not taken:
        yield chain
        return
    starts, ends = np.array(sorted(taken)).T
    before = ends.searchsorted(chain.places, side="right")
    is_free = before == starts.searchsorted(chain.places + chain.lengths)
    for number in np.unique(before[is_free]).tolist():
        yield chain.take(is_free & (before == number))


class _Originals(NamedTuple):
    """The originals of folded characters: where each begins, where it ends, and whether a note stands before it."""

    offsets: Numbers
    ends: Numbers
    broken: NDArray[np.bool_]

    @classmethod
    def of(cls, text: AskedText | SharedText) -> _Originals:
        return cls(text.offsets, text.ends, text.broken)


def _original(part: Sequence[AlignedStretch], mine: _Originals, theirs: _Originals) -> ParallelPart:
    """Return folded stretches as ranges of the two originals; where a note stands in one, it is two."""
    return ParallelPart(
        tuple(
            AlignedStretch(
                each.agreement,
                *_range(mine, each.start, each.end),
                *_range(theirs, each.here_start, each.here_end),
            )
            for whole in part
            for each in _unbroken(whole, mine.broken, theirs.broken)
        )
    )


def _unbroken(whole: AlignedStretch, mine: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Iterator[AlignedStretch]:
    """Yield a stretch cut wherever something stands before a character in it."""
    kind, start, end, here_start, here_end = whole
    cuts = {at - start for at in range(start + 1, end) if mine[at]}
    cuts |= {at - here_start for at in range(here_start + 1, here_end) if theirs[at]}
    bounds = [0, *sorted(cuts), max(end - start, here_end - here_start)]
    for low, high in pairwise(bounds):
        yield AlignedStretch(
            kind,
            min(start + low, end),
            min(start + high, end),
            min(here_start + low, here_end),
            min(here_start + high, here_end),
        )


def _range(originals: _Originals, start: int, end: int) -> tuple[int, int]:
    """Return the original of a folded range; that of an empty one is empty, and stands behind the character before."""
    if start < end:
        return int(originals.offsets[start]), int(originals.ends[end - 1])
    at = int(originals.ends[start - 1]) if start else int(originals.offsets[0])
    return at, at


def in_meaning(
    store: Store, asked: AskedText, least: int, filters: Filters, but: Sequence[Parallel]
) -> tuple[list[Parallel], int]:
    """Return what is near in meaning to windows of a text but in other words, and how many windows were compared.

    Where they share ``least`` characters, and most, they are near in wording after all. What overlaps one of the
    parallels ``but``, or the text itself, is left out.
    """
    windows = _drawn(asked.windows)
    texts = [text_of(asked.codes[each.start : each.end]) for each in windows]
    if not windows:
        return [], 0
    vectors = store.embedder.embed(texts)
    near = store.nearest_windows(vectors, filters, NEAREST)
    chosen: dict[object, tuple[Window, NearWindow]] = {}
    for window, some in zip(windows, near, strict=True):
        for each in some:
            if each.likeness < LIKE:
                continue
            known = chosen.get(each.passage)
            if known is None or known[1].likeness < each.likeness:
                chosen[each.passage] = (window, each)
    deadline.check()
    pairs = list(chosen.values())
    passages = store.passages([Wanted(each.passage, stretch=each.window) for _, each in pairs])
    found = [
        parallel
        for (window, each), passage in zip(pairs, passages, strict=True)
        if (parallel := _near(asked, window, each.likeness, passage, least)) and not _overlaps(parallel, asked, but)
    ]
    return found, len(windows)


def _drawn(windows: Sequence[Window]) -> Sequence[Window]:
    """Return as many windows as are compared."""
    if len(windows) <= MOST_WINDOWS:
        return windows
    return [windows[row] for row in np.linspace(0, len(windows) - 1, MOST_WINDOWS).astype(int).tolist()]


def _near(asked: AskedText, window: Window, likeness: float, passage: StoredPassage, least: int) -> Parallel | None:
    """Return the parallel of a window and the stretch of a passage that is nearest to it."""
    if passage.stretch is None:
        return None
    first, last = passage.stretch
    noted = np.zeros(len(passage.text), dtype=bool)
    for start, end in passage.notes:
        noted[start:end] = True
    places = np.flatnonzero((passage.folded != BOUNDARY) & (noted == noted[first]))
    places = places[(places >= first) & (places < last)]
    if not len(places):
        return None
    offsets = places + passage.start
    other = np.cumsum(noted != noted[first])[places]
    here = _Originals(offsets, offsets + 1, np.diff(other, prepend=other[0]) > 0)
    mine = slice(window.start, window.end)
    window_originals = _Originals(asked.offsets[mine], asked.ends[mine], asked.broken[mine])
    text = asked.codes[mine]
    whole = _trimmed(compared(text, passage.folded[places]))
    agreements = Agreements.of(whole)
    is_reworded = agreements.identity >= REWORDED and agreements.same >= least
    if is_reworded:
        parts = [whole]
        low, high = whole[0].here_start, whole[-1].here_end
    else:
        parts = _words(text, passage.folded[places])
        agreements = Agreements(sum(each.end - each.start for (each,) in parts))
        low, high = 0, len(places)
    return _parallel(
        passage,
        (int(offsets[low]), int(offsets[high - 1]) + 1),
        likeness=Likeness.NEAR if is_reworded else Likeness.MEANING,
        page=passage.page,
        facsimile=passage.facsimile,
        in_notes=bool(noted[first]),
        parts=tuple(_original(part, window_originals, here) for part in parts),
        agreements=agreements,
        nearness=likeness,
    )


def _trimmed(steps: tuple[AlignedStretch, ...]) -> tuple[AlignedStretch, ...]:
    """Return an alignment from its first shared character to its last."""
    same = [row for row, each in enumerate(steps) if each.agreement is Agreement.SAME]
    return steps[same[0] : same[-1] + 1] if same else ()


def _words(text: Codes, other: Codes) -> list[tuple[AlignedStretch, ...]]:
    """Return the words that two texts share, of two characters or more, in any order; of what overlaps the longest."""
    runs = Runs.joined(list(Shingles(text, 2).shared(other)))
    mine, here = np.zeros(len(text), dtype=bool), np.zeros(len(other), dtype=bool)
    found = []
    for row in np.lexsort((runs.at, runs.places, -runs.lengths)).tolist():
        at, place, length = (int(column[row]) for column in runs)
        if not (mine[at : at + length].any() or here[place : place + length].any()):
            mine[at : at + length] = here[place : place + length] = True
            found.append((AlignedStretch(Agreement.SAME, at, at + length, place, place + length),))
    return sorted(found, key=lambda part: part[0].here_start)


def _overlaps(parallel: Parallel, asked: AskedText, others: Sequence[Parallel]) -> bool:
    places = [TextRange(each.work.id, each.section_number, each.start, each.end) for each in others]
    return any(
        (place.work, place.section) == (parallel.work.id, parallel.section_number)
        and place.start < parallel.end
        and parallel.start < place.end
        for place in (*places, *([asked.place] if asked.place else ()))
    )


def ordered(found: Sequence[Parallel]) -> list[Parallel]:
    """Return parallels in their order: those in wording by the score of their alignments, then those in meaning."""

    def rank(each: Parallel) -> tuple[bool, float, str, int, int]:
        is_meaning = each.likeness is Likeness.MEANING
        worth = each.nearness if is_meaning else each.agreements.score
        return is_meaning, -worth, each.work.id, each.section_number, each.start

    return sorted(found, key=rank)


def by_work(found: Sequence[Parallel]) -> tuple[tuple[WorkCard, int], ...]:
    """Return the works that parallels are in, those with most first."""
    counts = Counter(each.work.id for each in found)
    cards = {each.work.id: each.work for each in found}
    return tuple((cards[work], count) for work, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
