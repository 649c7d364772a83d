"""The pure-Python engine: Whoosh, for places where no native wheel runs. Its fields are those of the default engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from whoosh import fields, index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.query import AndNot, Or, Query, Term
from whoosh.scoring import BM25F

from indexer.engines.base import Document, GramQuery, discriminative
from indexer.text.grams import grams

_NAME = "passages"
_BAGS = ("grams", "text_grams", "notes_grams")
_NOTED = "noted"


def _schema() -> fields.Schema:
    columns: dict[str, fields.FieldType] = {"passage": fields.STORED(), "work": fields.ID(), _NOTED: fields.ID()}
    for name in _BAGS:
        columns[name] = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    return fields.Schema(**columns)


class WhooshEngine:
    """See :class:`indexer.engines.base.Engine`."""

    def __init__(self, folder: Path) -> None:
        self._searcher = index.open_dir(str(folder), _NAME).searcher(weighting=BM25F())

    def rank(self, query: GramQuery, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.base.Engine.rank`."""
        counts = {gram: self._searcher.doc_frequency("grams", gram) for gram in query.grams}
        wanted = discriminative(counts, self._searcher.doc_count())
        if not wanted or works == []:
            return []
        among = Or([Term("work", work) for work in works]) if works is not None else None
        results = self._searcher.search(_query(GramQuery(wanted, query.scope)), limit=limit, filter=among)
        ranked = [(int(hit["passage"]), float(hit.score)) for hit in results]
        return sorted(ranked, key=lambda pair: (-pair[1], pair[0]))


def _query(query: GramQuery) -> Query:
    match query.scope:
        case "both":
            return _any("grams", query.grams)
        case "notes":
            return _any("notes_grams", query.grams)
    return Or([_any("text_grams", query.grams), AndNot(_any("grams", query.grams), Term(_NOTED, _NOTED))])


def _any(field: str, wanted: Sequence[str]) -> Query:
    return Or([Term(field, gram) for gram in wanted])


class WhooshWriter:
    """See :class:`indexer.engines.base.EngineWriter`."""

    def __init__(self, folder: Path) -> None:
        if index.exists_in(str(folder), _NAME):
            self._index = index.open_dir(str(folder), _NAME)
        else:
            self._index = index.create_in(str(folder), _schema(), _NAME)
        self._writer = self._index.writer(limitmb=256)

    def add(self, passages: Iterable[Document]) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.add`."""
        for passage in passages:
            document: dict[str, object] = {"passage": passage.passage, "work": passage.work}
            document["grams"] = _spaced((*passage.text, *passage.notes))
            if passage.notes:
                document |= {_NOTED: _NOTED, "text_grams": _spaced(passage.text), "notes_grams": _spaced(passage.notes)}
            self._writer.add_document(**document)

    def remove(self, works: Sequence[str]) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.remove`."""
        for work in works:
            self._writer.delete_by_term("work", work)

    def commit(self) -> None:
        """See :meth:`indexer.engines.base.EngineWriter.commit`."""
        self._writer.commit()


def _spaced(runs: Iterable[str]) -> str:
    return " ".join(gram for run in runs for gram in grams(run))


def open_reader(folder: Path) -> WhooshEngine:
    """See :class:`indexer.engines.base.EngineModule`."""
    return WhooshEngine(folder)


def open_writer(folder: Path) -> WhooshWriter:
    """See :class:`indexer.engines.base.EngineModule`."""
    return WhooshWriter(folder)
