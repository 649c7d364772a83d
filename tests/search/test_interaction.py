import numpy as np
import pytest

from indexer.embedding import StaticEmbedder
from indexer.folding import fold
from indexer.passages import code_points
from search.interaction import BLOCK, Piece, interact

FILL = "乙"


@pytest.fixture(scope="module")
def model() -> StaticEmbedder:
    """Four characters: 冬 is like 寒, 鱼 like 渔, and neither pair like the other."""
    letters = np.array(sorted(ord(char) for char in "冬寒鱼渔"), np.uint64)
    vectors = {"冬": (1, 0), "寒": (0.9, 0.1), "鱼": (0, 1), "渔": (0.1, 0.9)}
    weights = np.array([vectors[chr(int(letter))] for letter in letters], np.float32)
    return StaticEmbedder.from_weights(letters, weights, np.ones(4, np.float32))


def piece(passage: int, text: str, stream: int = 0, start: int = 0) -> Piece:
    return Piece(passage, stream, start, code_points(fold(text)))


def test_what_is_alike_close_together_goes_first(model: StaticEmbedder) -> None:
    far = "寒" + FILL * 4 * BLOCK + "渔"
    found = interact(model, "冬鱼", [piece(1, FILL * 30), piece(2, far), piece(3, FILL * 4 * BLOCK + "寒渔")])
    assert found[1].score == 0
    assert 0 < found[2].score < found[3].score <= 1


def test_the_very_same_tokens_score_one(model: StaticEmbedder) -> None:
    assert interact(model, "冬鱼", [piece(7, "鱼冬")])[7].score == pytest.approx(1, abs=0.02)


def test_the_closest_stretch_is_named_in_its_stream(model: StaticEmbedder) -> None:
    text = FILL * 3 * BLOCK + "寒渔" + FILL * 3 * BLOCK
    found = interact(model, "冬鱼", [piece(1, FILL * 5, 0, 40), piece(1, text, 1, 100)])
    stream, start, end = found[1].stretch
    assert stream == 1
    assert start <= 100 + 3 * BLOCK
    assert 100 + 3 * BLOCK + 2 <= end <= 100 + len(text)


def test_pieces_of_one_passage_are_one(model: StaticEmbedder) -> None:
    whole = interact(model, "冬鱼", [piece(1, "寒"), piece(1, "渔", 1), piece(2, "寒")])
    assert set(whole) == {1, 2}
    assert whole[1].score > whole[2].score


@pytest.mark.parametrize("query", ["", " ", "甲乙丙", "，。"])
def test_what_the_model_does_not_know_compares_with_nothing(model: StaticEmbedder, query: str) -> None:
    assert interact(model, query, [piece(1, "寒")]) == {}


def test_no_pieces_no_scores(model: StaticEmbedder) -> None:
    assert interact(model, "冬", []) == {}
