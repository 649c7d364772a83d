"""Rankings are fused, and only the best of a list are put in order."""

from hypothesis import given
from hypothesis import strategies as st

from search.ranking.fusion import ranked


@given(st.dictionaries(st.integers(0, 50), st.sampled_from([0.0, 0.25, 0.5, 1.0])), st.integers(1, 60))
def test_the_best_are_the_first_of_all_in_order(scores: dict[int, float], limit: int) -> None:
    everything = sorted(scores, key=lambda passage: (-scores[passage], passage))
    assert ranked(scores, limit) == everything[:limit]
