"""Other engines on the same texts: how long they take to index, to find a phrase and to rank, and how large they are.

Each passage of an index, its folded main text, is a document of every engine. A phrase's count is that of the documents
in which it stands whole, so that all must agree; ours has found the phrases that run on into the next passage, too,
marked and counted every occurrence and made ten hits with facets in the time that is given for it.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from eval.quality.pools import packs
from eval.speed.bench import PHRASES, phrases
from indexer import engines
from indexer.building.build import build
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.layout import MAIN
from indexer.text.folding import fold
from indexer.text.grams import gram_query, grams
from indexer.text.streams import BOUNDARY, text_of
from search.exact.matching import find
from search.library import Library
from search.model import Mode, SearchRequest
from search.query import parse, sought_in

TEN = 10
SMALL = 20_000_000
"""Characters of the largest collection that Whoosh and bm25s are given: the one takes half a minute a million, the
other wants every token of all texts in memory at once."""
_END = "\f"
_WARM_UP = 20
_XAPIAN_PYTHON = "/usr/bin/python3"
"""Debian's Python, for which alone its package python3-xapian is made."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one engine took: seconds, bytes, and milliseconds that half of the queries and 95 of 100 stay within."""

    name: str
    build: float
    size: int
    phrase: tuple[float, float] | None
    rank: tuple[float, float]
    agree: str


class PeerEngine(Protocol):
    """An engine that was given documents, by number."""

    def phrase(self, text: str) -> int:
        """Count the documents that hold a phrase, and name the ten best of them on the way."""

    def rank(self, text: str) -> int:
        """Find the best document for a text by BM25 over characters and pairs."""


Make = Callable[[Sequence[str], Path], PeerEngine]


