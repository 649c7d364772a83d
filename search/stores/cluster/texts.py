"""The folded text of passages on a cluster, for comparing: their parts, with what surrounds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from indexer.cluster.assembling import Assembled
from indexer.cluster.parts import PartKey
from search.model import Scope
from search.ranking.pieces import AFTER, BEFORE, Pieces
from search.stores.base import Ref
from search.stores.cluster.deciding import rows_of
from search.stores.cluster.gathering import gather
from search.stores.cluster.narrowing import STREAMS as NAMES
from search.stores.cluster.view import ClusterRef, View
from search.stores.views import pieces_in

_KINDS = {"m": 0, "n": 1}


def pieces_of(view: View, passages: Sequence[Ref], scope: Scope) -> Pieces:
    """Return the text and the notes of passages, as far as the scope says, and the main text around them.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    refs = cast("Sequence[ClusterRef]", passages)
    if not refs:
        return Pieces.of_texts((), ())
    around = (BEFORE, AFTER) if scope is not Scope.NOTES else (0, 0)

    def lacking(texts: Assembled) -> set[PartKey]:
        return texts.lacking(np.array(rows_of(texts, refs), np.int64), *around)

    texts = gather(view, {PartKey(ref.work, ref.section, ref.part) for ref in refs}, lacking)
    rows = np.array(rows_of(texts, refs), np.int64)
    order = np.argsort(rows, kind="stable")
    return pieces_in(texts, order, rows[order], [_KINDS[name] for name in NAMES[scope]])
