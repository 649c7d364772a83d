"""Queries of OpenSearch for trees of ours: what may match, what surely does, and where only the text can tell.

A passage is indexed with what follows it, so that each occurrence is counted where it begins
(:mod:`indexer.cluster.documents`). For a tree there are three queries:

* *possible*: every passage that matches satisfies it;
* *doubtful*: the passages of which the index does not tell whether they match, or how often;
* *certain*: just the passages that match, but for those that are doubtful.

A phrase of characters is doubtful only where the printed order has one of its pairs in a way of its own, or, in a
strict search, where one of its characters is spelled in several ways. What has wildcards or classes, or may
have a slip, is doubtful wherever it is possible, and so are regular expressions and words near each other. Dates are
counted one by one (:class:`DatesCounted`), but where some of them count in other passages than others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, starmap
from typing import NamedTuple

import numpy as np

from indexer.cluster.mapping import DATED, SURELY_DATED
from indexer.store.layout import MAIN, NOTES
from indexer.text.folding import fold, folded_each
from indexer.text.readings import Letter
from search.dates import When
from search.expressions import Expression
from search.model import Scope
from search.query import (
    ANY_ONE,
    ANY_RUN,
    MAX_RUN,
    And,
    Approximate,
    CharacterClass,
    Element,
    Field,
    InYears,
    Near,
    Not,
    Nothing,
    Or,
    Phrase,
    Tree,
    Words,
    leaves,
    sought_in,
)
from search.stores.cluster.view import NOTHING, Query

REACH = 64
"""Characters that a passage is indexed with, from any of its own on."""
STREAMS = {Scope.TEXT: ("m",), Scope.NOTES: ("n",), Scope.BOTH: ("m", "n")}
"""The fields in which each scope finds phrases."""
OWN_STREAMS = {Scope.TEXT: (MAIN,), Scope.NOTES: (NOTES,), Scope.BOTH: (MAIN, NOTES)}
"""The streams in which each scope finds dates."""
PRINTED = "s"
"""The field of what the printed order alone has."""
ORIGINALS = "o"
"""The field of the characters as the edition has them."""
VARIED = "v"
"""The field of folded characters that are spelled in several ways."""

_CODE_POINTS = 0x110000


def any_of(queries: Iterable[Query]) -> Query:
    """Return a query for what satisfies one of some queries."""
    some = [query for query in queries if query != NOTHING]
    if len(some) < 2:
        return some[0] if some else NOTHING
    return {"bool": {"should": some, "minimum_should_match": 1}}


def all_of(queries: Iterable[Query], but: Iterable[Query] = ()) -> Query:
    """Return a query for what satisfies all of some queries, and none of others."""
    wanted, without = list(queries), [query for query in but if query != NOTHING]
    if NOTHING in wanted:
        return NOTHING
    if len(wanted) == 1 and not without:
        return wanted[0]
    return {"bool": {"filter": wanted} | ({"must_not": without} if without else {})}


@dataclass(frozen=True, slots=True)
class Row:
    """One way to read a phrase of characters in a row: what they fold to, and what was typed."""

    codes: tuple[int, ...]
    letters: tuple[Letter, ...]

    @property
    def is_plain(self) -> bool:
        """Whether each character was typed as one that folds to it by itself."""
        return all(map(_is_plain, self.letters))


@dataclass(frozen=True, slots=True)
class Counted:
    """A row of characters whose occurrences count, in passages that satisfy ``where``; None for all that match.

    ``typed`` are the rows that it was typed as, each with the passages where that counts.
    """

    codes: tuple[int, ...]
    where: Query | None
    typed: tuple[tuple[Row, Query | None], ...]


@dataclass(frozen=True, slots=True)
class DatesCounted:
    """Dates that count, by the ``years`` that are asked for, in passages that satisfy ``where``; None for all."""

    years: tuple[tuple[int, int], ...]
    where: Query | None


@dataclass(frozen=True)
class Narrowing:
    """The queries for trees. They say nothing of which passages a reader may see.

    ``of_field`` returns the query for a field of the catalogue, ``near`` knows the passages that satisfy NEAR.
    """

    scope: Scope
    strict: bool
    of_field: Callable[[Field], Query]
    near: Mapping[Near, Query] = field(default_factory=dict)

    # What may match

    def possible(self, tree: Tree) -> Query:
        """Return the query that every passage satisfies that matches a tree."""
        match tree:
            case Phrase() | Approximate():
                return any_of(starmap(self._may_begin, self._patterns(tree)))
            case When(years=years) | InYears(When(years=years)):
                return self.dated(years)
            case Expression(needed=needed):  # no match is longer than a passage is indexed with what follows
                return within_reach(needed)
            case And(children):
                return all_of([self.possible(child) for child in children if not isinstance(child, Not)])
            case Or(children):
                return any_of(map(self.possible, children))
            case Near(left, right):
                return self.near[tree] if tree in self.near else any_of((self.possible(left), self.possible(right)))
            case Field():
                return self.of_field(tree)
            case Nothing():
                return NOTHING
        raise TypeError(f"no such node here: {tree!r}")

    def may_lead(self, near: Near) -> Query:
        """Return a query for every passage in which the first of two phrases begins that are near each other.

        Within a section it is the left one: it brings all of its section along.
        """
        if near.distance is None:
            return self.possible(near.left)
        orders = [(near.left, near.right), (near.right, near.left)]
        return any_of(
            all_of([self.possible(one), *self._may_follow(one, other, near.distance)])
            for one, other in (orders[:1] if near.ordered else orders)
        )

    def _may_follow(self, one: Words | Or, other: Words | Or, distance: int) -> list[Query]:
        """Return what has to stand where ``one`` begins or soon after it; nothing where that may be too far off."""
        if any(isinstance(leaf, Expression | When) for operand in (one, other) for leaf in leaves(operand)):
            return []
        patterns = [pattern for pattern, _ in self._patterns_of(other)]
        lengths = [_longest(pattern) for pattern, _ in self._patterns_of(one)] or [0]
        if max(lengths) + distance + max(map(_longest, patterns), default=0) > REACH:
            return []
        return [any_of(all_of(_each_within_reach(_characters(pattern))) for pattern in patterns)]

    def _patterns(self, words: Phrase | Approximate) -> Sequence[tuple[tuple[Element, ...], tuple[Letter, ...]]]:
        if isinstance(words, Approximate):
            return _half_right(*words.parts)
        return () if self.strict and words.alias else (sought_in(words),)

    def _patterns_of(self, operand: Words | Or) -> Iterator[tuple[tuple[Element, ...], tuple[Letter, ...]]]:
        for phrase in operand.children if isinstance(operand, Or) else (operand,):
            assert isinstance(phrase, Phrase | Approximate)
            yield from self._patterns(phrase)

    def _may_begin(self, pattern: tuple[Element, ...], letters: tuple[Letter, ...]) -> Query:
        """Return the query for where a pattern may begin."""
        runs = _runs(pattern)
        ways = [all_of(self._may_begin_in(name, runs)) for name in STREAMS[self.scope]]
        if self.scope is Scope.BOTH:
            ways.append(all_of(self._may_begin_in_print(pattern, runs)))
        near_enough = len(required(pattern))
        choices = map(within_reach, _choices(pattern))
        return all_of([any_of(ways), *choices, *(spelled(letters[:near_enough]) if self.strict else ())])

    def _may_begin_in(self, name: str, runs: Sequence[_Run]) -> Iterator[Query]:
        for run in runs:
            if not run.high:
                yield phrase_query(name, run.codes)[0]
            elif len(run.codes) > 1:
                yield _pairs(name, run.codes)
            else:
                yield from _each_within_reach(run.codes)

    def _may_begin_in_print(self, pattern: tuple[Element, ...], runs: Sequence[_Run]) -> Iterator[Query]:
        """Yield what has to be where a pattern begins that stands so in the printed order alone."""
        if runs and not runs[0].high:
            first = runs[0].codes[0]
            yield any_of((*(_term(name, chr(first)) for name in STREAMS[self.scope]), _crossing((first,))))
        if len(runs) == 1 and len(runs[0].codes) == len(pattern[:REACH]):
            # Of a longer one the beginning may stand in a stream of its own.
            yield _crossing(runs[0].codes)
            return
        if _longest(pattern) <= REACH:
            yield {"exists": {"field": PRINTED}}
        for run in runs:
            yield from _each_within_reach(run.codes)

    # What surely matches

    def certain(self, tree: Tree) -> Query:
        """Return the query that just the passages satisfy that match a tree, but for those that are doubtful."""
        match tree:
            case Phrase():
                return any_of(all_of([self.begins(row.codes), *self._if_strict(row)]) for row in self._rows(tree))
            case And(children):
                wanted = [self.certain(child) for child in children if not isinstance(child, Not)]
                return all_of(wanted, [self.certain(child.child) for child in children if isinstance(child, Not)])
            case Or(children):
                return any_of(map(self.certain, children))
            case Approximate() | Expression() | Near() | Nothing():
                return NOTHING
            case When(years=years) | InYears(When(years=years)):
                return self.dated(years)
            case Field():
                return self.of_field(tree)
        raise TypeError(f"no such node here: {tree!r}")

    def begins(self, codes: tuple[int, ...]) -> Query:
        """Return the query for where a row of characters begins."""
        return any_of(phrase_query(name, codes)[0] for name in STREAMS[self.scope])

    def _rows(self, phrase: Phrase) -> list[Row]:
        """Return the ways to read a phrase that the index can count."""
        if not phrase.literal:
            return []
        rows = [Row(_characters(pattern), letters) for pattern, letters in self._patterns(phrase)]
        return [row for row in rows if len(row.codes) <= REACH and self._can_be_counted(row)]

    def _can_be_counted(self, row: Row) -> bool:
        return row.is_plain if self.strict else not any(letter.name for letter in row.letters)

    def _if_strict(self, row: Row) -> list[Query]:
        return spelled(row.letters) if self.strict else []

    # What only the text can tell

    def doubtful(self, tree: Tree) -> Query:
        """Return the query for the passages in which only the text tells whether, and how often, a tree matches."""
        queries = list(self._doubts(tree))
        if self.dates(tree) is None:
            queries += [self.dated(when.years) for when, _ in self._dates(tree, None)]
        return any_of(queries)

    def _doubts(self, tree: Tree) -> Iterator[Query]:
        match tree:
            case Phrase():
                yield from self._doubts_of_phrase(tree)
            case And(children) | Or(children):
                for child in children:
                    yield from self._doubts(child)
            case Not(child):
                yield from self._doubts(child)
            case Approximate() | Expression() | Near():
                yield self.possible(tree)

    def _doubts_of_phrase(self, phrase: Phrase) -> Iterator[Query]:
        counted = self._rows(phrase)
        for pattern, letters in self._patterns(phrase):
            row = Row(_characters(pattern), letters)
            if not phrase.literal or row not in counted:
                yield self._may_begin(pattern, letters)
                continue
            if self.scope is Scope.BOTH:
                yield all_of([_crossing(row.codes), *self._if_strict(row)])
            if self.strict:
                yield all_of([self.begins(row.codes), *spelled(row.letters), varied(row.codes)])

    # What is counted

    def counted(self, tree: Tree) -> list[Counted]:
        """Return the rows of characters whose occurrences are those of a tree, each once."""
        found: dict[tuple[int, ...], list[tuple[Row, Query | None, bool]]] = {}
        for row, where, is_typed in self._counted(tree, None):
            found.setdefault(row.codes, []).append((row, where, is_typed))
        return [
            Counted(
                codes,
                _either([where for _, where, _ in ways]),
                tuple((row, where) for row, where, typed in ways if typed),
            )
            for codes, ways in found.items()
        ]

    def dates(self, tree: Tree) -> DatesCounted | None:
        """Return the dates whose occurrences are those of a tree, each once; None where the index can't count them."""
        found = list(self._dates(tree, None))
        ways = [where for _, where in found]
        years = tuple(dict.fromkeys(row for when, _ in found for row in when.years))
        if len({when.years for when, _ in found}) > 1 and any(where != ways[0] for where in ways):
            return None
        return DatesCounted(years, _either(ways))

    def dated(self, years: Iterable[tuple[int, int]]) -> Query:
        """Return the query for where a date begins that counts, by some rows of years."""
        return self.surely_dated(years) if self.strict else in_years(years, self.scope)

    def surely_dated(self, years: Iterable[tuple[int, int]]) -> Query:
        """Return the query for where a date begins that is surely of one of some rows of years."""
        return in_years(years, self.scope, is_sure=True)

    def _dates(self, tree: Tree, where: Query | None) -> Iterator[tuple[When, Query | None]]:
        match tree:
            case When():
                yield tree, where
            case And(children):
                for child in children:
                    yield from self._dates(child, where)
            case Or(children):
                for child in children:
                    yield from self._dates(child, self._within(child, where))

    def _within(self, child: Tree, where: Query | None) -> Query | None:
        """Return where a choice counts: what one of several words finds does where it is satisfied."""
        return both(where, self.certain(child)) if isinstance(child, And) else where

    def _counted(self, tree: Tree, where: Query | None) -> Iterator[tuple[Row, Query | None, bool]]:
        match tree:
            case Phrase(alias=alias):
                for row in self._rows(tree):
                    yield row, both(where, *self._if_strict(row)), not alias
            case And(children):
                for child in children:
                    yield from self._counted(child, where)
            case Or(children):
                for child in children:
                    yield from self._counted(child, self._within(child, where))


