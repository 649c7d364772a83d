"""Pools for a system to search: named texts, the index of them if there is one, and what gets a vector."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eval.datasets.liaojin import page_name
from indexer.building.build import build
from indexer.cluster.address import IndexAddress
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.generation import open_packs, published
from indexer.store.layout import STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, text_of
from search.library import Library


@dataclass(frozen=True)
class Pool:
    """Texts with their names, row by row; a name may come again where a page was cut into several passages.

    ``index`` holds just these texts, and ``named`` tells their names from a work and a page of it. ``whole`` says that
    a text is a sentence, which gets one vector.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    whole: bool
    index: IndexAddress | None = None
    named: Callable[[str, str], str] = page_name

    @cached_property
    def library(self) -> Library | None:
        """The index, opened."""
        return Library.open(self.index) if self.index else None

    @cached_property
    def stretches(self) -> tuple[list[str], list[str]]:
        """What gets a vector, with the names of the texts that it belongs to: sentences, or an index's windows."""
        if self.whole or self.index is None:
            return list(self.names), list(self.texts)
        names, texts = zip(*_windows(self.index, self.named), strict=True)
        return list(names), list(texts)


def of_index(index: IndexAddress) -> Pool:
    """Return every page of an index, in folded characters."""
    names, texts = zip(*_passages(index), strict=True)
    return Pool(names, texts, whole=False, index=index)


def of_texts(texts: Mapping[str, str], folder: Path, whole: bool, on_progress: Progress) -> Pool:
    """Index classical texts by name in ``folder``, which is empty."""
    names = tuple(texts)
    index = index_texts(texts.values(), "lzh", folder, on_progress)
    return Pool(names, tuple(texts.values()), whole, index, lambda work, _: names[int(work)])


def index_texts(texts: Iterable[str], language: str, folder: Path, on_progress: Progress) -> Path:
    """Index texts in one language in ``folder``, which is empty; the id of a text's work is its number."""
    file = folder / "texts.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for number, text in enumerate(texts):
            work = {"id": str(number), "title": str(number), "language": language, "text": text}
            lines.write(json.dumps(work, ensure_ascii=False) + "\n")
    build([file], folder / "index", on_progress=on_progress)
    return folder / "index"


def packs(index: IndexAddress) -> list[Pack]:
    """Return the packs of an index.

    Raises:
        IndexFailure: there is no index, it can't be read, or it is not a folder.
    """
    if not isinstance(index, Path):
        advice = f"carry it to one with `wenyuan carry {index} FOLDER`, which has the same texts and windows"
        raise IndexFailure(f"{index}: this measure reads the files of a folder; {advice}")
    generation = published(index)
    if generation is None:
        raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
    return list(open_packs(index, generation.packs).values())


def _passages(index: IndexAddress) -> Iterator[tuple[str, str]]:
    for pack in packs(index):
        for local, row in enumerate(pack.passages):
            streams = (
                pack.streams[number].codes[row[f"{name}_start"] : row[f"{name}_end"]]
                for number, name in enumerate(STREAM_NAMES)
            )
            text = " ".join(text_of(codes) for codes in streams).replace(chr(BOUNDARY), " ")
            yield page_name(*pack.place(local)), text


def _windows(index: IndexAddress, named: Callable[[str, str], str]) -> Iterator[tuple[str, str]]:
    for pack in packs(index):
        for row in pack.windows:
            yield named(*pack.place(int(row["passage"]))), pack.window_text(row)
