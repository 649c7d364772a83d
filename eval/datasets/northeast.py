"""Natural queries over the Northeast, by type, with judged pages: for development, never for a claim."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from eval.datasets.liaojin import page_name
from eval.quality.measuring import Query


def read_queries(path: Path) -> dict[str, list[Query]]:
    """Read the queries of each type that have judged pages.

    Those that none of the collection answers, and those of names that were respelled, have no judged page; they
    are left out.

    Raises OSError where the file cannot be read, and KeyError or ValueError where it holds no queries.
    """
    queries: dict[str, list[Query]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pages = frozenset(page_name(page["work"], page["page"]) for page in row["relevant"])
            if pages:
                queries[row["type"]].append(Query(row["id"], row["query"], pages))
    return dict(queries)


def read_names(path: Path) -> dict[str, tuple[str, ...]]:
    """Read queries for names that were respelled, with their spellings in the collection: one must be on the page."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["query"]: tuple(row["expect_any"]) for row in rows if row.get("expect_any")}


def read_unanswerable(path: Path) -> list[str]:
    """Read queries that nothing in the collection answers."""
    with path.open(encoding="utf-8") as lines:
        return [row["query"] for row in map(json.loads, lines) if row["type"] == "none"]
