"""The static model: a text is the sum of the vectors of its characters and adjacent pairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.embedding.base import MODEL, MODULES, ModelFailure, Vectors, unit
from indexer.embedding.codebook import Codebook
from indexer.embedding.lookup import Codes, Keys, Rows, TokenTable, are_keys
from indexer.text.folding import fold_array

TOKENS = "tokens.npy"
"""What shows that a folder holds a static model."""
_WEIGHTS, _SCALES = "weights.npy", "scales.npy"
_IMPORTANCE, _AXES = "importance.npy", "axes.npy"
_LIKENESS = 64
"""Axes on which tokens are compared one by one: a quarter of the time, and no page is found less well for it."""
_CHUNK = 512
"""Texts, or tokens, embedded at once; the vectors that they need fit in a processor's cache."""
_STEPS = 127
_MODULE = [{"idx": 0, "name": "0", "path": "", "type": "indexer.embedding.static_module.StaticModule"}]


class StaticEmbedder:
    """The sum of token vectors, stored as 8-bit integers with one scale a token.

    ``tokens`` are sorted keys: a character's code point, or two code points of a pair, the first in the high half.
    ``axes``, a column each, are those on which tokens are compared one by one.
    Without a ``codebook`` the vectors of large packs take more room and time.
    """

    def __init__(
        self,
        name: str,
        tokens: Keys,
        weights: NDArray[np.int8],
        scales: Vectors,
        importance: Vectors,
        axes: Vectors,
        codebook: Codebook | None = None,
    ) -> None:
        self.name = name
        self.codebook = codebook
        self.dimensions = int(weights.shape[1])
        self.unknown = len(tokens)
        self._tokens = tokens
        self._table = TokenTable(tokens)
        self._weights = weights
        self._scales = scales
        # A token that was never met is rare: it counts as the rarer half of those that were.
        self._importance = np.append(importance, np.quantile(importance, 0.75)).astype(np.float32)
        self._axes = axes

    @classmethod
    def from_weights(cls, tokens: Keys, weights: Vectors, importance: Vectors) -> StaticEmbedder:
        """Quantize a table of token vectors; ``importance`` is what each token counts when tokens are compared."""
        scales = np.maximum(np.abs(weights).max(axis=1), 1e-12) / 127
        quantized = np.round(weights / scales[:, None]).astype(np.int8)
        return cls(
            "new", tokens, quantized, scales.astype(np.float32), importance.astype(np.float32), _principal(quantized)
        )

    @classmethod
    def load(cls, folder: Path) -> StaticEmbedder:
        """Open a saved model.

        Raises:
            ModelFailure: the folder holds none.
        """
        try:
            names = (TOKENS, _WEIGHTS, _SCALES, _IMPORTANCE, _AXES)
            tokens, weights, scales, importance, axes = (np.load(folder / name, mmap_mode="r") for name in names)
        except (OSError, ValueError, EOFError) as failure:
            raise ModelFailure(f"{folder}: not a static model ({failure})") from failure
        if not (
            weights.ndim == axes.ndim == 2
            and len(weights)
            and tokens.shape == scales.shape == importance.shape == weights.shape[:1]
            and axes.shape[:1] == weights.shape[1:]
        ):
            raise ModelFailure(f"{folder}: {', '.join(names)} don't belong together")
        if not (tokens.dtype == np.uint64 and are_keys(tokens)):
            raise ModelFailure(f"{folder}: {TOKENS} does not hold sorted characters and pairs of characters")
        codebook = Codebook.load(folder)
        learnt = b"".join(np.asarray(array).tobytes() for array in (scales, *(codebook or ())))
        digest = hashlib.sha256(learnt).hexdigest()[:12]
        own = folder.resolve() == MODEL.resolve()
        name = f"wenyuan-static-{digest}" if own else str(folder.resolve())
        # Plain views of the maps: numpy's own memmap class costs microseconds a slice.
        tokens, weights, scales, importance, axes = map(np.asarray, (tokens, weights, scales, importance, axes))
        return cls(name, tokens, weights, scales, importance, axes, codebook)

    def save(self, folder: Path) -> None:
        """Write the model, in a form that sentence-transformers loads too."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODULES).write_text(json.dumps(_MODULE, indent=2) + "\n", encoding="utf-8")
        np.save(folder / TOKENS, self._tokens)
        np.save(folder / _WEIGHTS, self._weights)
        np.save(folder / _SCALES, self._scales)
        np.save(folder / _IMPORTANCE, self._importance[:-1])
        np.save(folder / _AXES, self._axes)
        if self.codebook:
            self.codebook.save(folder)

    def rows(self, codes: Codes) -> tuple[Rows, Rows]:
        """Return the row of every character and of every adjacent pair of a folded text, ``unknown`` for none."""
        return self._table.rows(codes)

    def rows_of(self, keys: Keys) -> Rows:
        """Return the row of every key of :func:`~indexer.embedding.lookup.token_keys`, ``unknown`` for none."""
        return self._table.rows_of(keys)

    def cosines(self, rows: Rows, others: Rows) -> Vectors:
        """Return the cosine of each token of ``rows`` with each of ``others``, on the axes of likeness."""
        wanted = _floats(self._directions.take(others, axis=0)).T / np.float32(_STEPS * _STEPS)
        cosines: Vectors = _floats(self._directions.take(rows, axis=0)) @ wanted
        return cosines

    @cached_property
    def _directions(self) -> NDArray[np.int8]:
        """Each token's unit vector on the axes of likeness, in as few bytes as will do: they are read all over."""
        directions = np.empty((self.unknown, self._axes.shape[1]), np.int8)
        for at in range(0, self.unknown, _CHUNK):
            vectors = unit(_floats(self._weights[at : at + _CHUNK]) @ self._axes)[0]
            directions[at : at + _CHUNK] = np.rint(vectors * _STEPS)
        return directions

    def importance(self, rows: Rows) -> Vectors:
        """Return the weights of tokens when they are compared one by one, of ``unknown`` ones too."""
        return self._importance[rows]

    def products(self, rows: Rows, vector: Vectors) -> Vectors:
        """Return what each token adds to the product of a text's sum with a vector; ``unknown`` is no token."""
        chunks = (rows[first : first + _CHUNK] for first in range(0, len(rows), _CHUNK))
        products = [_floats(self._weights.take(chunk, axis=0)) @ vector for chunk in chunks]
        return np.concatenate([np.empty(0, np.float32), *products]) * self._scales[rows]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Embedder`."""
        return unit(self.sums(texts))[0]

    def sums(self, texts: Sequence[str]) -> Vectors:
        """Return the sum of each text's token vectors, which :meth:`embed` brings to unit length."""
        rows = [self._sums(texts[first : first + _CHUNK]) for first in range(0, len(texts), _CHUNK)]
        return np.concatenate(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    def _sums(self, texts: Sequence[str]) -> Vectors:
        codes = np.frombuffer("\n".join(texts).encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint32)
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        folded, offsets = fold_array(codes)
        owners = np.searchsorted(np.cumsum(lengths + 1), offsets, side="right")
        characters, pairs = self.rows(folded)
        same = owners[1:] == owners[:-1]
        found = np.concatenate([characters, pairs[same]])
        rows = np.concatenate([owners, owners[1:][same]])
        known = found != self.unknown
        used, columns = np.unique(found[known], return_inverse=True)
        table = self._weights[used].astype(np.float32) * self._scales[used, None]
        if len(texts) == 1:
            total: Vectors = np.bincount(columns, minlength=len(used)).astype(np.float32)[None] @ table
            return total
        from scipy.sparse import csr_matrix  # it takes a while to load, which a query need not wait for

        bag = csr_matrix((np.ones(len(columns), np.float32), (rows[known], columns)), (len(texts), len(used)))
        return np.asarray(bag @ table, np.float32)


def _floats(weights: NDArray[np.int8]) -> Vectors:
    return weights.astype(np.float32)


def _principal(weights: NDArray[np.int8]) -> Vectors:
    """Return the axes along which tokens differ most (principal components without centring) as columns."""
    rows = (unit(_floats(weights[at : at + _CHUNK]))[0] for at in range(0, len(weights), _CHUNK))
    products = np.sum([row.T @ row for row in rows], axis=0)
    return np.linalg.eigh(products)[1][:, -_LIKENESS:].astype(np.float32)
