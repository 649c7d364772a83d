"""The mapping: what the documents of an index on a cluster hold, and how each is searched.

All are in one OpenSearch index; ``kind`` tells them apart. Every document but the state and the lock belongs to one
version of one work, which ``stamp`` names, and is seen from the generation ``born`` on.

* ``state``: what is published (:mod:`indexer.cluster.state`); ``lock``: who builds (:mod:`indexer.cluster.lock`).
* ``work``: the ``card`` of a version, written when all its other documents are there.
* ``section``: its ``meta``, which is all of it but the text. ``part``: consecutive passages of a section as ``blob``.
* ``passage``: what is searched, and where it is.

Of a passage, with the next characters of its section as a tail: ``m`` and ``n`` are the folded characters and pairs of
the text and of the notes, ``s`` the pairs that the printed order alone has, ``o`` the original characters that fold by
themselves, ``v`` the folded ones that have several originals here, or one that does not fold to them by itself or is
described. It is ``rough`` where a running head or the inside of a word is within reach. Of the passage alone: ``r`` are
characters and pairs for ranking, ``rt`` and ``rn`` those of text and notes apart, where it is ``noted``; ``ym`` and
``yn`` are the years of the dates that begin in its text and in its notes, ``zm`` and ``zn`` those of the dates that are
sure, and ``dates`` are all of them as numbers (:func:`date_numbers`), by which they are counted; and ``windows`` are
its vectors and the stretches that they were made of. A score of ``m`` and ``n`` is how often a phrase begins in a
passage, times the phrase's terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.cluster.connection import Body
from indexer.store.layout import NOTES

FORMAT = 5
"""The format of an index on a cluster; that of what it has published is the generation's own."""
STATE, LOCK, WORK, SECTION, PART, PASSAGE = "state", "lock", "work", "section", "part", "passage"
"""The kinds of documents."""
SHARDS, REPLICAS = 3, 1
SEGMENTS = 20
"""Segments of about a size that a shard may have before they are merged."""
LONGEST_RUN = 1 << 12
"""Characters of a passage in a row, at most."""
REACH = 64
"""Characters that a passage is indexed with, from any of its own on."""
STEPS = 127
"""A component of a vector is a whole number of that many steps to either side of zero."""

_KEPT = (
    *("kind", "stamp", "born", "work", "section", "part", "card", "meta", "parts", "size", "blob", "sum"),
    *("number", "oldest", "manifest", "previous", "dead", "facts", "published", "claim", "owner", "beat"),
)
"""Fields whose values can be read again. Of a passage nothing else can: its text is in parts."""
_KEYWORD = {"type": "keyword"}
_STORED = {"type": "keyword", "index": False, "doc_values": False}
_INTEGER = {"type": "integer"}
_READ = {"type": "integer", "index": False}
"""What is sorted by and told, and never looked for: half the room."""
_NOT_SEARCHED = {"type": "long", "index": False, "doc_values": False}


DATED, SURELY_DATED = ("ym", "yn"), ("zm", "zn")
"""The fields of the years of dates, and of sure ones, by stream."""
YEAR_BITS = 16
"""Bits that a year takes up; so many are counted from ``-EARLIEST`` on."""
EARLIEST = 1 << YEAR_BITS - 1
SURE, NOTED = 1 << 2 * YEAR_BITS, 1 << 2 * YEAR_BITS + 1
DATE_BITS = 2 * YEAR_BITS + 2
"""Bits below the number of a date."""


def date_numbers(dates: NDArray[Any]) -> NDArray[np.int64]:
    """Return the rows of the dates of a text as numbers.

    From the highest bit on they say which date of the text it is, so that what may be one of several counts once;
    whether it stands in a note; whether it is sure; its first year, and its last.
    """
    keys = dates["stream"].astype(np.int64) << 32 | dates["start"]
    _, numbers = np.unique(keys, return_inverse=True)
    said = numbers.astype(np.int64) << DATE_BITS
    said |= np.where(dates["stream"] == NOTES, NOTED, 0) | np.where(dates["doubts"] == 0, SURE, 0)
    return said | (dates["first"].astype(np.int64) + EARLIEST) << YEAR_BITS | dates["last"].astype(np.int64) + EARLIEST


