"""What every store reads of a view of texts: passages as the edition has them, and folded text for comparing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store.layout import MAIN, NOTES, STREAM_NAMES
from indexer.store.pack import PackView
from indexer.text.streams import BOUNDARY, Codes, text_of
from search import deadline
from search.exact.matching import Mask, passages_at
from search.exact.sharing import OWN_STREAMS, shared_runs
from search.model import WorkCard
from search.parallels.alignment import BEYOND
from search.parallels.runs import Runs
from search.parallels.shared import SEED, SharedText, StartingPage, neighbourhoods
from search.ranking.pieces import AFTER, BEFORE, Numbers, Pieces, Stretch
from search.stores.base import StoredPassage


def read_passage(
    view: PackView, row: int, card: WorkCard, title: str, until: int, stretch: Stretch | None
) -> StoredPassage:
    """Return a passage of a view, to ``until`` in its section at least, and where a stretch of it stands."""
    passage = view.passages[row]
    section = view.sections[passage["section"]]
    begin, start = int(section["start"]), int(passage["start"])
    end = min(max(int(passage["end"]), begin + until), int(section["end"]))
    label, facsimile = view.page(int(passage["page"]))
    return StoredPassage(
        work=card,
        section=title,
        section_number=int(section["number"]),
        start=start - begin,
        page=label,
        facsimile=facsimile,
        text=text_of(view.text[start:end]),
        notes=tuple((a - start, b - start) for a, b in view.notes_between(start, end)),
        folded=view.folded.take(view.text.ids[start:end]),
        stretch=_place(view, row, stretch, start, end) if stretch else None,
    )


def _place(view: PackView, row: int, stretch: Stretch, start: int, end: int) -> tuple[int, int] | None:
    """Return the part of a stretch that lies in ``[start, end)`` of the view's text, counted from its beginning."""
    stream, origin = view.streams[stretch.stream], int(view.stream_starts[stretch.stream][row])
    # A view of some parts may not have all of the stretch; what it lacks is not in the passage.
    low, high = max(origin + stretch.start, 0), min(origin + stretch.end, len(stream.codes)) - 1
    bounds = np.array([low, high])
    first = max(int(stream.original_starts(bounds)[0]), start)
    last = min(int(stream.original_ends(bounds)[1]), end)
    return (first - start, last - start) if last > first else None


def texts(view: PackView, streams: Numbers, starts: Numbers, lengths: Numbers) -> Codes:
    """Return the folded characters of stretches of a pack's streams, one after another."""
    before = np.cumsum(lengths) - lengths
    places = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    kinds = np.flatnonzero(np.bincount(streams)).tolist()
    codes: Codes
    if len(kinds) == 1:
        codes = view.streams[kinds[0]].codes.take(places)
        return codes
    codes = np.empty(len(places), np.uint32)
    owners = np.repeat(streams, lengths)
    for stream in kinds:
        mine = np.flatnonzero(owners == stream)
        codes[mine] = view.streams[stream].codes.take(places[mine])
    return codes


def pieces_in(view: PackView, positions: Numbers, local: Numbers, streams: Sequence[int]) -> Pieces:
    """Return the pieces of passages of one view: ``positions`` are those among all asked for, ``local`` their rows."""
    deadline.check()
    rows = view.passages[local]
    columns = []
    for stream in streams:
        start, end = (rows[f"{STREAM_NAMES[stream]}_{bound}"].astype(np.int64) for bound in ("start", "end"))
        columns.append((stream, start, start, end, False))
        if stream == MAIN:
            first, last = _section(view, rows["section"])
            # A passage that is all notes has no place in the main text.
            before, after = BEFORE * (end > start), AFTER * (end > start)
            columns.append((stream, start, np.maximum(start - before, first), start, True))
            columns.append((stream, start, end, np.minimum(end + after, last), True))
    kinds, origins, starts, ends, around = zip(*columns, strict=True)
    begins, lengths = np.stack(starts, axis=1), np.stack(ends, axis=1) - np.stack(starts, axis=1)
    some = lengths > 0
    of_stream = np.broadcast_to(np.array(kinds), some.shape)[some]
    firsts = np.stack(origins, axis=1)[some]
    begins, lengths = begins[some], lengths[some]
    return Pieces(
        np.repeat(positions, some.sum(axis=1)),
        of_stream,
        begins - firsts,
        np.broadcast_to(np.array(around), some.shape)[some],
        lengths,
        texts(view, of_stream, begins, lengths),
    )


def _section(view: PackView, sections: NDArray[np.uint32]) -> tuple[Numbers, Numbers]:
    """Return where the main text of sections starts, and where the boundary stands that closes it."""
    firsts = np.append(view.sections["first_passage"], len(view.passages)).astype(np.int64)
    starts = view.passages["main_start"][firsts[sections]].astype(np.int64)
    ends = view.passages["main_end"][firsts[sections + 1] - 1].astype(np.int64)
    # Where a view has but a part of a section, no passage has the boundary that closes it.
    return starts, ends - (view.streams[MAIN].codes.take(np.maximum(ends - 1, 0)) == BOUNDARY)


def shared_in(
    view: PackView,
    text: Codes,
    least: int,
    allowed: Mask | None,
    but: tuple[int, int],
    named: Callable[[int], tuple[WorkCard, str]],
) -> Iterator[SharedText]:
    """Yield what shares ``least`` characters with a text in runs of :data:`SEED`, in allowed passages of a view.

    Runs that begin in ``but``, a half-open range of the view's text, do not count. ``named`` returns the work and the
    title of the section that a passage is in, by its row.
    """
    for number in OWN_STREAMS:
        stream = view.streams[number]
        runs = shared_runs(view, number, text, SEED, allowed)
        if but[0] < but[1]:
            begins = stream.original_starts(runs.places)
            runs = runs.take((begins < but[0]) | (begins >= but[1]))
        boundaries = stream.boundaries
        for some in neighbourhoods(runs, boundaries, least):
            first, last = int(some.places[0]), int((some.places + some.lengths).max())
            at = int(boundaries.searchsorted(first))
            low = max(first - BEYOND, int(boundaries[at - 1]) + 1 if at else 0)
            high = min(last + BEYOND, int(boundaries[at]))
            row = int(passages_at(view, number, some.places[:1])[0])
            yield _shared(view, number, low, high, some.moved(0, -low), named(row))


def _shared(view: PackView, number: int, low: int, high: int, runs: Runs, named: tuple[WorkCard, str]) -> SharedText:
    """Return the shared text of a range of a stream."""
    stream, places = view.streams[number], np.arange(low, high)
    rows = np.unique(passages_at(view, number, places))
    section = view.sections[view.passages["section"][rows[0]]]
    begin = int(section["start"])
    starts, ends = stream.original_starts(places), stream.original_ends(places)
    first, last = int(starts[0]), int(ends[-1])
    pages = []
    for passage in view.passages[rows]:
        pages.append(StartingPage(int(passage["start"]) - begin, *view.page(int(passage["page"]))))
    return SharedText(
        *named,
        section_number=int(section["number"]),
        in_notes=number == NOTES,
        start=first - begin,
        text=text_of(view.text[first:last]),
        pages=tuple(pages),
        codes=stream.codes[low:high],
        offsets=starts - begin,
        ends=ends - begin,
        broken=np.append(False, view.noted(ends[:-1], starts[1:]) if number == MAIN else np.zeros(len(ends) - 1, bool)),
        runs=runs,
    )