def _half_right(
    first: tuple[Letter, ...], second: tuple[Letter, ...]
) -> Sequence[tuple[tuple[Element, ...], tuple[Letter, ...]]]:
    """Return the patterns of a phrase with a slip in its second half, of which one character is right, or its first.

    Each has room for one character too much.
    """
    slip_behind: tuple[Element, ...] = (*_typed(first), CharacterClass(second), *(ANY_ONE for _ in second))
    slip_before: tuple[Element, ...] = (*(ANY_ONE for _ in first), ANY_ONE, *_typed(second))
    return (slip_behind, first), (slip_before, second)


def _typed(letters: Sequence[Letter]) -> Iterator[int]:
    return (letter.code for letter in letters)


class _Run(NamedTuple):
    """Characters in a row of a pattern, and how far from the pattern's beginning they are, at least and at most."""

    low: int
    high: int
    codes: tuple[int, ...]


@lru_cache(64)
def _runs(pattern: tuple[Element, ...]) -> tuple[_Run, ...]:
    """Return the rows of characters of a pattern, as far as a passage is indexed with what follows it."""
    runs: list[_Run] = []
    low = high = 0
    open_run = False
    for element in pattern:
        if isinstance(element, int):
            if high >= REACH:
                break
            if open_run:
                runs[-1] = runs[-1]._replace(codes=(*runs[-1].codes, element))
            else:
                runs.append(_Run(low, high, (element,)))
        open_run = isinstance(element, int)
        low, high = low + (element is not ANY_RUN), high + (MAX_RUN if element is ANY_RUN else 1)
    return tuple(runs)


