"""What speaks for a passage that is alike: rankings by words and by meaning, and late interaction.

Each step takes what the one before it has found and hands it on. The store ranks; models and comparisons are here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from indexer.embedding import StaticEmbedder, Vectors
from indexer.text.folding import fold
from indexer.text.grams import gram_query
from search.dates import When, asked_of, read_event
from search.model import Mode, Scope, SearchRequest, Sort
from search.query import And, Field, InYears, Nothing, Parsed, Phrase, narrowed_to, without_slips
from search.ranking import fusion
from search.ranking.fusion import Scores, Signals
from search.ranking.late_interaction import Closest, Substitute, interact, spaced
from search.ranking.pieces import Stretch
from search.stores.base import Eligible, ExactQuery, Matches, Ref, Store
from search.words.aliases import Expanded, expand, names_in
from search.words.thesaurus import thesaurus

POOL = 200
"""Passages that each ranking by words and by meaning contributes."""
RERANKED = 64
"""Of these, the most likely ones are compared with the query token by token."""
CLASSICAL_DEGREE = 0.9
"""How alike a classical word counts to the modern one that it stands for."""


def exact_query(request: SearchRequest, parsed: Parsed, expanded: Expanded) -> ExactQuery:
    """Return what has to stand in a passage that matches."""
    when, _ = read_event(request.event)
    asked, tree = narrowed_to(without_slips(parsed.tree), when), narrowed_to(expanded.tree, when)
    return ExactQuery(tree, request.scope, request.strict, request.filters, None if asked == tree else asked)


def signals(store: Store, request: SearchRequest, parsed: Parsed, matches: Matches) -> Signals:
    """Compute the features of passages that are alike; ``matches`` are those of the query.

    Raises:
        SearchError: the query costs too much.
    """
    found = rankings(store, request, parsed, matches)
    closest = by_interaction(store, parsed.text, request.scope, found.likely, request.expands) if found.likely else {}
    return replace(found, interaction=closest)


def rankings(store: Store, request: SearchRequest, parsed: Parsed, matches: Matches) -> Signals:
    """Rank the passages that are alike, as :func:`signals` does before it compares the likeliest of them closely."""
    if request.mode is Mode.EXACT or not parsed.text:
        return Signals()
    eligible = _eligible(store, request, parsed, matches)
    words: Scores = {}
    if request.mode is Mode.HYBRID:
        words = by_words(store, parsed.text, request.scope, eligible)
    vector = store.embedder.embed([parsed.text])[0]
    meaning = by_meaning(store, vector, request.scope, eligible)
    likely = fusion.likely(words, meaning)
    dated = by_date(store, request, parsed.text, eligible) if request.mode is Mode.HYBRID else None
    if dated:
        likely = fusion.together(likely, dated.likely, 2 * POOL)
    of_the_year = frozenset(dated.matches.scores_of(list(likely))) if dated else frozenset()
    return Signals(words, meaning, likely, vector=vector, dated=of_the_year)


def stretches(store: Store, found: Signals, scope: Scope, passages: Sequence[Ref]) -> dict[Ref, Stretch]:
    """Return what is closest in meaning of each of some passages, of those that were found for it."""
    closest = {passage: found.interaction[passage].stretch for passage in passages if passage in found.interaction}
    rest = [passage for passage in passages if passage in found.meaning and passage not in closest]
    if rest and found.vector is not None:
        closest |= store.windows(found.vector, scope, rest)
    return closest


class Dated(NamedTuple):
    """The passages with a year that a question names, and how likely some of them are by the rest of the question."""

    matches: Matches
    likely: Scores


def by_date(store: Store, request: SearchRequest, text: str, eligible: Eligible) -> Dated | None:
    """Rank the passages that have a year which a question names by what else it says; None where it names none."""
    when, rest = asked_of(text)
    if when is None or eligible.matches is not None:
        return None
    matches = store.match(ExactQuery(when, request.scope, request.strict, request.filters))
    if not rest:
        return Dated(matches, fusion.likely(dict(matches.page(Sort.RELEVANCE, 0, POOL)), {}))
    some = replace(eligible, matches=matches)
    words = by_words(store, rest, request.scope, some)
    meaning = by_meaning(store, store.embedder.embed([rest])[0], request.scope, some)
    return Dated(matches, fusion.likely(words, meaning))


def by_words(store: Store, text: str, scope: Scope, eligible: Eligible) -> Scores:
    """Rank the eligible passages by BM25 over characters and pairs; the best first."""
    return dict(store.rank(gram_query(text, scope), eligible, POOL))


def by_meaning(store: Store, vector: Vectors, scope: Scope, eligible: Eligible) -> Scores:
    """Rank the eligible passages by the cosine of their nearest window, the best first."""
    return dict(store.nearest(vector, scope, eligible, POOL)) if vector.any() else {}


def by_interaction(store: Store, text: str, scope: Scope, likely: Scores, aliases: bool) -> dict[Ref, Closest]:
    """Compare the most likely passages by late interaction; none where the model has no token vectors."""
    if not isinstance(store.embedder, StaticEmbedder):
        return {}
    chosen = fusion.ranked(likely, RERANKED)
    compared = interact(store.embedder, text, store.texts(chosen, scope), _substitutes(spaced(text), aliases))
    return {chosen[position]: closest for position, closest in compared.items()}


def _eligible(store: Store, request: SearchRequest, parsed: Parsed, matches: Matches) -> Eligible:
    """Return which passages may be found for being alike.

    Operators, wildcards, dates and quotation marks bind: what they ask for must stand there.
    """
    if is_boolean(parsed) or set(parsed.quoted) == set(parsed.phrases):
        return Eligible(request.filters, matches=matches)
    binding: tuple[Phrase | When, ...] = (*parsed.quoted, *parsed.dates)
    if not binding:
        when, _ = read_event(request.event)
        query = when and ExactQuery(InYears(when), request.scope, request.strict, request.filters)
        return Eligible(request.filters, parsed.fields, store.match(query) if query else None)
    bound = replace(parsed, tree=And(binding) if len(binding) > 1 else binding[0])
    standing = store.match(exact_query(request, bound, expand(bound, request.expands)))
    return Eligible(request.filters, parsed.fields, standing)


def is_boolean(parsed: Parsed) -> bool:
    """Return whether the reader wrote operators or wildcards: then only what satisfies the tree is wanted."""
    tree = parsed.tree
    leaves = tree.children if isinstance(tree, And) else (tree,)
    plain = (isinstance(leaf, Field | When | Nothing) or (isinstance(leaf, Phrase) and leaf.literal) for leaf in leaves)
    return not all(plain)


def _substitutes(text: str, aliases: bool) -> Iterator[Substitute]:
    """Yield what may stand in the place of parts of a query, as it is compared."""
    for name in names_in(text) if aliases else ():
        yield Substitute(name.start, name.end, tuple(map(fold, name.others)), 1.0)
    for start, end, classical in thesaurus().within(text):
        yield Substitute(start, end, tuple(map(fold, classical)), CLASSICAL_DEGREE)
