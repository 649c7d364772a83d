"""The pure-Python engine: Whoosh, for places where no native wheel runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, index
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.query import Or, Phrase, Term
from whoosh.scoring import BM25F

from indexer.engines import SCOPES, STREAMS, TAIL, Bag, PassageTokens

_NAME = "passages"


def _schema() -> fields.Schema:
    columns: dict[str, fields.FieldType] = {
        "passage": fields.STORED(),
        "work": fields.ID(),
    }
    for stream in STREAMS:
        columns[stream] = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True)
    for scope in SCOPES:
        columns[f"{scope}_grams"] = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    return fields.Schema(**columns)


class WhooshEngine:
    """See :class:`indexer.engines.Engine`."""

    def __init__(self, folder: Path) -> None:
        self._searcher = index.open_dir(str(folder), _NAME).searcher(weighting=BM25F())

    def candidates(self, stream: str, phrase: str, limit: int) -> NDArray[np.uint64] | None:
        """See :meth:`indexer.engines.Engine.candidates`."""
        head = list(phrase[: TAIL + 1])
        query = Term(stream, head[0]) if len(head) == 1 else Phrase(stream, head)
        found: list[int] = []
        for number in self._searcher.docs_for_query(query):
            found.append(self._searcher.stored_fields(number)["passage"])
            if len(found) > limit:
                return None
        return np.sort(np.array(found, dtype=np.uint64))

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.Engine.rank`."""
        if not bag.grams or works == []:
            return []
        wanted = [Term(f"{bag.scope}_grams", gram) for gram in bag.grams]
        among = Or([Term("work", work) for work in works]) if works is not None else None
        results = self._searcher.search(Or(wanted), limit=limit, filter=among)
        ranked = [(int(hit["passage"]), float(hit.score)) for hit in results]
        return sorted(ranked, key=lambda pair: (-pair[1], pair[0]))


class WhooshWriter:
    """See :class:`indexer.engines.EngineWriter`."""

    def __init__(self, folder: Path) -> None:
        if index.exists_in(str(folder), _NAME):
            self._index = index.open_dir(str(folder), _NAME)
        else:
            self._index = index.create_in(str(folder), _schema(), _NAME)
        self._writer = self._index.writer(limitmb=256)

    def add(self, passages: Iterable[PassageTokens]) -> None:
        """See :meth:`indexer.engines.EngineWriter.add`."""
        for tokens in passages:
            document: dict[str, object] = {"passage": tokens.passage, "work": tokens.work}
            document |= {stream: " ".join(tokens.chars[stream]) for stream in STREAMS}
            document |= {f"{scope}_grams": " ".join(tokens.grams[scope]) for scope in SCOPES}
            self._writer.add_document(**document)

    def remove(self, works: Sequence[str]) -> None:
        """See :meth:`indexer.engines.EngineWriter.remove`."""
        for work in works:
            self._writer.delete_by_term("work", work)

    def commit(self) -> None:
        """See :meth:`indexer.engines.EngineWriter.commit`."""
        self._writer.commit()


def open_reader(folder: Path) -> WhooshEngine:
    """See :class:`indexer.engines.EngineModule`."""
    return WhooshEngine(folder)


def open_writer(folder: Path) -> WhooshWriter:
    """See :class:`indexer.engines.EngineModule`."""
    return WhooshWriter(folder)
