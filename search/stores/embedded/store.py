"""The embedded store: one generation of an index in a folder, opened for searching and reading."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.model import Page, Section
from indexer import engines
from indexer.embedding import Embedder, Vectors, load_embedder
from indexer.engines.base import Engine, GramQuery
from indexer.errors import IndexFailure
from indexer.store import passage_keys
from indexer.store.access import Declared
from indexer.store.checksums import Damaged
from indexer.store.generation import damaged, open_packs, published, require_sizes, work_key
from indexer.store.layout import MAIN
from indexer.store.vectors import size_on_disk
from indexer.text.streams import Codes
from indexer.text.words import MODERN
from search import deadline
from search.exact.evaluation import SEARCHED, distinct
from search.exact.grams import grams_in, words_in
from search.exact.matching import Mask, original_ranges
from search.exact.occurrences import StoredOccurrences
from search.grams import Unit
from search.model import Scope, WorkCard
from search.parallels.shared import SharedText, SharedTexts, TextRange
from search.ranges import merged
from search.ranking.pieces import Numbers, Pieces, Stretch
from search.stores.base import (
    Eligible,
    ExactQuery,
    Filters,
    Matches,
    NearWindow,
    Ranked,
    Ref,
    SectionMarks,
    StoredPassage,
    Wanted,
    literal_queries,
)
from search.stores.embedded.frequencies import add_frequencies, grams_of
from search.stores.embedded.matches import EmbeddedMatches, as_refs, evaluated
from search.stores.embedded.nearest import Meaning, Windows
from search.stores.embedded.occurrences import occurrences_of
from search.stores.embedded.partial_engine import PartialEngine
from search.stores.embedded.reading import read_passage
from search.stores.embedded.snapshot import STREAMS, Snapshot
from search.stores.embedded.spellings import Spellings
from search.stores.embedded.texts import pieces_of
from search.stores.views import shared_in

_DIGITS = 5
"""Digits of BM25 that count. Others depend on the order in which an engine adds up, and that on its segments."""
_LOOKED_UP, _MATCHED = 20_000, 2_000
"""Words whose frequencies are asked for at most: of those that a directory has, and of those that are searched for."""
_ASKED = (1.25, 4, 64)
"""Factors by which more passages are asked of an engine than are wanted, until those at the end are not all equals."""


class EmbeddedStore:
    """See :class:`search.stores.base.Store`."""

    def __init__(self, index: Path, snapshot: Snapshot, engine: Engine) -> None:
        self._index = index
        self._snapshot = snapshot
        self._engine = engine
        self._spellings: dict[str, Spellings] = {}

    @classmethod
    def open(cls, index: Path) -> EmbeddedStore:
        """Open the published generation.

        Raises:
            IndexFailure: there is none, or it can't be read.
        """
        while generation := published(index):
            try:
                require_sizes(index, generation)
                indexes = engines.indexes(index, generation.settings.engine)
                indexes.check(generation.number)
                packs = open_packs(index, generation.packs)
                return cls(index, Snapshot(generation, packs), indexes.open(generation.number))
            except (Damaged, OSError, ValueError, KeyError, RuntimeError) as failure:
                if published(index) == generation:
                    raise damaged(index, failure) from failure
                # Builds that ended meanwhile have published others and dropped this one: open theirs.
        inner = ", ".join(sorted(str(manifest.parent) for manifest in index.glob("*/manifest.json")))
        advice = f"name one of {inner}" if inner else f"build one with `wenyuan index PATH --index {index}`"
        raise IndexFailure(f"{index}: no index there; {advice}")

    @property
    def name(self) -> str:
        """See :attr:`search.stores.base.Store.name`."""
        return str(self._index)

    @property
    def generation(self) -> int:
        """See :attr:`search.stores.base.Store.generation`."""
        return self._snapshot.generation.number

    @cached_property
    def identity(self) -> str:
        """See :attr:`search.stores.base.Store.identity`.

        A digest of number, settings and sources: the number alone would not do, for a rebuilt index counts
        from 1 again.
        """
        sources = sorted((digest, works) for digest, works in self._snapshot.generation.sources.items() if works)
        state = (self.generation, self._snapshot.generation.settings, sources)
        return hashlib.sha256(repr(state).encode()).hexdigest()[:16]

    @property
    def folding(self) -> str:
        """See :attr:`search.stores.base.Store.folding`."""
        return self._snapshot.generation.settings.folding

    @property
    def declared(self) -> Declared:
        """See :attr:`search.stores.base.Store.declared`."""
        return self._snapshot.generation.access

    @cached_property
    def embedder(self) -> Embedder:
        """See :attr:`search.stores.base.Store.embedder`."""
        wanted = self._snapshot.generation.settings.model
        path = Path(wanted)
        embedder = load_embedder(path if path.is_absolute() else None)
        if embedder.name != wanted:
            # Vectors from different models are not comparable.
            advice = f"here is {embedder.name}; build the index anew"
            raise IndexFailure(f"{self._index}: made with the model {path}, {advice}")
        return embedder

    @cached_property
    def _meaning(self) -> Meaning:
        return Meaning(self._snapshot.packs, self.embedder)

    def works(self) -> Sequence[WorkCard]:
        """See :meth:`search.stores.base.Store.works`."""
        return self._snapshot.by_rank

    def without(self, works: frozenset[str]) -> EmbeddedStore:
        """See :meth:`search.stores.base.Store.without`."""
        hidden = {work for work in works if work in self._snapshot.places}
        seen = [work_key(*place) for place, card in self._snapshot.cards.items() if card.id not in hidden]
        view = EmbeddedStore(self._index, self._snapshot.without(hidden), PartialEngine(self._engine, seen))
        # Read once, not by each view.
        view.embedder, view._meaning = self.embedder, self._meaning
        return view

    def match(self, query: ExactQuery) -> EmbeddedMatches:
        """See :meth:`search.stores.base.Store.match`."""
        return EmbeddedMatches(self._snapshot, evaluated(self._snapshot, query))

    def find(self, query: ExactQuery) -> StoredOccurrences:
        """See :meth:`search.stores.base.Store.find`."""
        found = evaluated(self._snapshot, query, near_spans=True)
        return occurrences_of(self._snapshot, {number: each.occurrences for number, each in found.items()})

    def frequencies(self, words: Sequence[str], scope: Scope, filters: Filters) -> Sequence[int]:
        """See :meth:`search.stores.base.Store.frequencies`; characters and pairs are looked up in directories."""
        counts, grams = np.zeros(len(words), np.int64), grams_of(words)
        for number, pack in self._snapshot.packs.items():
            deadline.check()
            add_frequencies(counts, grams, pack, SEARCHED[scope], self._snapshot.allowed(number, filters))
        longer = [at for at, word in enumerate(words) if len(word) > 2]
        for at, query in zip(longer, literal_queries([words[at] for at in longer], scope, filters), strict=True):
            counts[at] = self.match(query).occurrences
        found: list[int] = counts.tolist()
        return found

    def affordable(self, unit: Unit) -> int:
        """See :meth:`search.stores.base.Store.affordable`."""
        return _LOOKED_UP if unit.size <= 2 else _MATCHED

    def grams(self, unit: Unit, scope: Scope, filters: Filters) -> Mapping[str, int]:
        """See :meth:`search.stores.base.Store.grams`."""
        counts: Counter[str] = Counter()
        for number, pack in self._snapshot.packs.items():
            allowed = self._snapshot.allowed(number, filters)
            if unit is not Unit.WORD:
                counts.update(grams_in(pack, unit.size, SEARCHED[scope], allowed))
            elif MAIN in SEARCHED[scope]:
                modern = self._snapshot.in_language(number, MODERN)
                both = modern if allowed is None else allowed if modern is None else allowed & modern
                counts.update(words_in(pack, both))
        return counts

    def rank(self, query: GramQuery, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Store.rank`."""
        masks = {} if eligible.is_everything else self._masks(eligible)
        works = None if eligible.is_everything else self._works(masks)
        if works == []:
            return []
        keys, scores = self._best(query, works, limit)
        refs, weights = np.empty(len(keys), np.int64), np.empty(len(keys), np.float64)
        keep = np.ones(len(keys), dtype=bool)
        for number, positions, rows in passage_keys.by_pack(keys):
            refs[positions] = self._snapshot.refs(number, rows)
            weights[positions] = self._snapshot.packs[number].passage_weights[rows]
            if (mask := masks.get(number)) is not None:
                keep[positions] = mask[rows]
        best = np.lexsort((refs, -scores))[:limit]
        best = best[keep[best]]
        refs, scores = refs[best], (scores * weights)[best]
        order = np.lexsort((refs, -scores))
        return list(map(Ranked, refs[order].tolist(), scores[order].tolist()))

    def _best(
        self, query: GramQuery, works: Sequence[str] | None, limit: int
    ) -> tuple[passage_keys.Keys, NDArray[np.float64]]:
        """Return the keys and scores of the best passages by BM25, and of all that are as good as the last of them.

        Which of several equals an engine names at the end depends on its segments.
        """
        keys, scores = np.empty(0, np.int64), np.empty(0)
        for times in _ASKED:
            deadline.check()
            found = self._engine.rank(query, works, int(limit * times) + 1)
            keys = np.array([key for key, _ in found], np.int64)
            scores = _rounded(np.array([score for _, score in found], np.float64))
            if len(found) <= limit or scores[limit - 1] > scores[-1]:
                break
        return keys, scores

    def _works(self, masks: dict[int, Mask | None]) -> list[str]:
        """Return the engine's keys of works that have eligible passages."""
        return [
            work_key(number, work)
            for number, mask in masks.items()
            for work in np.unique(
                self._snapshot.packs[number].passage_works[slice(None) if mask is None else mask]
            ).tolist()
        ]

    def _masks(self, eligible: Eligible) -> dict[int, Mask | None]:
        """Return which passages of each pack are eligible; None for all of them."""
        masks: dict[int, Mask | None] = {}
        for number in self._snapshot.packs:
            mask = self._snapshot.allowed(number, eligible.filters)
            mask = self._snapshot.in_fields(number, eligible.fields, mask)
            if eligible.matches is not None:
                matching = _own(eligible.matches).mask(number)
                mask = matching if mask is None else mask & matching
            masks[number] = mask
        return masks

    def nearest(self, vector: Vectors, scope: Scope, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Store.nearest`."""
        if not self._snapshot.packs:
            return []
        allowed = {number: self._windows(number, scope, mask) for number, mask in self._masks(eligible).items()}
        deadline.check()
        refs, cosines, _ = self._best_windows(self._meaning.nearest(vector, allowed, limit))
        return list(map(Ranked, refs[:limit].tolist(), cosines[:limit].tolist()))

    def windows(self, vector: Vectors, scope: Scope, passages: Sequence[Ref]) -> Mapping[Ref, Stretch]:
        """See :meth:`search.stores.base.Store.windows`."""
        allowed: dict[int, Mask | None] = {}
        every = 0
        for number, _, rows in self._snapshot.by_pack(as_refs(passages)):
            mask = np.zeros(len(self._snapshot.packs[number].passages), dtype=bool)
            mask[rows] = True
            every += int(np.count_nonzero(mask[self._snapshot.packs[number].windows["passage"]]))
            allowed[number] = self._windows(number, scope, mask)
        if not allowed:
            return {}
        refs, _, spans = self._best_windows(self._meaning.nearest(vector, allowed, every))
        return dict(zip(refs.tolist(), map(Stretch, *spans.T.tolist()), strict=True))

    def nearest_windows(self, vectors: Vectors, filters: Filters, limit: int) -> Sequence[Sequence[NearWindow]]:
        """See :meth:`search.stores.base.Store.nearest_windows`."""
        if not self._snapshot.packs:
            return [[] for _ in vectors]
        masks = self._masks(Eligible(filters))
        allowed = {number: self._windows(number, Scope.BOTH, mask) for number, mask in masks.items()}
        found = []
        for vector in vectors:
            deadline.check()
            refs, cosines, spans = self._best_windows(self._meaning.nearest(vector, allowed, limit))
            windows = map(Stretch, *spans[:limit].T.tolist())
            found.append(list(map(NearWindow, refs[:limit].tolist(), cosines[:limit].tolist(), windows)))
        return found

    def shared(self, text: Codes, least: int, filters: Filters, but: TextRange | None) -> SharedTexts:
        """See :meth:`search.stores.base.Store.shared`."""
        found: list[SharedText] = []
        for number, pack in self._snapshot.packs.items():
            allowed = self._snapshot.allowed(number, filters)
            if allowed is not None and not allowed.any():
                continue
            found += shared_in(pack, text, least, allowed, self._range(number, but), partial(self._named, number))
        return SharedTexts.most(found)

    def _range(self, number: int, place: TextRange | None) -> tuple[int, int]:
        """Return a place as a range of the text of a pack; an empty one where it is elsewhere."""
        if place is None or self._snapshot.places[place.work][0] != number:
            return 0, 0
        start = int(self._snapshot.packs[number].sections["start"][self._section(place.work, place.section)[1]])
        return start + place.start, start + place.end

    def _named(self, number: int, passage: int) -> tuple[WorkCard, str]:
        """Return the work and the title of the section that a passage of a pack is in."""
        pack = self._snapshot.packs[number]
        section = pack.sections[pack.passages["section"][passage]]
        work = int(section["work"])
        return self._snapshot.cards[number, work], pack.works[work].section_titles[int(section["number"])]

    def _best_windows(self, found: Windows) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Return the passages of windows, the best first, how near each is, and the stretch of its best window."""
        size = len(found.rows)
        refs, cosines = np.empty(size, np.int64), np.empty(size, np.float32)
        spans = np.empty((size, 3), np.int64)
        for number in np.flatnonzero(np.bincount(found.packs)).tolist():
            pack, mine = self._snapshot.packs[number], np.flatnonzero(found.packs == number)
            windows = pack.windows[found.rows[mine]]
            rows, streams = windows["passage"].astype(np.int64), windows["stream"].astype(np.int64)
            refs[mine] = self._snapshot.refs(number, rows)
            cosines[mine] = found.cosines[mine] * pack.passage_weights[rows]
            firsts = np.choose(streams, [starts[rows] for starts in pack.stream_starts])
            spans[mine, 0] = streams
            spans[mine, 1] = windows["start"].astype(np.int64) - firsts
            spans[mine, 2] = windows["end"].astype(np.int64) - firsts
        order = np.lexsort((found.rows, refs, -cosines))
        # A stable sort keeps the best window of each passage first.
        by_passage = order[np.argsort(refs[order], kind="stable")]
        is_best = np.zeros(size, dtype=bool)
        is_best[by_passage[np.diff(refs[by_passage], prepend=-1) != 0]] = True
        best = order[is_best[order]]
        return refs[best], cosines[best], spans[best]

    def _windows(self, number: int, scope: Scope, mask: Mask | None) -> Mask | None:
        """Return the windows of a pack that may be found; None for all of them."""
        deadline.check()
        if scope is Scope.BOTH and mask is None:
            return None
        windows = self._snapshot.packs[number].windows
        allowed: Mask = np.isin(windows["stream"], STREAMS[scope])
        return allowed if mask is None else allowed & mask[windows["passage"]]

    def texts(self, passages: Sequence[Ref], scope: Scope) -> Pieces:
        """See :meth:`search.stores.base.Store.texts`."""
        return pieces_of(self._snapshot, as_refs(passages), STREAMS[scope])

    def passages(self, wanted: Sequence[Wanted]) -> Sequence[StoredPassage]:
        """See :meth:`search.stores.base.Store.passages`."""
        refs = as_refs([each.passage for each in wanted]).tolist()
        return [
            read_passage(self._snapshot, *self._snapshot.split(ref), each.until, each.stretch)
            for ref, each in zip(refs, wanted, strict=True)
        ]

    def works_of(self, passages: Sequence[Ref]) -> Sequence[WorkCard]:
        """See :meth:`search.stores.base.Store.works_of`."""
        return [self._snapshot.by_rank[rank] for rank in self._snapshot.works_of(as_refs(passages)).tolist()]

    def contents(self, work: str) -> tuple[str, ...]:
        """See :meth:`search.stores.base.Store.contents`."""
        return self._snapshot.contents(self._snapshot.places[work])

    def pages(self, work: str) -> Sequence[tuple[Page, ...]]:
        """See :meth:`search.stores.base.Store.pages`."""
        number, row = self._snapshot.places[work]
        pack = self._snapshot.packs[number]
        sections = pack.works[row].sections
        return [pack.section_pages(section) for section in range(sections.start, sections.stop)]

    def paths(self, work: str) -> tuple[tuple[str, ...], ...]:
        """See :meth:`search.stores.base.Store.paths`."""
        number, row = self._snapshot.places[work]
        return self._snapshot.packs[number].works[row].section_paths

    def characters(self, work: str) -> Numbers:
        """See :meth:`search.stores.base.Store.characters`."""
        number, row = self._snapshot.places[work]
        pack = self._snapshot.packs[number]
        return pack.searched_characters[pack.works[row].sections]

    def dated_characters(self, work: str) -> Numbers:
        """See :meth:`search.stores.base.Store.dated_characters`."""
        number, row = self._snapshot.places[work]
        pack = self._snapshot.packs[number]
        sections = pack.works[row].sections
        return pack.dated_characters_of(range(sections.start, sections.stop))

    def weights_of(self, passages: Sequence[Ref]) -> Sequence[float]:
        """See :meth:`search.stores.base.Store.weights_of`."""
        refs = as_refs(passages)
        weights = np.ones(len(refs))
        for number, positions, rows in self._snapshot.by_pack(refs):
            weights[positions] = self._snapshot.packs[number].passage_weights[rows]
        found: list[float] = weights.tolist()
        return found

    def section(self, work: str, number: int) -> Section:
        """See :meth:`search.stores.base.Store.section`."""
        pack, row = self._section(work, number)
        return self._snapshot.packs[pack].section(row)

    def section_marks(self, work: str, number: int, query: ExactQuery) -> SectionMarks:
        """See :meth:`search.stores.base.Store.section_marks`."""
        place, row = self._section(work, number)
        pack = self._snapshot.packs[place]
        start, end = int(pack.sections["start"][row]), int(pack.sections["end"][row])
        found = self._snapshot.evaluator(place, query.scope, query.strict).evaluate(query.tree)
        here = distinct(found.occurrences, np.flatnonzero(pack.passages["section"] == row))
        ranges = merged([stretch for each in here for stretch in original_ranges(pack, each)])
        return SectionMarks(
            tuple((max(a, start) - start, min(b, end) - start) for a, b in ranges),
            sum(len(each.starts) for each in here),
        )

    def _section(self, work: str, number: int) -> tuple[int, int]:
        """Return the pack of a section and its row there."""
        place = self._snapshot.places[work]
        if not 0 <= number < self._snapshot.cards[place].sections:
            raise KeyError(f"{work} has no section {number}")
        return place[0], self._snapshot.packs[place[0]].works[place[1]].first_section + number

    def stands(self, words: Sequence[str]) -> frozenset[str]:
        """See :meth:`search.stores.base.Store.stands`."""
        return frozenset(filter(self._snapshot.stands, words))

    def spellings(self, words: Sequence[str], language: str) -> Sequence[str]:
        """See :meth:`search.stores.base.Store.spellings`."""
        if language not in self._spellings:
            packs = self._snapshot.packs
            allowed = {number: self._snapshot.in_language(number, language) for number in packs}
            self._spellings[language] = Spellings(packs, allowed)
        return list(map(self._spellings[language], words))

    def status(self) -> dict[str, Any]:
        """See :meth:`search.stores.base.Store.status`."""
        packs, settings = self._snapshot.packs, self._snapshot.generation.settings
        live = {number: pack.of_works(self._snapshot.entries[number].live) for number, pack in packs.items()}
        vectors = sum(size_on_disk(pack.folder) for pack in packs.values())
        return {
            "index": self.name,
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
                "engine": engines.indexes(self._index, settings.engine).size(self.generation),
            },
        }

    def warm_up(self) -> None:
        """See :meth:`search.stores.base.Store.warm_up`."""
        self._meaning.warm_up()


def _rounded(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores with the digits that count."""
    mantissas, exponents = np.frexp(scores)
    rounded: NDArray[np.float64] = np.ldexp(mantissas.round(_DIGITS), exponents)
    return rounded


def _own(matches: Matches) -> EmbeddedMatches:
    """Return matches as those of this kind of store.

    Raises:
        TypeError: they are of another.
    """
    if not isinstance(matches, EmbeddedMatches):
        raise TypeError(f"matches of another store: {matches!r}")
    return matches


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
