"""What an engine is given of a passage and of a query: characters and adjacent pairs."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.engines import Bag, Folded
from indexer.store import passage_keys
from indexer.store.generation import work_key
from indexer.store.layout import STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.readings import fold_phrase
from indexer.text.streams import BOUNDARY, text_of

LONGEST_BAG = 120
"""Distinct tokens of a query that are looked up; the rest of a longer query adds nothing but time."""


def grams(folded: str) -> list[str]:
    """Characters and adjacent pairs.

    >>> grams("會寧府")
    ['會', '寧', '府', '會寧', '寧府']
    """
    return [*folded, *(folded[at : at + 2] for at in range(len(folded) - 1))]


def bag(text: str, scope: str) -> Bag:
    """A query as a bag of distinct tokens, in the order in which they stand."""
    tokens = dict.fromkeys(gram for run in text.split() for gram in grams(fold_phrase(run)))
    return Bag(tuple(tokens)[:LONGEST_BAG], scope)


def pack_passages(pack: Pack, number: int) -> Iterator[Folded]:
    """What the engine indexes of each passage of a pack."""
    keys = [work_key(number, work) for work in range(len(pack.works))]
    # Each stream is decoded at once: a passage is then but a slice.
    streams = [text_of(stream.codes[:]) for stream in pack.streams]
    bounds = [(pack.passages[f"{name}_start"].tolist(), pack.passages[f"{name}_end"].tolist()) for name in STREAM_NAMES]
    for local, work in enumerate(pack.passage_works.tolist()):
        text, notes = (
            tuple(run for run in stream[starts[local] : ends[local]].split(chr(BOUNDARY)) if run)
            for stream, (starts, ends) in zip(streams, bounds, strict=True)
        )
        yield Folded(passage_keys.join(number, local), keys[work], text, notes)
