"""Passages and sections on a cluster as the edition has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from corpora.model import Page, Section
from indexer.cluster.assembling import Assembled
from indexer.cluster.parts import PartKey
from indexer.cluster.sections import restored
from indexer.text.streams import text_of
from search.model import WorkCard
from search.stores.base import Ref, StoredPassage, Wanted
from search.stores.cluster.deciding import rows_of
from search.stores.cluster.gathering import gather
from search.stores.cluster.view import ClusterRef, View
from search.stores.views import read_passage

_AT_ONCE = 200
"""Sections that are asked for in one request."""


def read_passages(view: View, wanted: Sequence[Wanted]) -> list[StoredPassage]:
    """Read passages, as :meth:`search.stores.base.Store.passages` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    if not wanted:
        return []
    refs = [cast("ClusterRef", each.passage) for each in wanted]

    def lacking(texts: Assembled) -> set[PartKey]:
        sections = texts.sections[texts.passages["section"][rows_of(texts, refs)]]
        lasts = texts.last_parts(texts.passages["section"][rows_of(texts, refs)])
        ends = (sections["end"] - sections["start"]).tolist()
        return {
            part.key._replace(part=part.key.part + 1)
            for each, end, part in zip(wanted, ends, lasts, strict=True)
            if end < each.until and not part.is_last
        }

    texts = gather(view, {PartKey(ref.work, ref.section, ref.part) for ref in refs}, lacking)
    found = []
    for row, ref, each in zip(rows_of(texts, refs), refs, wanted, strict=True):
        work = view.works[ref.work]
        found.append(read_passage(texts, row, work.card, work.titles[ref.section], each.until, each.stretch))
    return found


def works_of(view: View, passages: Sequence[Ref]) -> list[WorkCard]:
    """Return the work of each passage."""
    return [view.works[ref.work].card for ref in cast("Sequence[ClusterRef]", passages)]


def weights_of(passages: Sequence[Ref]) -> list[float]:
    """Return how much each passage counts in a ranking."""
    return [ref.weight for ref in cast("Sequence[ClusterRef]", passages)]


def read_pages(view: View, work: str) -> list[tuple[Page, ...]]:
    """Return the pages of each section of a work, in order.

    Raises:
        KeyError: there is no such work.
        Unavailable: the cluster can't be asked now.
    """
    described = view.works[work]
    pages = []
    numbers = range(len(described.titles))
    for some in (numbers[first : first + _AT_ONCE] for first in numbers[::_AT_ONCE]):
        found = view.connection.mget([f"{described.stamp}.s{number}" for number in some], ("meta",))
        for number, each in zip(some, found, strict=True):
            if each is None:
                raise view.lost(PartKey(work, number, 0))
            pages.append(restored(each["meta"], "").pages)
    return pages


def read_section(view: View, work: str, number: int) -> Section:
    """Read a section.

    Raises:
        KeyError: there is no such section.
        Unavailable: the cluster can't be asked now.
    """
    described = view.works[work]
    if not 0 <= number < len(described.titles):
        raise KeyError(f"{work} has no section {number}")
    (found,) = view.connection.mget([f"{described.stamp}.s{number}"], ("meta", "parts"))
    keys = [PartKey(work, number, part) for part in range(found["parts"] if found else 1)]
    parts = view.fetch(keys)
    if found is None or (missing := [key for key in keys if parts.get(key) is None]):
        raise view.lost(keys[0] if found is None else missing[0])
    text = "".join(text_of(part.columns["text"]) for key in keys if (part := parts[key]))
    return restored(found["meta"], text)
