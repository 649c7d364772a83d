"""Texts become unit vectors.

The model that comes with the package is static: a text is the sum of the vectors of its characters and adjacent
pairs. It needs numpy alone. Any other model is a folder that sentence-transformers can load.
"""

from __future__ import annotations

from pathlib import Path

from indexer.embedding.base import MODEL, MODULES, Embedder, ModelFailure, Vectors, unit
from indexer.embedding.codebook import Codebook
from indexer.embedding.lookup import token_keys
from indexer.embedding.static import TOKENS, StaticEmbedder
from indexer.embedding.transformer import TransformerEmbedder

__all__ = [
    "MODEL",
    "Codebook",
    "Embedder",
    "ModelFailure",
    "StaticEmbedder",
    "TransformerEmbedder",
    "Vectors",
    "load_embedder",
    "token_keys",
    "unit",
]


def load_embedder(folder: Path | None = None) -> Embedder:
    """Return the model in ``folder``, or the one that comes with the package; nothing is ever downloaded.

    Raises:
        ModelFailure: there is none that can be loaded.
    """
    folder = folder or MODEL
    if (folder / TOKENS).is_file():
        return StaticEmbedder.load(folder)
    if not (folder / MODULES).is_file():
        raise ModelFailure(f"{folder}: no sentence-transformers model (a folder with {MODULES}) is there")
    return TransformerEmbedder(folder)
