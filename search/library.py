"""The library as a reader meets it: one generation of an index, opened for searching and reading."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer import engines
from indexer.embedding import Embedder, StaticEmbedder, load_embedder
from indexer.engines import Engine
from indexer.errors import IndexFailure
from indexer.store import passage_keys
from indexer.store.access import Declared
from indexer.store.checksums import Damaged
from indexer.store.generation import damaged, engine_folder, open_packs, published, require_sizes, work_key
from indexer.store.vectors import size_on_disk
from indexer.text import readings
from search import cursors, deadline, fields
from search.addresses import Address, Located, Standing, follow
from search.exact.evaluation import distinct
from search.exact.matching import merged, original_ranges
from search.exact.occurrences import Occurrences
from search.hits import Pairs, hit, pairs_of
from search.model import (
    Hit,
    Mode,
    Scope,
    SearchError,
    SearchRequest,
    SearchResponse,
    SectionView,
    Suggestion,
    Total,
    WorkCard,
)
from search.order import ordered
from search.query import Parsed, Phrase, parse
from search.ranking import fusion
from search.ranking.evidence import Ranker, exact_matches
from search.ranking.fusion import Evidence, Scores
from search.ranking.semantic import Meaning
from search.snapshot import Snapshot
from search.visibility import PartialEngine
from search.words.aliases import expand
from search.words.out_of_domain import DomainCheck, check_domain
from search.words.thesaurus import LONGEST_WORD, Spellings, thesaurus

LARGEST_LIMIT = 1000
MOST_VIEWS = 16
"""Views that are kept; a change of access makes others."""
CLASSICAL = "lzh"
"""The language of works in which modern words are not to be found."""

Kind = Literal["characters", "semantic", "fused", "hybrid"]
"""What ranks: characters, vectors, both, or the default search."""


class Library:
    """One generation of an index. Safe to share between threads: nothing in it changes after opening."""

    def __init__(self, index: Path, snapshot: Snapshot, engine: Engine) -> None:
        self.index = index
        self._snapshot = snapshot
        self._engine = engine
        self._views: dict[frozenset[str], Library] = {}

    @classmethod
    def open(cls, index: Path) -> Library:
        """Open the published generation.

        Raises:
            IndexFailure: there is none, or it can't be read.
        """
        while generation := published(index):
            try:
                require_sizes(index, generation)
                engine = engines.engine(generation.settings.engine)
                reader = engine.open_reader(engine_folder(index, generation.number))
                return cls(index, Snapshot(generation, open_packs(index, generation.packs)), reader)
            except (Damaged, OSError, ValueError, KeyError, RuntimeError) as failure:
                if published(index) == generation:
                    raise damaged(index, failure) from failure
                # Builds that ended meanwhile have published anew and dropped this one: open theirs.
        inner = ", ".join(sorted(str(manifest.parent) for manifest in index.glob("*/manifest.json")))
        advice = f"name one of {inner}" if inner else f"build one with `wenyuan index PATH --index {index}`"
        raise IndexFailure(f"{index}: no index there; {advice}")

    @cached_property
    def collections(self) -> frozenset[str]:
        """The collections that have works here."""
        return frozenset(card.collection for card in self._snapshot.cards.values())

    @property
    def declared(self) -> Declared:
        """What the index says of who may read its works."""
        return self._snapshot.generation.access

    def collection_of(self, work_id: str) -> str | None:
        """Return the collection of a work; None where there is no such work."""
        place = self._snapshot.places.get(work_id)
        return self._snapshot.cards[place].collection if place else None

    def without(self, works: frozenset[str]) -> Library:
        """Return the library as if it had never had these works.

        Everything that is asked of it, hits, counts, facets, works and words, is answered from what is left; see
        :class:`search.visibility.PartialEngine` for the one thing in which it differs. Views are kept: asked again with
        the same set it costs nothing.
        """
        if not works:
            return self
        if (kept := self._views.get(works)) is not None:
            return kept
        hidden = {work for work in works if work in self._snapshot.places}
        if not hidden:
            return self
        seen = [work_key(*place) for place, card in self._snapshot.cards.items() if card.id not in hidden]
        view = Library(self.index, self._snapshot.without(hidden), PartialEngine(self._engine, seen))
        # Read once, not by each view.
        view._embedder, view._meaning = self._embedder, self._meaning
        while len(self._views) >= MOST_VIEWS:
            self._views.pop(next(iter(self._views)), None)
        self._views[works] = view
        return view

    @property
    def generation(self) -> int:
        """The number of the generation that is open."""
        return self._snapshot.generation.number

    @property
    def is_folded_as_now(self) -> bool:
        """Whether the texts were folded by this program's tables; else some words are not found until they are."""
        return self._snapshot.generation.settings.folding == readings.fingerprint()

    @cached_property
    def identity(self) -> str:
        """What tells this state of the index from any other: a digest of its number, its settings and its sources.

        The number alone would not: an index that is built anew counts from 1 again. Only works that can be seen
        count, so that it tells nothing of those that can't.
        """
        sources = sorted((digest, works) for digest, works in self._snapshot.generation.sources.items() if works)
        state = (self.generation, self._snapshot.generation.settings, sources)
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    @cached_property
    def _embedder(self) -> Embedder:
        path = Path(self._snapshot.generation.settings.model)
        embedder = load_embedder(path if path.is_absolute() else None)
        if embedder.name != self._snapshot.generation.settings.model:
            # Vectors from different models are not comparable.
            advice = f"here is {embedder.name}; build the index anew"
            raise IndexFailure(f"{self.index}: made with the model {path}, {advice}")
        return embedder

    @cached_property
    def _meaning(self) -> Meaning:
        return Meaning(self._snapshot.packs, self._embedder)

    @property
    def _ranker(self) -> Ranker:
        return Ranker(self._snapshot, self._engine, self._embedder, self._meaning)

    def works(self) -> tuple[WorkCard, ...]:
        """Return every work, by id."""
        return tuple(self._snapshot.cards[place] for place in self._snapshot.ranks)

    def status(self) -> dict[str, Any]:
        """Return what is in the index, with sizes in bytes."""
        packs, settings = self._snapshot.packs, self._snapshot.generation.settings
        live = {number: pack.of_works(self._snapshot.entries[number].live) for number, pack in packs.items()}
        vectors = sum(size_on_disk(pack.folder) for pack in packs.values())
        return {
            "index": str(self.index),
            "generation": self.generation,
            "engine": settings.engine,
            "model": settings.model,
            "folding": settings.folding,
            "works": len(self._snapshot.cards),
            "sections": sum(card.sections for card in self._snapshot.cards.values()),
            "passages": sum(int(mask.sum()) for mask in live.values()),
            "windows": sum(int(live[number][pack.windows["passage"]].sum()) for number, pack in packs.items()),
            "characters": sum(
                int((rows["end"] - rows["start"]).sum())
                for number, pack in packs.items()
                for rows in [pack.passages[live[number]]]
            ),
            "packs": len(packs),
            "bytes": {
                "text": sum(_bytes(pack.folder) for pack in packs.values()) - vectors,
                "vectors": vectors,
                "engine": _bytes(engine_folder(self.index, self.generation)),
            },
        }

    def section(
        self,
        work_id: str,
        number: int,
        q: str = "",
        strict: bool = False,
        scope: Scope = Scope.BOTH,
        aliases: bool = False,
    ) -> SectionView:
        """Return a section for reading, with what ``q`` finds in it.

        Raises:
            KeyError: there is no such section.
            SearchTimeout: to find what ``q`` says takes longer than whoever asks has allowed.
        """
        place = self._snapshot.places[work_id]
        card = self._snapshot.cards[place]
        if not 0 <= number < card.sections:
            raise KeyError(f"{work_id} has no section {number}")
        pack = self._snapshot.packs[place[0]]
        row = pack.works[place[1]].first_section + number
        if not q:
            return SectionView(card, pack.section(row), number)
        start, end = int(pack.sections["start"][row]), int(pack.sections["end"][row])
        found = self._snapshot.evaluator(place[0], scope, strict).evaluate(expand(parse(q), aliases).tree)
        here = distinct(found.occurrences, np.flatnonzero(pack.passages["section"] == row))
        ranges = merged([stretch for each in here for stretch in original_ranges(pack, each)])
        highlights = tuple((max(a, start) - start, min(b, end) - start) for a, b in ranges)
        return SectionView(card, pack.section(row), number, highlights, sum(len(each.starts) for each in here))

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a search.

        Raises:
            SearchError: the query costs too much, or the cursor is not one of this search.
            SearchTimeout: it takes longer than whoever asks has allowed (:mod:`search.deadline`).
        """
        began = time.perf_counter()
        if not 1 <= request.limit <= LARGEST_LIMIT:
            raise SearchError("bad-limit", str(request.limit))
        parsed = parse(request.q)
        offset = cursors.read(request, self.identity)
        expanded = expand(parsed, request.expands)
        evidence = self._ranker.evidence(request, parsed, expanded)
        match request.mode:
            case Mode.SEMANTIC:
                passages, scores = fusion.by_likeness(evidence)
            case Mode.EXACT:
                passages, scores = fusion.by_matches(evidence, self._snapshot.packs)
            case Mode.HYBRID:
                passages, scores = fusion.fused(evidence, self._snapshot.packs)
        end = offset + request.limit
        order = ordered(self._snapshot, request.sort, passages, scores, end)
        pairs = pairs_of((parsed.text, *expanded.names))
        hits = tuple(self._hit(int(passages[at]), float(scores[at]), evidence, pairs) for at in order[offset:end])
        occurrences = sum(matches.count for matches in evidence.matches.values())
        domain = self._check_domain(request, parsed, occurrences)
        suggestions = self._suggestions(parsed, occurrences)
        return SearchResponse(
            request=request,
            total=Total(len(passages), None if request.mode is Mode.SEMANTIC else occurrences),
            hits=hits,
            facets=fields.facets(self._snapshot.counts(passages)) if request.facets else {},
            next=cursors.write(request, self.identity, end) if end < len(passages) else "",
            took_ms=(time.perf_counter() - began) * 1000,
            generation=self.generation,
            explanations=parsed.explanations,
            expanded_names=expanded.names,
            unknown_words=domain.unknown_words,
            has_close_match=domain.has_close_match,
            suggestions=suggestions,
        )

    def find(
        self,
        q: str,
        *,
        scope: Scope = Scope.BOTH,
        strict: bool = False,
        filters: Mapping[str, tuple[str, ...]] | None = None,
        aliases: bool = False,
    ) -> Occurrences:
        """Find every place where the words of a query stand, exactly.

        Of AND and NOT they are those of the phrases in passages that satisfy the whole; of NEAR, the stretch of each
        pair. With ``aliases`` other names of what the query names are found too.

        Raises:
            SearchError: the query costs too much.
        """
        parsed = parse(q)
        allowed = {number: self._snapshot.allowed(number, filters or {}) for number in self._snapshot.packs}
        expanded = expand(parsed, aliases)
        matches = exact_matches(self._snapshot, parsed, allowed, scope, strict, expanded, near_spans=True)
        return Occurrences.of(self._snapshot, {number: each.occurrences for number, each in matches.items()})

    def locate(self, address: Address) -> Located:
        """Follow a permanent address to where it leads in this generation."""
        place = self._snapshot.places.get(address.work)
        if place is None:
            return Located(Standing.GONE)
        pack, first = self._snapshot.packs[place[0]], self._snapshot.packs[place[0]].works[place[1]].first_section
        return follow(address, self._snapshot.cards[place].sections, lambda number: pack.section(first + number))

    def warm_up(self) -> None:
        """Load everything that searches need before the server forks, so that its workers share it."""
        self._meaning.warm_up()
        self.search(SearchRequest("江"))

    def ranking(self, text: str, kind: Kind, limit: int) -> list[tuple[str, str, float]]:
        """Work, page and score of the passages nearest to a plain text, by one kind of ranking; for measuring."""
        if kind == "hybrid":
            found = self.search(SearchRequest(q=text, limit=limit))
            return [(hit.work.id, hit.page, hit.score) for hit in found.hits]
        words: Scores = {} if kind == "semantic" else self._ranker.by_words(text, Scope.BOTH, None)
        meaning: Scores = {}
        if kind != "characters":
            everything = {number: self._snapshot.allowed(number, {}) for number in self._snapshot.packs}
            meaning, _ = self._ranker.by_meaning(text, Scope.BOTH, everything)
        scores = fusion.likely(words, meaning) if kind == "fused" else words or meaning
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return [(*self._snapshot.named(passage), score) for passage, score in ranked]

    def features(self, text: str) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
        """Work and page of the passages that a plain text is compared with token by token, and their features."""
        parsed = parse(text)
        evidence = self._ranker.evidence(SearchRequest(q=text), parsed, expand(parsed))
        passages = list(evidence.interaction)
        return [self._snapshot.named(passage) for passage in passages], fusion.features(evidence, passages)

    def _check_domain(self, request: SearchRequest, parsed: Parsed, occurrences: int) -> DomainCheck:
        if request.mode is Mode.EXACT or occurrences or not isinstance(self._embedder, StaticEmbedder):
            return DomainCheck()
        return check_domain(parsed.text, self._embedder, self._snapshot.stands)

    def _suggestions(self, parsed: Parsed, occurrences: int) -> tuple[Suggestion, ...]:
        quoted = occurrences and isinstance(parsed.tree, Phrase) and len(parsed.tree.folded) > LONGEST_WORD
        if quoted or not self._has_classical:
            return ()
        return thesaurus().suggest(parsed.text, self._classical_spellings)

    @cached_property
    def _classical_spellings(self) -> Spellings:
        packs = self._snapshot.packs
        return Spellings(packs, {number: self._snapshot.in_language(number, CLASSICAL) for number in packs})

    @cached_property
    def _has_classical(self) -> bool:
        return any(card.record.language == CLASSICAL for card in self._snapshot.cards.values())

    def _hit(self, passage: int, score: float, evidence: Evidence, pairs: Pairs) -> Hit:
        deadline.check()
        number, row = passage_keys.split(passage)
        pack = self._snapshot.packs[number]
        card = self._snapshot.cards[number, int(pack.passage_works[row])]
        return hit(pack, card, passage, score, evidence, pairs)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
