"""The library as a reader meets it: one generation of an index, opened for searching and reading."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer import engines
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure
from indexer.folding import fold, fold_array
from indexer.generation import PackEntry, engine_folder, pack_folder, published, work_key
from indexer.pack import Pack
from indexer.passages import text_of
from indexer.tokens import MODERN, bag
from indexer.vectors import nearest
from search.evaluation import Candidates, Evaluator, Found, Mask, distinct
from search.matching import Occurrences, in_passage, merged, original_ranges, passages_of
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
    Total,
    Why,
    WorkCard,
)

POOL = 200
"""Passages that each ranking by words and by meaning contributes."""
RRF = 20
WORDS_WEIGHT = 0.7
"""The constant of reciprocal-rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009), and what the ranking by words
counts beside the ranking by meaning; both chosen on the even rows of the 金史 queries (see eval.liaojin)."""
LARGEST_LIMIT = 1000
FACETS = ("collection", "work", "dynasty", "author", "category")
FACET_VALUES = 50
_STREAMS = {Scope.TEXT: (0,), Scope.NOTES: (1,), Scope.BOTH: (0, 1)}

Kind = Literal["characters", "words", "semantic", "hybrid"]
Scores = dict[int, float]


@dataclass(frozen=True, slots=True)
class _Matches:
    """What satisfies a query's tree in one pack."""

    found: Found
    occurrences: list[Occurrences]

    @property
    def count(self) -> int:
        return sum(len(each.starts) for each in self.occurrences)


