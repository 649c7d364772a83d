"""Training of the weights of features (:data:`search.ranking.fusion.WEIGHTS`), and how well they do.

``python -m eval.learning.fusion --data ../shared`` prints the weights. For each development query the passages that
would be compared token by token are gathered with their features; the weights are those under which the right ones are
likeliest among them (listwise softmax: Cao et al., ICML 2007), found by L-BFGS with a small penalty on their squares.
Queries are modern sentences of the 金史 (even rows) and the natural queries of eval.datasets.northeast, the latter
counting more, for they are few. What is reported of them is development, not proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_softmax, logsumexp, softmax

from eval.datasets import liaojin, northeast
from eval.datasets.data import expected
from eval.quality.measuring import Query
from eval.quality.rankings import features
from eval.quality.suite import Materials
from indexer.errors import IndexFailure
from indexer.progress import Progress
from search.library import Library
from search.ranking.fusion import FEATURES
from web.commands.main import finish
from web.commands.progress import Bars

SENTENCES = 1500
"""Sentences of the 金史 that are learnt from, drawn at random."""
NATURAL = 2
"""The weight of a natural query, where a sentence has 1. With more, sentences lose more than natural queries gain."""
PENALTY = 1e-3

Values = NDArray[np.float64]


class Judged(NamedTuple):
    """The passages found for a query: their features (a row a passage), which are right, and what the query counts."""

    features: Values
    right: NDArray[np.bool_]
    counts: float


def judged(library: Library, queries: Sequence[Query], counts: float, on_progress: Progress) -> list[Judged]:
    """Run every query; those for which nothing right is found teach nothing and are left out."""
    rows = []
    for done, query in enumerate(queries, start=1):
        places, values = features(library, query.text)
        right = np.array([liaojin.page_name(*place) in query.relevant for place in places], dtype=bool)
        if right.any():
            rows.append(Judged(values, right, counts))
        on_progress("features", done, len(queries))
    return rows


def learn(rows: Sequence[Judged]) -> Values:
    """Fit the weight of each feature."""
    spread: Values = np.concatenate([row.features for row in rows]).std(axis=0) + 1e-9
    total = sum(row.counts for row in rows)

    def loss(weights: Values) -> tuple[float, Values]:
        value, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
        for row in rows:
            features = row.features / spread
            likely = log_softmax(features @ weights)
            value -= row.counts / total * float(logsumexp(likely[row.right]))
            slope -= (
                row.counts / total * (softmax(likely[row.right]) @ features[row.right] - softmax(likely) @ features)
            )
        return value, slope

    found: Values = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x
    return found / spread


def centre(rows: Sequence[Judged], weights: Values) -> float:
    """Return the intercept: the weighted sum of features that is 50 % likely to be right."""
    sums = np.concatenate([row.features for row in rows]) @ weights
    right = sum(int(row.right.sum()) for row in rows)
    found: float = brentq(lambda at: float(expit(sums - at).sum()) - right, sums.min() - 50, sums.max() + 50)
    return found


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Has corpora/ and eval/.")
@click.option("--index", type=click.Path(path_type=Path, exists=True), help="Of the Northeast.  [default: built anew]")
def main(data: Path, index: Path | None) -> None:
    """Fit the weights and print them."""
    with Bars() as bars, expected(data):
        materials = Materials(data, index, "even", bars)
        with materials.northeast() as folder:
            library = Library.open(folder)
            sentences = list(liaojin.read_queries(materials.sentences, "even"))
            chosen = np.random.default_rng(7).permutation(len(sentences))[:SENTENCES]
            rows = judged(library, [sentences[at] for at in sorted(chosen.tolist())], 1, bars)
            natural = northeast.read_queries(data / "eval" / "northeast_queries.jsonl")
            rows += judged(library, [each for queries in natural.values() for each in queries], NATURAL, bars)
    if not rows:
        raise IndexFailure("no right page stands in the index; name an index of the Northeast by --index")
    weights = learn(rows)
    for feature, weight in zip(FEATURES, weights, strict=True):
        click.echo(f"{feature:12} {weight:8.2f}")
    click.echo(f"{'centre':12} {centre(rows, weights):8.2f}")


if __name__ == "__main__":
    finish(lambda: main(standalone_mode=False))
