"""Parts: what our own matching needs of a few consecutive passages, as one small value that is stored and sent.

A section is cut into parts at the bounds of passages. Parts are put together again into a view of texts
(:mod:`indexer.cluster.assembling`), on which everything works that works on a pack.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora.model import SpanKind
from indexer.dates.annotating import LONGEST
from indexer.dates.date import NO_YEAR
from indexer.store.layout import DATE, IRREGULAR, KINDS, MAIN, NOTES, PASSAGE, PRINTED, SPAN
from indexer.store.pack import Pack
from indexer.store.streams import PrintedStream
from indexer.text.streams import Codes

GOAL = 2000
"""Characters of text that are gathered into a part: a page of hits takes ten parts, and a scan not too many."""
LARGEST = 16 << 20
"""Bytes of a part at most, unpacked; one that claims more is damaged."""
_LEVEL = 2
_MOST = 1 << 31
_CODE_POINT = 0x10FFFF
_KINDS = tuple(KINDS.index(kind) for kind in (SpanKind.NOTE, SpanKind.HEAD, SpanKind.GAIJI))
_RUNNING = tuple(KINDS.index(kind) for kind in (SpanKind.NOTE, SpanKind.HEAD))
_NUMBERS = np.dtype("<u4")
COLUMNS: Mapping[str, np.dtype[Any]] = {
    **dict.fromkeys(("text", "main", "notes", "main_steps", "notes_steps"), _NUMBERS),
    **dict.fromkeys(("segments", "homes", "repeats", "repeated", "inside"), _NUMBERS),
    **dict.fromkeys(("main_irregular", "notes_irregular", "printed_irregular"), IRREGULAR.newbyteorder("<")),
    "passages": PASSAGE.newbyteorder("<"),
    "dates": DATE.newbyteorder("<"),
    "spans": SPAN.newbyteorder("<"),
}
"""The arrays of a part, and what each holds."""


class PartKey(NamedTuple):
    """A part by its place: the work's id, the number of the section there, the number of the part in the section."""

    work: str
    section: int
    part: int


@dataclass(frozen=True)
class Part:
    """Consecutive passages of a section; all numbers count from the part's own beginnings.

    Attributes:
        key: which it is.
        parts: how many parts the section has.
        offset: where its text begins in the section.
        row: the ordinal of its first passage in the work.
        length: characters of its printed order.
        running: how many of its spans, the first ones, began before it.
        columns: its arrays (:data:`COLUMNS`): code points of text and streams; how far each character of a stream is
            from the one before it, in the text; segments and homes of the printed order, its repeats and what stands
            there; irregular characters; passages; the spans that matching asks for, in full; the dates that begin in
            it, in full, and before them the year that was read last, without a range.
        pages: what is known of the pages that its passages begin on, a line each.
        names: what its spans are called.
    """

    key: PartKey
    parts: int
    offset: int
    row: int
    length: int
    running: int
    columns: Mapping[str, NDArray[Any]]
    pages: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_last(self) -> bool:
        """Whether the section ends with it."""
        return self.key.part == self.parts - 1


def cut(pack: Pack, section: int) -> list[Part]:
    """Cut a section of a pack, by its number there, into parts."""
    row = pack.sections[section]
    firsts = pack.sections["first_passage"]
    first = int(row["first_passage"])
    last = int(firsts[section + 1]) if section + 1 < len(firsts) else len(pack.passages)
    work = pack.works[int(row["work"])]
    begun = int(firsts[work.first_section])
    bounds = _bounds(pack.passages["end"][first:last].astype(np.int64), int(row["start"]))
    spans = _spans_of(pack, int(row["start"]), int(row["end"]))
    return [
        _part(
            pack,
            PartKey(work.id, int(row["number"]), number),
            len(bounds) - 1,
            (first + low, first + high),
            begun,
            spans,
        )
        for number, (low, high) in enumerate(pairwise(bounds))
    ]


def _bounds(ends: NDArray[np.int64], start: int) -> list[int]:
    """Return the passages that parts begin with, and the one after the last."""
    bounds = [0]
    for number, end in enumerate(ends.tolist(), start=1):
        if end - start >= GOAL and number < len(ends):
            bounds.append(number)
            start = end
    return [*bounds, len(ends)]


def _spans_of(pack: Pack, start: int, end: int) -> NDArray[Any]:
    """Return the spans of a section that matching asks for."""
    low, high = np.ascontiguousarray(pack.spans["start"]).searchsorted(np.array([start, end], np.uint32))
    found = pack.spans[low:high]
    return found[np.isin(found["kind"], _KINDS)]


