"""The default engine: Tantivy, embedded.

A passage is one bag, ``grams``, and one that has notes is two more, ``text_grams`` and ``notes_grams``: few have any,
and of the others one bag says all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy

from indexer.engines.base import Document, GramQuery, discriminative

_TOKENIZER = "grams"
_HEAP = 512 << 20
_THREADS = min(os.cpu_count() or 1, 4)
_BAGS = ("grams", "text_grams", "notes_grams")
_NOTED = "noted"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", fast=True)
    builder.add_text_field("work", tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_NOTED, tokenizer_name="raw", index_option="basic")
    for name in _BAGS:
        builder.add_text_field(name, tokenizer_name=_TOKENIZER, index_option="freq")
    return builder.build()


def _index(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder), reuse=True)
    index.register_tokenizer(_TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2)).build())
    return index


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Yield the folder, or another with links to its files: Tantivy takes a lock beside them, even to read."""
    if os.access(folder, os.W_OK):
        yield folder
        return
    # Tantivy may still be making or dropping its lock files there when the folder is removed.
    with TemporaryDirectory(prefix="wenyuan-", ignore_cleanup_errors=True) as links:
        for file in folder.iterdir():
            if file.suffix != ".lock":
                Path(links, file.name).symlink_to(file.resolve())
        yield Path(links)


class TantivyEngine:
    """See :class:`indexer.engines.base.Engine`."""

    def __init__(self, folder: Path) -> None:
        with _writable(folder) as place:
            self._index = _index(place)
            self._searcher = self._index.searcher()
        self._schema = self._index.schema

    def rank(self, query: GramQuery, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.base.Engine.rank`."""
        counts = {gram: self._searcher.doc_freq("grams", gram) for gram in query.grams}
        wanted = discriminative(counts, self._searcher.num_docs)
        if not wanted:
            return []
        asked = self._query(GramQuery(wanted, query.scope))
        if works is not None:
            among = tantivy.Query.term_set_query(self._schema, "work", list(works))
            asked = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, asked), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
            )
        found = self._searcher.search(asked, limit=limit, count=False).hits
        passages = self._searcher.fast_field_values("passage", [address for _, address in found])
        best = sorted((-score, int(passage or 0)) for (score, _), passage in zip(found, passages, strict=True))
        return [(passage, -score) for score, passage in best]

    def _query(self, query: GramQuery) -> tantivy.Query:
        match query.scope:
            case "both":
                return self._any("grams", query.grams)
            case "notes":
                return self._any("notes_grams", query.grams)
        noted = tantivy.Query.term_query(self._schema, _NOTED, _NOTED, "basic")
        plain = [(tantivy.Occur.Must, self._any("grams", query.grams)), (tantivy.Occur.MustNot, noted)]
        parts = [self._any("text_grams", query.grams), tantivy.Query.boolean_query(plain)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])

    def _any(self, field: str, grams: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, gram, "freq")) for gram in grams]
        )


class TantivyWriter:
    """See :class:`indexer.engines.base.EngineWriter`."""

    def __init__(self, folder: Path) -> None:
        self._index = _index(folder)
        self._writer = self._index.writer(_HEAP, _THREADS)

    def add(self, passages: Iterable[Document]) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.add`."""
        for passage in passages:
            document = tantivy.Document()
            document.add_unsigned("passage", passage.passage)
            document.add_text("work", passage.work)
            for run in (*passage.text, *passage.notes):
                document.add_text("grams", run)
            if passage.notes:
                document.add_text(_NOTED, _NOTED)
                for name, runs in (("text_grams", passage.text), ("notes_grams", passage.notes)):
                    for run in runs:
                        document.add_text(name, run)
            self._writer.add_document(document)

    def remove(self, works: Sequence[str]) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.remove`."""
        for work in works:
            self._writer.delete_documents_by_term("work", work)

    def commit(self) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.commit`."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def open_reader(folder: Path) -> TantivyEngine:
    """See :class:`indexer.engines.base.EngineModule`."""
    return TantivyEngine(folder)


def open_writer(folder: Path) -> TantivyWriter:
    """See :class:`indexer.engines.base.EngineModule`."""
    return TantivyWriter(folder)
