"""Whether an index on a cluster finds exactly what one in a folder finds, and what a plain scan does.

    python -m eval.quality.equality INDEX CLUSTER --queries 10000

asks both so many random queries of exact mode, and for every occurrence, and prints how many answers differ, and in
what: which passages match, how often, in which works, in which order and with which scores, what is marked; and which
occurrences there are, in which order and groups. Phrases without wildcards are counted by a plain scan, too.
"""

from __future__ import annotations

import random
import sys
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import click
import numpy as np

from corpora.catalogue import FACETS
from corpora.model import Section, SpanKind
from indexer.cluster.address import index_address
from indexer.text.folding import fold, folded_each
from indexer.text.streams import (
    Codes,
    code_points,
    main_stream,
    notes_stream,
    passage_starts,
    printed_order,
    text_of,
)
from search import fields
from search.model import Scope, SearchError, Sort
from search.occurrences import Grouping, Occurrence, Occurrences, Order
from search.query import And, Not, Or, Phrase, Tree, parse, sought_in
from search.stores.base import ExactQuery, Filters, PassageRef, Ranked, Store, Wanted
from search.stores.opening import open_store
from search.words.aliases import expand

_LENGTHS = (1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20, 40, 63, 64, 65, 90)
"""Characters of a phrase, of which one is drawn."""
_SHOWN = 5
"""Differing queries that are printed."""
_DEEP = 40
"""How far back a page may begin."""
_FORMS = (
    *("{0}",) * 8,
    *("{0} AND {1}", "{0} OR {1}", "{0} NOT {1}", "{0} OR ({1} AND {2})", "({0} OR {1}) NOT {2}"),
    *("{0} NEAR/{n} {1}", "{0} NEAR/{n} {1}", "({0} OR {1}) NEAR/{n} {2}", "{0} NEAR/{n} {1} NOT {2}"),
    *("title:{t} {0}", "{0} NOT title:{t}", "title:{t} OR {0}"),
)
"""Of phrases, a distance and a title."""


class Asked(NamedTuple):
    """A query of the trial, as it would be typed, and what a store is asked."""

    text: str
    query: ExactQuery


class Drawn:
    """Random queries from the texts of a store, the same for the same seed."""

    def __init__(self, store: Store, seed: int) -> None:
        self._chance = random.Random(seed)
        self._store = store
        self._cards = store.works()
        self._sizes = [card.sections for card in self._cards]
        self._sections: dict[tuple[str, int], Section] = {}

    def __iter__(self) -> Iterator[Asked]:
        while True:
            if (asked := self._asked()) is not None:
                yield asked

    def _asked(self) -> Asked | None:
        chance = self._chance
        title = chance.choice(self._cards).record.title
        text = chance.choice(_FORMS).format(
            *(f'"{phrase}"' for phrase in self._phrases()), n=chance.choice((0, 1, 5, 10, 40, 100)), t=title
        )
        try:
            parsed = parse(text)
            expanded = expand(parsed, chance.random() < 0.2)
        except SearchError:
            return None
        asked = parsed.tree if expanded.names else None
        scope = chance.choice((Scope.BOTH, Scope.BOTH, *Scope))
        return Asked(text, ExactQuery(expanded.tree, scope, chance.random() < 0.2, self._filters(), asked))

    def _filters(self) -> Filters:
        if self._chance.random() < 0.8:
            return {}
        name = self._chance.choice(FACETS)
        values = fields.field(name).values(self._chance.choice(self._cards))
        return {name: tuple(values)}

    def _phrases(self) -> list[str]:
        """Return three phrases, the second and third near the first or from anywhere."""
        chance = self._chance
        first, rest = self._cut(), [self._cut(), self._cut()]
        if chance.random() < 0.5 and len(first) > 2:
            middle = chance.randrange(1, len(first))
            first, rest[0] = first[:middle], first[middle:]
        return [self._written(each) for each in (first, *rest)]

    def _cut(self) -> str:
        """Return some characters in a row from a text, with the notes or without them."""
        chance = self._chance
        card = chance.choices(self._cards, self._sizes)[0]
        key = card.id, chance.randrange(card.sections)
        if key not in self._sections:
            self._sections[key] = self._store.section(*key)
        section = self._sections[key]
        start = chance.randrange(len(section.text))
        kept = section.text[start : start + 400]
        if chance.random() < 0.5:
            notes = [(span.start - start, span.end - start) for span in section.spans if span.kind is SpanKind.NOTE]
            inside = {at for low, high in notes for at in range(max(low, 0), min(high, len(kept)))}
            kept = "".join(char for at, char in enumerate(kept) if at not in inside)
        said = "".join(char for char in kept if fold(char) and char not in '"*?＊？')
        return said[: chance.choice(_LENGTHS)] or "之"

    def _written(self, phrase: str) -> str:
        """Return a phrase in another spelling, or with wildcards, now and then."""
        chance = self._chance
        if chance.random() < 0.3:
            phrase = "".join(chance.choice(_spellings()[fold(char)]) for char in phrase)
        if chance.random() < 0.15 and len(phrase) > 2:
            at = chance.randrange(1, len(phrase) - 1)
            phrase = phrase[:at] + chance.choice(("?", "*", "??", "?*")) + phrase[at + chance.randrange(2) :]
        return phrase


