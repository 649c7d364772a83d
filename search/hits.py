"""A passage that was found becomes a hit: its text, its place, and why it is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer import passage_keys
from indexer.folding import fold, fold_array
from indexer.pack import Pack
from indexer.passages import text_of
from search.fusion import Evidence, Stretch
from search.matching import among, in_passage, merged, original_ranges
from search.results import Hit, Why, WorkCard

_WIDEST_GAP = 4
"""Characters between two neighbours in the folded text, beyond which they are not shown as one stretch."""


def hit(pack: Pack, card: WorkCard, passage: int, score: float, evidence: Evidence, texts: Sequence[str]) -> Hit:
    """The hit of one passage; ``texts`` are the query without its operators, and other names of what it names.

    What a passage that is only alike has in common with them is marked.
    """
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
        ranges = _shared(pack, start, end, texts)
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
        window=_window(pack, evidence.stretches[passage], start, end) if passage in evidence.stretches else None,
    )


def _window(pack: Pack, stretch: Stretch, start: int, end: int) -> tuple[int, int] | None:
    """The part of a stretch that lies in a passage, as a range of the passage's text."""
    stream, begin, stop = stretch
    offsets = pack.streams[stream].offsets
    first = max(int(offsets[begin]), start)
    last = min(int(offsets[stop - 1]) + 1, end)
    return (first - start, last - start) if last > first else None


def _shared(pack: Pack, start: int, end: int, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Stretches of at least two characters that a passage shares with one of the texts."""
    pairs = {wanted[at : at + 2] for wanted in map(fold, texts) for at in range(len(wanted) - 1)}
    folded, offsets = fold_array(np.asarray(pack.text[start:end]))
    shown = text_of(folded)
    places = (offsets + np.uint32(start)).tolist()
    return merged(
        [
            (places[at], places[at + 1] + 1)
            for at in range(len(shown) - 1)
            if shown[at : at + 2] in pairs and places[at + 1] - places[at] < _WIDEST_GAP
        ]
    )
