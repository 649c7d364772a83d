"""Parts put together into a view of texts, on which our own matching works as on a pack.

Parts that follow each other in a section are joined without a seam. Between others stands a boundary, so that nothing
is found across what is not there: :meth:`Assembled.lacking` says what has to be fetched before a passage can be decided
on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.cluster.parts import COLUMNS, Part, PartKey
from indexer.store.encoding import Letters, alphabet_of, ranks
from indexer.store.layout import DATE, MAIN, NOTES, PASSAGE, PRINTED, SPAN, STREAM_NAMES
from indexer.store.pack import PackView
from indexer.store.positions import Pairs, Places
from indexer.store.segments import Segments
from indexer.store.streams import PrintedStream, StoredStream, interleaved_ids, new_pairs
from indexer.text.streams import BOUNDARY, Codes

RUN = np.dtype([("work", "i8"), ("number", "i8"), ("start", "i8"), ("end", "i8"), ("first_passage", "i8")])
"""A row of an assembled view's sections: parts of one that follow each other. ``start`` is where the whole section
would start, and may be before the view's text; ``end`` is where the run ends."""


class _Stream(StoredStream):
    """A stream whose directory of pairs is made when it is first asked for: to read and to compare takes none."""

    def __init__(self, codes: Letters, offsets: Codes, irregular: NDArray[Any]) -> None:
        for name, value in (("codes", codes), ("offsets", offsets), ("irregular", irregular)):
            object.__setattr__(self, name, value)  # the class is frozen

    @cached_property
    def pairs(self) -> Pairs:
        """Where each pair of adjacent characters stands."""
        return Pairs.of(self.codes.ids[:])


