"""The layout of a pack: the arrays it is made of, and what a row of each holds."""

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
KINDS = tuple(SpanKind)
ROLES = tuple(Role)
ARRAYS = (
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