def shards_of(described: Mapping[str, Any]) -> int:
    """Return how many shards an index has, from its settings and mapping."""
    return int(described["settings"]["index"]["number_of_shards"])


def index_body(dimensions: int, scale: float, shards: int | None, replicas: int | None) -> Body:
    """Return settings and mapping of an index whose vectors have these dimensions.

    ``scale`` is what a component of a unit vector is multiplied by; as many shards and replicas as said, or the usual.
    """
    return {
        "settings": {
            "index": {
                "number_of_shards": SHARDS if shards is None else shards,
                "number_of_replicas": REPLICAS if replicas is None else replicas,
                "replication.type": "SEGMENT",
                "refresh_interval": "-1",
                "codec": "best_compression",
                "knn": True,
                # Merging segments makes their graphs of vectors anew, which takes most of a build.
                "merge.policy": {"segments_per_tier": SEGMENTS, "max_merge_at_once": SEGMENTS},
                "similarity": {"count": {"type": "scripted", "script": {"source": "return doc.freq;"}}},
                "max_terms_count": 1 << 20,
                "analysis": {
                    "tokenizer": {"runs": {"type": "whitespace", "max_token_length": LONGEST_RUN}},
                    "filter": {
                        "holes": {"type": "stop", "stopwords": ["_"]},
                        "pairs": {"type": "ngram", "min_gram": 1, "max_gram": 2},
                    },
                    "analyzer": {
                        "grams": {"tokenizer": "whitespace", "filter": ["holes"]},
                        "bag": {"tokenizer": "runs", "filter": ["pairs"]},
                    },
                },
            }
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"wenyuan": {"format": FORMAT, "dimensions": dimensions, "scale": scale}},
            "_source": {"includes": list(_KEPT), "recovery_source_includes": list(_KEPT)},
            "properties": {**_ADMINISTERED, **_SEARCHED, "windows": _windows(dimensions)},
        },
    }


def _text(options: str, **more: Any) -> Body:
    return {"type": "text", "analyzer": "grams", "norms": False, "index_options": options, **more}


_ADMINISTERED: dict[str, Body] = {
    "kind": _KEYWORD,
    "stamp": _KEYWORD,
    "born": _INTEGER,
    **dict.fromkeys(("card", "meta", "blob", "sum", "manifest", "previous", "facts", "claim", "owner"), _STORED),
    "dead": _STORED,
    "published": {"type": "double", "index": False, "doc_values": False},
    **dict.fromkeys(("section", "parts", "size", "number", "oldest", "beat"), _NOT_SEARCHED),
}
_SEARCHED: dict[str, Body] = {
    "work": _KEYWORD,
    "collection": _KEYWORD,
    "part": _READ,
    "place": {"type": "long", "index": False},
    "year": _READ,
    **{name: {"type": "integer_range", "doc_values": False} for name in (*DATED, *SURELY_DATED)},
    "dates": {"type": "long", "index": False},
    "weight": {"type": "double", "index": False},
    "noted": {"type": "boolean"},
    "rough": {"type": "boolean"},
    "m": _text("positions", similarity="count"),
    "n": _text("positions", similarity="count"),
    **dict.fromkeys("osv", _text("docs")),
    **dict.fromkeys(("r", "rt", "rn"), _text("freqs", analyzer="bag", search_analyzer="grams", norms=True)),
}


def _windows(dimensions: int) -> Body:
    method = {
        "name": "hnsw",
        "engine": "lucene",
        "space_type": "innerproduct",
        "parameters": {"m": 16, "ef_construction": 100},
    }
    return {
        "type": "nested",
        "properties": {
            "vector": {"type": "knn_vector", "dimension": dimensions, "data_type": "byte", "method": method},
            **dict.fromkeys(("stream", "start", "end"), _READ),
        },
    }
