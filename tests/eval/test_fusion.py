import numpy as np
import pytest

from eval.learning.fusion import Judged, centre, learn


def rows(count: int, counts: float = 1.0) -> list[Judged]:
    """Five passages a query: the first feature tells the right one as a rule, the second says nothing."""
    random = np.random.default_rng(3)
    made = []
    for _ in range(count):
        features = random.random((5, 2))
        right = np.zeros(5, dtype=bool)
        right[int(np.argmax(features[:, 0] + 0.1 * random.random(5)))] = True
        made.append(Judged(features, right, counts))
    return made


def test_a_sign_that_tells_the_right_one_counts_and_noise_does_not() -> None:
    tells, noise = learn(rows(200))
    assert tells > 5
    assert abs(noise) < tells / 5


def test_what_counts_more_weighs_more() -> None:
    against = [Judged(-row.features, row.right, 50.0) for row in rows(50)]
    assert learn([*rows(50), *against])[0] < 0 < learn([*rows(50), *[row._replace(counts=0.01) for row in against]])[0]


def test_as_many_are_expected_as_are_right() -> None:
    made = rows(100)
    weights = learn(made)
    sums = np.concatenate([row.features for row in made]) @ weights
    expected = (1 / (1 + np.exp(-(sums - centre(made, weights))))).sum()
    assert expected == pytest.approx(100, rel=1e-6)
