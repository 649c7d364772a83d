"""The library as a reader meets it: one generation of an index, opened for searching and reading."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer import engines
from indexer.embedding import Embedder, StaticEmbedder, load_embedder
from indexer.errors import IndexFailure
from indexer.folding import fold
from indexer.generation import Generation, PackEntry, engine_folder, open_packs, published, work_key
from indexer.pack import STREAM_NAMES
from indexer.tokens import bag
from indexer.vectors import nearest
from search import cursors, fields, fusion
from search.aliases import Expanded, expand
from search.evaluation import Candidates, Evaluator, Found, Mask, distinct
from search.familiarity import Familiarity, familiarity
from search.fusion import Evidence, Matches, Scores, Stretch
from search.hits import hit
from search.interaction import Closest, Piece, interact
from search.matching import merged, original_ranges
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
RERANKED = 120
"""Of these, the most likely ones are compared with the query token by token."""
LARGEST_LIMIT = 1000
CLASSICAL = "lzh"
"""The language of works in which modern words are not to be found."""
_STREAMS = {Scope.TEXT: (0,), Scope.NOTES: (1,), Scope.BOTH: (0, 1)}

Kind = Literal["characters", "semantic", "hybrid"]


class Library:
    """One generation of an index. Safe to share between threads: nothing in it changes after opening."""

    def __init__(self, index: Path, generation: Generation) -> None:
        self.index = index
        self._state = generation
        self._entries: dict[int, PackEntry] = {entry.number: entry for entry in generation.packs}
        self._packs = open_packs(index, generation.packs)
        engine = engines.engine(generation.settings.engine)
        self._engine = engine.open_reader(engine_folder(index, generation.number))
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
                return cls(index, generation)
            except (OSError, ValueError, KeyError, RuntimeError) as failure:
                if published(index) == generation:
                    raise IndexFailure(f"{index}: damaged ({failure}); build the index anew") from failure
                # Builds that ended meanwhile have published anew and dropped this one: open theirs.
        inner = ", ".join(sorted(str(manifest.parent) for manifest in index.glob("*/manifest.json")))
        advice = f"name one of {inner}" if inner else f"build one with `wenyuan index PATH --index {index}`"
        raise IndexFailure(f"{index}: no index there; {advice}")

    @cached_property
    def collections(self) -> frozenset[str]:
        """The collections that have works here."""
        return frozenset(card.collection for card in self._cards.values())

    def without(self, collections: frozenset[str]) -> Library:
        """The library as it is to those who may not see these collections, as if it had never had their works.

        Everything that is asked of it, hits, counts, facets, works and words, is answered from what is left; see
        :class:`search.visibility.PartialEngine` for the one thing in which it differs.
        """
        hidden = {card.id for card in self._cards.values() if card.collection in collections}
        if not hidden:
            return self
        if collections not in self._views:
            self._views[collections] = self._view(hidden)
        return self._views[collections]

    def _view(self, hidden: set[str]) -> Library:
        self._embedder  # noqa: B018  # read once here, not by each view
        view = copy(self)
        for name, value in vars(Library).items():
            if isinstance(value, cached_property) and name != "_embedder":
                vars(view).pop(name, None)
        view._state = self._state.without(hidden)
        view._entries = {entry.number: entry for entry in view._state.packs}
        view._packs = {number: self._packs[number] for number in view._entries}
        view._cards = {place: card for place, card in self._cards.items() if card.id not in hidden}
        view._places = {card.id: place for place, card in view._cards.items()}
        view._views = {}
        visible = {number: view._allowed(number, {}) for number in view._packs}
        unseen = sum(int(self._allowed(number, {}).sum()) for number in self._packs)
        unseen -= sum(int(mask.sum()) for mask in visible.values())
        view._engine = PartialEngine(self._engine, visible, [work_key(*place) for place in view._cards], unseen)
        return view

    @property
    def generation(self) -> int:
        """The number of the generation that is open."""
        return self._state.number

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
    def _order(self) -> dict[tuple[int, int], int]:
        """The rank of each work among all, by id: the order of places."""
        return {place: rank for rank, place in enumerate(sorted(self._cards, key=lambda at: self._cards[at].id))}

    def works(self) -> tuple[WorkCard, ...]:
        """Every work, by id."""
        return tuple(self._cards[place] for place in self._order)

    def status(self) -> dict[str, Any]:
        """What is in the index, with sizes in bytes."""
        packs = self._packs.values()
        live = {number: self._allowed(number, {}) for number in self._packs}
        vectors = sum((pack.folder / "vectors.faiss").stat().st_size for pack in packs)
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
        evaluator = self._evaluator(place[0], Candidates(self._engine), _STREAMS[scope], strict)
        found = evaluator.evaluate(expand(parse(q), aliases).tree)
        here = distinct(pack, found.occurrences, np.asarray(pack.passages["section"] == row))
        ranges = merged([stretch for each in here for stretch in original_ranges(pack, each)])
        highlights = tuple((max(a, start) - start, min(b, end) - start) for a, b in ranges)
        return SectionView(card, pack.section(row), number, highlights, sum(len(each.starts) for each in here))

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a search.

        Raises:
            SearchError: the query costs too much, or the cursor is not one of this search.
        """
        began = time.perf_counter()
        if not 1 <= request.limit <= LARGEST_LIMIT:
            raise SearchError("bad-limit", str(request.limit))
        parsed = parse(request.q)
        offset = cursors.read(request, self.generation)
        expanded = expand(parsed, request.expands)
        evidence = self._evidence(request, parsed, expanded)
        match request.mode:
            case Mode.SEMANTIC:
                passages, scores = fusion.by_likeness(evidence)
            case Mode.EXACT:
                passages, scores = fusion.by_matches(evidence, self._packs)
            case Mode.HYBRID:
                passages, scores = fusion.fused(evidence, self._packs)
        order = self._sorted(request.sort, passages, scores)
        end = offset + request.limit
        hits = tuple(self._hit(int(passages[at]), float(scores[at]), evidence, parsed.text) for at in order[offset:end])
        occurrences = sum(matches.count for matches in evidence.matches.values())
        familiar = self._familiarity(request, parsed, occurrences)
        suggestions = self._suggestions(parsed, occurrences)
        return SearchResponse(
            request=request,
            total=Total(len(passages), None if request.mode is Mode.SEMANTIC else occurrences),
            hits=hits,
            facets=self._facets(passages) if request.facets else {},
            next=cursors.write(request, self.generation, end) if end < len(passages) else "",
            took_ms=(time.perf_counter() - began) * 1000,
            generation=self.generation,
            explanations=parsed.explanations,
            also=expanded.also,
            strange=familiar.strange,
            close=familiar.close,
            suggestions=suggestions,
        )

    def ranking(self, text: str, kind: Kind, limit: int) -> list[tuple[str, str, float]]:
        """Work, page and score of the passages nearest to a plain text, by one signal; for measuring."""
        if kind == "hybrid":
            found = self.search(SearchRequest(q=text, limit=limit))
            return [(hit.work.id, hit.page, hit.score) for hit in found.hits]
        if kind == "semantic":
            everything = {number: self._allowed(number, {}) for number in self._packs}
            scores, _ = self._by_meaning(text, Scope.BOTH, everything)
        else:
            scores = self._by_words(text, Scope.BOTH, None)
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return [(*self._named(passage), score) for passage, score in ranked]

    def _named(self, passage: int) -> tuple[str, str]:
        number, local = passage >> 32, passage & 0xFFFFFFFF
        return self._packs[number].place(local)

    # What may be found

    def _allowed(self, number: int, filters: dict[str, tuple[str, ...]]) -> Mask:
        if not any(filters.values()) and len(self._entries[number].live) == len(self._packs[number].works):
            return np.ones(len(self._packs[number].passages), dtype=bool)
        return self._packs[number].of_works(
            work for work in self._entries[number].live if fields.accepts(self._cards[number, work], filters)
        )

    def _in_fields(self, number: int, parsed: Parsed, allowed: Mask) -> Mask:
        for field in parsed.fields:
            allowed = allowed & self._field_mask(number, field)
        return allowed

    def _field_mask(self, number: int, field: Field) -> Mask:
        wanted = fold(field.value)
        return self._packs[number].of_works(
            work
            for work in self._entries[number].live
            if any(wanted in fold(value) for value in fields.values(self._cards[number, work], field.name))
        )

    # What is found

    def _evaluator(self, number: int, candidates: Candidates, streams: Sequence[int], strict: bool) -> Evaluator:
        return Evaluator(
            self._packs[number],
            number,
            candidates,
            streams,
            strict,
            lambda field: self._field_mask(number, field),
        )

    def _evidence(self, request: SearchRequest, parsed: Parsed, expanded: Expanded) -> Evidence:
        allowed = {number: self._allowed(number, request.filters) for number in self._packs}
        streams = _STREAMS[request.scope]
        boolean = _is_boolean(parsed)
        matches: dict[int, Matches] = {}
        words: Scores = {}
        meaning: Scores = {}
        closest: dict[int, Closest] = {}
        stretches: dict[int, Stretch] = {}
        if request.mode is not Mode.SEMANTIC or boolean:
            matches = self._matches(parsed, allowed, streams, request.strict, expanded)
        if request.mode is not Mode.EXACT and parsed.text:
            eligible = {
                number: matches[number].found.passages if boolean else self._in_fields(number, parsed, mask)
                for number, mask in allowed.items()
            }
            everything = not request.filters and not parsed.fields and not boolean
            if request.mode is Mode.HYBRID:
                words = self._by_words(parsed.text, request.scope, None if everything else eligible)
            meaning, stretches = self._by_meaning(parsed.text, request.scope, eligible)
            likely = fusion.likeness(words, meaning, {})
            closest = self._by_interaction(parsed.text, request.scope, likely)
            stretches |= {passage: each.stretch for passage, each in closest.items()}
        interaction = {passage: each.score for passage, each in closest.items()}
        return Evidence(matches, words, meaning, interaction, stretches)

    def _matches(
        self,
        parsed: Parsed,
        allowed: dict[int, Mask],
        streams: Sequence[int],
        strict: bool,
        expanded: Expanded,
    ) -> dict[int, Matches]:
        matches: dict[int, Matches] = {}
        candidates = Candidates(self._engine)
        for number, mask in allowed.items():
            if not mask.any():
                matches[number] = Matches(Found(mask), [], mask)
                continue
            evaluator = self._evaluator(number, candidates, streams, strict)
            found = evaluator.evaluate(expanded.tree)
            found = Found(found.passages & mask, found.occurrences)
            asked = evaluator.evaluate(parsed.tree).passages if expanded.also else found.passages
            occurrences = distinct(self._packs[number], found.occurrences, found.passages)
            matches[number] = Matches(found, occurrences, asked)
        return matches

    def _by_words(self, text: str, scope: Scope, eligible: dict[int, Mask] | None) -> Scores:
        works = None
        if eligible is not None:
            works = [
                work_key(number, work)
                for number, mask in eligible.items()
                for work in np.unique(self._packs[number].passage_works[mask]).tolist()
            ]
            if not works:
                return {}
        scores: Scores = {}
        for passage, score in self._engine.rank(bag(text, scope), works, POOL):
            number, local = passage >> 32, passage & 0xFFFFFFFF
            if eligible is None or eligible[number][local]:
                scores[passage] = score * float(self._packs[number].passages["weight"][local])
        return scores

    def _by_meaning(self, text: str, scope: Scope, eligible: dict[int, Mask]) -> tuple[Scores, dict[int, Stretch]]:
        vector = self._embedder.embed([text])[0]
        scores: Scores = {}
        stretches: dict[int, Stretch] = {}
        if not vector.any():
            return scores, stretches
        cosines: list[NDArray[np.float32]] = []
        passages: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.int64]] = []
        for number, pack in self._packs.items():
            allowed = None
            if scope is not Scope.BOTH or not eligible[number].all():
                allowed = eligible[number][pack.windows["passage"]]
                allowed &= np.isin(pack.windows["stream"], _STREAMS[scope])
            found, near = nearest(pack.vectors, vector, POOL, allowed)
            local = pack.windows["passage"][found].astype(np.int64)
            cosines.append(near * pack.passages["weight"][local])
            passages.append(local + (number << 32))
            rows.append(found)
        if not passages:
            return scores, stretches
        cosine, passage, row = np.concatenate(cosines), np.concatenate(passages), np.concatenate(rows)
        for at in np.lexsort((row, passage, -cosine)).tolist():
            if len(scores) == POOL:
                break
            if int(passage[at]) not in scores:
                scores[int(passage[at])] = float(cosine[at])
                window = self._packs[int(passage[at]) >> 32].windows[row[at]]
                stretches[int(passage[at])] = (int(window["stream"]), int(window["start"]), int(window["end"]))
        return scores, stretches

    def _by_interaction(self, text: str, scope: Scope, likely: Scores) -> dict[int, Closest]:
        """The most likely passages by late interaction; none where the index's model has no token vectors."""
        if not isinstance(self._embedder, StaticEmbedder):
            return {}
        chosen = sorted(likely, key=lambda passage: (-likely[passage], passage))[:RERANKED]
        pieces = []
        for passage in chosen:
            pack = self._packs[passage >> 32]
            row = pack.passages[passage & 0xFFFFFFFF]
            for stream in _STREAMS[scope]:
                start, end = (int(row[f"{STREAM_NAMES[stream]}_{bound}"]) for bound in ("start", "end"))
                if end > start:
                    pieces.append(Piece(passage, stream, start, pack.streams[stream].codes[start:end]))
        return interact(self._embedder, text, pieces)

    def _familiarity(self, request: SearchRequest, parsed: Parsed, occurrences: int) -> Familiarity:
        if request.mode is Mode.EXACT or occurrences or not isinstance(self._embedder, StaticEmbedder):
            return Familiarity()
        return familiarity(parsed.text, self._embedder, self._stands)

    def _suggestions(self, parsed: Parsed, occurrences: int) -> tuple[Suggestion, ...]:
        quoted = occurrences and isinstance(parsed.tree, Phrase) and len(parsed.tree.folded) > LONGEST_WORD
        if quoted or not self._classical_works:
            return ()
        return _thesaurus().suggest(parsed.text, self._classical_spellings)

    @cached_property
    def _classical_works(self) -> list[str]:
        return [work_key(*place) for place, card in self._cards.items() if card.record.language == CLASSICAL]

    @cached_property
    def _classical_spellings(self) -> Spellings:
        everything = len(self._classical_works) == len(self._cards)
        return Spellings(self._engine, self._packs, None if everything else self._classical_works)

    def _stands(self, word: str) -> bool:
        """Whether the engine has a word anywhere: near enough for advice, at a tenth of the cost of a count."""
        folded = fold(word)
        found = (self._engine.candidates(stream, folded, 1) for stream in engines.STREAMS if folded)
        return any(named is None or len(named) for named in found)

    # In what order, and how shown

    def _sorted(self, sort: Sort, passages: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
        order: NDArray[np.int64]
        if sort is Sort.RELEVANCE:
            order = np.lexsort((passages, -scores))
            return order
        places = list(self._work_places(passages))
        ranks = np.array([self._order[place] for place in places], dtype=np.int64)
        if sort is Sort.PLACE:
            order = np.lexsort((passages, ranks))
            return order
        latest = 1 << 31
        years = np.array(
            [latest if (year := self._cards[place].record.year) is None else year for place in places], dtype=np.int64
        )
        order = np.lexsort((passages, ranks, years))
        return order

    def _work_places(self, passages: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        for passage in passages.tolist():
            number = passage >> 32
            yield number, int(self._packs[number].passage_works[passage & 0xFFFFFFFF])

    def _hit(self, passage: int, score: float, evidence: Evidence, text: str) -> Hit:
        number = passage >> 32
        pack = self._packs[number]
        card = self._cards[number, int(pack.passage_works[passage & 0xFFFFFFFF])]
        return hit(pack, card, passage, score, evidence, text)

    def _facets(self, passages: NDArray[np.int64]) -> dict[str, tuple[FacetValue, ...]]:
        counts: Counter[WorkCard] = Counter()
        numbers = passages >> 32
        for number in np.unique(numbers).tolist():
            works = self._packs[number].passage_works[passages[numbers == number] & 0xFFFFFFFF]
            for work, count in zip(*np.unique(works, return_counts=True), strict=True):
                counts[self._cards[number, int(work)]] += int(count)
        return fields.facets(counts)


@cache
def _thesaurus() -> Thesaurus:
    return Thesaurus.load()


def _is_boolean(parsed: Parsed) -> bool:
    """Whether the reader wrote operators or wildcards: then nothing outside the tree's own answer is wanted."""
    tree = parsed.tree
    leaves = tree.children if isinstance(tree, And) else (tree,)
    plain = (isinstance(leaf, Field | Nothing) or (isinstance(leaf, Phrase) and leaf.literal) for leaf in leaves)
    return not all(plain)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
