from typing import NamedTuple

import numpy as np
import pytest

from indexer.embedding import StaticEmbedder
from indexer.text.folding import fold
from indexer.text.streams import code_points
from search.ranking.late_interaction import BLOCK, SHARES, Closest, Substitute, interact
from search.ranking.pieces import Pieces

FILL = "乙"


@pytest.fixture(scope="module")
def model() -> StaticEmbedder:
    """Four characters: 冬 is like 寒, 鱼 like 渔, and neither pair like the other."""
    letters = np.array(sorted(ord(char) for char in "冬寒鱼渔"), np.uint64)
    vectors = {"冬": (1, 0), "寒": (0.9, 0.1), "鱼": (0, 1), "渔": (0.1, 0.9)}
    weights = np.array([vectors[chr(int(letter))] for letter in letters], np.float32)
    return StaticEmbedder.from_weights(letters, weights, np.ones(4, np.float32))


class Piece(NamedTuple):
    passage: int
    text: str
    stream: int = 0
    start: int = 0
    around: bool = False


def pieces_of(*pieces: Piece) -> Pieces:
    passages, texts, streams, starts, around = zip(*pieces, strict=True) if pieces else ((),) * 5
    alone = Pieces.of_texts(passages, [code_points(fold(text)) for text in texts])
    return alone._replace(streams=np.array(streams), starts=np.array(starts), around=np.array(around, bool))


def shares(found: Closest) -> dict[str, float]:
    return dict(zip(SHARES, found.shares, strict=True))


def test_what_is_alike_close_together_goes_first(model: StaticEmbedder) -> None:
    far = "寒" + FILL * 4 * BLOCK + "渔"
    found = interact(model, "冬鱼", pieces_of(Piece(1, FILL * 30), Piece(2, far), Piece(3, FILL * 4 * BLOCK + "寒渔")))
    nothing, apart, together = (shares(found[passage]) for passage in (1, 2, 3))
    assert set(nothing.values()) == {0}
    assert apart["whole"] == pytest.approx(together["whole"])
    assert 0 < apart["long"] < together["long"] <= 1
    assert 0 < apart["short"] < together["short"] <= 1


def test_the_very_same_token_is_liker_than_its_like(model: StaticEmbedder) -> None:
    same, like = (shares(interact(model, "冬", pieces_of(Piece(7, text)))[7]) for text in ("乙冬", "寒"))
    assert same["whole"] == same["long"] == same["short"] == pytest.approx(1, abs=0.01)
    assert 0.9 < like["whole"] < 1


def test_what_stands_around_a_passage_counts_apart(model: StaticEmbedder) -> None:
    found = shares(interact(model, "冬鱼", pieces_of(Piece(1, "鱼"), Piece(1, "冬", around=True), Piece(2, "鱼")))[1])
    assert found["around"] > found["whole"] == found["long"] == found["short"] > 0


def test_a_token_that_the_model_does_not_know_is_like_itself_alone(model: StaticEmbedder) -> None:
    found = interact(model, "冬丁丑", pieces_of(Piece(1, "冬"), Piece(2, "冬丁丑"), Piece(3, "冬丑丁")))
    one, itself, turned = (shares(found[passage])["short"] for passage in (1, 2, 3))
    assert one < turned < itself == pytest.approx(1, abs=0.01)


def test_another_spelling_of_a_name_is_the_name(model: StaticEmbedder) -> None:
    pieces = pieces_of(Piece(1, FILL * BLOCK + "冬卯辰"), Piece(2, "冬"), Piece(3, "冬辰卯"))
    found = interact(model, "冬丁丑", pieces, [Substitute(1, 3, ("子", "卯辰"), 1.0)])
    with_name, without, turned = (shares(found[passage])["short"] for passage in (1, 2, 3))
    # All tokens but the pair that runs into the name.
    assert with_name == pytest.approx(4 / 5, abs=0.01)
    assert without == turned < with_name


def test_a_word_of_like_meaning_counts_less_than_the_word_and_never_lowers_it(model: StaticEmbedder) -> None:
    pieces = pieces_of(Piece(1, "渔"), Piece(2, "卯"), Piece(3, "鱼"))
    found = interact(model, "鱼", pieces, [Substitute(0, 1, ("卯", "鱼", ""), 0.5)])
    like, stands_in, itself = (shares(found[passage])["whole"] for passage in (1, 2, 3))
    assert stands_in == pytest.approx(0.5, abs=0.01)
    assert stands_in < like < itself == pytest.approx(1, abs=0.01)


def test_the_closest_stretch_is_named_in_its_stream(model: StaticEmbedder) -> None:
    text = FILL * 3 * BLOCK + "寒渔" + FILL * 3 * BLOCK
    found = interact(
        model, "冬鱼", pieces_of(Piece(1, FILL * 5, 0, 40), Piece(1, text, 1, 100), Piece(1, "冬鱼", around=True))
    )
    stream, start, end = found[1].stretch
    assert stream == 1
    assert start <= 100 + 3 * BLOCK
    assert 100 + 3 * BLOCK + 2 <= end <= 100 + len(text)


def test_pieces_of_one_passage_are_one(model: StaticEmbedder) -> None:
    found = interact(model, "冬鱼", pieces_of(Piece(1, "寒"), Piece(1, "渔", 1), Piece(2, "寒")))
    assert set(found) == {1, 2}
    assert shares(found[1])["whole"] > shares(found[2])["whole"]


@pytest.mark.parametrize("query", ["", " ", "甲乙丙", "，。"])
def test_what_the_model_does_not_know_at_all_compares_with_nothing(model: StaticEmbedder, query: str) -> None:
    assert interact(model, query, pieces_of(Piece(1, "寒"))) == {}


def test_no_pieces_no_scores(model: StaticEmbedder) -> None:
    assert interact(model, "冬", pieces_of()) == {}
