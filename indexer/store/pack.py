"""A pack: the text of some works with everything derived from it, in one immutable folder of memory-mapped arrays.

All offsets into ``text`` count from the pack's beginning. ``main`` and ``notes`` are the folded streams of
:mod:`indexer.text.streams`; they and ``text`` are ranks in one ``alphabet``. Of each stream ``*_bases`` and
``*_distances`` lead back to ``text`` (:mod:`indexer.store.encoding`), and ``*_order``, ``*_keys`` and ``*_starts`` say
where each pair of characters stands (:mod:`indexer.store.positions`). ``printed_*`` make a third stream of the two, in
the order of the page (:mod:`indexer.store.segments`). Row i of ``windows`` is row i of the vectors
(:mod:`indexer.store.vectors`). ``dates`` are those that the text names (:mod:`indexer.store.dates`).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.catalogue import CatalogueRecord, record_of
from corpora.model import Annotation, Canvas, Page, Problem, Region, Section, Span, SpanKind, Work
from indexer.dates.date import NO_YEAR
from indexer.embedding import Vectors
from indexer.store import vectors
from indexer.store.encoding import Ids, Letters, Offsets, bisected
from indexer.store.layout import (
    KINDS,
    MAIN,
    NOTES,
    OPTIONAL,
    ROLES,
    STREAM_NAMES,
    TITLE,
)
from indexer.store.positions import Pairs, Places
from indexer.store.segments import Segments
from indexer.store.streams import PrintedStream, StoredStream
from indexer.text.folding import folded_each
from indexer.text.streams import BOUNDARY, Codes, text_of


@dataclass(frozen=True, slots=True)
class PackWork:
    """A work in a pack: its collection, its record, the digest of the source it came from, its sections' headings.

    ``section_paths`` has for each section the headings that lead to it, as :class:`corpora.model.Section` says.
    """

    id: str
    collection: str
    record: CatalogueRecord
    source: str
    first_section: int
    section_titles: tuple[str, ...]
    section_paths: tuple[tuple[str, ...], ...]

    @property
    def sections(self) -> slice:
        """The rows of its sections in the pack."""
        return slice(self.first_section, self.first_section + len(self.section_titles))


class PackView:
    """Texts with everything derived from them, as arrays, wherever these come from.

    Attributes:
        alphabet: the different characters of text and streams.
        text: the characters of all sections, one after another.
        streams: the main stream, the notes stream, and both in the printed order, ``printed``.
        passages, sections, spans: one row each, in the order of the text.
        inside: places of the main stream inside a word of modern text, sorted.
        dates: those that stand in the text, in its order (:data:`indexer.store.layout.DATE`).
        names: what spans are called by their numbers.
    """

    def __init__(
        self,
        text: Letters,
        printed: PrintedStream,
        *,
        passages: NDArray[Any],
        sections: NDArray[Any],
        spans: NDArray[Any],
        inside: Codes,
        dates: NDArray[Any],
        pages: Sequence[str],
        names: Sequence[str],
    ) -> None:
        self.alphabet: Codes = text.alphabet
        self.text = text
        self.printed = printed
        self.streams: tuple[StoredStream, ...] = (printed.main, printed.notes, printed)
        self.passages, self.sections, self.spans, self.inside = passages, sections, spans, inside
        self.dates = dates
        self._pages, self._names = pages, names

    def ids(self, characters: Sequence[int]) -> Ids | None:
        """Return the ranks of characters in the alphabet; None where one of them is not in the pack."""
        found = [self.rank(each) for each in characters]
        return None if None in found else np.array(found, self.text.ids.dtype)

    def ranks(self, characters: Codes) -> tuple[Ids, NDArray[np.bool_]]:
        """Return the ranks of characters, some together a row, and which rows have all of theirs in the pack."""
        ranks = np.minimum(self.alphabet.searchsorted(characters), len(self.alphabet) - 1)
        return ranks.astype(self.text.ids.dtype), (self.alphabet[ranks] == characters).all(axis=1)

    def rank(self, character: int) -> int | None:
        """Return the rank of a character in the alphabet; None where it is not in the pack."""
        return self._ranks.get(character)

    @cached_property
    def _ranks(self) -> dict[int, int]:
        return {character: rank for rank, character in enumerate(self.alphabet.tolist())}

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
    def stream_starts(self) -> tuple[Codes, Codes, Codes]:
        """Where each passage starts in each stream."""
        return (
            np.ascontiguousarray(self.passages["main_start"]),
            np.ascontiguousarray(self.passages["notes_start"]),
            np.ascontiguousarray(self.passages["printed_start"]),
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

    def page(self, number: int) -> tuple[str, str]:
        """Return the label and facsimile of a page; empty for -1, where the text has no page."""
        return _page_fields(self._pages[number])[:2] if number >= 0 else ("", "")

    def page_line(self, number: int) -> str:
        """Return all that is known of a page, in one line."""
        return self._pages[number]

    def notes_between(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of interlinear notes inside ``[start, end)`` of the pack's text."""
        starts, ends = self._notes
        first = int(np.searchsorted(ends, start, side="right"))
        last = int(np.searchsorted(starts, end))
        for note_start, note_end in zip(starts[first:last].tolist(), ends[first:last].tolist(), strict=True):
            yield max(note_start, start), min(note_end, end)

    def noted(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        """Return a mask of the half-open ranges of the pack's text that hold some of a note."""
        note_starts, note_ends = self._notes
        noted: NDArray[np.bool_] = note_ends.searchsorted(starts, "right") < note_starts.searchsorted(ends)
        return noted

    @cached_property
    def _notes(self) -> tuple[Codes, Codes]:
        """Where the notes start and where they end."""
        notes = self.spans[self.spans["kind"] == KINDS.index(SpanKind.NOTE)]
        return np.ascontiguousarray(notes["start"]), np.ascontiguousarray(notes["end"])

    @cached_property
    def dated(self) -> tuple[NDArray[Any], ...]:
        """The rows of the dates in the text and in the notes."""
        said = self.dates[self.dates["end"] > self.dates["start"]]
        return tuple(said[said["stream"] == stream] for stream in (MAIN, NOTES))

    def years_at(self, sections: Places, places: Places) -> Places:
        """Return the year that a section's text has named last at each of some places of the pack's text.

        It is that of the nearest date at or before the place, in text or notes, of those of one year; :data:`NO_YEAR`
        where none goes before.
        """
        begins, years = self._years
        if not len(begins):
            return np.full(len(places), NO_YEAR)
        at = begins.searchsorted(places, side="right") - 1
        starts = self.passages["start"][self.sections["first_passage"][sections]]
        here = (at >= 0) & (begins[at] >= starts)
        return np.where(here, years[at], NO_YEAR)

    @cached_property
    def _years(self) -> tuple[Places, Places]:
        """Where the dates of one year begin in the text, and the likeliest year of each."""
        rows, has_range = self.dates, self.dates["end"] > self.dates["start"]
        fresh = np.append(True, (np.diff(rows["place"]) != 0) | ~has_range[:-1])[: len(rows)]
        some = rows[fresh & (rows["first"] == rows["last"])]
        return some["place"].astype(np.int64), some["first"].astype(np.int64)

    @cached_property
    def heads(self) -> tuple[tuple[Places, Places], ...]:
        """Where running heads start and end in each stream: half-open ranges, sorted, apart from each other."""
        heads = self.spans[self.spans["kind"] == KINDS.index(SpanKind.HEAD)]
        return tuple(
            (bisected(stream.offsets, heads["start"]), bisected(stream.offsets, heads["end"]))
            for stream in self.streams
        )

    @property
    def gaiji_starts(self) -> Codes:
        """Where the characters begin that are described or named, sorted."""
        return self._gaiji[0]

    @cached_property
    def _gaiji(self) -> tuple[Codes, NDArray[np.int32]]:
        """Where the characters that are described or named begin, sorted, and the numbers of their names."""
        rows = self.spans[self.spans["kind"] == KINDS.index(SpanKind.GAIJI)]
        return np.ascontiguousarray(rows["start"]), np.ascontiguousarray(rows["name"])

    def span_name(self, number: int) -> str:
        """Return what spans with this number are called; empty for -1."""
        return self._names[number] if number >= 0 else ""

    def gaiji_name(self, offset: int) -> str:
        """Return the description or reference for the character at an offset of the text; empty if there is none."""
        starts, names = self._gaiji
        at = int(starts.searchsorted(offset))
        named = at < len(starts) and int(starts[at]) == offset and int(names[at]) >= 0
        return self.span_name(int(names[at])) if named else ""


class Pack(PackView):
    """A pack on disk, for reading. Every file is opened at once, so that nothing is lost if a build drops the folder.

    Attributes:
        windows: one row a window, in the order of the vectors.
        lengths: of each window's sum of token vectors, where the model is static.
        vectors: those of the windows.
        works: the works, in order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A copy in memory: every character that is read goes through it.
        alphabet: Codes = np.array(self._array("alphabet"))
        main, notes = (self._stream(name, alphabet) for name in STREAM_NAMES)
        contents: dict[str, Any] = json.loads((folder / "contents.json").read_text("utf-8"))
        super().__init__(
            Letters(self._array("text"), alphabet),
            self._interleaved(main, notes),
            passages=self._array("passages"),
            sections=self._array("sections"),
            spans=self._array("spans"),
            inside=self._array("inside"),
            dates=self._array("dates"),
            pages=(folder / "pages.txt").read_text("utf-8").split("\n"),  # parted when asked for
            names=contents["names"],
        )
        self.windows = self._array("windows")
        self.lengths: Vectors = self._array("lengths")
        self.vectors = vectors.opened(folder)
        self._page_starts: Codes = self._array("pages")["start"]
        self._canvases, self._regions, self._annotations = map(self._optional, OPTIONAL)
        self._problems: dict[str, Any] = contents["problems"]
        self.works = tuple(
            PackWork(
                work["id"],
                work["collection"],
                record_of(work["record"]),
                work["source"],
                work["first_section"],
                tuple(work["section_titles"]),
                tuple(map(self._path, work["section_paths"], work["section_titles"])),
            )
            for work in contents["works"]
        )

    def _array(self, name: str) -> NDArray[Any]:
        # A plain view of the map: numpy's own memmap class costs microseconds a slice.
        array: NDArray[Any] = np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r"))
        return array

    def _optional(self, name: str) -> NDArray[Any]:
        return self._array(name) if (self.folder / f"{name}.npy").exists() else np.empty(0, OPTIONAL[name])

    def _path(self, numbers: Iterable[int], title: str) -> tuple[str, ...]:
        return tuple(title if number == TITLE else self.span_name(number) for number in numbers)

    def _stream(self, name: str, alphabet: Codes) -> StoredStream:
        return StoredStream(
            Letters(self._array(name), alphabet),
            Offsets(self._array(f"{name}_bases"), self._array(f"{name}_distances")),
            self._pairs(name),
            self._array(f"{name}_irregular"),
        )

    def _interleaved(self, main: StoredStream, notes: StoredStream) -> PrintedStream:
        segments = Segments(self._array("printed_segments"), self._array("printed_homes"))
        repeats, repeated = self._array("printed_repeats"), self._array("printed_repeated")
        pairs, irregular = self._pairs("printed"), self._array("printed_irregular")
        return PrintedStream.of(main, notes, segments, repeats, repeated, pairs, irregular)

    def _pairs(self, name: str) -> Pairs:
        return Pairs(*(self._array(f"{name}_{part}") for part in ("order", "keys", "starts")))

    @property
    def faulty_sources(self) -> tuple[str, ...]:
        """The digests of the sources in whose files something was wrong."""
        return tuple(self._problems)

    def problems(self, source: str, root: Path) -> tuple[Problem, ...]:
        """Return the problems in the files of the source with this digest, which is at ``root`` now."""
        found = self._problems.get(source, ())
        return tuple(Problem(root / file, *said) for file, *said in found)

    def passages_of(self, section: int) -> range:
        """Return the rows of a section's passages; ``section`` counts in the pack."""
        last = section + 1 == len(self.sections)
        end = len(self.passages) if last else int(self.sections["first_passage"][section + 1])
        return range(int(self.sections["first_passage"][section]), end)

    @cached_property
    def letters(self) -> tuple[NDArray[np.int64], ...]:
        """How often each character of the alphabet, by its rank, stands in the text and in the notes."""
        return tuple(
            np.bincount(self.streams[stream].codes.ids[:], minlength=len(self.alphabet)) for stream in (MAIN, NOTES)
        )

    @cached_property
    def repeats(self) -> NDArray[np.int64]:
        """How often each character stands in print where it is another one in its own stream."""
        places = self.printed.repeats.astype(np.int64)
        return np.bincount(self.printed.codes.ids.take(places), minlength=len(self.alphabet))

    @cached_property
    def searched_characters(self) -> NDArray[np.int64]:
        """For each section how many characters are searched: of its text, and of its notes."""
        firsts = self.sections["first_passage"]
        columns = []
        for stream in (MAIN, NOTES):
            codes, boundaries = self.streams[stream].codes, self.streams[stream].boundaries
            bounds = np.append(self.passages[f"{STREAM_NAMES[stream]}_start"][firsts], len(codes)).astype(np.int64)
            columns.append(np.diff(bounds) - np.diff(boundaries.searchsorted(bounds)))
        return np.stack(columns, axis=1)

    @cached_property
    def dated_characters(self) -> NDArray[np.int64]:
        """The same by the year that the section has named last: rows of a section, a year, text, and notes.

        A character is of the year of :meth:`years_at` where it begins, :data:`NO_YEAR` before the first. The rows are
        in order, and none is of no characters.
        """
        dated, years = self._years
        begins = self.passages["start"][self.sections["first_passage"]].astype(np.int64)
        places = np.concatenate([begins, dated])
        order = np.argsort(places, kind="stable")  # a year that is named where a section begins comes after that
        places = places[order]
        sections = begins.searchsorted(places, side="right") - 1
        of_years = np.concatenate([np.full(len(begins), NO_YEAR), years])[order]
        columns = []
        for stream in (self.streams[MAIN], self.streams[NOTES]):
            bounds = np.append(bisected(stream.offsets, places), len(stream.codes))
            columns.append(np.diff(bounds) - np.diff(stream.boundaries.searchsorted(bounds)))
        keys, rows = np.unique(np.stack([sections, of_years], axis=1), axis=0, return_inverse=True)
        counts = np.stack([np.bincount(rows, column, len(keys)) for column in columns], axis=1).astype(np.int64)
        return np.concatenate([keys, counts], axis=1)[counts.any(axis=1)]

    def dated_characters_of(self, sections: range) -> NDArray[np.int64]:
        """Return those of the sections of a work, counted from its first one."""
        low, high = self.dated_characters[:, 0].searchsorted((sections.start, sections.stop))
        rows: NDArray[np.int64] = self.dated_characters[low:high] - np.array([sections.start, 0, 0, 0])
        return rows

    def of_works(self, works: Iterable[int]) -> NDArray[np.bool_]:
        """Return a mask of the passages of these works."""
        chosen = np.zeros(len(self.works), dtype=bool)
        chosen[list(works)] = True
        passages: NDArray[np.bool_] = chosen[self.passage_works]
        return passages

    def place(self, passage: int) -> tuple[str, str]:
        """Return the place of a passage: the work's id and the page's label."""
        return self.works[int(self.passage_works[passage])].id, self.page(int(self.passages["page"][passage]))[0]

    def window_text(self, window: NDArray[Any]) -> str:
        """Return the folded text of a row of ``windows``, as it was embedded."""
        return text_of(self.streams[window["stream"]].codes[window["start"] : window["end"]])

    def section(self, number: int) -> Section:
        """Return the section as its reader made it; ``number`` counts in the pack."""
        row = self.sections[number]
        start, end = int(row["start"]), int(row["end"])
        work = self.works[int(row["work"])]
        first = self._first_page(number)
        return Section(
            title=work.section_titles[int(row["number"])],
            text=text_of(self.text[start:end]),
            role=ROLES[int(row["role"])],
            pages=self.section_pages(number),
            spans=tuple(
                Span(
                    KINDS[int(span["kind"])],
                    int(span["start"]) - start,
                    int(span["end"]) - start,
                    self.span_name(int(span["name"])),
                )
                for span in _within(self.spans, start, end)
            ),
            path=work.section_paths[int(row["number"])],
            regions=tuple(
                Region(page - first, begin - start, stop - start, x, y, width, height, None if isnan(sure) else sure)
                for page, begin, stop, x, y, width, height, sure in _within(self._regions, start, end).tolist()
            ),
            annotations=tuple(
                Annotation(
                    self.span_name(kind), begin - start, stop - start, self.span_name(authority), self.span_name(source)
                )
                for kind, begin, stop, authority, source in _within(self._annotations, start, end).tolist()
            ),
        )

    def section_pages(self, number: int) -> tuple[Page, ...]:
        """Return the pages of a section; ``number`` counts in the pack."""
        start = int(self.sections["start"][number])
        first, last = self._first_page(number), self._first_page(number + 1)
        canvases = {
            page: Canvas(order, *_page_fields(self._pages[page])[1:], width, height)
            for page, order, width, height in _within(self._canvases, first, last, "page").tolist()
        }
        return tuple(
            Page(_page_fields(self._pages[page])[0], int(self._page_starts[page]) - start, canvases.get(page))
            for page in range(first, last)
        )

    def _first_page(self, section: int) -> int:
        """Return the first page of a section; one that starts where a section ends is that section's last."""
        if section == len(self.sections):
            return len(self._page_starts)
        row = self.sections[section]
        page = int(self.passages["page"][row["first_passage"]])
        return page if page >= 0 else int(np.searchsorted(self._page_starts, row["start"], side="right"))

    def work(self, number: int) -> Work:
        """Return the work as it was given to the writer, but for sections that are empty."""
        work = self.works[number]
        sections = range(work.sections.start, work.sections.stop)
        return Work(work.id, work.record, tuple(map(self.section, sections)))


def _page_fields(line: str) -> tuple[str, str, str]:
    """Return label, image and service of a page, which a line of ``pages.txt`` says as far as they are known."""
    label, image, service, *_ = (*line.split("\t"), "", "")
    return label, image, service


def _within(rows: NDArray[Any], start: int, end: int, field: str = "start") -> NDArray[Any]:
    """Return the rows, which are sorted by a field, in which it is in ``[start, end)``.

    A column of a structured array is not contiguous: :func:`numpy.searchsorted` would first copy all of it.
    """
    places, value = range(len(rows)), rows[field].__getitem__
    return rows[bisect_left(places, start, key=value) : bisect_left(places, end, key=value)]