def _part(pack: Pack, key: PartKey, parts: int, rows: tuple[int, int], begun: int, spans: NDArray[Any]) -> Part:
    """Return the part that is made of the passages in ``rows``; the work's first passage is ``begun``."""
    first, last = rows
    passages = pack.passages[first:last].copy()
    printed_end = pack.passages["printed_start"][last] if last < len(pack.passages) else pack.printed.segments.length
    text = slice(int(passages["start"][0]), int(passages["end"][-1]))
    places = {
        MAIN: slice(int(passages["main_start"][0]), int(passages["main_end"][-1])),
        NOTES: slice(int(passages["notes_start"][0]), int(passages["notes_end"][-1])),
        PRINTED: slice(int(passages["printed_start"][0]), int(printed_end)),
    }
    columns: dict[str, NDArray[Any]] = {"text": pack.text[text]}
    for stream, name in ((MAIN, "main"), (NOTES, "notes")):
        columns[name] = pack.streams[stream].codes[places[stream]]
        offsets = np.asarray(pack.streams[stream].offsets[places[stream]]).astype(np.int64) - text.start
        columns[f"{name}_steps"] = np.diff(offsets, prepend=0)
        passages[f"{name}_start"] -= places[stream].start
        passages[f"{name}_end"] -= places[stream].start
    for stream, name in ((MAIN, "main"), (NOTES, "notes"), (PRINTED, "printed")):
        low, high = pack.streams[stream].irregular_places.searchsorted(_ends(places[stream]))
        columns[f"{name}_irregular"] = pack.streams[stream].irregular[low:high].copy()
        columns[f"{name}_irregular"]["place"] -= places[stream].start
    columns |= _printed(pack.printed, places)
    low, high = pack.inside.searchsorted(_ends(places[MAIN]))
    columns["inside"] = pack.inside[low:high] - np.uint32(places[MAIN].start)
    columns["dates"] = _dates(pack, int(passages["section"][0]), text, places)
    pages, passages["page"] = _pages(pack, passages["page"].tolist())
    columns["spans"], running, names = _spans(pack, spans, text)
    offset = text.start - int(pack.sections["start"][passages["section"][0]])
    passages["section"] = 0
    passages["start"] -= text.start
    passages["end"] -= text.start
    passages["printed_start"] -= places[PRINTED].start
    columns["passages"] = passages
    stored = {name: columns[name].astype(kind) for name, kind in COLUMNS.items()}
    length = places[PRINTED].stop - places[PRINTED].start
    return Part(key, parts, offset, first - begun, length, running, stored, pages, names)


def _ends(places: slice) -> Codes:
    return np.array([places.start, places.stop], np.uint32)


def _printed(printed: PrintedStream, places: Mapping[int, slice]) -> dict[str, NDArray[Any]]:
    """Return the segments of a stretch of the printed order, the first one cut to it, and its repeats."""
    start, stop = places[PRINTED].start, places[PRINTED].stop
    if start == stop:
        return dict.fromkeys(("segments", "homes", "repeats", "repeated"), np.empty(0, np.uint32))
    low, high = printed.segments.of(np.array([start, stop - 1])).tolist()
    starts = printed.segments.starts[low : high + 1].astype(np.int64)
    homes = printed.segments.homes[low : high + 1].astype(np.int64)
    homes[0] += 2 * (start - starts[0])
    starts[0] = start
    homes -= 2 * np.where(homes & 1, places[NOTES].start, places[MAIN].start)
    first, last = printed.repeats.searchsorted(_ends(places[PRINTED]))
    repeats = printed.repeats[first:last].astype(np.int64)
    repeated = printed.codes.take(repeats) if len(repeats) else np.empty(0, np.uint32)
    return {"segments": starts - start, "homes": homes, "repeats": repeats - start, "repeated": repeated}


def _dates(pack: Pack, section: int, text: slice, places: Mapping[int, slice]) -> NDArray[Any]:
    """Return the dates of a stretch of a section's text, and before them the year that was read last, if any."""
    low, high = np.ascontiguousarray(pack.dates["place"]).searchsorted(_ends(text))
    rows = pack.dates[low:high].copy()
    for stream in (MAIN, NOTES):
        for name in ("start", "end"):
            rows[name] -= np.where(rows["stream"] == stream, np.uint32(places[stream].start), np.uint32(0))
    rows["place"] -= np.uint32(text.start)
    (year,) = pack.years_at(np.array([section]), np.array([text.start - 1])).tolist()
    before = np.zeros(int(year != NO_YEAR), DATE)
    before["first"] = before["last"] = year
    return np.concatenate([before, rows])


