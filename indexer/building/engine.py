"""Updating the inverted index, and publishing it with its generation.

Works that left or moved leave it, those that arrived or moved enter it.
"""

from __future__ import annotations

from pathlib import Path

from indexer import engines
from indexer.engines.documents import documents
from indexer.progress import Progress
from indexer.store.generation import Generation, Packs, swap, work_key


def write_engine(packs: Packs, before: Generation | None, following: Generation, progress: Progress) -> None:
    """Write the inverted index of ``following``, beginning with that of ``before``; without it, from nothing."""
    indexes = engines.indexes(packs.index, following.settings.engine)
    writer = indexes.begin(following.number, before.number if before else None)
    old, new = _places(before) if before else {}, _places(following)
    writer.remove([key for place, key in old.items() if place not in new])
    arriving = {key for place, key in new.items() if place not in old}
    changed = packs.of(
        entry for entry in following.packs if any(work_key(entry.number, work) in arriving for work in entry.live)
    )
    total = sum(len(pack.passages) for pack in changed.values())
    done = 0
    for number, pack in changed.items():
        for passage in documents(pack, number):
            done += 1
            if passage.work in arriving:
                writer.add((passage,))
            if done % 500 == 0 or done == total:
                progress("index", done, total)
    progress("commit", 0, 1)
    writer.commit()
    progress("commit", 1, 1)


def publish(index: Path, generation: Generation, before: Generation | None) -> None:
    """Publish ``generation``, whose inverted index is written; ``before`` is the one to go back to."""
    indexes = engines.indexes(index, generation.settings.engine)
    indexes.publish(generation.number, before.number if before else None)
    swap(index, generation, before)
    indexes.keep([state.number for state in (before, generation) if state])


def _places(generation: Generation) -> dict[tuple[int, str, int], str]:
    """Return what an engine calls each live work, by number and name of its pack and its number there."""
    return {
        (pack.number, pack.name, work): work_key(pack.number, work) for pack in generation.packs for work in pack.live
    }
