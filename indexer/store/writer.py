"""Writing a pack: works are gathered, their windows embedded, and everything is written into one folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.model import Canvas, Page, Problem, Section, Span, Work
from indexer.dates.annotating import Annotator
from indexer.embedding import Embedder, StaticEmbedder, Vectors, unit
from indexer.progress import Progress
from indexer.store import checksums, files, vectors
from indexer.store.dates import rows_of
from indexer.store.encoding import Offsets, alphabet_of, ranks
from indexer.store.layout import (
    ALL_NAMES,
    ARRAYS,
    DATE,
    IRREGULAR,
    KINDS,
    MAIN,
    NOTES,
    OPTIONAL,
    PAGE,
    PASSAGE,
    ROLES,
    SECTION,
    SPAN,
    STREAM_NAMES,
    TITLE,
    WINDOW,
)
from indexer.store.positions import Pairs
from indexer.store.segments import Segments
from indexer.store.streams import interleaved_ids, new_pairs
from indexer.text import words
from indexer.text.folding import folded_each
from indexer.text.prominence import passage_weights
from indexer.text.streams import (
    BOUNDARY,
    Codes,
    Stream,
    code_points,
    main_stream,
    main_windows,
    note_windows,
    notes_stream,
    passage_starts,
    printed_order,
    text_of,
)

_BATCH = 8192
_SEED = 7


class PackWriter:
    """Gathers works and writes them as a pack."""

    def __init__(self) -> None:
        self._arrays: dict[str, list[NDArray[Any]]] = {name: [] for name in ARRAYS}
        self._labels: list[str] = []
        self._names: dict[str, int] = {}
        self._works: list[dict[str, Any]] = []
        self._length = 0
        self._stream_lengths = [0, 0]
        self._printed_length = 0
        self._sections = 0
        self._passages = 0

    def add(self, work: Work, collection: str, source: str) -> None:
        """Add a work with all its sections; empty sections are left out."""
        sections = [section for section in work.sections if section.text]
        dates = Annotator(work.record.title)
        for number, section in enumerate(sections):
            self._add_section(section, number, work.record.language == words.MODERN, dates)
        self._works.append(
            {
                "id": work.id,
                "collection": collection,
                "record": asdict(work.record),
                "source": source,
                "first_section": self._sections - len(sections),
                "section_titles": [section.title for section in sections],
                "section_paths": [self._path(section) for section in sections],
            }
        )

    def _add_section(self, section: Section, number: int, modern: bool, dates: Annotator) -> None:
        codes = code_points(section.text)
        streams = (main_stream(section, codes), notes_stream(section, codes))
        cuts = passage_starts(section)
        starts = np.array([start for start, _ in cuts], np.uint32)
        passages = np.zeros(len(cuts), PASSAGE)
        passages["section"] = self._sections
        passages["page"] = [page + len(self._labels) if page >= 0 else -1 for _, page in cuts]
        passages["start"] = starts + self._length
        passages["end"] = np.append(starts[1:], len(codes)) + self._length
        passages["weight"] = passage_weights(section, starts)
        if modern:
            self._arrays["inside"].append(words.inside(codes, streams[MAIN]) + np.uint32(self._stream_lengths[MAIN]))
        passages["printed_start"] = self._add_printed(section, codes, streams, starts)
        mentions = dates.annotate(section, streams)
        self._arrays["dates"].append(rows_of(mentions, streams, self._length, self._stream_lengths))
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
            self._arrays[f"{name}_irregular"].append(_irregular(stream, codes, base))
            self._stream_lengths[kind] += len(stream.codes)
        self._arrays["windows"] += windows
        self._arrays["passages"].append(passages)
        self._arrays["text"].append(codes)
        row = (len(self._works), number, self._length, self._length + len(codes), self._passages)
        self._arrays["sections"].append(np.array([(*row, ROLES.index(section.role))], SECTION))
        self._arrays["pages"].append(np.array([(page.start + self._length,) for page in section.pages], PAGE))
        self._add_optional(section)
        self._labels += map(_page_line, section.pages)
        self._arrays["spans"].append(np.array([self._span(span) for span in section.spans], SPAN))
        self._length += len(codes)
        self._sections += 1
        self._passages += len(cuts)

    def _add_optional(self, section: Section) -> None:
        """Add the canvases of a section's pages, its regions and its annotations."""
        first, base = len(self._labels), self._length
        rows: dict[str, list[tuple[float, ...]]] = {
            "canvases": [
                (number, canvas.order, canvas.width, canvas.height)
                for number, page in enumerate(section.pages, first)
                if (canvas := page.canvas)
            ],
            "regions": [
                (
                    *(first + each.page, base + each.start, base + each.end),
                    *(each.x, each.y, each.width, each.height),
                    np.nan if each.confidence is None else each.confidence,
                )
                for each in section.regions
            ],
            "annotations": [
                (
                    *(self._name(each.kind), base + each.start, base + each.end),
                    *(self._name(each.authority), self._name(each.source)),
                )
                for each in section.annotations
            ],
        }
        for name, found in rows.items():
            if found:
                self._arrays[name].append(np.array(found, OPTIONAL[name]))

    def _path(self, section: Section) -> list[int]:
        return [TITLE if each == section.title else self._name(each) for each in section.path]

    def _name(self, name: str) -> int:
        """Return the place of a name in the pack's list; -1 for no name."""
        return self._names.setdefault(name, len(self._names)) if name else -1

    def _add_printed(
        self, section: Section, codes: Codes, streams: tuple[Stream, Stream], starts: Codes
    ) -> NDArray[np.int64]:
        """Add the section's printed order, and return where passages that start at ``starts`` start in it."""
        printed, base = printed_order(section, codes, *streams), self._printed_length
        bases = 2 * np.array(self._stream_lengths, np.uint32)
        self._arrays["printed_segments"].append(printed.starts + np.uint32(base))
        self._arrays["printed_homes"].append(printed.homes + bases[printed.homes & 1])
        self._arrays["printed_repeats"].append(printed.repeats + np.uint32(base))
        self._arrays["printed_repeated"].append(printed.codes[printed.repeats])
        self._arrays["printed_irregular"].append(_irregular(printed, codes, base))
        self._printed_length += len(printed.offsets)
        return np.searchsorted(printed.offsets, starts) + base

    def _span(self, span: Span) -> tuple[int, int, int, int]:
        name = self._name(span.name)
        return KINDS.index(span.kind), span.start + self._length, span.end + self._length, name

    def write(
        self, folder: Path, problems: Mapping[str, Sequence[Problem]], embedder: Embedder, progress: Progress
    ) -> None:
        """Embed the windows and write everything into ``folder``, which must not exist; it is durable afterwards.

        ``problems`` are those of each source, by its digest; their files are named from its root.
        """
        draft = folder.with_name(f".{folder.name}.draft")
        for each in (folder.parent, draft):
            files.make_inside(each)
        joined = {name: _concatenate(name, parts) for name, parts in self._arrays.items()}
        joined["printed_segments"] = np.append(joined["printed_segments"], np.uint32(self._printed_length))
        joined["windows"], lengths = _write_vectors(joined, embedder, draft, progress)
        for name, array in _compacted(joined).items():
            np.save(draft / f"{name}.npy", array)
        for name in OPTIONAL:
            if len(joined[name]):
                np.save(draft / f"{name}.npy", joined[name])
        np.save(draft / "lengths.npy", lengths)
        (draft / "pages.txt").write_text("\n".join(self._labels), "utf-8")
        contents = {
            "works": self._works,
            "names": list(self._names),
            "problems": {
                source: [(str(each.file), each.line, each.reason, each.is_note) for each in found]
                for source, found in problems.items()
            },
        }
        (draft / "contents.json").write_text(json.dumps(contents, ensure_ascii=False), "utf-8")
        checksums.seal(draft)
        for path in (*draft.iterdir(), draft):
            files.sync(path)
        os.replace(draft, folder)
        files.sync(folder.parent)


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
    """Encode the arrays for storage."""
    texts = ("text", *STREAM_NAMES)
    # A circle may stand in print alone: in its own stream it is zero.
    alphabet = alphabet_of(*(joined[name] for name in (*texts, "printed_repeated")))
    stored = {"alphabet": alphabet} | dict(zip(texts, ranks(alphabet, *(joined[name] for name in texts)), strict=True))
    for name in STREAM_NAMES:
        offsets, pairs = Offsets.of(joined[f"{name}_offsets"]), Pairs.of(stored[name])
        stored |= {f"{name}_bases": offsets.bases, f"{name}_distances": offsets.distances}
        stored |= {f"{name}_order": pairs.order, f"{name}_keys": pairs.keys, f"{name}_starts": pairs.starts}
    segments = Segments(joined["printed_segments"], joined["printed_homes"])
    repeats, (repeated,) = joined["printed_repeats"], ranks(alphabet, joined["printed_repeated"])
    pairs = new_pairs(interleaved_ids(stored["main"], stored["notes"], segments, repeats, repeated))
    stored |= {"printed_segments": segments.starts, "printed_homes": segments.homes}
    stored |= {"printed_repeats": repeats, "printed_repeated": repeated}
    stored |= {"printed_order": pairs.order, "printed_keys": pairs.keys, "printed_starts": pairs.starts}
    kept = (
        *("passages", "sections", "spans", "pages", "windows", "inside", "dates"),
        *(f"{name}_irregular" for name in ALL_NAMES),
    )
    return stored | {name: joined[name] for name in kept}


