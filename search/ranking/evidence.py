"""Why passages are found: exact matches, and rankings by words, by meaning and by late interaction.

Each step takes what the one before it has found and hands it on; :class:`Ranker` holds what all of them read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.embedding import Embedder, StaticEmbedder
from indexer.engines import Engine
from indexer.store import passage_keys
from indexer.store.generation import work_key
from indexer.store.positions import Places
from indexer.text.folding import fold
from indexer.text.grams import bag
from search import deadline
from search.exact.evaluation import Found, distinct
from search.exact.matching import Mask
from search.model import Mode, Scope, SearchRequest
from search.query import And, Field, Nothing, Parsed, Phrase
from search.ranking import fusion
from search.ranking.fusion import Evidence, Matches, Scores, Stretch
from search.ranking.late_interaction import Closest, Substitute, interact, spaced
from search.ranking.pieces import Pieces
from search.ranking.semantic import Meaning
from search.snapshot import STREAMS, Snapshot
from search.words.aliases import Expanded, expand, names_in
from search.words.thesaurus import thesaurus

POOL = 200
"""Passages that each ranking by words and by meaning contributes."""
RERANKED = 64
"""Of these, the most likely ones are compared with the query token by token."""
CLASSICAL_DEGREE = 0.9
"""How alike a classical word counts to the modern one that it stands for."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """A snapshot with its inverted index and its vectors."""

    snapshot: Snapshot
    engine: Engine
    embedder: Embedder
    meaning: Meaning

    def evidence(self, request: SearchRequest, parsed: Parsed, expanded: Expanded) -> Evidence:
        """Gather everything that speaks for a passage.

        Raises:
            SearchError: the query costs too much.
        """
        packs = self.snapshot.packs
        allowed = {number: self.snapshot.allowed(number, request.filters) for number in packs}
        matches = exact_matches(self.snapshot, parsed, allowed, request.scope, request.strict, expanded)
        words: Scores = {}
        meaning: Scores = {}
        likely: Scores = {}
        closest: dict[int, Closest] = {}
        stretches: dict[int, Stretch] = {}
        if request.mode is not Mode.EXACT and parsed.text:
            eligible = self._eligible(request, parsed, matches, allowed)
            if request.mode is Mode.HYBRID:
                unbound = not (request.filters or parsed.fields or parsed.quoted or is_boolean(parsed))
                words = self.by_words(parsed.text, request.scope, None if unbound else eligible)
            meaning, stretches = self.by_meaning(parsed.text, request.scope, eligible)
            likely = fusion.likely(words, meaning)
            closest = self.by_interaction(parsed.text, request.scope, likely, request.expands)
            stretches |= {passage: each.stretch for passage, each in closest.items()}
        return Evidence(matches, words, meaning, likely, closest, stretches)

    def by_words(self, text: str, scope: Scope, eligible: Mapping[int, Mask | None] | None) -> Scores:
        """Rank the eligible passages by BM25 over characters and pairs; None makes all of them eligible."""
        packs = self.snapshot.packs
        works = None
        if eligible is not None:
            works = [
                work_key(number, work)
                for number, mask in eligible.items()
                for work in np.unique(packs[number].passage_works[slice(None) if mask is None else mask]).tolist()
            ]
            if not works:
                return {}
        scores: Scores = {}
        deadline.check()
        for passage, score in self.engine.rank(bag(text, scope), works, POOL):
            number, row = passage_keys.split(passage)
            mask = None if eligible is None else eligible[number]
            if mask is None or mask[row]:
                scores[passage] = score * float(packs[number].passage_weights[row])
        return scores

    def by_meaning(
        self, text: str, scope: Scope, eligible: Mapping[int, Mask | None]
    ) -> tuple[Scores, dict[int, Stretch]]:
        """Rank the eligible passages by the cosine of their nearest window, and return those windows."""
        vector = self.embedder.embed([text])[0]
        if not vector.any() or not self.snapshot.packs:
            return {}, {}
        allowed = {number: self._windows(number, scope, mask) for number, mask in eligible.items()}
        deadline.check()
        found = self.meaning.nearest(vector, allowed, POOL)
        size = len(found.rows)
        passages, cosines = np.empty(size, np.int64), np.empty(size, np.float32)
        spans = np.empty((size, 3), np.int64)
        for number in np.flatnonzero(np.bincount(found.packs)).tolist():
            pack, mine = self.snapshot.packs[number], np.flatnonzero(found.packs == number)
            windows = pack.windows[found.rows[mine]]
            rows = windows["passage"].astype(np.int64)
            passages[mine] = passage_keys.join_rows(number, rows)
            cosines[mine] = found.cosines[mine] * pack.passage_weights[rows]
            spans[mine] = np.column_stack([windows[part] for part in ("stream", "start", "end")])
        order = np.lexsort((found.rows, passages, -cosines))
        firsts = np.sort(np.unique(passages[order], return_index=True)[1])[:POOL]
        best = order[firsts]
        names = passages[best].tolist()
        return dict(zip(names, cosines[best].tolist(), strict=True)), dict(
            zip(names, map(tuple, spans[best].tolist()), strict=True)
        )

    def by_interaction(self, text: str, scope: Scope, likely: Scores, aliases: bool) -> dict[int, Closest]:
        """Compare the most likely passages by late interaction; none where the model has no token vectors."""
        if not isinstance(self.embedder, StaticEmbedder):
            return {}
        pieces = Pieces.of_packs(self.snapshot.packs, fusion.ranked(likely)[:RERANKED], STREAMS[scope])
        return interact(self.embedder, text, pieces, _substitutes(spaced(text), aliases))

    def _eligible(
        self,
        request: SearchRequest,
        parsed: Parsed,
        matches: Mapping[int, Matches],
        allowed: Mapping[int, Mask | None],
    ) -> dict[int, Mask | None]:
        """Return the passages of each pack that may be found for being alike; None for all of them.

        Operators, wildcards and quotation marks bind: what they ask for must stand there.
        """
        if is_boolean(parsed) or set(parsed.quoted) == set(parsed.phrases):
            return {
                number: self._only(number, matches[number].found.passages if number in matches else ())
                for number in allowed
            }
        within = {number: self.snapshot.in_fields(number, parsed.fields, mask) for number, mask in allowed.items()}
        if not parsed.quoted:
            return within
        quoted = And(parsed.quoted) if len(parsed.quoted) > 1 else parsed.quoted[0]
        tree = expand(replace(parsed, tree=quoted), request.expands).tree
        bound: dict[int, Mask | None] = {}
        for number, mask in within.items():
            found = self.snapshot.evaluator(number, request.scope, request.strict).evaluate(tree)
            standing = self._only(number, found.passages)
            bound[number] = standing if mask is None else standing & mask
        return bound

    def _only(self, number: int, passages: Places | Sequence[int]) -> Mask:
        """Return the mask of some passages of a pack."""
        mask = np.zeros(len(self.snapshot.packs[number].passages), dtype=bool)
        mask[np.asarray(passages, np.int64)] = True
        return mask

    def _windows(self, number: int, scope: Scope, mask: Mask | None) -> Mask | None:
        """Return the windows of a pack that may be found; None for all of them."""
        deadline.check()
        if scope is Scope.BOTH and mask is None:
            return None
        windows = self.snapshot.packs[number].windows
        allowed: Mask = np.isin(windows["stream"], STREAMS[scope])
        return allowed if mask is None else allowed & mask[windows["passage"]]


def exact_matches(
    snapshot: Snapshot,
    parsed: Parsed,
    allowed: Mapping[int, Mask | None],
    scope: Scope,
    strict: bool,
    expanded: Expanded,
    *,
    near_spans: bool = False,
) -> dict[int, Matches]:
    """Return what satisfies the query in each pack that holds any of it, by :class:`search.exact.evaluation.Evaluator`.

    Raises:
        SearchError: the query costs too much.
    """
    matches: dict[int, Matches] = {}
    for number, mask in allowed.items():
        if mask is not None and not mask.any():
            continue
        evaluator = snapshot.evaluator(number, scope, strict, near_spans=near_spans)
        found = evaluator.evaluate(expanded.tree)
        if mask is not None:
            found = Found(found.passages[mask[found.passages]], found.occurrences)
        if not len(found.passages):
            continue
        asked = evaluator.evaluate(parsed.tree).passages if expanded.names else found.passages
        if mask is None and isinstance(expanded.tree, Phrase):  # nothing can stand there twice, or be left out
            occurrences = list(found.occurrences)
        else:
            occurrences = distinct(found.occurrences, found.passages)
        matches[number] = Matches(found, occurrences, asked)
    return matches


def is_boolean(parsed: Parsed) -> bool:
    """Return whether the reader wrote operators or wildcards: then only what satisfies the tree is wanted."""
    tree = parsed.tree
    leaves = tree.children if isinstance(tree, And) else (tree,)
    plain = (isinstance(leaf, Field | Nothing) or (isinstance(leaf, Phrase) and leaf.literal) for leaf in leaves)
    return not all(plain)


def _substitutes(text: str, aliases: bool) -> Iterator[Substitute]:
    """Yield what may stand in the place of parts of a query, as it is compared."""
    for name in names_in(text) if aliases else ():
        yield Substitute(name.start, name.end, tuple(map(fold, name.others)), 1.0)
    for start, end, classical in thesaurus().within(text):
        yield Substitute(start, end, tuple(map(fold, classical)), CLASSICAL_DEGREE)