def _choices(pattern: tuple[Element, ...]) -> Iterator[tuple[int, ...]]:
    """Yield what each class of a pattern has to be, as far as a passage is indexed with what follows it."""
    high = 0
    for element in pattern:
        if isinstance(element, CharacterClass) and not element.negated and high < REACH:
            yield element.codes
        high += MAX_RUN if element is ANY_RUN else 1


def _longest(pattern: tuple[Element, ...]) -> int:
    """Return how many characters a pattern may take up."""
    return sum(MAX_RUN if element is ANY_RUN else 1 for element in pattern)


def _characters(pattern: tuple[Element, ...]) -> tuple[int, ...]:
    return tuple(element for element in pattern if isinstance(element, int))


def phrase_query(name: str, codes: Sequence[int]) -> tuple[Query, int]:
    """Return the query for a row of characters that begins in a passage, and how many terms it has."""
    text = "".join(map(chr, codes))
    if len(text) == 1:
        return _term(name, text), 1
    terms = [text[0], *_every_other_pair(text)]
    return {"match_phrase": {name: " ".join(terms)}}, len(terms) - terms.count("_")


def _pairs(name: str, codes: Sequence[int]) -> Query:
    """Return the query for a row of characters that stands in a passage or soon after it."""
    return {"match_phrase": {name: " ".join(_every_other_pair("".join(map(chr, codes))))}}


