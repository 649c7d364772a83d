"""A pack: the text of some works with everything derived from it, in one immutable folder of memory-mapped arrays.

All offsets into ``text`` count from the pack's beginning. ``main`` and ``notes`` are the folded streams of
:mod:`indexer.passages`; they and ``text`` are ranks in one ``alphabet``. Of each stream ``*_bases`` and ``*_distances``
lead back to ``text`` (:mod:`indexer.compact`), and ``*_order``, ``*_keys`` and ``*_starts`` say where each pair of
characters stands (:mod:`indexer.places`). Row i of ``windows`` is row i of the vectors (:mod:`indexer.vectors`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.model import CatalogueRecord, Page, Problem, Role, Section, Span, SpanKind, Work
from indexer import checksums, private, vectors, words
from indexer.compact import Ids, Letters, Offsets, alphabet_of, ranks
from indexer.embedding import Embedder, StaticEmbedder, Vectors, unit
from indexer.folding import ITERATION, fold_array
from indexer.passages import (
    BOUNDARY,
    Codes,
    code_points,
    main_stream,
    main_windows,
    note_windows,
    notes_stream,
    passage_starts,
    text_of,
)
from indexer.places import Pairs, Places

PASSAGE = np.dtype(
    [
        ("section", "u4"),
        ("page", "i4"),
        ("start", "u4"),
        ("end", "u4"),
        ("main_start", "u4"),
        ("main_end", "u4"),
        ("notes_start", "u4"),
        ("notes_end", "u4"),
        ("weight", "f4"),
    ]
)
SECTION = np.dtype(
    [("work", "u4"), ("number", "u4"), ("start", "u4"), ("end", "u4"), ("first_passage", "u4"), ("role", "u1")]
)
SPAN = np.dtype([("kind", "u1"), ("start", "u4"), ("end", "u4"), ("name", "i4")])
PAGE = np.dtype([("start", "u4")])
WINDOW = np.dtype([("stream", "u1"), ("start", "u4"), ("end", "u4"), ("passage", "u4")])

MAIN, NOTES = 0, 1
STREAM_NAMES = ("main", "notes")
ABSTRACT_WEIGHT = 0.7
HEAD_WEIGHT = 0.5
"""What an abstract, and a passage that is mostly running head, count in a ranking."""
_BATCH = 8192
_SEED = 7
_KINDS = tuple(SpanKind)
_ROLES = tuple(Role)
_ARRAYS = (
    "text",
    "main",
    "main_offsets",
    "notes",
    "notes_offsets",
    "passages",
    "sections",
    "spans",
    "pages",
    "windows",
    "inside",
)

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, what is done and what there is to do."""


