"""The library as a reader meets it: one generation of an index, opened for searching and reading."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer import engines
from indexer.access import Declared
from indexer.checksums import Damaged
from indexer.embedding import Embedder, StaticEmbedder, load_embedder
from indexer.engines import Engine
from indexer.errors import IndexFailure
from indexer.folding import fold
from indexer.generation import (
    Generation,
    PackEntry,
    damaged,
    engine_folder,
    open_packs,
    published,
    require_sizes,
    work_key,
)
from indexer.pack import Pack
from indexer.tokens import bag
from indexer.vectors import size_on_disk
from search import cursors, deadline, fields, fusion
from search.aliases import Expanded, expand, names_in
from search.evaluation import Evaluator, Found, distinct
from search.familiarity import Familiarity, familiarity
from search.fusion import Evidence, Matches, Scores, Stretch
from search.hits import hit
from search.interaction import Closest, Substitute, interact, spaced
from search.matching import Mask, merged, original_ranges, stands
from search.meaning import Meaning
from search.pieces import Pieces
from search.query import And, Field, Nothing, Parsed, Phrase, parse
from search.results import (
    FacetValue,
    Hit,
    Mode,
    Scope,
    SearchError,
    SearchRequest,
    SearchResponse,
    SectionView,
    Sort,
    Suggestion,
    Total,
    WorkCard,
)
from search.thesaurus import LONGEST_WORD, Spellings, Thesaurus
from search.visibility import PartialEngine

POOL = 200
"""Passages that each ranking by words and by meaning contributes."""
RERANKED = 64
"""Of these, the most likely ones are compared with the query token by token."""
LARGEST_LIMIT = 1000
MOST_VIEWS = 16
"""Views that are kept; a change of access makes others."""
CLASSICAL_DEGREE = 0.9
"""How alike a classical word counts to the modern one that it stands for."""
CLASSICAL = "lzh"
"""The language of works in which modern words are not to be found."""
_STREAMS = {Scope.TEXT: (0,), Scope.NOTES: (1,), Scope.BOTH: (0, 1)}

Kind = Literal["characters", "semantic", "fused", "hybrid"]
"""What ranks: characters, vectors, both, or the default search."""


class Library:
    """One generation of an index. Safe to share between threads: nothing in it changes after opening."""

    def __init__(self, index: Path, generation: Generation, packs: Mapping[int, Pack], engine: Engine) -> None:
        self.index = index
        self._state = generation
        self._entries: dict[int, PackEntry] = {entry.number: entry for entry in generation.packs}
        self._packs = {number: packs[number] for number in self._entries}
        self._engine = engine
        self._cards = {
            (number, work): WorkCard(each.id, each.collection, each.record, len(each.section_titles))
            for number, pack in self._packs.items()
            for work, each in enumerate(pack.works)
            if work in self._entries[number].live
        }
        self._places = {card.id: place for place, card in self._cards.items()}
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
                return cls(index, generation, open_packs(index, generation.packs), reader)
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
        return frozenset(card.collection for card in self._cards.values())

    @property
    def declared(self) -> Declared:
        """What the index says of who may read its works."""
        return self._state.access

    def collection_of(self, work_id: str) -> str | None:
        """The collection of a work; None where there is no such work."""
        place = self._places.get(work_id)
        return self._cards[place].collection if place else None

    def without(self, works: frozenset[str]) -> Library:
        """The library as it is to those who may not see these works, as if it had never had them.

        Everything that is asked of it, hits, counts, facets, works and words, is answered from what is left; see
        :class:`search.visibility.PartialEngine` for the one thing in which it differs. Views are kept: asked again with
        the same set it costs nothing.
        """
        if not works:
            return self
        if (kept := self._views.get(works)) is not None:
            return kept
        hidden = {work for work in works if work in self._places}
        if not hidden:
            return self
        seen = [work_key(*place) for place, card in self._cards.items() if card.id not in hidden]
        view = Library(self.index, self._state.without(hidden), self._packs, PartialEngine(self._engine, seen))
        # Read once, not by each view.
        view._embedder, view._meaning = self._embedder, self._meaning
        while len(self._views) >= MOST_VIEWS:
            self._views.pop(next(iter(self._views)), None)
        self._views[works] = view
        return view

    @property
    def generation(self) -> int:
        """The number of the generation that is open."""
        return self._state.number

    @cached_property
    def identity(self) -> str:
        """What tells this state of the index from any other: a digest of its number, its settings and its sources.

        The number alone would not: an index that is built anew counts from 1 again. Only works that can be seen
        count, so that it tells nothing of those that can't.
        """
        sources = sorted((digest, works) for digest, works in self._state.sources.items() if works)
        state = (self.generation, self._state.settings, sources)
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    @cached_property
    def _embedder(self) -> Embedder:
        path = Path(self._state.settings.model)
        embedder = load_embedder(path if path.is_absolute() else None)
        if embedder.name != self._state.settings.model:
            # Vectors of two models have nothing to say to each other.
            advice = f"here is {embedder.name}; build the index anew"
            raise IndexFailure(f"{self.index}: made with the model {path}, {advice}")
        return embedder

    @cached_property
    def _meaning(self) -> Meaning:
        return Meaning(self._packs, self._embedder)

    @cached_property
    def _order(self) -> dict[tuple[int, int], int]:
        """The rank of each work among all, by id: the order of places."""
        return {place: rank for rank, place in enumerate(sorted(self._cards, key=lambda at: self._cards[at].id))}

    def works(self) -> tuple[WorkCard, ...]:
        """Every work, by id."""
        return tuple(self._cards[place] for place in self._order)

    def status(self) -> dict[str, Any]:
        """What is in the index, with sizes in bytes."""
        packs = self._packs.values()
        live = {number: pack.of_works(self._entries[number].live) for number, pack in self._packs.items()}
        vectors = sum(size_on_disk(pack.folder) for pack in packs)
        return {
            "index": str(self.index),
            "generation": self.generation,
            "engine": self._state.settings.engine,
            "model": self._state.settings.model,
            "folding": self._state.settings.folding,
            "works": len(self._cards),
            "sections": sum(card.sections for card in self._cards.values()),
            "passages": sum(int(mask.sum()) for mask in live.values()),
            "windows": sum(int(live[number][pack.windows["passage"]].sum()) for number, pack in self._packs.items()),
            "characters": sum(
                int((rows["end"] - rows["start"]).sum())
                for number, pack in self._packs.items()
                for rows in [pack.passages[live[number]]]
            ),
            "packs": len(self._packs),
            "bytes": {
                "text": sum(_bytes(pack.folder) for pack in packs) - vectors,
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
        """A section for reading, with what ``q`` finds in it.

        Raises:
            KeyError: there is no such section.
            SearchTimeout: to find what ``q`` says takes longer than whoever asks has allowed.
        """
        place = self._places[work_id]
        card = self._cards[place]
        if not 0 <= number < card.sections:
            raise KeyError(f"{work_id} has no section {number}")
        pack = self._packs[place[0]]
        row = pack.works[place[1]].first_section + number
        if not q:
            return SectionView(card, pack.section(row), number)
        start, end = int(pack.sections["start"][row]), int(pack.sections["end"][row])
        evaluator = self._evaluator(place[0], _STREAMS[scope], strict)
        found = evaluator.evaluate(expand(parse(q), aliases).tree)
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
        evidence = self._evidence(request, parsed, expanded)
        match request.mode:
            case Mode.SEMANTIC:
                passages, scores = fusion.by_likeness(evidence)
            case Mode.EXACT:
                passages, scores = fusion.by_matches(evidence, self._packs)
            case Mode.HYBRID:
                passages, scores = fusion.fused(evidence, self._packs)
        end = offset + request.limit
        order = self._sorted(request.sort, passages, scores, end)
        texts = (parsed.text, *expanded.also)
        hits = tuple(self._hit(int(passages[at]), float(scores[at]), evidence, texts) for at in order[offset:end])
        occurrences = sum(matches.count for matches in evidence.matches.values())
        familiar = self._familiarity(request, parsed, occurrences)
        suggestions = self._suggestions(parsed, occurrences)
        return SearchResponse(
            request=request,
            total=Total(len(passages), None if request.mode is Mode.SEMANTIC else occurrences),
            hits=hits,
            facets=self._facets(passages) if request.facets else {},
            next=cursors.write(request, self.identity, end) if end < len(passages) else "",
            took_ms=(time.perf_counter() - began) * 1000,
            generation=self.generation,
            explanations=parsed.explanations,
            also=expanded.also,
            strange=familiar.strange,
            close=familiar.close,
            suggestions=suggestions,
        )

    def fetch(self) -> None:
        """Have in memory what searches need, for processes that will share it: they need not each read it."""
        self._meaning.fetch()
        self.search(SearchRequest("江"))

    def ranking(self, text: str, kind: Kind, limit: int) -> list[tuple[str, str, float]]:
        """Work, page and score of the passages nearest to a plain text, by one kind of ranking; for measuring."""
        if kind == "hybrid":
            found = self.search(SearchRequest(q=text, limit=limit))
            return [(hit.work.id, hit.page, hit.score) for hit in found.hits]
        words: Scores = {} if kind == "semantic" else self._by_words(text, Scope.BOTH, None)
        meaning: Scores = {}
        if kind != "characters":
            everything = {number: self._allowed(number, {}) for number in self._packs}
            meaning, _ = self._by_meaning(text, Scope.BOTH, everything)
        scores = fusion.likely(words, meaning) if kind == "fused" else words or meaning
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return [(*self._named(passage), score) for passage, score in ranked]

    def signs(self, text: str) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
        """Work and page of the passages that a plain text is compared with token by token, and their signs."""
        parsed = parse(text)
        evidence = self._evidence(SearchRequest(q=text), parsed, expand(parsed))
        passages = list(evidence.interaction)
        return [self._named(passage) for passage in passages], fusion.signs(evidence, passages)

    def _named(self, passage: int) -> tuple[str, str]:
        number, local = passage >> 32, passage & 0xFFFFFFFF
        return self._packs[number].place(local)

    # What may be found

    def _allowed(self, number: int, filters: dict[str, tuple[str, ...]]) -> Mask | None:
        """The passages of a pack that a reader may be shown; None for all of them."""
        deadline.check()
        if not any(filters.values()) and len(self._entries[number].live) == len(self._packs[number].works):
            return None
        return self._packs[number].of_works(
            work for work in self._entries[number].live if fields.accepts(self._cards[number, work], filters)
        )

    def _in_fields(self, number: int, parsed: Parsed, allowed: Mask | None) -> Mask | None:
        for field in parsed.fields:
            mask = self._field_mask(number, field)
            allowed = mask if allowed is None else allowed & mask
        return allowed

    def _field_mask(self, number: int, field: Field) -> Mask:
        deadline.check()
        wanted = fold(field.value)
        return self._packs[number].of_works(
            work
            for work in self._entries[number].live
            if any(wanted in fold(value) for value in fields.values(self._cards[number, work], field.name))
        )

    # What is found

    def _evaluator(self, number: int, streams: Sequence[int], strict: bool) -> Evaluator:
        return Evaluator(self._packs[number], streams, strict, lambda field: self._field_mask(number, field))

    def _evidence(self, request: SearchRequest, parsed: Parsed, expanded: Expanded) -> Evidence:
        allowed = {number: self._allowed(number, request.filters) for number in self._packs}
        streams = _STREAMS[request.scope]
        boolean = _is_boolean(parsed)
        matches: dict[int, Matches] = {}
        words: Scores = {}
        meaning: Scores = {}
        likely: Scores = {}
        closest: dict[int, Closest] = {}
        stretches: dict[int, Stretch] = {}
        if request.mode is not Mode.SEMANTIC or boolean:
            matches = self._matches(parsed, allowed, streams, request.strict, expanded)
        if request.mode is not Mode.EXACT and parsed.text:
            eligible = {
                number: self._only(number, matches) if boolean else self._in_fields(number, parsed, mask)
                for number, mask in allowed.items()
            }
            everything = not request.filters and not parsed.fields and not boolean
            if request.mode is Mode.HYBRID:
                words = self._by_words(parsed.text, request.scope, None if everything else eligible)
            meaning, stretches = self._by_meaning(parsed.text, request.scope, eligible)
            likely = fusion.likely(words, meaning)
            closest = self._by_interaction(parsed.text, request.scope, likely, request.expands)
            stretches |= {passage: each.stretch for passage, each in closest.items()}
        return Evidence(matches, words, meaning, likely, closest, stretches)

    def _only(self, number: int, matches: dict[int, Matches]) -> Mask:
        """The passages of a pack that match."""
        mask = np.zeros(len(self._packs[number].passages), dtype=bool)
        if number in matches:
            mask[matches[number].found.passages] = True
        return mask

    def _matches(
        self,
        parsed: Parsed,
        allowed: dict[int, Mask | None],
        streams: Sequence[int],
        strict: bool,
        expanded: Expanded,
    ) -> dict[int, Matches]:
        """What satisfies the query in each pack that holds any of it."""
        matches: dict[int, Matches] = {}
        for number, mask in allowed.items():
            if mask is not None and not mask.any():
                continue
            evaluator = self._evaluator(number, streams, strict)
            found = evaluator.evaluate(expanded.tree)
            if mask is not None:
                found = Found(found.passages[mask[found.passages]], found.occurrences)
            if not len(found.passages):
                continue
            asked = evaluator.evaluate(parsed.tree).passages if expanded.also else found.passages
            occurrences = distinct(found.occurrences, found.passages)
            matches[number] = Matches(found, occurrences, asked)
        return matches

    def _by_words(self, text: str, scope: Scope, eligible: dict[int, Mask | None] | None) -> Scores:
        works = None
        if eligible is not None:
            works = [
                work_key(number, work)
                for number, mask in eligible.items()
                for work in np.unique(self._packs[number].passage_works[slice(None) if mask is None else mask]).tolist()
            ]
            if not works:
                return {}
        scores: Scores = {}
        deadline.check()
        for passage, score in self._engine.rank(bag(text, scope), works, POOL):
            number, local = passage >> 32, passage & 0xFFFFFFFF
            mask = None if eligible is None else eligible[number]
            if mask is None or mask[local]:
                scores[passage] = score * float(self._packs[number].passages["weight"][local])
        return scores

    def _by_meaning(
        self, text: str, scope: Scope, eligible: dict[int, Mask | None]
    ) -> tuple[Scores, dict[int, Stretch]]:
        vector = self._embedder.embed([text])[0]
        if not vector.any() or not self._packs:
            return {}, {}
        allowed = {number: self._windows(number, scope, mask) for number, mask in eligible.items()}
        deadline.check()
        found = self._meaning.nearest(vector, allowed, POOL)
        size = len(found.rows)
        passages, cosines = np.empty(size, np.int64), np.empty(size, np.float32)
        spans = np.empty((size, 3), np.int64)
        for number in np.unique(found.packs).tolist():
            pack, mine = self._packs[number], np.flatnonzero(found.packs == number)
            windows = pack.windows[found.rows[mine]]
            local = windows["passage"].astype(np.int64)
            passages[mine] = local + (number << 32)
            cosines[mine] = found.cosines[mine] * pack.passages["weight"][local]
            spans[mine] = np.column_stack([windows[part] for part in ("stream", "start", "end")])
        order = np.lexsort((found.rows, passages, -cosines))
        firsts = np.sort(np.unique(passages[order], return_index=True)[1])[:POOL]
        best = order[firsts]
        names = passages[best].tolist()
        return dict(zip(names, cosines[best].tolist(), strict=True)), dict(
            zip(names, map(tuple, spans[best].tolist()), strict=True)
        )

    def _windows(self, number: int, scope: Scope, mask: Mask | None) -> Mask | None:
        """The windows of a pack that may be found; None for all of them."""
        deadline.check()
        if scope is Scope.BOTH and mask is None:
            return None
        windows = self._packs[number].windows
        allowed: Mask = np.isin(windows["stream"], _STREAMS[scope])
        return allowed if mask is None else allowed & mask[windows["passage"]]

    def _by_interaction(self, text: str, scope: Scope, likely: Scores, aliases: bool) -> dict[int, Closest]:
        """The most likely passages by late interaction; none where the index's model has no token vectors."""
        if not isinstance(self._embedder, StaticEmbedder):
            return {}
        chosen = sorted(likely, key=lambda passage: (-likely[passage], passage))[:RERANKED]
        pieces = Pieces.of_packs(self._packs, chosen, _STREAMS[scope])
        return interact(self._embedder, text, pieces, _substitutes(spaced(text), aliases))

    def _familiarity(self, request: SearchRequest, parsed: Parsed, occurrences: int) -> Familiarity:
        if request.mode is Mode.EXACT or occurrences or not isinstance(self._embedder, StaticEmbedder):
            return Familiarity()
        return familiarity(parsed.text, self._embedder, self._stands)

    def _suggestions(self, parsed: Parsed, occurrences: int) -> tuple[Suggestion, ...]:
        quoted = occurrences and isinstance(parsed.tree, Phrase) and len(parsed.tree.folded) > LONGEST_WORD
        if quoted or not self._has_classical:
            return ()
        return _thesaurus().suggest(parsed.text, self._classical_spellings)

    @cached_property
    def _classical_spellings(self) -> Spellings:
        return Spellings(self._packs, {number: self._classical(number) for number in self._packs})

    def _classical(self, number: int) -> Mask | None:
        """The passages of a pack that are of classical works; None for all of them."""
        pack, live = self._packs[number], self._entries[number].live
        works = [work for work in live if self._cards[number, work].record.language == CLASSICAL]
        return None if len(works) == len(pack.works) else pack.of_works(works)

    @cached_property
    def _has_classical(self) -> bool:
        return any(card.record.language == CLASSICAL for card in self._cards.values())

    def _stands(self, word: str) -> bool:
        """Whether a word stands anywhere that a reader may see."""
        folded = [ord(char) for char in fold(word)]
        return bool(folded) and any(
            stands(pack, folded, self._allowed(number, {})) for number, pack in self._packs.items()
        )

    # In what order, and how shown

    def _sorted(
        self, sort: Sort, passages: NDArray[np.int64], scores: NDArray[np.float64], end: int
    ) -> NDArray[np.int64]:
        """Which passages come first, as far as ``end`` of them."""
        if sort is Sort.RELEVANCE:
            best = np.arange(len(scores))
            if len(scores) > end:
                # All that is as good as the last one shown: what is equal is told apart by its place.
                best = np.flatnonzero(scores >= np.partition(scores, -end)[-end])
            return best[np.lexsort((passages[best], -scores[best]))]
        ranks = self._of_works(passages, self._order)
        if sort is Sort.PLACE:
            order: NDArray[np.int64] = np.lexsort((passages, ranks))
            return order
        latest = 1 << 31
        years = {place: latest if card.record.year is None else card.record.year for place, card in self._cards.items()}
        order = np.lexsort((passages, ranks, self._of_works(passages, years)))
        return order

    def _of_works(self, passages: NDArray[np.int64], values: Mapping[tuple[int, int], int]) -> NDArray[np.int64]:
        """For each passage what its work has among ``values``."""
        numbers = passages >> 32
        result = np.zeros(len(passages), np.int64)
        for number in np.unique(numbers).tolist():
            deadline.check()
            pack, mine = self._packs[number], numbers == number
            table = np.array([values.get((number, work), 0) for work in range(len(pack.works))], dtype=np.int64)
            result[mine] = table[pack.passage_works[passages[mine] & 0xFFFFFFFF]]
        return result

    def _hit(self, passage: int, score: float, evidence: Evidence, texts: Sequence[str]) -> Hit:
        deadline.check()
        number = passage >> 32
        pack = self._packs[number]
        card = self._cards[number, int(pack.passage_works[passage & 0xFFFFFFFF])]
        return hit(pack, card, passage, score, evidence, texts)

    def _facets(self, passages: NDArray[np.int64]) -> dict[str, tuple[FacetValue, ...]]:
        counts: list[tuple[WorkCard, int]] = []
        numbers = passages >> 32
        for number in np.unique(numbers).tolist():
            deadline.check()
            works = self._packs[number].passage_works[passages[numbers == number] & 0xFFFFFFFF]
            found = np.bincount(works).tolist()
            counts += ((self._cards[number, work], count) for work, count in enumerate(found) if count)
        return fields.facets(counts)


@cache
def _thesaurus() -> Thesaurus:
    return Thesaurus.load()


def _substitutes(text: str, aliases: bool) -> Iterator[Substitute]:
    """What may stand in the place of parts of a query, as it is compared."""
    for name in names_in(text) if aliases else ():
        yield Substitute(name.start, name.end, tuple(map(fold, name.others)), 1.0)
    for start, end, classical in _thesaurus().within(text):
        yield Substitute(start, end, tuple(map(fold, classical)), CLASSICAL_DEGREE)


def _is_boolean(parsed: Parsed) -> bool:
    """Whether the reader wrote operators or wildcards: then nothing outside the tree's own answer is wanted."""
    tree = parsed.tree
    leaves = tree.children if isinstance(tree, And) else (tree,)
    plain = (isinstance(leaf, Field | Nothing) or (isinstance(leaf, Phrase) and leaf.literal) for leaf in leaves)
    return not all(plain)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