class Library:
    """One generation of an index. Safe to share between threads: nothing in it changes after opening."""

    def __init__(self, index: Path, model: Embedder | None = None) -> None:
        generation = published(index)
        if generation is None:
            raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
        self.index = index
        self._state = generation
        self._entries: dict[int, PackEntry] = {entry.number: entry for entry in generation.packs}
        self._packs = {entry.number: Pack(pack_folder(index, entry.name)) for entry in generation.packs}
        self._model = model
        try:
            self._engine = engines.engine(generation.settings.engine).open_reader(
                engine_folder(index, generation.number)
            )
            self._cards = {
                (number, work): WorkCard(each.id, each.collection, each.record, len(each.section_titles))
                for number, pack in self._packs.items()
                for work, each in enumerate(pack.works)
                if work in self._entries[number].live
            }
        except (OSError, ValueError, KeyError) as failure:
            raise IndexFailure(f"{index}: damaged ({failure}); build the index anew") from failure
        self._places = {card.id: place for place, card in self._cards.items()}

    @classmethod
    def open(cls, index: Path) -> Library:
        """Open the published generation.

        Raises:
            IndexFailure: there is none, or it can't be read.
        """
        return cls(index)

    @property
    def generation(self) -> int:
        """The number of the generation that is open."""
        return self._state.number

    @cached_property
    def _embedder(self) -> Embedder:
        if self._model is not None:
            return self._model
        path = Path(self._state.settings.model)
        return load_embedder(path if path.is_absolute() else None)

    @cached_property
    def _modern(self) -> bool:
        return any(card.record.language == MODERN for card in self._cards.values())

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
        engine = engine_folder(self.index, self.generation)
        return {
            "index": str(self.index),
            "generation": self.generation,
            "engine": self._state.settings.engine,
            "model": self._state.settings.model,
            "folding": self._state.settings.folding,
            "works": len(self._cards),
            "sections": sum(card.sections for card in self._cards.values()),
            "passages": sum(len(pack.passages) for pack in packs),
            "windows": sum(len(pack.windows) for pack in packs),
            "characters": sum(len(pack.text) for pack in packs),
            "packs": len(self._packs),
            "bytes": {
                "text": sum(_bytes(pack.folder) for pack in packs)
                - sum((pack.folder / "vectors.faiss").stat().st_size for pack in packs),
                "vectors": sum((pack.folder / "vectors.faiss").stat().st_size for pack in packs),
                "engine": _bytes(engine),
            },
        }

    def section(
        self, work_id: str, number: int, q: str = "", strict: bool = False, scope: Scope = Scope.BOTH
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
        highlights: tuple[tuple[int, int], ...] = ()
        if q:
            start, end = int(pack.sections["start"][row]), int(pack.sections["end"][row])
            within = np.asarray(pack.passages["section"] == row)
            parsed = parse(q)
            found = self._evaluator(place[0], Candidates(self._engine), _STREAMS[scope], strict).evaluate(parsed.tree)
            ranges = [
                stretch for each in distinct(pack, found.occurrences, within) for stretch in original_ranges(pack, each)
            ]
            highlights = tuple((max(a, start) - start, min(b, end) - start) for a, b in merged(ranges))
        return SectionView(card, pack.section(row), number, highlights)

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a search.

        Raises:
            SearchError: the query costs too much, or the cursor is not one of this search.
        """
        began = time.perf_counter()
        if not 1 <= request.limit <= LARGEST_LIMIT:
            raise SearchError("bad-limit", str(request.limit))
        parsed = parse(request.q)
        offset = self._offset(request)
        allowed = {number: self._allowed(number, request.filters) for number in self._packs}
        streams = _STREAMS[request.scope]
        matches: dict[int, _Matches] = {}
        if request.mode is not Mode.SEMANTIC or _is_boolean(parsed):
            matches = self._matches(parsed, allowed, streams, request.strict)
        words: Scores = {}
        meaning: Scores = {}
        windows: dict[int, int] = {}
        if request.mode is not Mode.EXACT and parsed.text:
            eligible = {
                number: matches[number].found.passages if _is_boolean(parsed) else self._in_fields(number, parsed, mask)
                for number, mask in allowed.items()
            }
            everything = not request.filters and not parsed.fields and not _is_boolean(parsed)
            if request.mode is Mode.HYBRID:
                words = self._by_words(parsed.text, streams, None if everything else eligible, self._modern)
            meaning, windows = self._by_meaning(parsed.text, streams, eligible)
        passages, scores = self._rank(request, parsed, matches, words, meaning)
        order = self._sorted(request.sort, passages, scores)
        chosen = order[offset : offset + request.limit]
        hits = tuple(
            self._hit(int(passages[at]), float(scores[at]), matches, words, meaning, windows, parsed) for at in chosen
        )
        more = offset + request.limit < len(passages)
        return SearchResponse(
            request=request,
            total=Total(
                passages=len(passages),
                occurrences=None if request.mode is Mode.SEMANTIC else sum(match.count for match in matches.values()),
            ),
            hits=hits,
            facets=self._facets(passages) if request.facets else {},
            next=self._cursor(request, offset + request.limit) if more else "",
            took_ms=(time.perf_counter() - began) * 1000,
            generation=self.generation,
            explanations=parsed.explanations,
        )

    def ranking(self, text: str, kind: Kind, limit: int) -> list[tuple[str, str, float]]:
        """Work, page and score of the passages nearest to a plain text, by one signal; for measuring."""
        streams = (0, 1)
        if kind == "hybrid":
            found = self.search(SearchRequest(q=text, limit=limit))
            return [(hit.work.id, hit.page, hit.score) for hit in found.hits]
        if kind == "semantic":
            everything = {number: self._allowed(number, {}) for number in self._packs}
            scores, _ = self._by_meaning(text, streams, everything)
        else:
            scores = self._by_words(text, streams, None, kind == "words" and self._modern)
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return [(*self._named(passage), score) for passage, score in ranked]

    def _named(self, passage: int) -> tuple[str, str]:
        number, local = passage >> 32, passage & 0xFFFFFFFF
        pack = self._packs[number]
        return pack.works[int(pack.passage_works[local])].id, pack.page(int(pack.passages["page"][local]))[0]

    # What may be found

    def _work_mask(self, number: int, works: Iterable[int]) -> Mask:
        mask = np.zeros(len(self._packs[number].works), dtype=bool)
        mask[list(works)] = True
        passages: Mask = mask[self._packs[number].passage_works]
        return passages

    def _allowed(self, number: int, filters: dict[str, tuple[str, ...]]) -> Mask:
        if not any(filters.values()) and len(self._entries[number].live) == len(self._packs[number].works):
            return np.ones(len(self._packs[number].passages), dtype=bool)
        return self._work_mask(
            number,
            (
                work
                for work in self._entries[number].live
                if all(_accepts(self._cards[number, work], name, values) for name, values in filters.items() if values)
            ),
        )

    def _in_fields(self, number: int, parsed: Parsed, allowed: Mask) -> Mask:
        for field in parsed.fields:
            allowed = allowed & self._field_mask(number, field)
        return allowed

    def _field_mask(self, number: int, field: Field) -> Mask:
        wanted = fold(field.value)
        return self._work_mask(
            number,
            (
                work
                for work in self._entries[number].live
                if any(wanted in fold(value) for value in _field_values(self._cards[number, work], field.name))
            ),
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

    def _matches(
        self, parsed: Parsed, allowed: dict[int, Mask], streams: Sequence[int], strict: bool
    ) -> dict[int, _Matches]:
        matches: dict[int, _Matches] = {}
        candidates = Candidates(self._engine)
        for number, mask in allowed.items():
            if not mask.any():
                matches[number] = _Matches(Found(mask), [])
                continue
            found = self._evaluator(number, candidates, streams, strict).evaluate(parsed.tree)
            found = Found(found.passages & mask, found.occurrences)
            matches[number] = _Matches(found, distinct(self._packs[number], found.occurrences, found.passages))
        return matches

    def _by_words(self, text: str, streams: Sequence[int], eligible: dict[int, Mask] | None, modern: bool) -> Scores:
        tokens = bag(text, [engines.STREAMS[stream] for stream in streams], modern)
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
        for passage, score in self._engine.rank(tokens, works, POOL):
            number, local = passage >> 32, passage & 0xFFFFFFFF
            if eligible is None or eligible[number][local]:
                scores[passage] = score * float(self._packs[number].passages["weight"][local])
        return scores

    def _by_meaning(
        self, text: str, streams: Sequence[int], eligible: dict[int, Mask]
    ) -> tuple[Scores, dict[int, int]]:
        vector = self._embedder.embed([text])[0]
        scores: Scores = {}
        windows: dict[int, int] = {}
        if not vector.any():
            return scores, windows
        cosines: list[NDArray[np.float32]] = []
        passages: list[NDArray[np.int64]] = []
        rows: list[NDArray[np.int64]] = []
        for number, pack in self._packs.items():
            allowed = None
            if len(streams) == 1 or not eligible[number].all():
                allowed = eligible[number][pack.windows["passage"]] & np.isin(pack.windows["stream"], streams)
            found, near = nearest(pack.vectors, vector, POOL, allowed)
            local = pack.windows["passage"][found].astype(np.int64)
            cosines.append(near * pack.passages["weight"][local])
            passages.append(local + (number << 32))
            rows.append(found)
        if not passages:
            return scores, windows
        cosine, passage, row = np.concatenate(cosines), np.concatenate(passages), np.concatenate(rows)
        for at in np.lexsort((row, passage, -cosine)).tolist():
            if len(scores) == POOL:
                break
            if int(passage[at]) not in scores:
                scores[int(passage[at])] = float(cosine[at])
                windows[int(passage[at])] = int(row[at])
        return scores, windows

    # In what order

    def _rank(
        self, request: SearchRequest, parsed: Parsed, matches: dict[int, _Matches], words: Scores, meaning: Scores
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if request.mode is Mode.SEMANTIC:
            return _arrays(meaning)
        exact, scores = self._exact_scores(matches)
        if request.mode is Mode.EXACT:
            return exact, scores
        fused: defaultdict[int, float] = defaultdict(float)
        for weight, ranked in ((WORDS_WEIGHT, words), (1.0, meaning)):
            for rank, passage in enumerate(sorted(ranked, key=lambda at: (-ranked[at], at))):
                fused[passage] += weight / (RRF + rank + 1)
        for rank, at in enumerate(np.lexsort((exact, -scores)).tolist()):
            # A passage in which every word stands as typed goes before all that are only alike.
            fused[int(exact[at])] += 1 + float(np.floor(scores[at])) + 1 / (RRF + rank + 1)
        return _arrays(fused)

    def _exact_scores(self, matches: dict[int, _Matches]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """BM25-like scores below 1, plus 1 where something stands just as typed."""
        passages: list[NDArray[np.int64]] = []
        scores: list[NDArray[np.float64]] = []
        for number, match in matches.items():
            pack = self._packs[number]
            size = len(pack.passages)
            count, typed = np.zeros(size), np.zeros(size, dtype=bool)
            for each in match.occurrences:
                places = passages_of(pack, each)
                count += np.bincount(places, minlength=size)
                typed[places[each.typed]] = True
            chosen = np.flatnonzero(match.found.passages)
            rows = pack.passages[chosen]
            length = (rows["main_end"] - rows["main_start"]) + (rows["notes_end"] - rows["notes_start"])
            tf = count[chosen]
            saturated = tf / (tf + 0.3 + 0.9 * length / 200 + 1e-9)
            passages.append(chosen.astype(np.int64) + (number << 32))
            scores.append(0.99 * saturated * rows["weight"] + typed[chosen])
        if not passages:
            return np.empty(0, np.int64), np.empty(0)
        return np.concatenate(passages), np.concatenate(scores)

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

    def _facets(self, passages: NDArray[np.int64]) -> dict[str, tuple[FacetValue, ...]]:
        counts: Counter[tuple[int, int]] = Counter()
        numbers = passages >> 32
        for number in np.unique(numbers).tolist():
            works = self._packs[number].passage_works[passages[numbers == number] & 0xFFFFFFFF]
            for work, count in zip(*np.unique(works, return_counts=True), strict=True):
                counts[number, int(work)] += int(count)
        facets: dict[str, tuple[FacetValue, ...]] = {}
        for name in FACETS:
            totals: Counter[tuple[str, str]] = Counter()
            for place, count in counts.items():
                card = self._cards[place]
                value = _field_values(card, name)[0]
                if value:
                    totals[value, card.record.title if name == "work" else value] += count
            ranked = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:FACET_VALUES]
            facets[name] = tuple(FacetValue(value, label, count) for (value, label), count in ranked)
        return facets

    # How it is shown

    def _hit(
        self,
        passage: int,
        score: float,
        matches: dict[int, _Matches],
        words: Scores,
        meaning: Scores,
        windows: dict[int, int],
        parsed: Parsed,
    ) -> Hit:
        number, local = passage >> 32, passage & 0xFFFFFFFF
        pack = self._packs[number]
        row = pack.passages[local]
        start, end = int(row["start"]), int(row["end"])
        why: list[Why] = []
        ranges: list[tuple[int, int]] = []
        if number in matches and matches[number].found.passages[local]:
            typed = False
            for each in matches[number].occurrences:
                mine = in_passage(pack, each, local)
                typed = typed or bool(mine.typed.any())
                ranges += original_ranges(pack, mine)
            if ranges:
                why.append(Why.EXACT if typed else Why.FOLDED)
                section_end = int(pack.sections["end"][row["section"]])
                end = min(max(end, max(stop for _, stop in ranges)), section_end)
        if passage in words:
            why.append(Why.WORDS)
        if passage in meaning:
            why.append(Why.MEANING)
        if not ranges and parsed.text:
            ranges = _shared(pack, start, end, parsed.text)
        window = None
        if passage in windows:
            found = pack.windows[windows[passage]]
            stream = pack.streams[found["stream"]]
            first = max(int(stream.offsets[found["start"]]), start)
            last = min(int(stream.offsets[found["end"] - 1]) + 1, end)
            window = (first - start, last - start) if last > first else None
        place = (number, int(pack.passage_works[local]))
        card = self._cards[place]
        section = pack.sections[row["section"]]
        within = start - int(section["start"])
        label, facsimile = pack.page(int(row["page"]))
        return Hit(
            id=f"{card.id}.{int(section['number'])}.{within}",
            score=score,
            why=tuple(why),
            work=card,
            section=pack.works[place[1]].section_titles[int(section["number"])],
            section_number=int(section["number"]),
            start=within,
            page=label,
            facsimile=facsimile,
            text=text_of(pack.text[start:end]),
            highlights=tuple((a - start, b - start) for a, b in merged(ranges)),
            notes=tuple((a - start, b - start) for a, b in pack.notes_between(start, end)),
            window=window,
        )

    # Paging

    def _cursor(self, request: SearchRequest, offset: int) -> str:
        state = json.dumps([self.generation, _identity(request), offset])
        return base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")

    def _offset(self, request: SearchRequest) -> int:
        if not request.cursor:
            return 0
        try:
            padded = request.cursor + "=" * (-len(request.cursor) % 4)
            generation, identity, offset = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, TypeError) as failure:
            raise SearchError("bad-cursor", request.cursor[:80]) from failure
        if identity != _identity(request) or not isinstance(offset, int) or not 0 <= offset < 1 << 40:
            raise SearchError("bad-cursor", request.cursor[:80])
        if generation != self.generation:
            raise SearchError("cursor-expired", f"generation {generation} is no longer the published one")
        return offset


def _identity(request: SearchRequest) -> str:
    """What makes two requests pages of one search."""
    asked = (request.q, request.mode, request.scope, request.strict, sorted(request.filters.items()), request.sort)
    return hashlib.sha256(repr(asked).encode("utf-8", "replace")).hexdigest()[:16]


def _is_boolean(parsed: Parsed) -> bool:
    """Whether the reader wrote operators or wildcards: then nothing outside the tree's own answer is wanted."""
    tree = parsed.tree
    leaves = tree.children if isinstance(tree, And) else (tree,)
    plain = (isinstance(leaf, Field | Nothing) or (isinstance(leaf, Phrase) and leaf.literal) for leaf in leaves)
    return not all(plain)


def _arrays(scores: Scores) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.array(list(scores.keys()), dtype=np.int64), np.array(list(scores.values()), dtype=np.float64)


def _accepts(card: WorkCard, name: str, values: tuple[str, ...]) -> bool:
    own = _field_values(card, name)[0]
    if name == "category":
        return any(own == value or own.startswith(f"{value}/") for value in values)
    return own in values


def _field_values(card: WorkCard, name: str) -> tuple[str, ...]:
    """What a field holds: first the value that filters and facets use, then others that a query may name."""
    record = card.record
    match name:
        case "collection":
            return (card.collection,)
        case "work":
            return (card.id, record.title)
        case "title":
            return (record.title,)
        case "author":
            return (record.author,)
        case "dynasty":
            return (record.dynasty,)
        case "category":
            return (record.category,)
        case "place":
            return (record.place,)
    raise SearchError("unknown-field", name)


def _shared(pack: Pack, start: int, end: int, text: str) -> list[tuple[int, int]]:
    """Stretches of at least two characters that a passage shares with the query."""
    wanted = fold(text)
    pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
    folded, offsets = fold_array(np.asarray(pack.text[start:end]))
    shown = text_of(folded)
    places = [int(offset) + start for offset in offsets]
    return merged(
        [
            (places[at], places[at + 1] + 1)
            for at in range(len(shown) - 1)
            if shown[at : at + 2] in pairs and places[at + 1] - places[at] < 4
        ]
    )


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
