"""The codebook that comes with a model: the centres of its lists of vectors, and the values that code a vector."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding.base import ModelFailure, Vectors

_CENTRES, _PARTS = "centres.npy", "parts.npy"


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
        """Load the codebook that is saved beside a model; None where there is none."""
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
