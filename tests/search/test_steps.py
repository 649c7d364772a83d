"""Steps of a search within results: the query that holds them asks for all of them, however odd each is."""

from __future__ import annotations

from itertools import chain

import pytest
from seeds import slice_of

from search.query import And, Nothing, Tree, parse
from search.steps import joined, steps

PIECES = (
    *(
        "金",
        "上京會寧府",
        "“上京 會寧”",
        '"猛安 ( 謀克"',
        "會寧府~",
        "王[□]氏",
        "/(金|遼)國/",
        "title:金史",
        "黑龍江（今）將軍",
    ),
    *("(", ")", "（", "）", '"', "AND", "OR", "NOT", "NEAR/3", "BEFORE/篇"),
)


@pytest.mark.parametrize(
    "several",
    [
        ("上京 OR 會寧", "將軍"),
        ("(上京) AND (會寧) OR 金", "title:金史", "NOT 遼"),
        ('"上京 ( 會寧"', "/(金|遼)國/", "會寧府~"),
        ("“上京（會寧）”", "黑龍江（今）將軍"),
    ],
)
def test_steps_are_those_that_were_joined(several: tuple[str, ...]) -> None:
    assert steps(joined(several)) == several


@pytest.mark.parametrize(
    "q", ["", "上京", "(上京)", "(上京) (會寧)", "(上京) AND 會寧", "(上京) AND (會寧", ") AND (", "NOT (a) AND (b)"]
)
def test_what_was_not_narrowed_is_one_step(q: str) -> None:
    assert steps(q) == (q,)


@pytest.mark.parametrize(
    ("several", "q"),
    [
        (('"上京', "會寧"), '("上京") AND (會寧)'),
        (("上京)", "(會寧"), "(上京) AND ((會寧 ))"),
        ((" 上京 AND ", "會寧"), "(上京 AND) AND (會寧)"),
    ],
)
def test_what_is_left_open_is_closed(several: tuple[str, ...], q: str) -> None:
    assert joined(several) == q


def test_all_steps_are_asked_for() -> None:
    asked = 0
    for dice in slice_of(600):
        several = [" ".join(dice.choices(PIECES, k=dice.randrange(1, 8))) for _ in range(2)]
        trees = [parse(each).tree for each in several]
        if not any(isinstance(tree, Nothing) for tree in trees):
            asked += 1
            assert _wanted([parse(joined(several)).tree]) == _wanted(trees), several
    assert asked > 100


def _wanted(trees: list[Tree]) -> list[Tree]:
    """What all of some trees want, each once."""
    parts = (tree.children if isinstance(tree, And) else (tree,) for tree in trees)
    return list(dict.fromkeys(chain.from_iterable(parts)))
