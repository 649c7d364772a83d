"""The folded text of passages and windows, read from packs for comparing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.ranking.pieces import Pieces
from search.stores.embedded.snapshot import Refs, Snapshot
from search.stores.views import pieces_in


def pieces_of(snapshot: Snapshot, refs: Refs, streams: Sequence[int]) -> Pieces:
    """Return the text and the notes of passages, as far as ``streams`` says, and the main text around them."""
    order = np.argsort(refs, kind="stable")
    parts = [
        pieces_in(snapshot.packs[number], order[positions], rows, streams)
        for number, positions, rows in snapshot.by_pack(refs[order])
    ]
    return Pieces(*map(np.concatenate, zip(*parts, strict=True))) if parts else Pieces.of_texts((), ())
