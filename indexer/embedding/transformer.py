"""A model of sentence-transformers, from a folder of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.embedding.base import ModelFailure, Vectors
from indexer.errors import need


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
