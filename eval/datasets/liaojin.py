"""Queries from a modern sentence to the page of the Siku edition with its original, in the whole collection.

The queries are modern translations of sentences of the 金史, or the sentences themselves in the simplified characters
of a modern edition; the haystack is every page of the Northeast. A row serves where its sentence was located once and
well. Even rows are for development; odd rows are what is reported.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from eval.quality.measuring import Query

SCORE = 0.8
"""The least agreement of a sentence with the edition's wording."""

Row = dict[str, str]
RowSubset = Literal["even", "odd", "all"]
Wording = Literal["modern", "classical_simplified"]


def read_queries(path: Path, rows: RowSubset, wording: Wording = "modern") -> Iterator[Query]:
    """Read the queries of an alignment file, in order. A sentence that runs over a page end is right on either page.

    Raises OSError where it cannot be read, and KeyError or ValueError where it is no alignment file.
    """
    for row in located(aligned(path, rows)):
        pages = frozenset(page_name(row["kr_id"], row[page]) for page in ("page_start", "page_end"))
        yield Query(row["id"], row[wording], pages)


def aligned(path: Path, rows: RowSubset = "all") -> Iterator[Row]:
    """Read the rows of an alignment file by their columns, in its order.

    Raises OSError where it cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
            if rows == "all" or (number % 2 == 0) == (rows == "even"):
                yield row


def located(rows: Iterable[Row]) -> Iterator[Row]:
    """Return the rows whose sentence was located once and well.

    Raises KeyError or ValueError where they are of no alignment file.
    """
    return (row for row in rows if row["occurrences"] == "1" and float(row["score"]) >= SCORE)


def page_name(work: str, page: str) -> str:
    """Return the name of a page here: the work's id and the page in it, from ``KR2a0035_WYG_063-4a`` or ``063-4a``."""
    return f"{work} {page.rpartition('_')[2]}"
