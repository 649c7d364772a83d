"""The documents of packs for an engine: one a passage."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.engines.base import Document
from indexer.store import passage_keys
from indexer.store.generation import work_key
from indexer.store.layout import MAIN, NOTES, STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, text_of


def documents(pack: Pack, number: int) -> Iterator[Document]:
    """Yield what an engine indexes of each passage of a pack."""
    keys = [work_key(number, work) for work in range(len(pack.works))]
    # Each stream is decoded at once: a passage is then but a slice.
    streams = [text_of(pack.streams[kind].codes[:]) for kind in (MAIN, NOTES)]
    bounds = [(pack.passages[f"{name}_start"].tolist(), pack.passages[f"{name}_end"].tolist()) for name in STREAM_NAMES]
    for local, work in enumerate(pack.passage_works.tolist()):
        text, notes = (
            tuple(run for run in stream[starts[local] : ends[local]].split(chr(BOUNDARY)) if run)
            for stream, (starts, ends) in zip(streams, bounds, strict=True)
        )
        yield Document(passage_keys.join(number, local), keys[work], text, notes)