def _every_other_pair(text: str) -> list[str]:
    """Return the pairs that cover a text, with a hole where a single character is and where a pair is left out."""
    pairs = ["".join(pair) for pair in pairwise(text)]
    kept = [pair if at % 2 == 0 or at == len(pairs) - 1 else "_" for at, pair in enumerate(pairs)]
    return " _ ".join(kept).split(" ")


def _term(name: str, token: str) -> Query:
    return {"term": {name: token}}


def _crossing(codes: Sequence[int]) -> Query:
    """Return the query for where the printed order may have some of a row of characters in a way of its own."""
    tokens = [f"s1:{chr(codes[0])}"] if len(codes) == 1 else ["".join(map(chr, pair)) for pair in pairwise(codes)]
    return {"terms": {PRINTED: list(dict.fromkeys(tokens))}}


def within_reach(codes: Sequence[int]) -> Query:
    """Return the query for where one of some characters stands, in any spelling, in a passage or soon after it."""
    originals = [each for code in codes for each in _originals(code)]
    return any_of(({"terms": {ORIGINALS: originals}}, {"terms": {VARIED: list(map(chr, codes))}}))


def _each_within_reach(codes: Sequence[int]) -> list[Query]:
    """Return what has to be where characters stand, in any spelling, stream and order, in a passage or soon after."""
    return [within_reach((code,)) for code in dict.fromkeys(codes)]


