"""The suite of measurements, part by part; each part is a table."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opencc import OpenCC

from corpora import readers
from corpora.manifests import bundled_folder
from corpora.model import Work
from corpora.sources.discover import discover
from eval.datasets import bundled, liaojin, northeast
from eval.datasets.data import ADVICE
from eval.quality import modern, respelled
from eval.quality.measuring import Query, QueryScores, score
from eval.quality.rankings import RankingKind, ranking
from eval.quality.recall import recall
from eval.quality.verbatim import held_out, read_sentences, verbatim_share
from indexer.building.build import build
from indexer.cluster.address import IndexAddress
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.text.folding import fold
from search.library import Library
from search.words import aliases

KINDS: dict[RankingKind, str] = {
    "characters": "words",
    "semantic": "meaning",
    "fused": "both",
    "hybrid": "both + rerank",
}
SIKU = "KR2a0035"
"""The 金史 of the Siku edition."""
RECALL_QUERIES = 200
RECALL_DEPTH = 10

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class ResultTable:
    """One part's result."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Materials:
    """Where the texts and queries are, the index to search (None: one is built for the purpose), and which rows."""

    data: Path
    index: IndexAddress | None
    rows: liaojin.RowSubset
    on_progress: Progress

    @property
    def siku(self) -> Path:
        """The folder of the Northeast's texts.

        Raises:
            IndexFailure: it is not there.
        """
        folder = self.data / "corpora" / "kanripo"
        if not folder.is_dir():
            raise IndexFailure(f"{folder}: no texts there; {ADVICE}")
        return folder

    @property
    def sentences(self) -> Path:
        """The 金史's sentences with their pages."""
        return self.data / "eval" / "liaojin" / f"{SIKU}.tsv"

    @contextmanager
    def northeast(self) -> Iterator[IndexAddress]:
        """Yield an index of the Northeast."""
        if self.index is not None:
            yield self.index
            return
        with tempfile.TemporaryDirectory() as folder:
            build([self.siku], Path(folder), on_progress=self.on_progress)
            yield Path(folder)


def verbatim(materials: Materials) -> ResultTable:
    """Measure the share of the 金史's sentences that occur verbatim in the Siku edition, by folding."""
    sources, _ = discover(materials.siku / SIKU)
    work = next((work for source in sources for work in readers.read(source) if isinstance(work, Work)), None)
    if work is None:
        raise IndexFailure(f"{materials.siku / SIKU}: the 金史 isn't there; {ADVICE}")
    simplified = OpenCC("t2s")

    def opencc_alone(text: str) -> str:
        return "".join(char for char in simplified.convert(text) if char.isalnum())

    sentences = read_sentences(materials.sentences)
    every, agreeing = held_out(sentences), held_out(sentences, liaojin.SCORE)
    rows = [
        (name, verbatim_share(every, work, folding).share, verbatim_share(agreeing, work, folding).share)
        for name, folding in (("OpenCC alone", opencc_alone), ("OpenCC and variants", fold))
    ]
    return ResultTable(
        "金史 verbatim in the Siku edition, odd rows", ("folding", "all", "agreement ≥ 0.8"), tuple(rows)
    )


def sentences(materials: Materials) -> ResultTable:
    """Measure search from a modern sentence of the 金史 to its page, in the whole Northeast."""
    queries = list(liaojin.read_queries(materials.sentences, materials.rows))
    with materials.northeast() as index:
        library = Library.open(index)
        rows: list[tuple[Cell, ...]] = [
            (label, *_asked(queries, _pages(library, kind), label, materials).means().values())
            for kind, label in KINDS.items()
        ]
    title = f"金史, modern sentence → page, {materials.rows} rows, {len(queries):,} queries"
    return ResultTable(title, ("ranking", "R@1", "R@5", "R@10", "MRR@10"), tuple(rows))


def natural(materials: Materials) -> ResultTable:
    """Measure natural queries over the Northeast, hybrid, by type; development queries."""
    by_type = northeast.read_queries(materials.data / "eval" / "northeast_queries.jsonl")
    with materials.northeast() as index:
        search = _pages(Library.open(index), "hybrid")
        rows: list[tuple[Cell, ...]] = [
            (name, len(queries), *_asked(queries, search, name, materials).means().values())
            for name, queries in by_type.items()
        ]
    return ResultTable(
        "Northeast, development queries, hybrid", ("type", "queries", "R@1", "R@5", "R@10", "MRR@10"), tuple(rows)
    )


def articles(materials: Materials) -> ResultTable:
    """Measure questions on the bundled articles."""
    queries = bundled.read_queries()
    folder = bundled_folder("bundled")
    assert folder is not None
    with tempfile.TemporaryDirectory() as index:
        build([folder], Path(index), on_progress=materials.on_progress)
        library = Library.open(Path(index))

        def works(kind: RankingKind) -> Callable[[str], list[str]]:
            return lambda text: [work for work, _, _ in ranking(library, text, kind, 50)]

        rows: list[tuple[Cell, ...]] = [
            (label, *_asked(queries, works(kind), label, materials).means().values()) for kind, label in KINDS.items()
        ]
    return ResultTable(
        f"bundled articles, {len(queries)} questions", ("ranking", "R@1", "R@5", "R@10", "MRR@10"), tuple(rows)
    )


def words(materials: Materials) -> ResultTable:
    """Measure what jieba's words add to exact search in modern text."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = materials.data / "eval" / "parallel.train.jsonl.xz"
        found = modern.compare(pairs, Path(folder), materials.on_progress)
    rows = (("without words", found.characters), ("with words", found.words), ("p", found.p_value))
    return ResultTable(f"modern histories, exact search, {found.queries:,} queries", ("ranking", "MAP"), rows)


def vectors(materials: Materials) -> ResultTable:
    """Measure the recall of the stored vectors."""
    queries = [query.text for query in liaojin.read_queries(materials.sentences, "even")][:RECALL_QUERIES]
    with materials.northeast() as index:
        found = recall(index, queries, RECALL_DEPTH, materials.on_progress)
    name = f"recall@{RECALL_DEPTH}"
    return ResultTable("stored vectors against exact search, Northeast", ("queries", name), ((len(queries), found),))


def names(materials: Materials) -> ResultTable:
    """Measure what the table of names finds of those that the Siku editors respelled."""
    aligned = respelled.read(materials.sentences)
    found = {"as typed": False, "with other names": True}
    measured = {label: respelled.measure(aligned, aliases.names(), aliases=also) for label, also in found.items()}
    rows = tuple((label, each.precision, each.recall) for label, each in measured.items())
    first = measured["as typed"]
    title = f"金史, odd rows, {first.names} old spellings in {first.right:,} sentences"
    return ResultTable(title, ("searched", "precision", "recall"), rows)


PARTS: dict[str, Callable[[Materials], ResultTable]] = {
    "articles": articles,
    "verbatim": verbatim,
    "sentences": sentences,
    "natural": natural,
    "words": words,
    "vectors": vectors,
    "names": names,
}


def _pages(library: Library, kind: RankingKind) -> Callable[[str], list[str]]:
    # A page may be cut into several passages: a few more are asked for than are measured.
    return lambda text: [liaojin.page_name(work, page) for work, page, _ in ranking(library, text, kind, 20)]


def _asked(queries: list[Query], search: Callable[[str], list[str]], label: str, materials: Materials) -> QueryScores:
    done = 0

    def shown(text: str) -> list[str]:
        nonlocal done
        done += 1
        materials.on_progress(label, done, len(queries))
        return search(text)

    return score(queries, shown)
