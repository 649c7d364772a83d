import numpy as np

from eval.quality.bootstrap import drawn_means, interval, sign


def column(values: np.ndarray) -> np.ndarray:
    return values[:, None].astype(float)


def test_the_mean_lies_in_its_interval_which_narrows_with_more_queries() -> None:
    values = np.arange(40) % 4 == 0
    few, many = interval(drawn_means(column(values))[:, 0]), interval(drawn_means(column(np.tile(values, 25)))[:, 0])
    assert few[0] < many[0] < 0.25 < many[1] < few[1]
    # The normal approximation: 0.25 ± 1.96 √(0.25 · 0.75 / 1000).
    assert np.allclose(many, (0.223, 0.277), atol=0.004)


def test_what_never_varies_is_sure() -> None:
    assert interval(drawn_means(np.ones((5, 1)))[:, 0]) == (1.0, 1.0)


def test_draws_are_the_same_at_every_call() -> None:
    values = column(np.arange(9) % 2)
    assert np.array_equal(drawn_means(values), drawn_means(values))


def test_a_difference_is_told_query_by_query() -> None:
    base = np.arange(200) % 2
    better = base.copy()
    better[:20] = 1
    drawn = drawn_means(np.column_stack([base, better, base[::-1]]).astype(float))
    low, high = interval(drawn[:, 0])
    assert low < better.mean() < high, "apart, the two could not be told from each other"
    assert sign(drawn[:, 1] - drawn[:, 0]) == 1
    assert sign(drawn[:, 0] - drawn[:, 1]) == -1
    assert sign(drawn[:, 2] - drawn[:, 0]) == 0
    assert sign(drawn[:, 0] - drawn[:, 0]) == 0
