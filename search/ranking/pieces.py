"""The stretches of text that are compared with a query token by token: passages and what surrounds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.store import passage_keys
from indexer.store.layout import MAIN, STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import Codes
from search import deadline

BEFORE, AFTER = 120, 60
"""Characters around a passage that belong to its surroundings."""

Numbers = NDArray[np.int64]


class Pieces(NamedTuple):
    """Stretches of streams, a row each; those of one passage stand together.

    A stretch is a part of its passage, or of what surrounds it. ``codes`` are the folded characters of all, one stretch
    after another.
    """

    passages: Numbers
    streams: Numbers
    starts: Numbers
    around: NDArray[np.bool_]
    lengths: Numbers
    codes: Codes

    @classmethod
    def of_texts(cls, passages: Sequence[int], texts: Sequence[Codes]) -> Pieces:
        """Passages that are one stretch each."""
        nothing = np.zeros(len(texts), np.int64)
        lengths = np.array([len(text) for text in texts], np.int64)
        codes = np.concatenate([np.empty(0, np.uint32), *texts])
        return cls(np.array(passages, np.int64), nothing, nothing, nothing.astype(bool), lengths, codes)

    @classmethod
    def of_packs(cls, packs: Mapping[int, Pack], passages: Iterable[int], streams: Sequence[int]) -> Pieces:
        """The text and the notes of passages, as far as ``streams`` says, and the main text around them.

        Passages are named by their keys (:mod:`indexer.store.passage_keys`).
        """
        chosen = np.sort(np.fromiter(passages, np.int64))
        parts = [_of_pack(packs[number], number, rows, streams) for number, _, rows in passage_keys.by_pack(chosen)]
        return cls(*map(np.concatenate, zip(*parts, strict=True))) if parts else cls.of_texts((), ())


def texts(pack: Pack, streams: Numbers, starts: Numbers, lengths: Numbers) -> Codes:
    """The folded characters of stretches of a pack's streams, one after another."""
    before = np.cumsum(lengths) - lengths
    places = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    kinds = np.flatnonzero(np.bincount(streams)).tolist()
    codes: Codes
    if len(kinds) == 1:
        codes = pack.streams[kinds[0]].codes.take(places)
        return codes
    codes = np.empty(len(places), np.uint32)
    owners = np.repeat(streams, lengths)
    for stream in kinds:
        mine = np.flatnonzero(owners == stream)
        codes[mine] = pack.streams[stream].codes.take(places[mine])
    return codes


def _of_pack(pack: Pack, number: int, local: Numbers, streams: Sequence[int]) -> Pieces:
    deadline.check()
    rows = pack.passages[local]
    columns = []
    for stream in streams:
        start, end = (rows[f"{STREAM_NAMES[stream]}_{bound}"].astype(np.int64) for bound in ("start", "end"))
        columns.append((stream, start, end, False))
        if stream == MAIN:
            first, last = _section(pack, rows["section"])
            # A passage that is all notes has no place in the main text.
            before, after = BEFORE * (end > start), AFTER * (end > start)
            columns.append((stream, np.maximum(start - before, first), start, True))
            columns.append((stream, end, np.minimum(end + after, last), True))
    kinds, starts, ends, around = zip(*columns, strict=True)
    begins, lengths = np.stack(starts, axis=1), np.stack(ends, axis=1) - np.stack(starts, axis=1)
    some = lengths > 0
    of_stream = np.broadcast_to(np.array(kinds), some.shape)[some]
    begins, lengths = begins[some], lengths[some]
    return Pieces(
        np.repeat(passage_keys.join_rows(number, local), some.sum(axis=1)),
        of_stream,
        begins,
        np.broadcast_to(np.array(around), some.shape)[some],
        lengths,
        texts(pack, of_stream, begins, lengths),
    )


def _section(pack: Pack, sections: NDArray[np.uint32]) -> tuple[Numbers, Numbers]:
    """Where the main text of sections starts, and where the boundary stands that closes it."""
    firsts = np.append(pack.sections["first_passage"], len(pack.passages)).astype(np.int64)
    starts = pack.passages["main_start"][firsts[sections]].astype(np.int64)
    ends = pack.passages["main_end"][firsts[sections + 1] - 1].astype(np.int64)
    return starts, ends - 1