class _Spellings(dict[str, list[str]]):
    """What folds to each character; the character itself where nothing is known to."""

    def __missing__(self, folded: str) -> list[str]:
        return [folded]


_known = _Spellings()


def _spellings() -> dict[str, list[str]]:
    if not _known:
        codes = np.array([*range(0x3400, 0xA000), *range(0xF900, 0xFB00), *range(0x20000, 0x2A6E0)], np.uint32)
        for code, folded in zip(codes.tolist(), folded_each(codes).tolist(), strict=True):
            if folded:
                _known.setdefault(chr(folded), []).append(chr(code))
    return _known


# The plain scan


class _Run(NamedTuple):
    """A stream of a section: its folded text, and where each character stands, in its own stream and in the section."""

    text: str
    homes: Sequence[int]
    offsets: Sequence[int]


@dataclass(frozen=True)
class Scanned:
    """All texts of a store, folded, to be read from beginning to end."""

    store: Store
    runs: list[tuple[PassageRef, list[int], dict[Scope, list[_Run]]]] = field(default_factory=list)

    @classmethod
    def of(cls, store: Store) -> Scanned:
        """Read all texts."""
        scanned = cls(store)
        for card in store.works():
            for number in range(card.sections):
                section = store.section(card.id, number)
                starts = [start for start, _ in passage_starts(section)]
                scanned.runs.append((PassageRef(card.id, number, 0), starts, _runs(section)))
        return scanned

    def standing(self, phrase: Phrase, scope: Scope) -> Counter[PassageRef]:
        """Return the passages in which a phrase begins, with how often."""
        found: Counter[PassageRef] = Counter()
        row = phrase.folded
        for (work, number, _), starts, runs in self.runs:
            places: dict[tuple[int, ...], int] = {}
            for run in runs[scope]:
                at = run.text.find(row)
                while at >= 0:
                    places[tuple(run.homes[at : at + len(row)])] = run.offsets[at]
                    at = run.text.find(row, at + 1)
            for offset in places.values():
                found[PassageRef(work, number, starts[bisect_right(starts, offset) - 1])] += 1
        return found

    def counted(self, tree: Tree, scope: Scope) -> tuple[set[PassageRef], dict[str, Counter[PassageRef]]] | None:
        """Return the passages that satisfy a tree, and how often each of its phrases counts in them.

        None where the plain scan has no opinion: of wildcards, fields and words near each other.
        """
        match tree:
            case Phrase() if tree.literal and not any(letter.name for letter in sought_in(tree)[1]):
                found = self.standing(tree, scope)
                return set(found), {tree.folded: found}
            case And(children) | Or(children):
                parts = [(child, self.counted(_plain(child), scope)) for child in children]
                if any(part is None for _, part in parts):
                    return None
                wanted = [part for child, part in parts if part and not isinstance(child, Not)]
                denied = [part[0] for child, part in parts if part and isinstance(child, Not)]
                sets = [passages for passages, _ in wanted]
                whole = set.intersection(*sets) if isinstance(tree, And) else set.union(*sets)
                whole = whole.difference(*denied)
                counts: dict[str, Counter[PassageRef]] = {}
                for passages, phrases in wanted:
                    for text, found in phrases.items():
                        kept = {passage: count for passage, count in found.items() if passage in passages & whole}
                        counts[text] = counts.get(text, Counter()) | Counter(kept)
                return whole, counts
        return None


def _plain(child: Tree) -> Tree:
    return child.child if isinstance(child, Not) else child


def _runs(section: Section) -> dict[Scope, list[_Run]]:
    codes = code_points(section.text)
    main, notes = main_stream(section, codes), notes_stream(section, codes)
    printed = printed_order(section, codes, main, notes)
    text = _Run(text_of(main.codes), range(0, 2 * len(main.codes), 2), main.offsets.tolist())
    note = _Run(text_of(notes.codes), range(1, 2 * len(notes.codes), 2), notes.offsets.tolist())
    both = [text, note]
    if len(printed.codes):
        both.append(
            _Run(
                text_of(printed.codes),
                _homes(printed.starts, printed.homes, len(printed.codes)),
                printed.offsets.tolist(),
            )
        )
    return {Scope.TEXT: [text], Scope.NOTES: [note], Scope.BOTH: both}


def _homes(starts: Codes, homes: Codes, length: int) -> list[int]:
    """Return where each character of the printed order stands in its own stream."""
    found: list[int] = []
    for (begin, end), home in zip(pairwise([*starts.tolist(), length]), homes.tolist(), strict=True):
        found += range(home, home + 2 * (end - begin), 2)
    return found


# The comparison


