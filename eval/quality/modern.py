"""A test of whether jieba's words help where the text is modern.

The haystack is the modern side of aligned histories, a page for every few sentences. A query is a word of two
characters, searched exactly; a page is right where the word stands in a sentence whose classical original has it
too, for there it is surely meant. The same text, once declared modern and once classical, is ranked with jieba's
words and without; everything else is equal.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import ir_measures
import numpy as np
from ir_measures import AP
from scipy.stats import permutation_test

from eval.quality.pools import index_texts
from indexer.progress import Progress
from indexer.text.folding import fold
from search.library import LARGEST_LIMIT, Library
from search.model import Mode, SearchRequest

WORKS = ("汉书", "魏书", "晋书", "隋书")
SENTENCES_ON_A_PAGE = 6
QUERIES = 1_000
FEWEST = 3
"""A query has at least as many right pages, and as many wrong ones."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """A modern sentence, its place, and its classical original."""

    work: str
    section: str
    modern: str
    classical: str


class Comparison(NamedTuple):
    """Mean average precision of both rankings, and how likely such a difference is by chance (permutation test)."""

    queries: int
    characters: float
    words: float
    p_value: float


def compare(pairs: Path, folder: Path, on_progress: Progress) -> Comparison:
    """Index the histories twice in ``folder``, which is empty, and rank the pages that hold each word.

    Raises OSError where ``pairs`` cannot be read, and KeyError or ValueError where it holds no pairs.
    """
    pages = _pages(list(_read(pairs)))
    libraries = [_library(pages, folder / language, language, on_progress) for language in ("lzh", "zh")]
    judged = _judged(pages)
    precision: list[list[float]] = [[], []]
    for done, (word, right) in enumerate(judged.items(), start=1):
        for library, values in zip(libraries, precision, strict=True):
            values.append(_average_precision(library, word, right))
        on_progress("search", done, len(judged))
    test = permutation_test(
        precision,
        lambda one, other, axis: np.mean(other - one, axis=axis),
        permutation_type="samples",
        n_resamples=9_999,
        rng=np.random.default_rng(7),
    )
    characters, words = (float(np.mean(values)) for values in precision)
    return Comparison(len(judged), characters, words, float(test.pvalue))


def _read(pairs: Path) -> Iterator[Aligned]:
    with lzma.open(pairs, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["work"] in WORKS:
                yield Aligned(row["work"], row["section"], row["modern"], fold(row["classical"]))


def _pages(sentences: Sequence[Aligned]) -> list[list[Aligned]]:
    return [
        found[first : first + SENTENCES_ON_A_PAGE]
        for _, group in groupby(sentences, lambda sentence: (sentence.work, sentence.section))
        for found in [list(group)]
        for first in range(0, len(found), SENTENCES_ON_A_PAGE)
    ]


def _library(pages: list[list[Aligned]], folder: Path, language: str, on_progress: Progress) -> Library:
    """Index the pages; a page is a work, so that a hit names it."""
    folder.mkdir()
    texts = ("".join(sentence.modern for sentence in page) for page in pages)
    return Library.open(index_texts(texts, language, folder, on_progress))


def _judged(pages: list[list[Aligned]]) -> dict[str, set[str]]:
    """Return words, drawn at random, and the pages where each is meant."""
    holding: Counter[str] = Counter()
    right: dict[str, set[str]] = {}
    for number, page in enumerate(pages):
        found: set[str] = set()
        for sentence in page:
            pairs = {sentence.modern[at : at + 2] for at in range(len(sentence.modern) - 1)}
            found |= pairs
            for pair in pairs:
                if pair in sentence.classical:
                    right.setdefault(pair, set()).add(str(number))
        holding.update(found)
    words = sorted(
        pair for pair, own in right.items() if FEWEST <= len(own) <= min(holding[pair], LARGEST_LIMIT) - FEWEST
    )
    chosen = np.random.default_rng(7).permutation(len(words))[:QUERIES]
    return {words[at]: right[words[at]] for at in sorted(chosen.tolist())}


def _average_precision(library: Library, word: str, right: set[str]) -> float:
    hits = library.search(SearchRequest(word, mode=Mode.EXACT, limit=LARGEST_LIMIT)).hits
    judged = [ir_measures.Qrel(word, page, 1) for page in right]
    found = [ir_measures.ScoredDoc(word, hit.work.id, float(-rank)) for rank, hit in enumerate(hits)]
    return float(ir_measures.calc_aggregate([AP], judged, found)[AP])
