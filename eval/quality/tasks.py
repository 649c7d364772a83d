"""The query sets of the comparison, each with what it is asked of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from eval.datasets import ccpm, liaojin, northeast, sentences
from eval.quality import pools
from eval.quality.measuring import Query
from eval.quality.pools import Pool
from eval.quality.suite import Materials
from eval.quality.systems import Task
from indexer.text.folding import fold

NOTHING = "nothing is there"
"""The name that answers a query which nothing in the collection answers."""
HAYSTACK = 394
"""Pages of the small haystack: small enough for slow models."""
_NEAR = ("KR2k0130", "KR2e0012")
"""Works that are in the haystack whole: most judged pages stand in them."""

Drawn = TypeVar("Drawn")


def tasks(materials: Materials, limit: int | None) -> Iterator[Task]:
    """Yield every query set, with at most ``limit`` queries of each, drawn at random but always the same.

    A pool's index is there until the next pool's task is asked for.
    """
    yield from _sentences(materials, limit)
    with materials.northeast() as index:
        pool = pools.of_index(index)
        yield from _pages(materials, pool, limit)
        yield from _natural(materials, pool, limit)
    yield _verses(materials, limit)


def _sentences(materials: Materials, limit: int | None) -> Iterator[Task]:
    pairs = sentences.read(materials.data / "eval" / "parallel.test.jsonl.xz")
    queries = sentences.queries(pairs)
    little = [query for query, pair in zip(queries, pairs, strict=True) if sentences.shares_little(pair)]
    pool = {pair.classical: pair.classical for pair in pairs}
    with _indexed(pool, True, materials) as every:
        yield Task("modern → classical sentence", _drawn(queries, limit), every)
        yield Task("modern → classical sentence, little wording shared", _drawn(little, limit), every)
    own = {name: name for query in little for name in sorted(query.relevant)}
    with _indexed(own, True, materials) as few:
        yield Task("the same among themselves", _drawn(little, limit), few)


def _pages(materials: Materials, pool: Pool, limit: int | None) -> Iterator[Task]:
    wordings: dict[str, liaojin.Wording] = {"modern": "modern", "simplified classical": "classical_simplified"}
    for name, wording in wordings.items():
        queries = list(liaojin.read_queries(materials.sentences, materials.rows, wording))
        yield Task(f"金史, {materials.rows} rows: {name} sentence → page", _drawn(queries, limit), pool)


def _natural(materials: Materials, pool: Pool, limit: int | None) -> Iterator[Task]:
    file = materials.data / "eval" / "northeast_queries.jsonl"
    judged = northeast.read_queries(file)
    named = {
        query: frozenset(
            name for name, text in zip(pool.names, pool.texts, strict=True) if any(fold(one) in text for one in any_of)
        )
        for query, any_of in northeast.read_names(file).items()
    }
    answers = {
        **judged,
        "alias": [Query(text, text, pages) for text, pages in named.items()],
        "none": [Query(text, text, frozenset({NOTHING})) for text in northeast.read_unanswerable(file)],
    }
    for name, queries in answers.items():
        yield Task(f"natural queries (development): {name}", _drawn(queries, limit), pool, answerable=name != "none")
    few = [query for name in ("semantic", "keyword") for query in judged[name]]
    with _indexed(_haystack(pool, few), False, materials) as haystack:
        for name in ("semantic", "keyword"):
            yield Task(f"natural queries (development), few pages: {name}", _drawn(judged[name], limit), haystack)


def _haystack(pool: Pool, queries: Sequence[Query]) -> dict[str, str]:
    """Return the judged pages, all pages of two works, and others at random up to HAYSTACK."""
    right = {name for query in queries for name in query.relevant}
    order = np.random.default_rng(7).permutation(len(pool.names)).tolist()
    chosen = [at for at, name in enumerate(pool.names) if name in right or name.partition(" ")[0] in _NEAR]
    chosen += [at for at in order if at not in set(chosen)][: max(HAYSTACK - len(chosen), 0)]
    return {pool.names[at]: pool.texts[at] for at in sorted(chosen)}


def _verses(materials: Materials, limit: int | None) -> Task:
    items = _drawn(list(ccpm.read(materials.data / "eval" / "ccpm" / "train.jsonl", "test")), limit)
    verses = list(dict.fromkeys(verse for item in items for verse in item.verses))
    rows = {verse: row for row, verse in enumerate(verses)}
    queries = tuple(
        Query(str(number), item.description, frozenset({item.verses[item.right]})) for number, item in enumerate(items)
    )
    choices = tuple(tuple(rows[verse] for verse in item.verses) for item in items)
    return Task("CCPM, own test part: one verse of four", queries, Pool(tuple(verses), tuple(verses), True), choices)


@contextmanager
def _indexed(texts: Mapping[str, str], whole: bool, materials: Materials) -> Iterator[Pool]:
    with tempfile.TemporaryDirectory() as folder:
        yield pools.of_texts(texts, Path(folder), whole, materials.on_progress)


def _drawn(items: Sequence[Drawn], limit: int | None) -> tuple[Drawn, ...]:
    if limit is None or len(items) <= limit:
        return tuple(items)
    chosen = np.random.default_rng(7).choice(len(items), limit, replace=False)
    return tuple(items[at] for at in sorted(chosen.tolist()))