def in_years(years: Iterable[tuple[int, int]], scope: Scope, *, is_sure: bool = False) -> Query:
    """Return the query for where a date begins that may lie, or surely lies, in one of some rows of years."""
    relation, fields = ("within", SURELY_DATED) if is_sure else ("intersects", DATED)
    rows = [{"gte": first, "lte": last, "relation": relation} for first, last in years]
    return any_of({"range": {fields[stream]: row}} for stream in OWN_STREAMS[scope] for row in rows)


def required(pattern: tuple[Element, ...]) -> tuple[int, ...]:
    """Return the characters of a pattern that have to be where it begins or within reach of it, in order."""
    return tuple(code for run in _runs(pattern) for code in run.codes)


def spelled(letters: Sequence[Letter]) -> list[Query]:
    """Return what has to be where characters stand as they were typed."""
    typed = [letter.typed for letter in letters if _is_plain(letter)]
    return [_term(ORIGINALS, each) for each in dict.fromkeys(typed)]


def _is_plain(letter: Letter) -> bool:
    return len(letter.typed) == 1 and not letter.name and fold(letter.typed) == chr(letter.code)


def varied(codes: Sequence[int]) -> Query:
    """Return the query for where one of some folded characters is spelled in several ways."""
    return {"terms": {VARIED: [chr(code) for code in dict.fromkeys(codes)]}}


@lru_cache(4096)
def _originals(code: int) -> tuple[str, ...]:
    """Return the characters that fold to one."""
    order, folded = _by_folded()
    low, high = np.searchsorted(folded, (code, code + 1))
    return tuple(map(chr, order[low:high].tolist()))


@lru_cache(1)
def _by_folded() -> tuple[np.ndarray, np.ndarray]:
    folded = folded_each(np.arange(_CODE_POINTS, dtype=np.uint32))
    order = np.argsort(folded, kind="stable")
    return order, folded[order]


def both(*queries: Query | None) -> Query | None:
    """Return a query for what satisfies all of some queries, of which None lets everything through."""
    some = [query for query in queries if query is not None]
    return all_of(some) if some else None


def _either(queries: Sequence[Query | None]) -> Query | None:
    """Return a query for what satisfies one of some queries, of which None lets everything through."""
    some = [query for query in queries if query is not None]
    return any_of(some) if len(some) == len(queries) else None
