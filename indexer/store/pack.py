"""A pack: the text of some works with everything derived from it, in one immutable folder of memory-mapped arrays.

All offsets into ``text`` count from the pack's beginning. ``main`` and ``notes`` are the folded streams of
:mod:`indexer.text.streams`; they and ``text`` are ranks in one ``alphabet``. Of each stream ``*_bases`` and
``*_distances`` lead back to ``text`` (:mod:`indexer.store.encoding`), and ``*_order``, ``*_keys`` and ``*_starts`` say
where each pair of characters stands (:mod:`indexer.store.positions`). Row i of ``windows`` is row i of the vectors
(:mod:`indexer.store.vectors`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.model import CatalogueRecord, Page, Problem, Section, Span, SpanKind, Work
from indexer.embedding import Vectors
from indexer.store import vectors
from indexer.store.encoding import Ids, Letters, Offsets
from indexer.store.layout import (
    KINDS,
    ROLES,
    STREAM_NAMES,
)
from indexer.store.positions import Pairs, Places
from indexer.text.folding import folded_each
from indexer.text.streams import (
    BOUNDARY,
    Codes,
    text_of,
)


@dataclass(frozen=True)
class StoredStream:
    """A folded stream of a pack, with where each character comes from and where each pair of them stands.

    ``irregular`` are the few characters, sorted by place, whose original does not fold to them by itself: iteration
    marks, circles that are zeros, what several code points stand for.
    """

    codes: Letters
    offsets: Offsets
    pairs: Pairs
    irregular: NDArray[Any]

    @cached_property
    def irregular_places(self) -> Codes:
        """The places of the irregular characters, sorted."""
        return np.ascontiguousarray(self.irregular["place"])

    def original_starts(self, places: Places) -> Places:
        """Where in the pack's text the originals of characters begin."""
        starts: Places = self.offsets[places].astype(np.int64)
        return starts

    def is_original(self, offset: int) -> bool:
        """Whether an irregular character has its original at an offset of the pack's text."""
        starts = self._irregular_starts
        at = int(starts.searchsorted(offset))
        return at < len(starts) and int(starts[at]) == offset

    @cached_property
    def _irregular_starts(self) -> Places:
        return self.original_starts(self.irregular_places.astype(np.int64))

    def original_ends(self, places: Places) -> Places:
        """Where in the pack's text the originals of characters end."""
        ends = self.original_starts(places) + 1
        known = self.irregular_places
        if len(known):
            at = np.minimum(known.searchsorted(places), len(known) - 1)
            ends += np.where(known[at] == places, self.irregular["length"][at].astype(np.int64) - 1, 0)
        return ends

    @cached_property
    def boundaries(self) -> Places:
        """The places of boundaries, sorted."""
        return np.flatnonzero(self.codes.ids == BOUNDARY)

    def unbroken(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Which half-open ranges hold no boundary."""
        boundaries = self.boundaries
        same: NDArray[np.bool_] = np.searchsorted(boundaries, starts) == np.searchsorted(boundaries, ends)
        return same


@dataclass(frozen=True, slots=True)
class PackWork:
    """A work in a pack: its collection, its record, the digest of the source it came from, its sections' titles."""

    id: str
    collection: str
    record: CatalogueRecord
    source: str
    first_section: int
    section_titles: tuple[str, ...]


class Pack:
    """A pack on disk, for reading. Every file is opened at once, so that nothing is lost if a build drops the folder.

    Attributes:
        alphabet: the different characters of text and streams.
        text: the characters of all sections, one after another.
        streams: the main stream and the notes stream.
        passages, sections, spans: one row each, in the order of the text.
        windows: one row a window, in the order of the vectors.
        inside: places of the main stream inside a word of modern text, sorted.
        lengths: of each window's sum of token vectors, where the model is static.
        vectors: those of the windows.
        works: the works, in order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A copy in memory: every character that is read goes through it.
        self.alphabet: Codes = np.array(self._array("alphabet"))
        self.text = Letters(self._array("text"), self.alphabet)
        self.streams = tuple(self._stream(name) for name in STREAM_NAMES)
        self.passages = self._array("passages")
        self.sections = self._array("sections")
        self.spans = self._array("spans")
        self.windows = self._array("windows")
        self.inside: Codes = self._array("inside")
        self.lengths: Vectors = self._array("lengths")
        self.vectors = vectors.opened(folder)
        self._page_starts: Codes = self._array("pages")["start"]
        self._pages = [
            (label, facsimile)
            for label, _, facsimile in (
                line.partition("\t") for line in (folder / "pages.txt").read_text("utf-8").split("\n")
            )
        ]
        self._contents: dict[str, Any] = json.loads((folder / "contents.json").read_text("utf-8"))
        self.works = tuple(
            PackWork(
                work["id"],
                work["collection"],
                CatalogueRecord(**work["record"]),
                work["source"],
                work["first_section"],
                tuple(work["section_titles"]),
            )
            for work in self._contents["works"]
        )

    def _array(self, name: str) -> NDArray[Any]:
        # A plain view of the map: numpy's own memmap class costs microseconds a slice.
        array: NDArray[Any] = np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r"))
        return array

    def _stream(self, name: str) -> StoredStream:
        return StoredStream(
            Letters(self._array(name), self.alphabet),
            Offsets(self._array(f"{name}_bases"), self._array(f"{name}_distances")),
            Pairs(*(self._array(f"{name}_{part}") for part in ("order", "keys", "starts"))),
            self._array(f"{name}_irregular"),
        )

    def ids(self, characters: Sequence[int]) -> Ids | None:
        """The ranks of characters in the alphabet; None where one of them is not in the pack."""
        wanted = np.array(characters, np.uint32)
        found = np.minimum(self.alphabet.searchsorted(wanted), len(self.alphabet) - 1)
        if (self.alphabet[found] != wanted).any():
            return None
        ids: Ids = found.astype(self.text.ids.dtype)
        return ids

    @cached_property
    def folded(self) -> Codes:
        """What each character of the alphabet folds to; 0 for nothing."""
        return folded_each(self.alphabet)

    @cached_property
    def spellings(self) -> NDArray[np.uint32]:
        """For each character of the alphabet, how many characters of it fold to it."""
        known = self.folded[np.isin(self.folded, self.alphabet) & (self.folded != BOUNDARY)]
        counts: NDArray[np.uint32] = np.bincount(
            self.alphabet.searchsorted(known), minlength=len(self.alphabet)
        ).astype(np.uint32)
        return counts

    @cached_property
    def stream_starts(self) -> tuple[Codes, Codes]:
        """Where each passage starts in the main stream and in the notes stream."""
        return (
            np.ascontiguousarray(self.passages["main_start"]),
            np.ascontiguousarray(self.passages["notes_start"]),
        )

    @cached_property
    def passage_works(self) -> NDArray[np.uint32]:
        """For each passage the number of its work in the pack."""
        works: NDArray[np.uint32] = self.sections["work"][self.passages["section"]]
        return works

    @cached_property
    def passage_weights(self) -> NDArray[np.float32]:
        """How much each passage counts in a ranking."""
        return np.ascontiguousarray(self.passages["weight"])

    @cached_property
    def passage_lengths(self) -> NDArray[np.uint32]:
        """The folded characters of each passage, its notes among them."""
        rows = self.passages
        lengths: NDArray[np.uint32] = (rows["main_end"] - rows["main_start"]) + (
            rows["notes_end"] - rows["notes_start"]
        )
        return lengths

    def problems(self, source: str, root: Path) -> tuple[Problem, ...]:
        """What was wrong in the files of the source with this digest, which stands at ``root`` now."""
        found = self._contents["problems"].get(source, ())
        return tuple(Problem(root / file, *said) for file, *said in found)

    def of_works(self, works: Iterable[int]) -> NDArray[np.bool_]:
        """Which passages are of these works."""
        chosen = np.zeros(len(self.works), dtype=bool)
        chosen[list(works)] = True
        passages: NDArray[np.bool_] = chosen[self.passage_works]
        return passages

    def page(self, number: int) -> tuple[str, str]:
        """Label and facsimile of a page; empty for -1, where the text has no page."""
        return self._pages[number] if number >= 0 else ("", "")

    def place(self, passage: int) -> tuple[str, str]:
        """The work and the page of a passage: the work's id and the page's label."""
        return self.works[int(self.passage_works[passage])].id, self.page(int(self.passages["page"][passage]))[0]

    def window_text(self, window: NDArray[Any]) -> str:
        """The folded text of a row of ``windows``: what was embedded."""
        return text_of(self.streams[window["stream"]].codes[window["start"] : window["end"]])

    def notes_between(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The ranges of interlinear notes inside ``[start, end)`` of the pack's text."""
        starts, ends = self._notes
        first = int(np.searchsorted(ends, start, side="right"))
        last = int(np.searchsorted(starts, end))
        for note_start, note_end in zip(starts[first:last].tolist(), ends[first:last].tolist(), strict=True):
            yield max(note_start, start), min(note_end, end)

    def noted(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Which half-open ranges of the pack's text hold some of a note."""
        note_starts, note_ends = self._notes
        noted: NDArray[np.bool_] = note_ends.searchsorted(starts, "right") < note_starts.searchsorted(ends)
        return noted

    @cached_property
    def _notes(self) -> tuple[Codes, Codes]:
        """Where the notes start and where they end."""
        notes = self.spans[self.spans["kind"] == KINDS.index(SpanKind.NOTE)]
        return np.ascontiguousarray(notes["start"]), np.ascontiguousarray(notes["end"])

    @cached_property
    def _gaiji(self) -> tuple[Codes, NDArray[np.int32]]:
        """Where the characters that are described or named begin, sorted, and the numbers of their names."""
        rows = self.spans[self.spans["kind"] == KINDS.index(SpanKind.GAIJI)]
        return np.ascontiguousarray(rows["start"]), np.ascontiguousarray(rows["name"])

    def gaiji_name(self, offset: int) -> str:
        """The description or reference that stands for the character at an offset of the text; empty if none does."""
        starts, names = self._gaiji
        at = int(starts.searchsorted(offset))
        named = at < len(starts) and int(starts[at]) == offset and int(names[at]) >= 0
        return str(self._contents["names"][names[at]]) if named else ""

    def section(self, number: int) -> Section:
        """The section as its reader made it; ``number`` counts in the pack."""
        row = self.sections[number]
        start, end = int(row["start"]), int(row["end"])
        work = self.works[int(row["work"])]
        first, last = self._first_page(number), self._first_page(number + 1)
        names = self._contents["names"]
        spans = self.spans
        chosen = spans[np.searchsorted(spans["start"], start) : np.searchsorted(spans["start"], end)]
        return Section(
            title=work.section_titles[int(row["number"])],
            text=text_of(self.text[start:end]),
            role=ROLES[int(row["role"])],
            pages=tuple(
                Page(self._pages[page][0], int(self._page_starts[page]) - start, self._pages[page][1])
                for page in range(first, last)
            ),
            spans=tuple(
                Span(
                    KINDS[int(span["kind"])],
                    int(span["start"]) - start,
                    int(span["end"]) - start,
                    names[span["name"]] if span["name"] >= 0 else "",
                )
                for span in chosen
            ),
        )

    def _first_page(self, section: int) -> int:
        """The first page of a section; one that starts where a section ends is that section's last."""
        if section == len(self.sections):
            return len(self._page_starts)
        row = self.sections[section]
        page = int(self.passages["page"][row["first_passage"]])
        return page if page >= 0 else int(np.searchsorted(self._page_starts, row["start"], side="right"))

    def work(self, number: int) -> Work:
        """The work as it was given to the writer, but for sections that are empty."""
        work = self.works[number]
        sections = range(work.first_section, work.first_section + len(work.section_titles))
        return Work(work.id, work.record, tuple(map(self.section, sections)))
