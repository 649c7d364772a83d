"""The layout of a pack: the arrays it is made of, and what a row of each holds.

Offsets count from the beginning of the pack's text. Pages, sections and works are named by their numbers in the pack,
strings by their places in its list of names, -1 for none. An array that :data:`OPTIONAL` lists has no file where it has
no rows.
"""

from __future__ import annotations

import numpy as np

from corpora.model import Role, SpanKind

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
        ("printed_start", "u4"),
        ("weight", "f4"),
    ]
)
SECTION = np.dtype(
    [("work", "u4"), ("number", "u4"), ("start", "u4"), ("end", "u4"), ("first_passage", "u4"), ("role", "u1")]
)
SPAN = np.dtype([("kind", "u1"), ("start", "u4"), ("end", "u4"), ("name", "i4")])
PAGE = np.dtype([("start", "u4")])
CANVAS = np.dtype([("page", "u4"), ("order", "u4"), ("width", "u4"), ("height", "u4")])
"""Of pages that have an image; its address and that of its service stand in ``pages.txt``."""
REGION = np.dtype(
    [
        ("page", "u4"),
        ("start", "u4"),
        ("end", "u4"),
        ("x", "u4"),
        ("y", "u4"),
        ("width", "u4"),
        ("height", "u4"),
        ("confidence", "f4"),
    ]
)
"""``confidence`` is not a number where it is unknown."""
ANNOTATION = np.dtype([("kind", "i4"), ("start", "u4"), ("end", "u4"), ("authority", "i4"), ("source", "i4")])
IRREGULAR = np.dtype([("place", "u4"), ("length", "u4")])
"""A character of a stream that its original, ``length`` code points long, does not fold to by itself."""
DATE = np.dtype(
    [
        ("place", "u4"),
        ("stream", "u1"),
        ("start", "u4"),
        ("end", "u4"),
        ("first", "i2"),
        ("last", "i2"),
        ("doubts", "u1"),
    ]
)
"""A date that stands in a text (:mod:`indexer.store.dates`), in the order of the text: where it begins there, its range
of a stream, its years, and what is uncertain. What may be one of several dates has a row for each, the likeliest first.
"""
WINDOW = np.dtype([("stream", "u1"), ("start", "u4"), ("end", "u4"), ("passage", "u4")])

MAIN, NOTES, PRINTED = 0, 1, 2
"""The streams; the printed order is made of the other two (:mod:`indexer.store.segments`)."""
STREAM_NAMES = ("main", "notes")
"""The streams that are stored, and that windows and the engine are made of."""
ALL_NAMES = (*STREAM_NAMES, "printed")
"""All streams, in their order."""
KINDS = tuple(SpanKind)
ROLES = tuple(Role)
ARRAYS = (
    "text",
    "main",
    "main_offsets",
    "main_irregular",
    "notes",
    "notes_offsets",
    "notes_irregular",
    "printed_segments",
    "printed_homes",
    "printed_repeats",
    "printed_repeated",
    "printed_irregular",
    "passages",
    "sections",
    "spans",
    "pages",
    "windows",
    "inside",
    "dates",
    "canvases",
    "regions",
    "annotations",
)
OPTIONAL = {"canvases": CANVAS, "regions": REGION, "annotations": ANNOTATION}
"""What most collections have none of, by the types of its rows."""
TITLE = -2
"""Stands in the path of a section for its title."""
