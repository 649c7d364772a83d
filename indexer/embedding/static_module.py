"""Our static model as a module of sentence-transformers, so that its folder loads like any other model's.

Only sentence-transformers imports this file, by the name that ``model/modules.json`` gives, and only when told
``trust_remote_code=True``: it asks for that wherever a model's class is not its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import torch
from sentence_transformers.sentence_transformer.modules import InputModule

from indexer.embedding.static import StaticEmbedder


class StaticModule(InputModule):  # type: ignore[misc]  # the base is untyped here
    """Text in, vector out: the same numbers as :class:`indexer.embedding.static.StaticEmbedder`."""

    modalities = ("text",)
    max_seq_length = None

    def __init__(self, embedder: StaticEmbedder) -> None:
        super().__init__()
        self.embedder = embedder
        self.tokenizer = None

    def preprocess(self, inputs: list[str], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Return vectors of the texts; there is nothing to learn between tokens and vectors."""
        return {"sentence_embedding": torch.from_numpy(self.embedder.embed([(prompt or "") + text for text in inputs]))}

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        """Pass the vectors on."""
        return features

    def get_embedding_dimension(self) -> int:
        """Return the length of a vector."""
        return self.embedder.dimensions

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the model into a folder."""
        self.embedder.save(Path(output_path))

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: Any) -> Self:
        """Open the model in a folder."""
        return cls(StaticEmbedder.load(Path(model_name_or_path) / subfolder))
