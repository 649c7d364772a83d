"""The cluster store: one generation of an index on an OpenSearch cluster, for searching and reading."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from corpora.model import Page, Section
from indexer.cluster.address import ClusterAddress
from indexer.cluster.state import rows_from
from indexer.embedding import Embedder, Vectors, load_embedder
from indexer.engines.base import GramQuery
from indexer.errors import IndexFailure
from indexer.store.access import Declared
from indexer.text.streams import Codes
from search.exact.occurrences import StoredOccurrences
from search.grams import Unit
from search.model import Scope, WorkCard
from search.parallels.shared import SharedTexts, TextRange
from search.ranking.pieces import Numbers, Pieces, Stretch
from search.stores.base import (
    Eligible,
    ExactQuery,
    Filters,
    NearWindow,
    Ranked,
    Ref,
    SectionMarks,
    StoredPassage,
    Wanted,
    literal_queries,
)
from search.stores.cluster import nearest, ranking, reading, sharing, spellings, status, texts
from search.stores.cluster.candidates import counting_of, listed
from search.stores.cluster.deciding import Decider, section_marks
from search.stores.cluster.grams import grams
from search.stores.cluster.matches import MOST_DECIDED, ClusterMatches, occurrences
from search.stores.cluster.narrowing import all_of
from search.stores.cluster.occurrences import Gathered
from search.stores.cluster.opened import opened
from search.stores.cluster.view import View

_COUNTED = 1_000
"""Words whose frequencies are asked for at most."""


class ClusterStore:
    """See :class:`search.stores.base.Store`."""

    def __init__(self, view: View) -> None:
        self._view = view

    @classmethod
    def open(cls, address: ClusterAddress) -> ClusterStore:
        """Open the published generation.

        Raises:
            IndexFailure: there is none, or it can't be read.
        """
        return cls(opened(address))

    @property
    def name(self) -> str:
        """See :attr:`search.stores.base.Store.name`."""
        return str(self._view.address)

    @property
    def generation(self) -> int:
        """See :attr:`search.stores.base.Store.generation`."""
        return self._view.generation.number

    @cached_property
    def identity(self) -> str:
        """See :attr:`search.stores.base.Store.identity`."""
        sources = sorted((digest, works) for digest, works in self._view.generation.sources.items() if works)
        state = (self.generation, self._view.generation.settings, sources)
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    @property
    def folding(self) -> str:
        """See :attr:`search.stores.base.Store.folding`."""
        return self._view.generation.settings.folding

    @property
    def declared(self) -> Declared:
        """See :attr:`search.stores.base.Store.declared`."""
        return self._view.generation.access

    @cached_property
    def embedder(self) -> Embedder:
        """See :attr:`search.stores.base.Store.embedder`."""
        wanted = self._view.generation.settings.model
        path = Path(wanted)
        embedder = load_embedder(path if path.is_absolute() else None)
        if embedder.name != wanted:
            advice = f"here is {embedder.name}; build the index anew"
            raise IndexFailure(f"{self.name}: made with the model {path}, {advice}")
        return embedder

    def works(self) -> Sequence[WorkCard]:
        """See :meth:`search.stores.base.Store.works`."""
        return self._view.cards

    def without(self, works: frozenset[str]) -> ClusterStore:
        """See :meth:`search.stores.base.Store.without`."""
        view = ClusterStore(self._view.without(works))
        view.embedder = self.embedder
        return view

    def match(self, query: ExactQuery) -> ClusterMatches:
        """See :meth:`search.stores.base.Store.match`."""
        return ClusterMatches(self._view, query)

    def find(self, query: ExactQuery) -> StoredOccurrences:
        """See :meth:`search.stores.base.Store.find`."""
        allowed = self._view.passages(self._view.chosen(query.filters))
        possible = counting_of(self._view, query, allowed).narrowing.possible(query.tree)
        candidates = listed(self._view, all_of([*allowed, possible]))
        gathered = Gathered()
        for batch in Decider(self._view, query, near_spans=True).decide(candidates):
            gathered.add(batch)
            if gathered.count >= MOST_DECIDED:
                break
        return gathered.occurrences(self._view, at_least=gathered.count >= MOST_DECIDED)

    def section_marks(self, work: str, number: int, query: ExactQuery) -> SectionMarks:
        """See :meth:`search.stores.base.Store.section_marks`."""
        return section_marks(self._view, work, number, query)

    def frequencies(self, words: Sequence[str], scope: Scope, filters: Filters) -> Sequence[int]:
        """See :meth:`search.stores.base.Store.frequencies`."""
        return occurrences(self._view, literal_queries(words, scope, filters))

    def affordable(self, unit: Unit) -> int:
        """See :meth:`search.stores.base.Store.affordable`; fifty are one round trip."""
        return _COUNTED

    def grams(self, unit: Unit, scope: Scope, filters: Filters) -> Mapping[str, int]:
        """See :meth:`search.stores.base.Store.grams`."""
        return grams(self._view, unit, scope, filters)

    def rank(self, query: GramQuery, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Store.rank`."""
        return ranking.rank(self._view, query, eligible, limit)

    def nearest(self, vector: Vectors, scope: Scope, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Store.nearest`."""
        return nearest.nearest(self._view, vector, scope, eligible, limit)

    def windows(self, vector: Vectors, scope: Scope, passages: Sequence[Ref]) -> Mapping[Ref, Stretch]:
        """See :meth:`search.stores.base.Store.windows`."""
        return nearest.windows(self._view, vector, scope, passages)

    def nearest_windows(self, vectors: Vectors, filters: Filters, limit: int) -> Sequence[Sequence[NearWindow]]:
        """See :meth:`search.stores.base.Store.nearest_windows`."""
        return nearest.nearest_windows(self._view, vectors, filters, limit)

    def shared(self, text: Codes, least: int, filters: Filters, but: TextRange | None) -> SharedTexts:
        """See :meth:`search.stores.base.Store.shared`."""
        return sharing.shared(self._view, text, least, filters, but)

    def texts(self, passages: Sequence[Ref], scope: Scope) -> Pieces:
        """See :meth:`search.stores.base.Store.texts`."""
        return texts.pieces_of(self._view, passages, scope)

    def passages(self, wanted: Sequence[Wanted]) -> Sequence[StoredPassage]:
        """See :meth:`search.stores.base.Store.passages`."""
        return reading.read_passages(self._view, wanted)

    def works_of(self, passages: Sequence[Ref]) -> Sequence[WorkCard]:
        """See :meth:`search.stores.base.Store.works_of`."""
        return reading.works_of(self._view, passages)

    def weights_of(self, passages: Sequence[Ref]) -> Sequence[float]:
        """See :meth:`search.stores.base.Store.weights_of`."""
        return reading.weights_of(passages)

    def contents(self, work: str) -> Sequence[str]:
        """See :meth:`search.stores.base.Store.contents`."""
        return self._view.works[work].titles

    def pages(self, work: str) -> Sequence[tuple[Page, ...]]:
        """See :meth:`search.stores.base.Store.pages`."""
        return reading.read_pages(self._view, work)

    def paths(self, work: str) -> Sequence[tuple[str, ...]]:
        """See :meth:`search.stores.base.Store.paths`."""
        return [tuple(path) for path in self._view.works[work].data["paths"]]

    def characters(self, work: str) -> Numbers:
        """See :meth:`search.stores.base.Store.characters`."""
        return np.array(self._view.works[work].data["characters"], np.int64)

    def dated_characters(self, work: str) -> Numbers:
        """See :meth:`search.stores.base.Store.dated_characters`."""
        return rows_from(self._view.works[work].data["dated"])

    def section(self, work: str, number: int) -> Section:
        """See :meth:`search.stores.base.Store.section`."""
        return reading.read_section(self._view, work, number)

    def stands(self, words: Sequence[str]) -> frozenset[str]:
        """See :meth:`search.stores.base.Store.stands`."""
        return spellings.stands(self._view, words)

    def spellings(self, words: Sequence[str], language: str) -> Sequence[str]:
        """See :meth:`search.stores.base.Store.spellings`."""
        return spellings.spellings(self._view, words, language)

    def status(self) -> dict[str, Any]:
        """See :meth:`search.stores.base.Store.status`."""
        return status.status(self._view)

    def warm_up(self) -> None:
        """See :meth:`search.stores.base.Store.warm_up`."""
        self.embedder.embed(["江"])