class Whoosh:
    """Whoosh, pure Python."""

    def __init__(self, documents: Sequence[str], folder: Path) -> None:
        from whoosh import fields, index
        from whoosh.analysis import SpaceSeparatedTokenizer

        text = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True)
        bags = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
        made = index.create_in(str(folder), fields.Schema(number=fields.STORED(), text=text, grams=bags))
        writer = made.writer(limitmb=256)
        for number, document in enumerate(documents):
            writer.add_document(number=number, text=" ".join(document), grams=" ".join(grams(document)))
        writer.commit()
        self._searcher = made.searcher()

    def phrase(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        from whoosh.query import Phrase

        return len(self._searcher.search(Phrase("text", list(text)), limit=TEN))

    def rank(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        from whoosh.query import Or, Term

        wanted = Or([Term("grams", gram) for gram in dict.fromkeys(grams(text))])
        return int(next((hit["number"] for hit in self._searcher.search(wanted, limit=TEN)), -1))


class Fts5:
    """SQLite's full-text search."""

    def __init__(self, documents: Sequence[str], folder: Path) -> None:
        self._base = sqlite3.connect(folder / "fts5.db")
        options = "content='', tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* S* Co Cn M*'\""
        self._base.execute(f"CREATE VIRTUAL TABLE texts USING fts5(text, {options})")
        self._base.execute(f"CREATE VIRTUAL TABLE bags USING fts5(text, detail=none, {options})")
        rows = enumerate(documents)
        self._base.executemany("INSERT INTO texts(rowid, text) VALUES (?, ?)", ((n, " ".join(d)) for n, d in rows))
        rows = enumerate(documents)
        self._base.executemany(
            "INSERT INTO bags(rowid, text) VALUES (?, ?)", ((n, " ".join(grams(d))) for n, d in rows)
        )
        self._base.commit()

    def phrase(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        query = f'"{" ".join(text)}"'
        self._base.execute("SELECT rowid FROM texts WHERE texts MATCH ? LIMIT ?", (query, TEN)).fetchall()
        return int(self._base.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (query,)).fetchone()[0])

    def rank(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        query = " OR ".join(f'"{gram}"' for gram in dict.fromkeys(grams(text)))
        ranked = "SELECT rowid FROM bags WHERE bags MATCH ? ORDER BY bm25(bags) LIMIT ?"
        found = self._base.execute(ranked, (query, TEN)).fetchall()
        return int(found[0][0]) if found else -1


class RawTantivy:
    """Tantivy as it is: characters with positions for phrases, and a bag of characters and pairs."""

    def __init__(self, documents: Sequence[str], folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", fast=True)
        builder.add_text_field("text", tokenizer_name="spaced", index_option="position")
        builder.add_text_field("grams", tokenizer_name="grams", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema, path=str(folder))
        spaced = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("spaced", spaced)
        index.register_tokenizer("grams", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2)).build())
        writer = index.writer(512 << 20, 2)
        for number, text in enumerate(documents):
            document = tantivy.Document()
            document.add_unsigned("number", number)
            document.add_text("text", " ".join(text))
            document.add_text("grams", text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def phrase(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        query = self._tantivy.Query.phrase_query(self._schema, "text", list(text))
        return int(self._searcher.search(query, limit=TEN).count or 0)  # type: ignore[attr-defined]  # its stubs lack it

    def rank(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        make = self._tantivy.Query
        terms = [make.term_query(self._schema, "grams", gram, "freq") for gram in dict.fromkeys(grams(text))]
        query = make.boolean_query([(self._tantivy.Occur.Should, term) for term in terms])
        found = self._searcher.search(query, limit=TEN, count=False).hits
        return int(self._searcher.fast_field_values("number", [found[0][1]])[0] or 0) if found else -1


class Bm25s:
    """bm25s: sparse matrices; it knows no phrases."""

    def __init__(self, documents: Sequence[str], folder: Path) -> None:
        import bm25s

        self._bm25s = bm25s
        self._model = bm25s.BM25(k1=1.2, b=0.75)
        self._model.index([grams(document) for document in documents], show_progress=False)
        self._model.save(str(folder))

    def phrase(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        raise NotImplementedError

    def rank(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        found, _ = self._model.retrieve([list(dict.fromkeys(grams(text)))], k=TEN, show_progress=False)
        return int(found[0][0])


class Xapian:
    """Xapian, in Debian's own Python, over a pipe; the time is measured there."""

    def __init__(self, documents: Sequence[str], folder: Path) -> None:
        script = Path(__file__).with_name("xapian_peer.py")
        self._process = subprocess.Popen(
            [_XAPIAN_PYTHON, script, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self._process.stdin is not None, "it is a pipe"
        assert self._process.stdout is not None, "it is a pipe"
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        for document in documents:
            self._stdin.write(document + "\n")
        self._ask(_END)

    def phrase(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        return self._ask(f"phrase {text}")

    def rank(self, text: str) -> int:
        """See :class:`PeerEngine`."""
        return self._ask(f"rank {text}")

    def _ask(self, line: str) -> int:
        self._stdin.write(line + "\n")
        self._stdin.flush()
        if not (answer := self._stdout.readline()):
            raise IndexFailure("Xapian's process ended; see above why, or remove python3-xapian to go without it")
        return int(json.loads(answer))


def _xapian_is_here() -> bool:
    try:
        return not subprocess.run([_XAPIAN_PYTHON, "-c", "import xapian"], capture_output=True, check=False).returncode
    except OSError:
        return False


def peers(characters: int) -> dict[str, Make]:
    """Return the engines that are installed here and can be asked to index so many characters, by name."""
    known: dict[str, Make] = {"Tantivy alone": RawTantivy, "SQLite FTS5": Fts5}
    if characters <= SMALL:
        known["Whoosh"] = Whoosh
    if _xapian_is_here():
        known["Xapian"] = Xapian
    if find_spec("bm25s") and characters <= SMALL:
        known["bm25s"] = Bm25s
    return known


def compare(paths: Sequence[Path], sentences: Sequence[str], on_progress: Progress) -> list[Measured]:
    """Measure ours and every other engine on the texts under ``paths``; ``sentences`` are ranked for."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "index")
        began = time.perf_counter()
        build(paths, index, on_progress=on_progress)
        seconds = time.perf_counter() - began
        asked = phrases(index, PHRASES)
        folded = [fold(sentence) for sentence in sentences]
        documents, counts = _documents(index), _counts(index, asked)
        library = Library.open(index)
        engine = engines.indexes(index, engines.DEFAULT).open(library.generation)
        measured = [
            Measured(
                "Wenyuan",
                seconds,
                _size(index),
                _times(lambda text: library.search(SearchRequest(f'"{text}"', mode=Mode.EXACT, facets=True)), asked),
                _times(lambda text: engine.rank(gram_query(text, "both"), None, TEN), folded),
                f"{len(asked)} of {len(asked)}",
            )
        ]
        for name, make in peers(sum(map(len, documents))).items():
            on_progress(name, 0, 1)
            home = Path(folder, name)
            home.mkdir()
            began = time.perf_counter()
            peer = make(documents, home)
            seconds = time.perf_counter() - began
            finds = make is not Bm25s
            agreed = sum(peer.phrase(text) == count for text, count in zip(asked, counts, strict=True)) if finds else 0
            measured.append(
                Measured(
                    name,
                    seconds,
                    _size(home),
                    _times(peer.phrase, asked) if finds else None,
                    _times(peer.rank, folded),
                    f"{agreed} of {len(asked)}" if finds else "",
                )
            )
            on_progress(name, 1, 1)
    return measured


def _documents(index: Path) -> list[str]:
    documents = []
    for pack in packs(index):
        stream = text_of(pack.streams[MAIN].codes[:])
        bounds = zip(pack.passages["main_start"].tolist(), pack.passages["main_end"].tolist(), strict=True)
        documents += [stream[start:end].replace(chr(BOUNDARY), "") for start, end in bounds]
    return documents


def _counts(index: Path, asked: Sequence[str]) -> list[int]:
    """Count the passages that hold each phrase whole in the main text."""
    counts = [0] * len(asked)
    for pack in packs(index):
        ends = pack.passages["main_end"]
        for number, text in enumerate(asked):
            phrase = parse(f'"{text}"').phrases[0]
            found = find(pack, MAIN, *sought_in(phrase))
            counts[number] += len(np.unique(found.passages[found.ends <= ends[found.passages]]))
    return counts


def _times(ask: Callable[[str], object], queries: Sequence[str]) -> tuple[float, float]:
    for query in queries[:_WARM_UP]:
        ask(query)
    times = []
    for query in queries:
        began = time.perf_counter()
        ask(query)
        times.append(1000 * (time.perf_counter() - began))
    p50, p95 = np.percentile(times, [50, 95]).tolist()
    return p50, p95


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
