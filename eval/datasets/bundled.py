"""Questions and keywords on the bundled articles, of our own writing, which a newcomer can measure at once."""

from __future__ import annotations

import json
from importlib.resources import files

from eval.quality.measuring import Query


def read_queries() -> list[Query]:
    """Read the queries, with the ids of the articles that answer them."""
    lines = files("eval.datasets").joinpath("bundled_queries.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Query(row["id"], row["query"], frozenset(row["relevant"])) for row in rows]