def _pages(pack: Pack, numbers: list[int]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the lines of the pages that passages begin on, and the number of each one's among them."""
    known = [number for number in dict.fromkeys(numbers) if number >= 0]
    places = {number: place for place, number in enumerate(known)}
    return tuple(map(pack.page_line, known)), np.array([places.get(number, -1) for number in numbers], np.int32)


def _spans(pack: Pack, spans: NDArray[Any], text: slice) -> tuple[NDArray[Any], int, tuple[str, ...]]:
    """Return the spans of a part, those first that are running where it begins, how many these are, and all names."""
    starts, ends = spans["start"].astype(np.int64) - text.start, spans["end"].astype(np.int64) - text.start
    running = (starts < 0) & (ends > 0) & np.isin(spans["kind"], _RUNNING)
    mine = running | ((starts >= 0) & (spans["start"] < text.stop))
    rows = spans[mine].copy()
    rows["start"], rows["end"] = np.maximum(starts[mine], 0), ends[mine]
    names: dict[str, int] = {}
    for at in np.flatnonzero(rows["name"] >= 0).tolist():
        rows["name"][at] = names.setdefault(pack.span_name(int(rows["name"][at])), len(names))
    return rows, int(running.sum()), tuple(names)


def encode(part: Part) -> bytes:
    """Return a part as bytes."""
    facts = {
        "key": part.key,
        "numbers": (part.parts, part.offset, part.row, part.length, part.running),
        "pages": part.pages,
        "names": part.names,
        "lengths": [len(part.columns[name]) for name in COLUMNS],
    }
    head = json.dumps(facts, ensure_ascii=False).encode()
    arrays = (part.columns[name].tobytes() for name in COLUMNS)
    return zlib.compress(b"".join((len(head).to_bytes(4, "little"), head, *arrays)), _LEVEL)


def decode(data: bytes) -> Part:
    """Return the part that some bytes are: nothing in it leads out of it, whatever the bytes are.

    Raises:
        ValueError: they are none.
    """
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(data, LARGEST)
        if not unpacking.eof:
            raise ValueError("cut short, or too large")
        at = 4 + int.from_bytes(plain[:4], "little")
        facts: dict[str, Any] = json.loads(plain[4:at])
        columns: dict[str, NDArray[Any]] = {}
        for (name, kind), length in zip(COLUMNS.items(), facts["lengths"], strict=True):
            if length < 0:
                raise ValueError(f"{name} has {length} rows")
            columns[name] = np.frombuffer(plain, kind, length, at)
            at += length * kind.itemsize
        if at != len(plain):
            raise ValueError("not as long as it says")
        work, section, number = facts["key"]
        parts, offset, row, length, running = map(int, facts["numbers"])
        key, (pages, names) = (
            PartKey(str(work), int(section), int(number)),
            map(_strings, (facts["pages"], facts["names"])),
        )
        part = Part(key, parts, offset, row, length, running, columns, pages, names)
        _check(part)
        return part
    except (zlib.error, KeyError, TypeError, ValueError, OverflowError, RecursionError) as failure:
        raise ValueError(f"no part of a section: {failure}") from failure


def _strings(given: list[str]) -> tuple[str, ...]:
    return tuple(map(str, given))


def _check(part: Part) -> None:
    """Check that a part's numbers lead nowhere out of it; they have no sign but where -1 stands for nothing.

    Raises:
        ValueError: some do.
    """
    columns, passages, spans = part.columns, part.columns["passages"], part.columns["spans"]
    text, main, notes = (len(columns[name]) for name in ("text", "main", "notes"))
    dates, in_notes = columns["dates"], columns["dates"]["stream"] == NOTES
    starts, homes = columns["segments"].astype(np.int64), columns["homes"].astype(np.int64)
    as_long = (("main", "main_steps"), ("notes", "notes_steps"), ("repeats", "repeated"), ("segments", "homes"))
    if not len(passages) or any(len(columns[one]) != len(columns[other]) for one, other in as_long):
        raise ValueError("columns are not as long as each other")
    if bool(part.length) != bool(len(starts)) or starts[:1].any() or (starts[1:] <= starts[:-1]).any():
        raise ValueError("segments are not in order")
    ends = (homes >> 1) + np.diff(starts, append=part.length)
    bounds = (
        *((columns[name], _CODE_POINT) for name in ("text", "main", "notes", "repeated")),
        *((columns["main_irregular"]["place"], main - 1), (columns["notes_irregular"]["place"], notes - 1)),
        *((columns["printed_irregular"]["place"], part.length - 1), (columns["repeats"], part.length - 1)),
        *((starts, part.length - 1), (ends, np.where(homes & 1, notes, main)), (columns["inside"], main)),
        *((passages[name], text) for name in ("start", "end")),
        *((passages[name], main) for name in ("main_start", "main_end")),
        *((passages[name], notes) for name in ("notes_start", "notes_end")),
        *((passages["printed_start"], part.length), (passages["page"], len(part.pages) - 1)),
        *((dates["stream"], NOTES), (dates["place"], text), (dates["start"], np.where(in_notes, notes, main))),
        *((dates["first"], dates["last"]), (dates["start"], dates["end"])),
        *((dates["end"].astype(np.int64) - dates["start"], LONGEST), (dates["place"][:-1], dates["place"][1:])),
        *((spans["start"], text), (spans["name"], len(part.names) - 1), (spans["kind"], len(KINDS) - 1)),
    )
    steps = max(int(columns[name].sum(dtype=np.int64)) for name in ("main_steps", "notes_steps"))
    if steps > text or any((numbers > most).any() for numbers, most in bounds if len(numbers)):
        raise ValueError("numbers lead out of it")
    counted = (part.key.section, part.offset, part.row, part.length, part.parts)
    if max(counted) > _MOST or part.key.part >= part.parts or part.running > len(spans):
        raise ValueError("numbers lead out of it")
    if min(*counted, part.key.part, part.running) < 0 or (passages["page"] < -1).any() or (spans["name"] < -1).any():
        raise ValueError("numbers are below zero")
