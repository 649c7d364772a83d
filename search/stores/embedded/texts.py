"""The folded text of passages and windows, read from packs for comparing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store.layout import MAIN, STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import Codes
from search import deadline
from search.ranking.pieces import AFTER, BEFORE, Numbers, Pieces
from search.stores.embedded.snapshot import Refs, Snapshot


def pieces_of(snapshot: Snapshot, refs: Refs, streams: Sequence[int]) -> Pieces:
    """Return the text and the notes of passages, as far as ``streams`` says, and the main text around them."""
    order = np.argsort(refs, kind="stable")
    parts = [
        _of_pack(snapshot.packs[number], order[positions], rows, streams)
        for number, positions, rows in snapshot.by_pack(refs[order])
    ]
    return Pieces(*map(np.concatenate, zip(*parts, strict=True))) if parts else Pieces.of_texts((), ())


def texts(pack: Pack, streams: Numbers, starts: Numbers, lengths: Numbers) -> Codes:
    """Return the folded characters of stretches of a pack's streams, one after another."""
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


def _of_pack(pack: Pack, positions: Numbers, local: Numbers, streams: Sequence[int]) -> Pieces:
    """Return the pieces of passages of one pack: ``positions`` are those among all asked for, ``local`` their rows."""
    deadline.check()
    rows = pack.passages[local]
    columns = []
    for stream in streams:
        start, end = (rows[f"{STREAM_NAMES[stream]}_{bound}"].astype(np.int64) for bound in ("start", "end"))
        columns.append((stream, start, start, end, False))
        if stream == MAIN:
            first, last = _section(pack, rows["section"])
            # A passage that is all notes has no place in the main text.
            before, after = BEFORE * (end > start), AFTER * (end > start)
            columns.append((stream, start, np.maximum(start - before, first), start, True))
            columns.append((stream, start, end, np.minimum(end + after, last), True))
    kinds, origins, starts, ends, around = zip(*columns, strict=True)
    begins, lengths = np.stack(starts, axis=1), np.stack(ends, axis=1) - np.stack(starts, axis=1)
    some = lengths > 0
    of_stream = np.broadcast_to(np.array(kinds), some.shape)[some]
    firsts = np.stack(origins, axis=1)[some]
    begins, lengths = begins[some], lengths[some]
    return Pieces(
        np.repeat(positions, some.sum(axis=1)),
        of_stream,
        begins - firsts,
        np.broadcast_to(np.array(around), some.shape)[some],
        lengths,
        texts(pack, of_stream, begins, lengths),
    )


def _section(pack: Pack, sections: NDArray[np.uint32]) -> tuple[Numbers, Numbers]:
    """Return where the main text of sections starts, and where the boundary stands that closes it."""
    firsts = np.append(pack.sections["first_passage"], len(pack.passages)).astype(np.int64)
    starts = pack.passages["main_start"][firsts[sections]].astype(np.int64)
    ends = pack.passages["main_end"][firsts[sections + 1] - 1].astype(np.int64)
    return starts, ends - 1
