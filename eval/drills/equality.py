"""The same answers from two stores: random queries asked of two indexes of the same texts.

    python -m eval.drills.equality FOLDER INDEX --queries 10000

Queries are drawn from the texts of the index in FOLDER: phrases of its streams and of its printed order, with
wildcards, operators, distances, strict spelling, scopes, filters and orders. Exact searches and occurrences are
compared whole: counts, facets, passages in their order with scores and highlights, groups, occurrences in every order.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.quality.pools import packs
from indexer.cluster.address import index_address
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, text_of
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest, Sort
from search.occurrences import Grouping, Occurrences, Order

LENGTHS = (1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12, 20, 40, 64, 65, 90)
"""Characters of a phrase, the likelier the oftener."""
SHOWN = 20
"""Occurrences that are compared of an order."""
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of one kind, as a search and as what is to be found; ``is_deep`` has a later page compared, too."""

    kind: str
    request: SearchRequest
    is_deep: bool


def drawn(folder: Path, seed: int) -> Iterator[Asked]:
    """Draw queries from the texts of an index, the same for a seed."""
    dice = random.Random(seed)
    opened = packs(folder)
    works = list(Library.open(folder).works())
    while True:
        kind = dice.choice(("phrase", "phrase", "wildcard", "and", "or", "not", "near", "strict", "filter"))
        q = _query(opened, dice, kind)
        card = dice.choice(works)
        name, value = dice.choice((("work", card.id), ("dynasty", card.record.dynasty)))
        request = SearchRequest(
            q,
            mode=Mode.EXACT,
            scope=dice.choice((Scope.BOTH, Scope.BOTH, Scope.TEXT, Scope.NOTES)),
            strict=kind == "strict",
            filters={name: (value,)} if kind == "filter" else {},
            sort=dice.choice(tuple(Sort)),
            limit=_LISTED,
            facets=True,
        )
        yield Asked(kind, request, dice.random() < 0.2)


def _query(opened: Sequence[Pack], dice: random.Random, kind: str) -> str:
    one = _phrase(opened, dice)
    match kind:
        case "wildcard":
            at = dice.randrange(len(one))
            return one[:at] + dice.choice("?*") + one[at + dice.randrange(2) :] + _phrase(opened, dice)[:1]
        case "and" | "or" | "not":
            return f'"{one[:3]}" {kind.upper()} "{_phrase(opened, dice)[:3]}"'
        case "near":
            return f'"{one[:2]}" NEAR/{dice.choice((1, 5, 20, 100))} "{_phrase(opened, dice)[:2]}"'
    return f'"{one}"'


def _phrase(opened: Sequence[Pack], dice: random.Random) -> str:
    while True:
        pack = dice.choice(opened)
        codes = dice.choice(pack.streams).codes
        if not len(codes):
            continue
        start = dice.randrange(len(codes))
        some = codes[start : start + dice.choice(LENGTHS)]
        if len(some) and not (some == BOUNDARY).any() and '"' not in (text := text_of(some)):
            return text


def compared(one: Library, other: Library, asked: Asked) -> list[str]:
    """Ask both; return what differs, nothing where nothing does."""
    answers = [_answers(library, asked) for library in (one, other)]
    return [name for name in answers[0].keys() | answers[1].keys() if answers[0].get(name) != answers[1].get(name)]


def _answers(library: Library, asked: Asked) -> dict[str, Any]:
    request = asked.request
    try:
        response = library.search(request)
        found = library.find(request.q, scope=request.scope, strict=request.strict, filters=request.filters)
    except SearchError as refusal:
        return {"refused": refusal.code}
    answers: dict[str, Any] = {"total": response.total, "facets": response.facets, "hits": response.hits}
    if asked.is_deep and response.next:
        answers["page"] = library.search(replace(request, cursor=response.next)).hits
    return answers | _occurrences(found, asked.is_deep)


def _occurrences(found: Occurrences, is_deep: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"occurrences": len(found), "first": found[:SHOWN], "last": found[-SHOWN:]}
    told |= {f"by {grouping}": found.grouped_by(grouping) for grouping in Grouping}
    if is_deep:
        told |= {f"in order of {order}": found.sorted_by(order)[:SHOWN] for order in Order}
        told["sample"] = found.sample(SHOWN, 1)[:SHOWN]
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="an index in a folder, from whose texts queries are drawn")
    parser.add_argument("index", type=index_address, help="another index of the same texts")
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    one, other = Library.open(given.folder), Library.open(given.index)
    asked, wrong, began = Counter[str](), Counter[str](), time.monotonic()
    for number, query in zip(range(given.queries), drawn(given.folder, given.seed), strict=False):
        asked[query.kind] += 1
        if differing := compared(one, other, query):
            wrong[query.kind] += 1
            print(f"differs in {', '.join(sorted(differing))}: {query.request}")
        if sys.stderr.isatty() and number % 20 == 0:
            print(f"\r{number} of {given.queries}", end="", file=sys.stderr)
    for kind, count in sorted(asked.items()):
        print(f"{kind:10} {count:6} asked {wrong[kind]:6} differ")
    print(f"{asked.total()} asked, {wrong.total()} differ; {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
