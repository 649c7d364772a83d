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
IRREGULAR = np.dtype([("place", "u4"), ("length", "u4")])
"""A character of a stream that its original, ``length`` code points long, does not fold to by itself."""
WINDOW = np.dtype([("stream", "u1"), ("start", "u4"), ("end", "u4"), ("passage", "u4")])

MAIN, NOTES = 0, 1
STREAM_NAMES = ("main", "notes")
ABSTRACT_WEIGHT = 0.7
HEAD_WEIGHT = 0.5
"""What an abstract, and a passage that is mostly running head, count in a ranking."""
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
    "passages",
    "sections",
    "spans",
    "pages",
    "windows",
    "inside",
)
