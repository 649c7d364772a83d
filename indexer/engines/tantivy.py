"""The default engine: Tantivy, embedded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tantivy
from numpy.typing import NDArray

from indexer.engines import SCOPES, STREAMS, TAIL, Bag, PassageTokens

_TOKENIZER = "spaced"
_HEAP = 256 << 20


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", fast=True)
    builder.add_text_field("work", tokenizer_name="raw", index_option="basic")
    for stream in STREAMS:
        builder.add_text_field(stream, tokenizer_name=_TOKENIZER, index_option="position")
    for scope in SCOPES:
        builder.add_text_field(f"{scope}_grams", tokenizer_name=_TOKENIZER, index_option="freq")
    return builder.build()


def _index(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder), reuse=True)
    index.register_tokenizer(_TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """The folder, or another with links to its files: to open them Tantivy takes a lock beside them, even to read."""
    if os.access(folder, os.W_OK):
        yield folder
        return
    with TemporaryDirectory(prefix="wenyuan-") as links:
        for file in folder.iterdir():
            if file.suffix != ".lock":
                Path(links, file.name).symlink_to(file.resolve())
        yield Path(links)


class TantivyEngine:
    """See :class:`indexer.engines.Engine`."""

    def __init__(self, folder: Path) -> None:
        with _writable(folder) as place:
            self._index = _index(place)
            self._searcher = self._index.searcher()
        self._schema = self._index.schema

    def candidates(self, stream: str, phrase: str, limit: int) -> NDArray[np.uint64] | None:
        """See :meth:`indexer.engines.Engine.candidates`."""
        head = list(phrase[: TAIL + 1])
        if len(head) == 1:
            query = tantivy.Query.term_query(self._schema, stream, head[0], "basic")
        else:
            query = tantivy.Query.phrase_query(self._schema, stream, [str(char) for char in head])
        found = self._searcher.search(query, limit=limit + 1, count=False, order_by_field="passage").hits
        if len(found) > limit:
            return None
        return np.sort(np.array([passage for passage, _ in found], dtype=np.uint64))

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.Engine.rank`."""
        if not bag.grams:
            return []
        field = f"{bag.scope}_grams"
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, gram, "freq")) for gram in bag.grams]
        )
        if works is not None:
            among = tantivy.Query.term_set_query(self._schema, "work", list(works))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
            )
        found = self._searcher.search(query, limit=limit, count=False).hits
        passages = self._searcher.fast_field_values("passage", [address for _, address in found])
        ranked = [(int(passage or 0), float(score)) for (score, _), passage in zip(found, passages, strict=True)]
        return sorted(ranked, key=lambda pair: (-pair[1], pair[0]))


class TantivyWriter:
    """See :class:`indexer.engines.EngineWriter`."""

    def __init__(self, folder: Path) -> None:
        self._index = _index(folder)
        self._writer = self._index.writer(_HEAP, 1)

    def add(self, passages: Iterable[PassageTokens]) -> None:
        """See :meth:`indexer.engines.EngineWriter.add`."""
        for tokens in passages:
            document = tantivy.Document()
            document.add_unsigned("passage", tokens.passage)
            document.add_text("work", tokens.work)
            for stream in STREAMS:
                document.add_text(stream, " ".join(tokens.chars[stream]))
            for scope in SCOPES:
                document.add_text(f"{scope}_grams", " ".join(tokens.grams[scope]))
            self._writer.add_document(document)

    def remove(self, works: Sequence[str]) -> None:
        """See :meth:`indexer.engines.EngineWriter.remove`."""
        for work in works:
            self._writer.delete_documents_by_term("work", work)

    def commit(self) -> None:
        """See :meth:`indexer.engines.EngineWriter.commit`."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def open_reader(folder: Path) -> TantivyEngine:
    """See :class:`indexer.engines.EngineModule`."""
    return TantivyEngine(folder)


def open_writer(folder: Path) -> TantivyWriter:
    """See :class:`indexer.engines.EngineModule`."""
    return TantivyWriter(folder)
