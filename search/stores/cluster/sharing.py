"""What shares runs with a text, on a cluster: passages in which pieces of it begin, and our own matching on them.

A run of :data:`search.parallels.shared.SEED` characters has one of the pieces in it that are asked for, which overlap.
The index counts how many begin in each passage; the texts of those that have most are fetched at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np

from indexer.cluster.assembling import Assembled
from indexer.cluster.parts import PartKey
from indexer.text.streams import BOUNDARY, Codes
from search import deadline
from search.model import WorkCard
from search.parallels.alignment import BEYOND
from search.parallels.chains import FAR
from search.parallels.shared import SEED, SharedTexts, TextRange
from search.stores.base import Filters
from search.stores.cluster.coarse import MOST_CLAUSES, clauses
from search.stores.cluster.deciding import rows_of
from search.stores.cluster.gathering import gather
from search.stores.cluster.narrowing import any_of, phrase_query
from search.stores.cluster.view import PLACED, ClusterRef, Query, View
from search.stores.views import shared_in

MOST_PASSAGES = 600
"""Passages whose texts are compared, those in which most pieces begin: with their parts, some megabytes."""
_PIECE, _STEP = SEED - 1, 2
"""Characters of a piece, and from one to the next."""
_SEARCHES = 16
"""Searches of one round trip."""


def shared(view: View, text: Codes, least: int, filters: Filters, but: TextRange | None) -> SharedTexts:
    """Find what shares runs with a text, as :meth:`search.stores.base.Store.shared` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    passages, at_least = _passages(view, text, filters)
    if not passages:
        return SharedTexts()

    def lacking(texts: Assembled) -> set[PartKey]:
        around = FAR + BEYOND
        return texts.lacking(np.array(rows_of(texts, passages), np.int64), around, around)

    texts = gather(view, {PartKey(ref.work, ref.section, ref.part) for ref in passages}, lacking)
    found = shared_in(texts, text, least, None, _range(texts, but), partial(_named, view, texts))
    return SharedTexts.most(list(found), at_least)


def _passages(view: View, text: Codes, filters: Filters) -> tuple[list[ClusterRef], bool]:
    """Return the passages in which most pieces of a text begin, and whether there are others."""
    bodies = [_search(view, pieces, filters) for pieces in _pieces(text)]
    scores: Counter[ClusterRef] = Counter()
    at_least = False
    for first in range(0, len(bodies), _SEARCHES):
        deadline.check()
        for answer in view.msearch(bodies[first : first + _SEARCHES]):
            hits = answer["hits"]["hits"]
            at_least |= len(hits) == MOST_PASSAGES
            for hit in hits:
                scores[ClusterRef.of(hit)] += hit["_score"]
    best = sorted(scores, key=lambda ref: (-scores[ref], ref))
    return sorted(best[:MOST_PASSAGES]), at_least or len(best) > MOST_PASSAGES


def _pieces(text: Codes) -> Iterator[list[Query]]:
    """Yield the queries for pieces of a text, as many at a time as a search may have."""
    some: list[Query] = []
    size = 0
    for codes in dict.fromkeys(
        tuple(text[at : at + _PIECE].tolist()) for at in range(0, len(text) - _PIECE + 1, _STEP)
    ):
        if BOUNDARY in codes:
            continue
        query = any_of(phrase_query(name, codes)[0] for name in "mn")
        if size + clauses(query) > MOST_CLAUSES:
            yield some
            some, size = [], 0
        some.append(query)
        size += clauses(query)
    if some:
        yield some


def _search(view: View, pieces: list[Query], filters: Filters) -> Query:
    """Return the search for the passages in which most of some pieces begin."""
    return {
        "size": MOST_PASSAGES,
        "track_total_hits": False,
        "_source": False,
        "docvalue_fields": list(PLACED),
        "sort": [{"_score": "desc"}, {"work": "asc"}, {"place": "asc"}],
        "query": {"bool": {"filter": view.passages(view.chosen(filters)), "must": [any_of(pieces)]}},
    }


def _range(texts: Assembled, place: TextRange | None) -> tuple[int, int]:
    """Return a place as a range of the view's text; an empty one where it is not there."""
    if place is not None:
        for part, row in zip(texts.parts, texts.part_rows.tolist(), strict=True):
            if (part.key.work, part.key.section) == (place.work, place.section):
                begin = int(texts.sections["start"][texts.passages["section"][row]])
                return begin + place.start, begin + place.end
    return 0, 0


def _named(view: View, texts: Assembled, passage: int) -> tuple[WorkCard, str]:
    """Return the work and the title of the section that a passage is in."""
    key = texts.parts[int(texts.part_of(np.array([passage]))[0])].key
    work = view.works[key.work]
    return work.card, work.titles[key.section]
