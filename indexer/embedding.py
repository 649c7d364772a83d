"""Texts become unit vectors.

The model that comes with the package is static: a text is the sum of the vectors of its characters and adjacent
pairs. It needs numpy alone. Any other model is a folder that sentence-transformers can load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.errors import IndexFailure, need
from indexer.text.folding import fold_array

MODEL = Path(__file__).with_name("model")
_WEIGHTS, _SCALES, _TOKENS = "weights.npy", "scales.npy", "tokens.npy"
_IMPORTANCE, _AXES = "importance.npy", "axes.npy"
_LIKENESS = 64
"""Axes on which tokens are compared one by one: a quarter of the time, and no page is found less well for it."""
_CENTRES, _PARTS = "centres.npy", "parts.npy"
_CHUNK = 512
"""Texts, or tokens, embedded at once; the vectors that they need fit in a processor's cache."""
_STEPS = 127
_MODULES = "modules.json"
_MODULE = [{"idx": 0, "name": "0", "path": "", "type": "indexer.static_module.StaticModule"}]

_PAIRS = 1 << 32
"""Keys of pairs begin here."""

Vectors = NDArray[np.float32]
Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]


class ModelFailure(IndexFailure):
    """A model can't be loaded; the message names its folder and says why."""


class Embedder(Protocol):
    """Turns texts into unit vectors; a text with nothing that the model knows gets zeros."""

    @property
    def name(self) -> str:
        """What the index records: the folder of a model that was named, else the name and digest of our own."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""


class Codebook(NamedTuple):
    """How vectors of a model are sorted and coded (:mod:`indexer.store.vectors`): the same way in every pack of every
    index.

    ``centres`` are unit vectors, one for each list; ``parts`` are the values that each group of dimensions is coded by,
    as groups × codes × dimensions.
    """

    centres: NDArray[np.float16]
    parts: Vectors

    @classmethod
    def load(cls, folder: Path) -> Codebook | None:
        """The one that is saved beside a model, or None."""
        if not (folder / _CENTRES).is_file():
            return None
        try:
            return cls(np.load(folder / _CENTRES), np.load(folder / _PARTS))
        except (OSError, ValueError, EOFError) as failure:
            raise ModelFailure(f"{folder}: {_CENTRES}, {_PARTS} can't be read ({failure})") from failure

    def save(self, folder: Path) -> None:
        """Write it beside a model."""
        np.save(folder / _CENTRES, self.centres)
        np.save(folder / _PARTS, self.parts)


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
        self._characters, self._pairs = _Characters(tokens), _HashTable(tokens)
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
            names = (_TOKENS, _WEIGHTS, _SCALES, _IMPORTANCE, _AXES)
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
        (folder / _MODULES).write_text(json.dumps(_MODULE, indent=2) + "\n", encoding="utf-8")
        np.save(folder / _TOKENS, self._tokens)
        np.save(folder / _WEIGHTS, self._weights)
        np.save(folder / _SCALES, self._scales)
        np.save(folder / _IMPORTANCE, self._importance[:-1])
        np.save(folder / _AXES, self._axes)
        if self.codebook:
            self.codebook.save(folder)

    def rows(self, codes: NDArray[np.uint32]) -> tuple[Rows, Rows]:
        """The row of every character and of every adjacent pair of a folded text; ``unknown`` where it has none."""
        characters = self._characters.find(codes)
        # The key of a pair that begins with a boundary is that of its second character.
        pairs = np.where(codes[:-1] == 0, self.unknown, self._pairs.find(token_keys(codes)[1]))
        return characters, pairs

    def rows_of(self, keys: Keys) -> Rows:
        """The row of every key of :func:`token_keys`; ``unknown`` where it has none."""
        return self._pairs.find(keys)

    def cosines(self, rows: Rows, others: Rows) -> Vectors:
        """How alike each token of ``rows`` is to each of ``others``: the cosine on the axes of likeness."""
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
        """What tokens count when they are compared one by one, ``unknown`` ones too."""
        return self._importance[rows]

    def products(self, rows: Rows, vector: Vectors) -> Vectors:
        """What tokens add to the product of a text's sum with a vector; ``unknown`` is no token."""
        chunks = (rows[first : first + _CHUNK] for first in range(0, len(rows), _CHUNK))
        products = [_floats(self._weights.take(chunk, axis=0)) @ vector for chunk in chunks]
        return np.concatenate([np.empty(0, np.float32), *products]) * self._scales[rows]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Embedder`."""
        return unit(self.sums(texts))[0]

    def sums(self, texts: Sequence[str]) -> Vectors:
        """The sum of each text's token vectors, which :meth:`embed` brings to unit length."""
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


class _Characters:
    """Where each character stands among the tokens."""

    def __init__(self, tokens: Keys) -> None:
        characters = tokens[: np.searchsorted(tokens, _PAIRS)].astype(np.int64)
        self._rows = np.full(int(characters.max(initial=0)) + 2, len(tokens), np.int64)
        self._rows[characters] = np.arange(len(characters))

    def find(self, codes: NDArray[np.uint32]) -> Rows:
        """The row of each character, or the number of tokens."""
        return self._rows.take(np.minimum(codes, len(self._rows) - 1))


class _HashTable:
    """Where a key stands among others: open addressing with linear probing (Knuth, TAOCP 6.4), a step for all keys.

    It takes a fifth of the time of a binary search, which is most of the time of embedding and comparing tokens.
    """

    def __init__(self, keys: Keys) -> None:
        bits = max(2 * len(keys) - 1, 1).bit_length() + 1
        self._shift = np.uint64(64 - bits)
        self._missing = len(keys)
        # The slots behind the last one spare a probe the way around. All are read at random: few bytes are quick.
        self._rows = np.full((1 << bits) + len(keys) + 1, len(keys), np.int32)
        self._keys = np.append(keys, np.uint64(0))
        waiting, slots = np.arange(len(keys)), self._slots(keys)
        while len(waiting):
            free = self._rows[slots] == self._missing
            # Of several keys for one free slot the last one written stays.
            self._rows[slots[free]] = waiting[free]
            placed = self._rows[slots] == waiting
            waiting, slots = waiting[~placed], slots[~placed] + 1

    def find(self, keys: Keys) -> Rows:
        """The row of each key, or the number of rows."""
        slots = self._slots(keys)
        rows = self._rows.take(slots).astype(np.int64)
        waiting = np.flatnonzero((rows != self._missing) & (self._keys.take(rows) != keys))
        while len(waiting):
            slots[waiting] += 1
            rows[waiting] = found = self._rows[slots[waiting]]
            waiting = waiting[(found != self._missing) & (self._keys[found] != keys[waiting])]
        return rows

    def _slots(self, keys: Keys) -> Rows:
        # Fibonacci hashing: the high bits of a product with 2^64 over the golden ratio.
        return (keys * np.uint64(0x9E3779B97F4A7C15) >> self._shift).astype(np.int64)


class TransformerEmbedder:
    """Any local sentence-transformers model."""

    def __init__(self, folder: Path) -> None:
        need("sentence_transformers", "models")
        from sentence_transformers import SentenceTransformer  # it takes torch along, which the static model spares

        self.name = str(folder.resolve())
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as failure:  # whatever a stranger's files make the library raise
            raise ModelFailure(f"{folder}: sentence-transformers can't load it ({failure})") from failure
        self.dimensions = int(self._model.get_embedding_dimension() or 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Embedder`."""
        rows: Vectors = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return rows.astype(np.float32)


def unit(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """The vectors brought to unit length, zeros left as they are, and the lengths that they had."""
    lengths = np.linalg.norm(vectors, axis=1)
    divisors = lengths[:, None]
    return np.divide(vectors, divisors, out=np.zeros_like(vectors), where=divisors > 0), lengths


def _floats(weights: NDArray[np.int8]) -> Vectors:
    return weights.astype(np.float32)


def _principal(weights: NDArray[np.int8]) -> Vectors:
    """The axes along which tokens differ most, as directions (principal components without centring): columns."""
    rows = (unit(_floats(weights[at : at + _CHUNK]))[0] for at in range(0, len(weights), _CHUNK))
    products = np.sum([row.T @ row for row in rows], axis=0)
    return np.linalg.eigh(products)[1][:, -_LIKENESS:].astype(np.float32)


def token_keys(codes: NDArray[np.uint32]) -> tuple[Keys, Keys]:
    """Keys of every character and of every adjacent pair of a folded text."""
    wide = codes.astype(np.uint64)
    return wide, wide[:-1] << np.uint64(32) | wide[1:]


def load_embedder(folder: Path | None = None) -> Embedder:
    """The model in ``folder``, or the one that comes with the package.

    Raises:
        ModelFailure: there is none that can be loaded; nothing is ever downloaded.
    """
    folder = folder or MODEL
    if (folder / _TOKENS).is_file():
        return StaticEmbedder.load(folder)
    if not (folder / _MODULES).is_file():
        raise ModelFailure(f"{folder}: no sentence-transformers model (a folder with {_MODULES}) is there")
    return TransformerEmbedder(folder)
