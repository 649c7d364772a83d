"""Documents: a work of a pack becomes what is sent to a cluster (:mod:`indexer.cluster.mapping`).

A work's own document comes last: where it is, all others are. Their ids follow from the work's version and their place
in it, so that to send one again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.cluster import parts
from indexer.cluster.mapping import (
    DATED,
    PART,
    PASSAGE,
    SECTION,
    STEPS,
    SURELY_DATED,
    WORK,
    date_numbers,
)
from indexer.cluster.searched import SearchedSection
from indexer.cluster.sections import packed
from indexer.cluster.state import WorkFacts, problem_rows, written_rows
from indexer.embedding import Embedder, Vectors
from indexer.store.generation import FORMAT, Settings
from indexer.store.layout import STREAM_NAMES
from indexer.store.pack import Pack, PackWork
from indexer.text.streams import Codes

_NUMBERS = np.array([list(f"{number:4},".encode()) for number in (*range(128), *range(-128, 0))], np.uint8)
"""Signed bytes as text, each as wide as any other, by the unsigned byte of the same bits."""
_END = ord("|")


def stamp_of(number: int, settings: Settings, work: PackWork) -> str:
    """Return the stamp of a version of a work that is made for the generation of this number.

    Another build of the same gives the same stamp, so that what was sent already is known.
    """
    made_of = (FORMAT, settings.model, settings.folding, work.collection, work.source, work.id)
    return f"{number}-{hashlib.sha256(repr(made_of).encode()).hexdigest()[:12]}"


def as_bytes(vectors: Vectors, scale: float) -> NDArray[np.int8]:
    """Return vectors as signed bytes."""
    steps: NDArray[np.int8] = np.clip(np.rint(vectors * scale), -STEPS, STEPS).astype(np.int8)
    return steps


@dataclass(frozen=True, slots=True)
class ClusterDocument:
    """A document by its id, as a line of JSON."""

    id: str
    line: str

    def action(self) -> str:
        """Return the lines of a bulk that write it."""
        return f'{{"index":{{"_id":"{self.id}"}}}}\n{self.line}\n'


@dataclass(frozen=True)
class WorkDocuments:
    """The documents of one work of a pack, under a stamp, for the generation of a number on.

    ``scale`` is what a component of a vector is multiplied by.
    """

    pack: Pack
    number: int
    stamp: str
    born: int
    embedder: Embedder
    scale: float

    @property
    def size(self) -> int:
        """The characters of the work."""
        rows = self.pack.sections[self._work.sections]
        return int((rows["end"].astype(np.int64) - rows["start"]).sum())

    def __iter__(self) -> Iterator[ClusterDocument]:
        """Yield all documents but that of the work itself: :meth:`closing` is written when the others are there."""
        for number in range(len(self._work.section_titles)):
            yield from self._of_section(number)

    def facts(self) -> WorkFacts:
        """Return what the state says of the work."""
        first, last = self._rows
        return WorkFacts(self._work.collection, last - first, self._windows_before(last) - self._windows_before(first))

    @property
    def _rows(self) -> tuple[int, int]:
        """The first passage of the work, and the one after its last."""
        sections = self._work.sections
        return self.pack.passages_of(sections.start).start, self.pack.passages_of(sections.stop - 1).stop

    def closing(self) -> ClusterDocument:
        """Return the document of the work."""
        pack, work = self.pack, self._work
        _, passages, windows = self.facts()
        card = {
            "id": work.id,
            "collection": work.collection,
            "record": asdict(work.record),
            "source": work.source,
            "titles": work.section_titles,
            "paths": work.section_paths,
            "passages": passages,
            "windows": windows,
            "size": self.size,
            # For each section how many are searched: of its text, and of its notes.
            "characters": pack.searched_characters[work.sections].tolist(),
            "dated": written_rows(pack.dated_characters_of(range(work.sections.start, work.sections.stop))),
            "problems": problem_rows(pack.problems(work.source, Path())),
        }
        return self._document(self.stamp, WORK, work=work.id, collection=work.collection, card=_json(card))

    @cached_property
    def _work(self) -> PackWork:
        return self.pack.works[self.number]

    def _document(self, id: str, kind: str, **fields: Any) -> ClusterDocument:
        return ClusterDocument(id, _json({"kind": kind, "stamp": self.stamp, "born": self.born, **fields}))

    def _of_section(self, number: int) -> Iterator[ClusterDocument]:
        section = self._work.first_section + number
        passages = self.pack.passages_of(section)
        whole = self.pack.section(section)
        pieces = parts.cut(self.pack, section)
        yield self._document(
            f"{self.stamp}.s{number}",
            SECTION,
            section=number,
            meta=packed(whole),
            parts=len(pieces),
            size=len(whole.text),
        )
        for piece in pieces:
            blob = parts.encode(piece)
            yield self._document(
                f"{self.stamp}.{number}.{piece.key.part}",
                PART,
                section=number,
                part=piece.key.part,
                blob=b64encode(blob).decode(),
                sum=f"{zlib.crc32(blob):08x}",
            )
        of_passage = np.repeat(np.arange(len(pieces)), [len(piece.columns["passages"]) for piece in pieces]).tolist()
        yield from self._of_passages(section, number, passages, of_passage)

    def _of_passages(
        self, section: int, number: int, passages: range, of_passage: Sequence[int]
    ) -> Iterator[ClusterDocument]:
        pack, work = self.pack, self._work
        before = self.pack.passages_of(work.first_section).start
        rows = pack.passages[passages.start : passages.stop]
        offsets = (rows["start"].astype(np.int64) - int(pack.sections["start"][section])).tolist()
        searched = SearchedSection(pack, section, self._new_places)
        dated = self._dated(passages)
        year = "" if work.record.year is None else f'"year":{int(work.record.year)},'
        same = f'"kind":"{PASSAGE}","stamp":"{self.stamp}","born":{self.born},{year}'
        same += f'"work":{_json(work.id)},"collection":{_json(work.collection)},'
        windows = self._windows(passages)
        for at, offset in enumerate(offsets):
            fields = [f'{same}"part":{of_passage[at]},"place":{number << 32 | offset}']
            fields.append(f'"weight":{float(rows["weight"][at])!r}')
            fields += [f'"{name}":"{text}"' for name, text in searched.fields(at)]
            fields += dated[at]
            if windows[at]:
                fields.append(f'"windows":[{",".join(windows[at])}]')
            yield ClusterDocument(f"{self.stamp}.{passages.start - before + at}", f"{{{','.join(fields)}}}")

    @cached_property
    def _new_places(self) -> NDArray[np.int64]:
        """The places of the pairs that the printed order alone has, sorted."""
        return np.sort(self.pack.printed.pairs.order).astype(np.int64)

    def _dated(self, passages: range) -> list[list[str]]:
        """Return what is said of the dates that begin in each passage, as fields of JSON."""
        starts = np.ascontiguousarray(self.pack.passages["start"][passages.start : passages.stop])
        low, high = self._date_places.searchsorted((starts[0], self.pack.passages["end"][passages.stop - 1]))
        rows = self.pack.dates[low:high]
        firsts = rows["place"].searchsorted(np.append(starts, self.pack.passages["end"][passages.stop - 1]))
        return [list(_date_fields(rows[first:last])) for first, last in pairwise(firsts.tolist())]

    @cached_property
    def _date_places(self) -> Codes:
        """Where each date of the pack begins in its text, sorted."""
        return np.ascontiguousarray(self.pack.dates["place"])

    # Windows

    @cached_property
    def _by_passage(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The windows of the pack by passage and place, and how many are before each passage."""
        windows = self.pack.windows
        order = np.lexsort((windows["start"], windows["stream"], windows["passage"]))
        counts = np.bincount(windows["passage"], minlength=len(self.pack.passages))
        return windows[order], np.concatenate([[0], np.cumsum(counts)])

    def _windows_before(self, passage: int) -> int:
        return int(self._by_passage[1][passage])

    def _windows(self, passages: range) -> list[list[str]]:
        """Return the windows of each passage, as JSON; what has no vector can't be near anything and is left out."""
        rows = self._by_passage[0][self._windows_before(passages.start) : self._windows_before(passages.stop)]
        found: list[list[str]] = [[] for _ in passages]
        if not len(rows):
            return found
        vectors = as_bytes(self.embedder.embed([self.pack.window_text(row) for row in rows]), self.scale)
        starts = np.stack([self.pack.passages[f"{name}_start"][rows["passage"]] for name in STREAM_NAMES])
        firsts = starts[rows["stream"], np.arange(len(rows))].astype(np.int64)
        stretches = zip(
            (rows["passage"].astype(np.int64) - passages.start).tolist(),
            rows["stream"].tolist(),
            (rows["start"] - firsts).tolist(),
            (rows["end"] - firsts).tolist(),
            np.any(vectors, axis=1).tolist(),
            _as_text(vectors),
            strict=True,
        )
        for passage, stream, start, end, has_vector, vector in stretches:
            if has_vector:
                found[passage].append(f'{{"vector":[{vector}],"stream":{stream},"start":{start},"end":{end}}}')
        return found


def _date_fields(dates: NDArray[Any]) -> Iterator[str]:
    """Yield the fields that say something of the dates of a passage, as JSON."""
    if not len(dates):
        return
    for stream, name in enumerate(DATED):
        here = dates[dates["stream"] == stream]
        for kind, some in zip((name, SURELY_DATED[stream]), (here, here[here["doubts"] == 0]), strict=True):
            years = dict.fromkeys(zip(some["first"].tolist(), some["last"].tolist(), strict=True))
            if years:
                told = ",".join(f'{{"gte":{first},"lte":{last}}}' for first, last in years)
                yield f'"{kind}":[{told}]'
    yield f'"dates":{date_numbers(dates).tolist()}'


def _as_text(vectors: NDArray[np.int8]) -> list[str]:
    """Return vectors as numbers with commas between them."""
    numbers = _NUMBERS[vectors.view(np.uint8)]
    numbers[:, -1, -1] = _END
    return numbers.tobytes().translate(None, b" ").decode().split(chr(_END))[:-1]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
