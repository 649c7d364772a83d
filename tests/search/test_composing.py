"""A form's words become a query that asks for just these words, whatever is written in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.text.readings import fold_phrase
from search.composing import SECTION, Composition
from search.query import Approximate, Field, Near, Nothing, Phrase, leaves, parse

LETTERS = '金遼會寧甲AND ORnot()（）"＂“」/~:：，NEAR3-ＡＮＤ'
"""Letters and marks, none of them a wildcard."""
WORDS = st.text(LETTERS, max_size=8)


def folded(tree: object) -> str:
    assert isinstance(tree, Phrase)
    return tree.folded


@pytest.mark.parametrize(
    ("filled", "q"),
    [
        (Composition(), ""),
        (Composition(every="，、 。", phrase="……", some=" ", none="?", value="，"), ""),
        (Composition(every="完顏　宗翰，金"), "完顏 宗翰 金"),
        (Composition(phrase=" 上京、會寧府 "), '"上京、會寧府"'),
        (Composition(phrase="上京會寧府", slip=True), '"上京會寧府"~'),
        (Composition(some="寧古塔，卜魁"), "(寧古塔 OR 卜魁)"),
        (Composition(some="寧古塔"), "寧古塔"),
        (Composition(every="遼", none="金、元"), "遼 NOT 金 NOT 元"),
        (Composition(one="上京", other="會寧 府", distance="5"), '上京 NEAR/5 "會寧 府"'),
        (Composition(one="上京", other="會寧", distance=SECTION, ordered=True), "上京 BEFORE/section 會寧"),
        (Composition(one="上京"), "上京"),
        (Composition(every="遼", field="author", value="脫 脫"), '遼 author:"脫 脫"'),
        (Composition(every="AND ＮＥＡＲ title:金 (遼"), '"AND" "ＮＥＡＲ" "title:金" "(遼"'),
    ],
)
def test_what_is_filled_in_becomes_a_query(filled: Composition, q: str) -> None:
    assert filled.query() == q


@settings(max_examples=150, deadline=None)
@given(every=WORDS, phrase=WORDS, one=WORDS, other=WORDS, value=WORDS, ordered=st.booleans())
def test_just_what_is_filled_in_is_asked_for(
    every: str, phrase: str, one: str, other: str, value: str, ordered: bool
) -> None:
    filled = Composition(every=every, phrase=phrase, one=one, other=other, value=value, ordered=ordered)
    parsed = parse(filled.query())
    near = [fold_phrase(each) for each in (one, other) if fold_phrase(each)]
    words = [fold_phrase(each) for each in every.replace("，", " ").split() if fold_phrase(each)]
    wanted = [*words, *filter(None, [fold_phrase(phrase)]), *near]
    found = [leaf for leaf in leaves(parsed.tree) if not isinstance(leaf, Field)]
    assert [folded(leaf) for leaf in found] == list(dict.fromkeys(wanted)) or len(near) == 2
    assert {folded(leaf) for leaf in found} == set(wanted)
    assert [each.name for each in parsed.fields] == (["title"] if fold_phrase(value) else [])
    assert parsed.explanations == ()


@settings(max_examples=50, deadline=None)
@given(some=WORDS, none=WORDS)
def test_choices_and_exclusions_are_of_words(some: str, none: str) -> None:
    filled = Composition(every="宋", some=some, none=none)
    tree = parse(filled.query()).tree
    assert not isinstance(tree, Nothing)
    assert [folded(leaf) for leaf in leaves(tree, wanted=False)] == _each_once(none)
    assert [folded(leaf) for leaf in leaves(tree)][1:] == _each_once(some)


def _each_once(text: str) -> list[str]:
    return list(dict.fromkeys(folded for each in text.replace("，", " ").split() if (folded := fold_phrase(each))))


def test_words_near_each_other_and_a_slip_are_told() -> None:
    tree = parse(Composition(one="上京", other="會寧", distance="7", ordered=True).query()).tree
    assert isinstance(tree, Near)
    assert (tree.distance, tree.ordered) == (7, True)
    assert isinstance(parse(Composition(phrase="上京，會寧府", slip=True).query()).tree, Approximate)
