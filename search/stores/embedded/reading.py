"""A passage of a snapshot as the edition has it."""

from __future__ import annotations

from search.ranking.pieces import Stretch
from search.stores import views
from search.stores.base import StoredPassage
from search.stores.embedded.snapshot import Snapshot


def read_passage(snapshot: Snapshot, number: int, row: int, until: int, stretch: Stretch | None) -> StoredPassage:
    """Return a passage of a pack, to ``until`` in its section at least, and where a stretch of it stands."""
    pack = snapshot.packs[number]
    section = pack.sections[pack.passages["section"][row]]
    work, within = int(section["work"]), int(section["number"])
    title = pack.works[work].section_titles[within]
    return views.read_passage(pack, row, snapshot.cards[number, work], title, until, stretch)
