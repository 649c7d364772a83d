"""A passage of a pack as the edition has it."""

from __future__ import annotations

import numpy as np

from indexer.store.pack import Pack
from indexer.text.streams import text_of
from search.ranking.pieces import Stretch
from search.stores.base import StoredPassage
from search.stores.embedded.snapshot import Snapshot


def read_passage(snapshot: Snapshot, number: int, row: int, until: int, stretch: Stretch | None) -> StoredPassage:
    """Return a passage of a pack, to ``until`` in its section at least, and where a stretch of it stands."""
    pack = snapshot.packs[number]
    passage = pack.passages[row]
    section = pack.sections[passage["section"]]
    begin, start = int(section["start"]), int(passage["start"])
    end = min(max(int(passage["end"]), begin + until), int(section["end"]))
    label, facsimile = pack.page(int(passage["page"]))
    work, within = int(section["work"]), int(section["number"])
    return StoredPassage(
        work=snapshot.cards[number, work],
        section=pack.works[work].section_titles[within],
        section_number=within,
        start=start - begin,
        page=label,
        facsimile=facsimile,
        text=text_of(pack.text[start:end]),
        notes=tuple((a - start, b - start) for a, b in pack.notes_between(start, end)),
        folded=pack.folded.take(pack.text.ids[start:end]),
        stretch=_place(pack, row, stretch, start, end) if stretch else None,
    )


def _place(pack: Pack, row: int, stretch: Stretch, start: int, end: int) -> tuple[int, int] | None:
    """Return the part of a stretch that lies in ``[start, end)`` of the pack's text, counted from its beginning."""
    stream, origin = pack.streams[stretch.stream], int(pack.stream_starts[stretch.stream][row])
    bounds = np.array([origin + stretch.start, origin + stretch.end - 1])
    first = max(int(stream.original_starts(bounds)[0]), start)
    last = min(int(stream.original_ends(bounds)[1]), end)
    return (first - start, last - start) if last > first else None
