"""What every embedder is: it turns texts into unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.errors import IndexFailure

MODEL = Path(__file__).parents[1] / "model"
"""The folder of the model that comes with the package."""
MODULES = "modules.json"
"""What shows that a folder holds a model of sentence-transformers."""

Vectors = NDArray[np.float32]


class ModelFailure(IndexFailure):
    """A model cannot be loaded; the message names its folder and says why."""


class Embedder(Protocol):
    """Turns texts into unit vectors; a text with nothing that the model knows gets zeros."""

    @property
    def name(self) -> str:
        """What the index records: the folder of a model that was named, else the name and digest of our own."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, a row a text."""


def unit(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return the vectors scaled to unit length, zeros unchanged, and their former lengths."""
    lengths = np.linalg.norm(vectors, axis=1)
    divisors = lengths[:, None]
    return np.divide(vectors, divisors, out=np.zeros_like(vectors), where=divisors > 0), lengths
