"""Confidence intervals of means by bootstrap over queries (Efron 1979; Sakai, SIGIR 2006).

Queries are drawn, with replacement, as often as there are queries; what the means would have been in many such
draws shows how much they owe to the choice of queries. Several systems are measured on the same draws, so that the
difference of two of them is paired.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DRAWS = 2_000
CONFIDENCE = 0.95

Values = NDArray[np.float64]


def drawn_means(values: Values, seed: int = 7) -> Values:
    """Return means of each column of ``values``, a row a query, in DRAWS draws of the rows: a row a draw."""
    random = np.random.default_rng(seed)
    size = len(values)
    means = np.empty((DRAWS, values.shape[1]))
    for draw in range(DRAWS):
        counts = np.bincount(random.integers(size, size=size), minlength=size)
        means[draw] = counts @ values / size
    return means


def interval(means: Values) -> tuple[float, float]:
    """Return the middle CONFIDENCE of drawn means, or of the differences of two systems' drawn means."""
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def sign(differences: Values) -> int:
    """Return 1 or -1 where the drawn differences are surely above or below 0, at CONFIDENCE; else 0."""
    low, high = interval(differences)
    return int(low > 0) - int(high < 0)


def with_interval(values: Values, means: Values) -> str:
    """Format the mean of one system's values with its interval.

    >>> with_interval(np.array([0.0, 1.0]), np.array([0.0, 0.5, 1.0]))
    '0.500 (0.025–0.975)'
    """
    low, high = interval(means)
    return f"{values.mean():.3f} ({low:.3f}–{high:.3f})"