@dataclass(frozen=True)
class StoredStream:
    """A folded stream of a pack, with where each character comes from and where each pair of them stands."""

    codes: Letters
    offsets: Offsets
    pairs: Pairs

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
        kept, places = fold_array(self.alphabet)
        folded = np.zeros(len(self.alphabet), np.uint32)
        folded[places] = kept
        return folded

    @cached_property
    def spellings(self) -> NDArray[np.uint32]:
        """For each character of the alphabet, how many characters of it may stand for it in a text."""
        known = self.folded[np.isin(self.folded, self.alphabet) & (self.folded != BOUNDARY)]
        counts: NDArray[np.uint32] = np.bincount(
            self.alphabet.searchsorted(known), minlength=len(self.alphabet)
        ).astype(np.uint32)
        if ord(ITERATION) in self.alphabet:  # it stands for any character that it follows
            counts += 1
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
        notes = self.spans[self.spans["kind"] == _KINDS.index(SpanKind.NOTE)]
        return np.ascontiguousarray(notes["start"]), np.ascontiguousarray(notes["end"])

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
            role=_ROLES[int(row["role"])],
            pages=tuple(
                Page(self._pages[page][0], int(self._page_starts[page]) - start, self._pages[page][1])
                for page in range(first, last)
            ),
            spans=tuple(
                Span(
                    _KINDS[int(span["kind"])],
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


class PackWriter:
    """Gathers works and writes them as a pack."""

    def __init__(self) -> None:
        self._arrays: dict[str, list[NDArray[Any]]] = {name: [] for name in _ARRAYS}
        self._labels: list[str] = []
        self._names: list[str] = []
        self._works: list[dict[str, Any]] = []
        self._length = 0
        self._stream_lengths = [0, 0]
        self._sections = 0
        self._passages = 0

    def add(self, work: Work, collection: str, source: str) -> None:
        """Add a work with all its sections; empty sections are left out."""
        sections = [section for section in work.sections if section.text]
        for number, section in enumerate(sections):
            self._add_section(section, number, work.record.language == words.MODERN)
        self._works.append(
            {
                "id": work.id,
                "collection": collection,
                "record": asdict(work.record),
                "source": source,
                "first_section": self._sections - len(sections),
                "section_titles": [section.title for section in sections],
            }
        )

    def _add_section(self, section: Section, number: int, modern: bool) -> None:
        codes = code_points(section.text)
        streams = (main_stream(section, codes), notes_stream(section, codes))
        cuts = passage_starts(section)
        starts = np.array([start for start, _ in cuts], np.uint32)
        passages = np.zeros(len(cuts), PASSAGE)
        passages["section"] = self._sections
        passages["page"] = [page + len(self._labels) if page >= 0 else -1 for _, page in cuts]
        passages["start"] = starts + self._length
        passages["end"] = np.append(starts[1:], len(codes)) + self._length
        passages["weight"] = _weights(section, starts, len(codes))
        if modern:
            self._arrays["inside"].append(words.inside(codes, streams[MAIN]) + np.uint32(self._stream_lengths[MAIN]))
        windows: list[NDArray[Any]] = []
        for kind, (stream, found) in enumerate(
            ((streams[MAIN], main_windows(section, streams[MAIN])), (streams[NOTES], note_windows(streams[NOTES])))
        ):
            name = STREAM_NAMES[kind]
            base = self._stream_lengths[kind]
            bounds = np.searchsorted(stream.offsets, starts)
            # The boundary that closes the section belongs to its last passage.
            passages[f"{name}_start"] = bounds + base
            passages[f"{name}_end"] = np.append(bounds[1:], len(stream.codes)) + base
            rows = np.zeros(len(found), WINDOW)
            rows["stream"] = kind
            rows["start"] = [window.start + base for window in found]
            rows["end"] = [window.end + base for window in found]
            middles = (rows["start"] + rows["end"]) // 2 - base
            rows["passage"] = np.searchsorted(bounds, middles, side="right") - 1 + self._passages
            windows.append(rows)
            self._arrays[name].append(stream.codes)
            self._arrays[f"{name}_offsets"].append(stream.offsets + np.uint32(self._length))
            self._stream_lengths[kind] += len(stream.codes)
        self._arrays["windows"] += windows
        self._arrays["passages"].append(passages)
        self._arrays["text"].append(codes)
        row = (len(self._works), number, self._length, self._length + len(codes), self._passages)
        self._arrays["sections"].append(np.array([(*row, _ROLES.index(section.role))], SECTION))
        self._arrays["pages"].append(np.array([(page.start + self._length,) for page in section.pages], PAGE))
        self._labels += [f"{_one_line(page.label)}\t{_one_line(page.facsimile)}" for page in section.pages]
        self._arrays["spans"].append(np.array([self._span(span) for span in section.spans], SPAN))
        self._length += len(codes)
        self._sections += 1
        self._passages += len(cuts)

    def _span(self, span: Span) -> tuple[int, int, int, int]:
        name = -1
        if span.name:
            name = len(self._names)
            self._names.append(span.name)
        return _KINDS.index(span.kind), span.start + self._length, span.end + self._length, name

    def write(
        self, folder: Path, problems: Mapping[str, Sequence[Problem]], embedder: Embedder, progress: Progress
    ) -> None:
        """Embed the windows and write everything into ``folder``, which must not exist; it is durable afterwards.

        ``problems`` are those of each source, by its digest; their files are named from its root.
        """
        draft = folder.with_name(f".{folder.name}.draft")
        for each in (folder.parent, draft):
            private.make_inside(each)
        joined = {name: _concatenate(name, parts) for name, parts in self._arrays.items()}
        joined["windows"], lengths = _write_vectors(joined, embedder, draft, progress)
        for name, array in _compacted(joined).items():
            np.save(draft / f"{name}.npy", array)
        np.save(draft / "lengths.npy", lengths)
        (draft / "pages.txt").write_text("\n".join(self._labels), "utf-8")
        contents = {
            "works": self._works,
            "names": self._names,
            "problems": {
                source: [(str(each.file), each.line, each.reason, each.is_note) for each in found]
                for source, found in problems.items()
            },
        }
        (draft / "contents.json").write_text(json.dumps(contents, ensure_ascii=False), "utf-8")
        checksums.seal(draft)
        for path in (*draft.iterdir(), draft):
            sync(path)
        os.replace(draft, folder)
        sync(folder.parent)


def _write_vectors(
    joined: Mapping[str, NDArray[Any]], embedder: Embedder, folder: Path, progress: Progress
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Embed the windows and write their vectors; the windows in the vectors' order, and lengths of static sums."""
    windows = joined["windows"]
    total = len(windows)
    texts = [text_of(joined[name]) for name in STREAM_NAMES]
    static = isinstance(embedder, StaticEmbedder)

    def embed(rows: NDArray[Any]) -> tuple[Vectors, Vectors]:
        places = zip(rows["stream"].tolist(), rows["start"].tolist(), rows["end"].tolist(), strict=True)
        some = [texts[stream][start:end] for stream, start, end in places]
        return unit(embedder.sums(some) if isinstance(embedder, StaticEmbedder) else embedder.embed(some))

    lengths = np.zeros(total if static else 0, np.float32)

    def batches() -> Iterator[Vectors]:
        for first in range(0, total, _BATCH):
            rows, found = embed(windows[first : first + _BATCH])
            lengths[first : first + _BATCH] = found[: len(lengths)]
            yield rows
            progress("embed", min(first + _BATCH, total), total)

    if isinstance(embedder, StaticEmbedder) and embedder.codebook and total > vectors.EXACT_UP_TO:
        coder = vectors.Coder(embedder.codebook)
        for rows in batches():
            coder.add(rows)
        order, coded = coder.sorted()
        coded.save(folder)
        return windows[order], lengths[order]
    size = vectors.sample_size(total)
    chosen = np.sort(np.random.default_rng(_SEED).permutation(total)[:size])
    index = vectors.new(embed(windows[chosen])[0], total)
    for rows in batches():
        index.add(rows)
    vectors.write(index, folder)
    return windows, lengths


def _compacted(joined: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays as they are stored."""
    texts = ("text", *STREAM_NAMES)
    alphabet = alphabet_of(*(joined[name] for name in texts))
    stored = {"alphabet": alphabet} | {name: ranks(joined[name], alphabet) for name in texts}
    for name in STREAM_NAMES:
        offsets, pairs = Offsets.of(joined[f"{name}_offsets"]), Pairs.of(stored[name])
        stored |= {f"{name}_bases": offsets.bases, f"{name}_distances": offsets.distances}
        stored |= {f"{name}_order": pairs.order, f"{name}_keys": pairs.keys, f"{name}_starts": pairs.starts}
    return stored | {name: joined[name] for name in ("passages", "sections", "spans", "pages", "windows", "inside")}


def _concatenate(name: str, parts: list[NDArray[Any]]) -> NDArray[Any]:
    kinds: dict[str, Any] = {"passages": PASSAGE, "sections": SECTION, "spans": SPAN, "pages": PAGE, "windows": WINDOW}
    return np.concatenate([np.empty(0, kinds.get(name, np.uint32)), *parts])


def _weights(section: Section, starts: NDArray[np.uint32], length: int) -> NDArray[np.float32]:
    """How much each passage counts in a ranking."""
    head = np.zeros(length + 1, np.int64)
    for span in section.spans:
        if span.kind is SpanKind.HEAD:
            head[span.start : span.end] = 1
    ends = np.append(starts[1:], length).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(head)])
    share = (sums[ends] - sums[starts]) / np.maximum(ends - starts, 1)
    base = ABSTRACT_WEIGHT if section.role is Role.ABSTRACT else 1.0
    weights: NDArray[np.float32] = np.where(share > 0.5, HEAD_WEIGHT, base).astype(np.float32)
    return weights


def _one_line(text: str) -> str:
    return " ".join(text.split())


def sync(path: Path) -> None:
    """Make a file or a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