@dataclass(frozen=True)
class Trial:
    """Two stores of the same texts, and the texts as they are; ``seed`` draws the pages that are compared."""

    one: Store
    other: Store
    scanned: Scanned
    seed: int = 0

    def differences(self, asked: Asked) -> list[str]:
        """Return in what the answers to a query differ."""
        chance = random.Random(f"{self.seed} {asked.text}")
        return [*self._of_matches(asked.query, chance), *self._of_occurrences(asked.query, chance)]

    def _of_matches(self, query: ExactQuery, chance: random.Random) -> Iterator[str]:
        one, other = self.one.match(query), self.other.match(query)
        sort = chance.choice(list(Sort))
        first, limit = chance.choice((0, 0, 0, chance.randrange(_DEEP))), chance.choice((1, 10, 25))
        # In the order in which a search asks: the page first.
        pages = [matches.page(sort, first, limit) for matches in (one, other)]
        if one.passages != other.passages:
            yield "passages"
        if one.occurrences != other.occurrences:
            yield "occurrences"
        works = [Counter({card.id: count for card, count in matches.by_work()}) for matches in (one, other)]
        if works[0] != works[1]:
            yield "works"
        places = [self._places(store, page) for store, page in zip((self.one, self.other), pages, strict=True)]
        if places[0] != places[1]:
            yield f"order by {sort}"
        elif [each.score for each in pages[0]] != [each.score for each in pages[1]]:
            yield "scores"
        else:
            marks = [
                matches.marks([each.passage for each in page])
                for matches, page in zip((one, other), pages, strict=True)
            ]
            if list(marks[0]) != list(marks[1]):
                yield "marks"
        if other.at_least:
            yield "at least"
        yield from self._of_scan(query, one.passages, one.occurrences)

    def _of_scan(self, query: ExactQuery, passages: int, occurrences: int) -> Iterator[str]:
        if query.strict or any(query.filters.values()):
            return
        if (counted := self.scanned.counted(query.tree, query.scope)) is None:
            return
        found, counts = counted
        if (len(found), sum(each.total() for each in counts.values())) != (passages, occurrences):
            yield "plain scan"

    def _places(self, store: Store, page: Sequence[Ranked]) -> list[PassageRef]:
        return [each.ref for each in store.passages([Wanted(each.passage) for each in page])]

    def _of_occurrences(self, query: ExactQuery, chance: random.Random) -> Iterator[str]:
        one, other = self.one.find(query), self.other.find(query)
        if len(one) != len(other):
            yield "number of places"
            return
        order, grouping = chance.choice(list(Order)), chance.choice(list(Grouping))
        one, other = one.sorted_by(order), other.sorted_by(order)
        first = chance.randrange(len(one)) if len(one) else 0
        shown = [_shown(each, first) for each in (one, other)]
        if shown[0] != shown[1]:
            yield f"places by {order}"
        groups = [each.grouped_by(grouping) for each in (one, other)]
        if groups[0] != groups[1]:
            yield f"groups by {grouping}"
        elif groups[0]:
            value = chance.choice(groups[0]).value
            within = [each.within(grouping, value) for each in (one, other)]
            if len(within[0]) != len(within[1]) or _shown(within[0], 0) != _shown(within[1], 0):
                yield f"places within a {grouping}"
        if _shown(one.sample(5, 1), 0) != _shown(other.sample(5, 1), 0):
            yield "sample"


def _shown(occurrences: Occurrences, first: int) -> tuple[Occurrence, ...]:
    return occurrences[first : first + 5]


@click.command()
@click.argument("index")
@click.argument("cluster")
@click.option("--queries", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--first", type=click.IntRange(0), default=0, help="Leave out so many, which were asked before.")
@click.option("--seed", type=int, default=0, show_default=True)
def main(index: str, cluster: str, queries: int, first: int, seed: int) -> None:
    """Ask INDEX and CLUSTER, and print the numbers of differences."""
    one, other = open_store(index_address(index)), open_store(index_address(cluster))
    trial = Trial(one, other, Scanned.of(one), seed)
    differing, refused, asked, began = Counter[str](), 0, 0, time.monotonic()
    shown: dict[str, list[str]] = defaultdict(list)
    for number, each in enumerate(Drawn(one, seed)):
        if number >= first + queries:
            break
        if number < first:
            continue
        asked += 1
        try:
            found = trial.differences(each)
        except SearchError:
            refused += 1
            continue
        differing.update(found)
        for kind in found:
            shown[kind].append(
                f"{each.text} {each.query.scope}{' strict' * each.query.strict} {dict(each.query.filters)}"
            )
        if asked % 500 == 0:
            click.echo(f"{asked} asked in {time.monotonic() - began:.0f} s; {differing.total()} differences", err=True)
    click.echo(f"{asked} queries, {refused} of them refused as too complex: {differing.total()} differences")
    for kind, count in differing.most_common():
        click.echo(f"{count} {kind}")
        for text in shown[kind][:_SHOWN]:
            click.echo(f"    {text}")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
