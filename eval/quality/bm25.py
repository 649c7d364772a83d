"""BM25 (Robertson and Zaragoza 2009) over any kind of token, by one sparse matrix: what others are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import jieba
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from indexer.text.folding import fold
from indexer.text.grams import grams

K1, B = 1.2, 0.75
_QUERIES_AT_ONCE = 256

Tokenize = Callable[[str], list[str]]


def words(text: str) -> list[str]:
    """Segment the folded text by jieba, punctuated text at its marks first.

    >>> words("會寧府在長白山。")
    ['会宁', '府', '在', '长白山']
    """
    runs = "".join(char if char.isalnum() else " " for char in text).split()
    return [word for run in runs for word in jieba.lcut(fold(run))]


def characters(text: str) -> list[str]:
    """Return the characters and adjacent pairs of the folded text."""
    return grams(fold(text))


class Bm25:
    """Texts that are ranked by the tokens which they share with a query."""

    def __init__(self, texts: Sequence[str], tokenize: Tokenize) -> None:
        self._tokenize = tokenize
        self._columns: dict[str, int] = {}
        bags = [Counter(tokenize(text)) for text in texts]
        for bag in bags:
            for token in bag:
                self._columns.setdefault(token, len(self._columns))
        bounds = np.cumsum([0, *(len(bag) for bag in bags)])
        columns = np.array([self._columns[token] for bag in bags for token in bag], dtype=np.int64)
        counts = np.array([count for bag in bags for count in bag.values()], dtype=np.float32)
        lengths = np.array([sum(bag.values()) for bag in bags], dtype=np.float32)
        holding = np.bincount(columns, minlength=len(self._columns))
        rarity = np.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5)).astype(np.float32)
        relative = np.repeat(lengths / max(float(lengths.mean()), 1.0), np.diff(bounds))
        weights = rarity[columns] * counts * (K1 + 1) / (counts + K1 * (1 - B + B * relative))
        self._texts = csr_matrix((weights, columns, bounds), (len(texts), len(self._columns)))

    def scores(self, queries: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        """Score every text for each query."""
        transposed = self._texts.T.tocsr()
        for first in range(0, len(queries), _QUERIES_AT_ONCE):
            bags = [self._known(query) for query in queries[first : first + _QUERIES_AT_ONCE]]
            bounds = np.cumsum([0, *(len(bag) for bag in bags)])
            columns = np.array([column for bag in bags for column in bag], dtype=np.int64)
            asked = csr_matrix((np.ones(len(columns), np.float32), columns, bounds), (len(bags), len(self._columns)))
            yield from (asked @ transposed).toarray()

    def _known(self, query: str) -> list[int]:
        return sorted({self._columns[token] for token in self._tokenize(query) if token in self._columns})
