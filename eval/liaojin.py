"""From a modern sentence to the page of the Siku edition where its original stands, in the whole collection.

The queries are modern translations of sentences of the 金史, or the sentences themselves in the simplified characters
of a modern edition; the haystack is every page of the Northeast. A row serves where its sentence was located once and
well. Even rows are for development; odd rows are what is reported.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from eval.measuring import Query

SCORE = 0.8
"""The least agreement of a sentence with the edition's wording."""

Rows = Literal["even", "odd", "all"]
Wording = Literal["modern", "classical_simplified"]


def read_queries(path: Path, rows: Rows, wording: Wording = "modern") -> Iterator[Query]:
    """The queries of an alignment file, in its order. A sentence that runs over a page end is right on either page.

    Raises OSError where it cannot be read, and KeyError or ValueError where it is no alignment file.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
            wanted = rows == "all" or (number % 2 == 0) == (rows == "even")
            if wanted and row["occurrences"] == "1" and float(row["score"]) >= SCORE:
                pages = frozenset(page_name(row["kr_id"], row[page]) for page in ("page_start", "page_end"))
                yield Query(row["id"], row[wording], pages)


def page_name(work: str, page: str) -> str:
    """How a page is called here: the work's id and the page in it, from ``KR2a0035_WYG_063-4a`` or ``063-4a``."""
    return f"{work} {page.rpartition('_')[2]}"
