"""A passage that was found becomes a hit: its text, its place, and why it is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import token_keys
from indexer.store import passage_keys
from indexer.store.pack import Pack
from indexer.text.folding import fold
from indexer.text.streams import code_points, text_of
from search.exact.matching import among, in_passage, merged, original_ranges
from search.model import Hit, Why, WorkCard
from search.ranking.fusion import Evidence, Stretch

_WIDEST_GAP = 4
"""Characters between two neighbours in the folded text, beyond which they are not shown as one stretch."""


Pairs = NDArray[np.uint64]
"""Adjacent folded characters, each pair as one number; sorted."""


def pairs_of(texts: Sequence[str]) -> Pairs:
    """Return the pairs of the query without its operators, and of other names of what it names."""
    found = [token_keys(code_points(fold(text)))[1] for text in texts]
    return np.unique(np.concatenate([np.empty(0, np.uint64), *found]))


def hit(pack: Pack, card: WorkCard, passage: int, score: float, evidence: Evidence, pairs: Pairs) -> Hit:
    """Return the hit of one passage; in one that is only alike, what it shares with the query's pairs is marked."""
    number, local = passage_keys.split(passage)
    row = pack.passages[local]
    section = pack.sections[row["section"]]
    start, end = int(row["start"]), int(row["end"])
    why: list[Why] = []
    ranges: list[tuple[int, int]] = []
    matches = evidence.matches.get(number)
    if matches and among(local, matches.found.passages):
        typed = False
        for each in matches.occurrences:
            mine = in_passage(each, local)
            typed = typed or bool(mine.typed.any())
            ranges += original_ranges(pack, mine)
        if ranges:
            spelled = Why.EXACT if typed else Why.FOLDED
            why.append(spelled if among(local, matches.asked) else Why.ALIAS)
            # What begins here may end in the next passage, and is shown whole.
            end = min(max(end, *(stop for _, stop in ranges)), int(section["end"]))
    if passage in evidence.words:
        why.append(Why.WORDS)
    if passage in evidence.meaning:
        why.append(Why.MEANING)
    if not ranges:
        ranges = _shared(pack, start, end, pairs)
    stretch = evidence.stretches.get(passage)
    within = start - int(section["start"])
    label, facsimile = pack.page(int(row["page"]))
    return Hit(
        id=f"{card.id}.{int(section['number'])}.{within}",
        score=score,
        why=tuple(why),
        work=card,
        section=pack.works[int(pack.passage_works[local])].section_titles[int(section["number"])],
        section_number=int(section["number"]),
        start=within,
        page=label,
        facsimile=facsimile,
        text=text_of(pack.text[start:end]),
        highlights=tuple((a - start, b - start) for a, b in merged(ranges)),
        notes=tuple((a - start, b - start) for a, b in pack.notes_between(start, end)),
        nearest_passage_range=_window(pack, stretch, start, end) if stretch else None,
    )


def _window(pack: Pack, stretch: Stretch, start: int, end: int) -> tuple[int, int] | None:
    """The part of a stretch that lies in a passage, as a range of the passage's text."""
    stream, begin, stop = stretch
    bounds = np.array([begin, stop - 1])
    first = max(int(pack.streams[stream].original_starts(bounds)[0]), start)
    last = min(int(pack.streams[stream].original_ends(bounds)[1]), end)
    return (first - start, last - start) if last > first else None


def _shared(pack: Pack, start: int, end: int, pairs: Pairs) -> list[tuple[int, int]]:
    """Return the stretches of at least two characters of a passage that are among the pairs."""
    codes = pack.folded.take(pack.text.ids[start:end])
    places = np.flatnonzero(codes)
    shared = among(token_keys(codes[places])[1], pairs) & (np.diff(places) < _WIDEST_GAP)
    firsts = places[:-1][shared] + start
    lasts = places[1:][shared] + start
    return merged(list(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True)))