class Assembled(PackView):
    """Parts as one view.

    Attributes:
        parts: they, in the order of place, each once.
        part_rows: the first passage of each part.
        part_starts: where each part begins in each stream.
    """

    # Set by :func:`assemble`. Of each run: where it ends in each stream, whether its last note goes on behind it, and
    # whether its first one began before it.

    parts: tuple[Part, ...]
    part_rows: Places
    part_starts: tuple[Places, ...]
    _run_ends: tuple[Places, ...]
    _is_open: NDArray[np.bool_]
    _is_running: NDArray[np.bool_]

    def part_of(self, passages: Places) -> Places:
        """Return the part, by its number in ``parts``, that each passage is in."""
        found: Places = self.part_rows.searchsorted(passages, side="right") - 1
        return found

    @cached_property
    def offsets(self) -> Places:
        """Where each passage begins in its section."""
        starts: Places = self.passages["start"] - self.sections["start"][self.passages["section"]]
        return starts

    def last_parts(self, runs: Places) -> list[Part]:
        """Return the last part of each of some runs, which ``section`` of a passage numbers."""
        firsts = self.part_of(self.sections["first_passage"])
        lasts = np.append(firsts[1:], len(self.parts)) - 1
        return [self.parts[at] for at in lasts[runs].tolist()]

    def lacking(self, passages: Places, left: int, right: int) -> set[PartKey]:
        """Return the parts that are not here and may hold what is near one of some passages.

        Near is what stands within so many characters of a stream before it or after it. A note that ends in the run is
        no reason to go on.
        """
        runs = self.passages["section"][passages].astype(np.int64)
        before, after = np.zeros(len(self.sections), dtype=bool), np.zeros(len(self.sections), dtype=bool)
        for stream in (MAIN, NOTES, PRINTED):
            starts = self.stream_starts[stream].astype(np.int64)
            ends = np.append(starts[1:], self._run_ends[stream][-1:])
            some = np.flatnonzero(ends[passages] > starts[passages])
            here = passages[some]
            short = self._run_ends[stream][runs[some]] - ends[here] < right
            early = starts[here] - starts[self.sections["first_passage"][runs[some]]] < left
            if stream == NOTES:
                short &= self._is_open[runs[some]]
                early &= self._is_running[runs[some]]
            after[runs[some][short]] = True
            before[runs[some][early]] = True
        return self._beside(before, after)

    def lacking_text(self, passages: Places, starts: Places, ends: Places) -> set[PartKey]:
        """Return the parts that are not here and hold some of these ranges of text, each around one of some passages.

        Of what would be before a section, or after it, there is nothing.
        """
        runs = self.passages["section"][passages].astype(np.int64)
        begins = self.passages["start"][self.sections["first_passage"]].astype(np.int64)
        before, after = np.zeros(len(self.sections), dtype=bool), np.zeros(len(self.sections), dtype=bool)
        before[runs[starts < begins[runs]]] = True
        after[runs[ends > self.sections["end"][runs]]] = True
        return self._beside(before, after)

    def _beside(self, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> set[PartKey]:
        """Return the parts before some runs and after some, as far as their sections go on."""
        firsts = self.part_of(self.sections["first_passage"])
        lasts = np.append(firsts[1:], len(self.parts)) - 1
        outer = [(self.parts[at], 1) for at in lasts[after].tolist() if not self.parts[at].is_last]
        outer += [(self.parts[at], -1) for at in firsts[before].tolist() if self.parts[at].key.part]
        return {part.key._replace(part=part.key.part + step) for part, step in outer}


def assemble(parts: Iterable[Part]) -> Assembled:
    """Put parts together, in the order of place; what is given twice counts once."""
    ordered = tuple(part for _, part in sorted({part.key: part for part in parts}.items()))
    first = np.array([_begins(before, part) for before, part in zip((None, *ordered), ordered, strict=False)], bool)
    last = np.append(first[1:], True)[: len(ordered)]
    runs = np.cumsum(first) - 1
    texts = _lengths(ordered, "text")
    text_starts = _before(texts)
    streams: list[StoredStream] = []
    starts: list[Places] = []
    codes: dict[str, Codes] = {}
    offsets: dict[str, Codes] = {}
    for name in STREAM_NAMES:
        # Where a run ends inside a section, a boundary ends its streams.
        closing = [end and not part.is_last for part, end in zip(ordered, last.tolist(), strict=True)]
        lengths = _lengths(ordered, name)
        codes[name] = _joined(ordered, name, closing, lambda part: BOUNDARY)
        steps = _joined(ordered, f"{name}_steps", closing, _to_the_end(name)).astype(np.int64)
        lengths = lengths + np.array(closing, np.int64)
        starts.append(_before(lengths))
        ends = np.append(0, np.cumsum(steps))
        offsets[name] = (ends[1:] + np.repeat(text_starts - ends[starts[-1]], lengths)).astype(np.uint32)
    text = _joined(ordered, "text")
    repeated = _joined(ordered, "repeated")
    alphabet = alphabet_of(text, *codes.values(), repeated)
    text_ids, repeated_ids, *stream_ids = ranks(alphabet, text, repeated, *codes.values())
    for stream, name in enumerate(STREAM_NAMES):
        irregular = _moved(ordered, f"{name}_irregular", "place", starts[stream])
        streams.append(_Stream(Letters(stream_ids[stream], alphabet), offsets[name], irregular))
    main, notes = streams
    segments, printed_starts = _segments(ordered, runs, last, starts)
    repeats = _moved(ordered, "repeats", None, printed_starts)
    together = interleaved_ids(main.codes.ids, notes.codes.ids, segments, repeats, repeated_ids)
    printed = PrintedStream.of(
        main,
        notes,
        segments,
        repeats,
        repeated_ids,
        new_pairs(together),
        _moved(ordered, "printed_irregular", "place", printed_starts),
    )
    pages, page_starts = _listed([part.pages for part in ordered])
    names, name_starts = _listed([part.names for part in ordered])
    rows = _lengths(ordered, "passages")
    passages = _joined(ordered, "passages").astype(PASSAGE)
    passages["section"] = np.repeat(runs, rows)
    passages["page"] += np.where(passages["page"] >= 0, np.repeat(page_starts, rows), 0).astype(np.int32)
    for field, bases in (
        *((field, text_starts) for field in ("start", "end")),
        *((field, starts[MAIN]) for field in ("main_start", "main_end")),
        *((field, starts[NOTES]) for field in ("notes_start", "notes_end")),
        ("printed_start", printed_starts),
    ):
        passages[field] += np.repeat(bases, rows).astype(np.uint32)
    run_ends = (text_starts + texts)[last]
    part_starts = (*starts, printed_starts)
    stream_ends = tuple(
        np.append(begins, len(stream.codes))[np.append(np.flatnonzero(first)[1:], len(ordered))]
        for begins, stream in zip(part_starts, (*streams, printed), strict=True)
    )
    view = Assembled(
        Letters(text_ids, alphabet),
        printed,
        passages=passages,
        sections=_run_rows(ordered, first, text_starts, run_ends, _before(rows)),
        spans=_spans(ordered, first, runs, text_starts, run_ends, name_starts),
        inside=_moved(ordered, "inside", None, starts[MAIN]),
        dates=_dates(ordered, first, runs, text_starts, starts, stream_ends),
        pages=pages,
        names=names,
    )
    view.parts, view.part_rows, view.part_starts = ordered, _before(rows), part_starts
    view._is_open = np.array([_has_open_note(part) for part in ordered], bool)[last]
    view._is_running = np.array([part.running > 0 for part in ordered], bool)[first]
    view._run_ends = stream_ends
    return view


def _begins(before: Part | None, part: Part) -> bool:
    """Return whether a part begins a run."""
    return before is None or part.key != before.key._replace(part=before.key.part + 1)


def _has_open_note(part: Part) -> bool:
    """Return whether a note goes on behind a part."""
    notes = part.columns["notes"]
    return int(notes[-1]) != BOUNDARY if len(notes) else part.running > 0


def _to_the_end(name: str) -> Callable[[Part], int]:
    """Return what gives the step from the last character of a part's stream to the end of its text."""
    return lambda part: len(part.columns["text"]) - int(part.columns[f"{name}_steps"].sum())


def _lengths(parts: Sequence[Part], name: str) -> Places:
    return np.array([len(part.columns[name]) for part in parts], np.int64)


def _before(lengths: Places) -> Places:
    """Return how much stands before each of some lengths in a row."""
    return np.cumsum(lengths) - lengths


def _joined(
    parts: Sequence[Part],
    name: str,
    closing: Sequence[bool] | None = None,
    closed_by: Callable[[Part], int] = lambda part: BOUNDARY,
) -> NDArray[Any]:
    """Return a column of all parts, with one more number behind those that are to be closed."""
    columns = [part.columns[name] for part in parts]
    if closing:
        columns = [
            np.append(column, np.uint32(closed_by(part))) if closes else column
            for part, column, closes in zip(parts, columns, closing, strict=True)
        ]
    kind = COLUMNS[name]
    if kind.fields is None:
        return np.concatenate([np.empty(0, kind.newbyteorder("=")), *columns])
    # As bytes: numpy would agree anew for each two rows of fields on what both are.
    return np.frombuffer(b"".join(column.tobytes() for column in columns), kind).astype(kind.newbyteorder("="))


def _moved(parts: Sequence[Part], name: str, field: str | None, bases: Places) -> NDArray[Any]:
    """Return a column of all parts, counted from the view's beginnings."""
    column = _joined(parts, name)
    added = np.repeat(bases, _lengths(parts, name)).astype(np.uint32)
    if field is None:
        return column + added
    column[field] += added
    return column


def _segments(
    parts: Sequence[Part], runs: Places, last: NDArray[np.bool_], starts: Sequence[Places]
) -> tuple[Segments, Places]:
    """Return the segments of the printed order, those joined that a cut has parted, and where each part begins."""
    lengths = np.array([part.length for part in parts], np.int64)
    printed = np.bincount(runs, lengths, minlength=int(runs.max(initial=-1)) + 1) > 0
    # A run that ends inside a section ends with the boundary that was set behind its main text.
    closing = np.array([not part.is_last for part in parts], bool) & last & printed[runs] if len(parts) else last
    bases = _before(lengths + closing)
    counts = _lengths(parts, "segments")
    owners = np.repeat(np.arange(len(parts)), counts)
    found = _joined(parts, "segments").astype(np.int64) + bases[owners]
    homes = _joined(parts, "homes").astype(np.int64)
    homes += 2 * np.where(homes & 1, starts[NOTES][owners], starts[MAIN][owners])
    ends = starts[MAIN] + _lengths(parts, "main")
    found = np.concatenate([found, (bases + lengths)[closing]])
    homes = np.concatenate([homes, 2 * ends[closing]])
    owners = np.concatenate([owners, np.flatnonzero(closing)])
    order = np.argsort(found, kind="stable")
    found, homes, owners = found[order], homes[order], owners[order]
    goes_on = np.zeros(len(found), dtype=bool)
    goes_on[1:] = (runs[owners][1:] == runs[owners][:-1]) & (homes[1:] - homes[:-1] == 2 * (found[1:] - found[:-1]))
    total = int((lengths + closing).sum())
    kept = ~goes_on
    return Segments(np.append(found[kept], total).astype(np.uint32), homes[kept].astype(np.uint32)), bases


def _listed(lists: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], Places]:
    """Return several lists as one, and where each begins in it."""
    return tuple(chain.from_iterable(lists)), _before(np.array([len(each) for each in lists], np.int64))


