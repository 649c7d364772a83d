"""Steps of a comparison as bytes, so that they can be kept and put together later, or elsewhere."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from indexer.progress import Progress, silent
from search.model import WorkCard
from search.parallels.comparing import CollectionComparison, ComparedPortions
from search.parallels.model import Agreements
from search.parallels.works import StretchPlace, WorkPair, WorkStretch


class WrittenComparison:
    """A comparison whose steps are written as bytes."""

    def __init__(self, comparison: CollectionComparison) -> None:
        self._comparison = comparison

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(self._comparison.steps)

    def step(self, number: int, progress: Progress = silent) -> bytes:
        """Do a step.

        Raises:
            SearchTimeout: it takes longer than the caller has allowed.
        """
        return written(self._comparison.step(number, progress))


def written(found: ComparedPortions) -> bytes:
    """Write what a step has found."""
    stretches = [
        [_place(each.here), _place(each.there), _counts(each.agreements), each.longest] for each in found.stretches
    ]
    pairs = [[each.here.id, each.there.id, each.stretches, each.runs, each.at_least] for each in found.pairs]
    return zlib.compress(json.dumps([stretches, pairs], ensure_ascii=False).encode("utf-8", "surrogatepass"))


def read(data: bytes, cards: Mapping[str, WorkCard]) -> ComparedPortions:
    """Read what was written, but for all that is of other works than these."""
    stretches, pairs = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    return ComparedPortions(
        tuple(
            WorkStretch(_read_place(here, cards), _read_place(there, cards), Agreements(*counts), longest)
            for here, there, counts, longest in stretches
            if here[0] in cards and there[0] in cards
        ),
        tuple(
            WorkPair(cards[here], cards[there], *counts)
            for here, there, *counts in pairs
            if here in cards and there in cards
        ),
    )


def _place(place: StretchPlace) -> list[Any]:
    where = [place.work.id, place.section, place.section_number, place.page, place.in_notes]
    return [*where, place.start, place.end, place.text, place.at]


def _read_place(row: list[Any], cards: Mapping[str, WorkCard]) -> StretchPlace:
    work, *rest = row
    return StretchPlace(cards[work], *rest)


def _counts(agreements: Agreements) -> list[int]:
    return [agreements.same, agreements.changed, agreements.missing, agreements.added]
