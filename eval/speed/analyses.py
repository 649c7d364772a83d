"""Speed of the analyses: the first page of a concordance, a distribution, collocates, dates, parallels of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from eval.quality.pools import packs
from eval.speed import bench
from eval.speed.bench import Latency
from indexer.progress import Progress
from indexer.text.streams import text_of
from search.collocates import CollocatesRequest
from search.concordance import ConcordanceRequest
from search.distribution import DistributionRequest
from search.library import Library
from search.model import Mode, SearchRequest
from search.parallels.model import ParallelsRequest

COUNT = 40
"""Queries of a kind."""
COMMON = 10_000
"""Occurrences of the phrase whose collocates are found, as near as may be."""
_COMMONEST = "之"
_YEARS = range(700, 1912)
_PAGE = 300
"""Characters of a page, at least, whose parallels are looked for."""


def times(library: Library, index: Path, on_progress: Progress) -> list[tuple[str, Latency]]:
    """Measure each analysis of a library, with queries drawn from the same texts in an index in a folder."""
    drawn = bench.phrases(index, COUNT)
    common = _common(library, drawn)
    years = [f"when:{year}" for year in np.linspace(_YEARS.start, _YEARS.stop - 1, COUNT).astype(int).tolist()]
    kinds: list[tuple[str, Sequence[str], Callable[[str], object]]] = [
        ("concordance, first page, phrases", drawn, lambda q: library.concordance(ConcordanceRequest(_exactly(q)))),
        (f"the same, {_COMMONEST}", [_COMMONEST], lambda q: library.concordance(ConcordanceRequest(q))),
        ("distribution by work, phrases", drawn, lambda q: library.distribution(DistributionRequest((_exactly(q),)))),
        (f"collocates, {common}", [common], lambda q: library.collocates(CollocatesRequest(q))),
        ("dates, exact, years", years, lambda q: library.search(SearchRequest(q, mode=Mode.EXACT, facets=True))),
        ("parallels of a page", list(_pages(index)), lambda q: library.parallels(ParallelsRequest(q))),
    ]
    return [(name, bench.timed(queries, ask, name, on_progress)) for name, queries, ask in kinds if queries]


def _exactly(phrase: str) -> str:
    return f'"{phrase}"'


def _common(library: Library, drawn: Sequence[str]) -> str:
    """Return the pair of characters, of those that phrases begin with, that stands about :data:`COMMON` times."""
    pairs = sorted({phrase[:2] for phrase in drawn if len(phrase) > 1 and "〇" not in phrase[:2]}) or [_COMMONEST]
    counts = [len(library.find(_exactly(pair))) for pair in pairs]
    return _exactly(min(zip(pairs, counts, strict=True), key=lambda each: abs(each[1] - COMMON))[0])


def _pages(index: Path) -> Iterator[str]:
    """Draw the texts of passages of a page's length."""
    random, searched = np.random.default_rng(7), packs(index)
    for _ in range(COUNT):
        pack = searched[int(random.integers(len(searched)))]
        row = pack.passages[int(random.integers(len(pack.passages)))]
        yield text_of(pack.text[int(row["start"]) : max(int(row["end"]), int(row["start"]) + _PAGE)])