def _concatenate(name: str, parts: list[NDArray[Any]]) -> NDArray[Any]:
    kinds: dict[str, Any] = {
        **{"passages": PASSAGE, "sections": SECTION, "spans": SPAN, "pages": PAGE, "windows": WINDOW},
        "dates": DATE,
        **{f"{stream}_irregular": IRREGULAR for stream in ALL_NAMES},
        **OPTIONAL,
    }
    return np.concatenate([np.empty(0, kinds.get(name, np.uint32)), *parts])


def _irregular(stream: Stream, codes: Codes, base: int) -> NDArray[Any]:
    """Return the rows of :data:`IRREGULAR` of a section's stream, which begins at ``base`` in the pack's."""
    folded = folded_each(codes[np.minimum(stream.offsets, max(len(codes) - 1, 0))])
    places = np.flatnonzero(((folded != stream.codes) | (stream.lengths > 1)) & (stream.codes != BOUNDARY))
    rows = np.zeros(len(places), IRREGULAR)
    rows["place"], rows["length"] = places + base, stream.lengths[places]
    return rows


def _page_line(page: Page) -> str:
    """Return what ``pages.txt`` says of a page: its label, the address of its image and that of the image's service."""
    canvas = page.canvas or Canvas()
    return "\t".join(map(_one_line, (page.label, canvas.image, canvas.service))).rstrip("\t")


def _one_line(text: str) -> str:
    return " ".join(text.split())
