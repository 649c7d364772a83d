"""The published generation of an index on a cluster becomes a view."""

from __future__ import annotations

from corpora.catalogue import record_of
from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import READING, Body, Connection
from indexer.cluster.state import check_format, read_cards, read_state
from indexer.errors import IndexFailure
from indexer.store.checksums import Damaged
from search import deadline
from search.model import WorkCard
from search.stores.cluster.parts import PartCache
from search.stores.cluster.view import ClusterWork, View


def opened(address: ClusterAddress) -> View:
    """Return the view of the published generation.

    Raises:
        Unavailable: the cluster can't be asked now.
        IndexFailure: there is none, or it can't be read.
    """
    connection = Connection(address, seconds=lambda: min(READING, deadline.left()))
    check_format(connection)
    while True:
        state = read_state(connection)
        if (generation := state.generation) is None:
            advice = f"build one with `wenyuan index PATH --index {address}`"
            raise IndexFailure(f"{address}: nothing was published there yet; {advice}")
        stamps = {entry.number: entry.name for entry in generation.packs}
        live = sorted((work, stamps[number]) for work, (number, _) in generation.live_works().items())
        try:
            cards = read_cards(connection, [stamp for _, stamp in live])
        except Damaged:
            if read_state(connection).version == state.version:
                raise
            continue  # builds that ended meanwhile have cleared the rows of this one away
        works = {work: _work(stamp, card) for (work, stamp), card in zip(live, cards, strict=True)}
        return View(address, connection, generation, state.dead, works, PartCache())


def _work(stamp: str, said: Body) -> ClusterWork:
    titles = tuple(said["titles"])
    card = WorkCard(said["id"], said["collection"], record_of(said["record"]), len(titles))
    return ClusterWork(card, stamp, titles, said)