def _run_rows(
    parts: Sequence[Part], first: NDArray[np.bool_], texts: Places, ends: Places, rows: Places
) -> NDArray[Any]:
    """Return the rows of runs; a work is named by nothing here."""
    heads = [part for part, begins in zip(parts, first.tolist(), strict=True) if begins]
    found = np.zeros(len(heads), RUN)
    found["number"] = [part.key.section for part in heads]
    found["start"] = texts[first] - np.array([part.offset for part in heads], np.int64)
    found["end"], found["first_passage"] = ends, rows[first]
    return found


def _dates(
    parts: Sequence[Part],
    first: NDArray[np.bool_],
    runs: Places,
    texts: Places,
    starts: Sequence[Places],
    ends: Sequence[Places],
) -> NDArray[Any]:
    """Return the dates; one that goes on behind its run ends with it, and what was read last is said once a run."""
    owners = np.repeat(np.arange(len(parts)), _lengths(parts, "dates"))
    rows = _joined(parts, "dates").astype(DATE)
    kept = (rows["end"] > rows["start"]) | first[owners]
    rows, owners = rows[kept], owners[kept]
    rows["place"] += texts[owners].astype(np.uint32)
    for stream in (MAIN, NOTES):
        mine = rows["stream"] == stream
        for name in ("start", "end"):
            moved = rows[name][mine] + starts[stream][owners[mine]]
            rows[name][mine] = np.minimum(moved, ends[stream][runs[owners[mine]]])
    return rows


def _spans(
    parts: Sequence[Part],
    first: NDArray[np.bool_],
    runs: Places,
    texts: Places,
    ends: Places,
    names: Places,
) -> NDArray[Any]:
    """Return the spans: what began before a part comes from the part where it began, as far as that is here."""
    counts = _lengths(parts, "spans")
    owners = np.repeat(np.arange(len(parts)), counts)
    rows = _joined(parts, "spans").astype(SPAN)
    running = np.array([part.running for part in parts], np.int64)
    inside = np.arange(len(rows)) - np.repeat(_before(counts), counts)
    kept = first[owners] | (inside >= running[owners])
    rows, owners = rows[kept], owners[kept]
    rows["start"] += texts[owners].astype(np.uint32)
    rows["end"] = np.minimum(rows["end"] + texts[owners], ends[runs[owners]])
    rows["name"] += np.where(rows["name"] >= 0, names[owners], 0).astype(np.int32)
    return rows
