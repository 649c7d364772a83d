"""A passage that was found becomes a hit: its text, its place, and why it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import token_keys
from indexer.text.folding import fold, folded_each
from indexer.text.streams import Codes, code_points
from search import deadline
from search.excerpts import excerpt
from search.model import Hit, Why
from search.ranges import among, merged
from search.ranking.fusion import Listed, Signals
from search.ranking.pieces import Stretch
from search.stores.base import Marks, Matches, Ref, Store, StoredPassage, Wanted

_WIDEST_GAP = 4
"""Characters between two neighbours in the folded text, beyond which they are not shown as one stretch."""


Pairs = NDArray[np.uint64]
"""Adjacent folded characters, each pair as one number; sorted."""


def pairs_of(texts: Sequence[str]) -> Pairs:
    """Return the pairs of the query without its operators, and of other names of what it names."""
    found = [token_keys(code_points(fold(text)))[1] for text in texts]
    return np.unique(np.concatenate([np.empty(0, np.uint64), *found]))


def read_hits(
    store: Store,
    listed: Sequence[Listed],
    matches: Matches,
    signals: Signals,
    closest: Mapping[Ref, Stretch],
    pairs: Pairs,
    spelled: tuple[Why, Why] = (Why.EXACT, Why.FOLDED),
) -> tuple[Hit, ...]:
    """Read what is listed from the store; in what is only alike, the stretches it shares with ``pairs`` are marked.

    ``closest`` are the stretches that are closest to the query in meaning. ``spelled`` says why what matches is there
    that counts as spelled as typed, and why other matches are.
    """
    marks = matches.marks([each.passage for each in listed])
    # What begins in a passage may end in the next, and is shown whole.
    wanted = [
        Wanted(each.passage, _end(mine), closest.get(each.passage)) for each, mine in zip(listed, marks, strict=True)
    ]
    found = zip(store.passages(wanted), listed, marks, strict=True)
    return tuple(hit(passage, each, mine, signals, pairs, spelled) for passage, each, mine in found)


def hit(
    passage: StoredPassage,
    listed: Listed,
    marks: Marks | None,
    signals: Signals,
    pairs: Pairs,
    spelled: tuple[Why, Why] = (Why.EXACT, Why.FOLDED),
) -> Hit:
    """Return the hit of one passage; see :func:`read_hits`."""
    deadline.check()
    why: list[Why] = []
    ranges = [(start - passage.start, end - passage.start) for start, end in marks.ranges] if marks else []
    if marks and ranges:
        why += _how_they_stand(marks, spelled)
    if listed.passage in signals.words:
        why.append(Why.WORDS)
    if listed.passage in signals.meaning:
        why.append(Why.MEANING)
    if listed.passage in signals.dated:
        why.append(Why.DATE)
    highlights = tuple(ranges or shared(passage.folded, pairs))
    return Hit(
        id=str(passage.ref),
        score=listed.score,
        matched=listed.matched,
        why=tuple(why),
        work=passage.work,
        section=passage.section,
        section_number=passage.section_number,
        start=passage.start,
        page=passage.page,
        facsimile=passage.facsimile,
        text=passage.text,
        highlights=highlights,
        notes=passage.notes,
        excerpt=excerpt(passage.text, highlights, None if listed.matched else passage.stretch),
        nearest_passage_range=passage.stretch,
    )


def _how_they_stand(marks: Marks, spelled: tuple[Why, Why]) -> list[Why]:
    if marks.asked:
        return [spelled[not marks.typed]]
    return [Why(slip) for slip in marks.slips if slip] or [Why.ALIAS]


def _end(marks: Marks | None) -> int:
    return marks.ranges[-1][1] if marks and marks.ranges else 0


def shared(folded: Codes, pairs: Pairs) -> list[tuple[int, int]]:
    """Return the stretches of at least two characters of a text, given folded, that are among the pairs."""
    places = np.flatnonzero(folded)
    shared = among(token_keys(folded[places])[1], pairs) & (np.diff(places) < _WIDEST_GAP)
    firsts, lasts = places[:-1][shared], places[1:][shared]
    return merged(list(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True)))


def shared_with(asked: Sequence[str], text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the stretches of a passage, a range of a text, that are marked where it is only alike what was asked."""
    folded = folded_each(code_points(text[start:end]))
    return tuple((first + start, last + start) for first, last in shared(folded, pairs_of(asked)))
