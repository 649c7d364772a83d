from collections.abc import Sequence

import pytest

from indexer.embedding import load_embedder
from search.words.out_of_domain import DomainCheck, check_domain


def look(query: str, text: str = "会宁府在混同江之南冬则凿冰取鱼") -> DomainCheck:
    def standing(words: Sequence[str]) -> list[str]:
        return [word for word in words if word in text]

    return check_domain(query, load_embedder(), standing)  # type: ignore[arg-type]  # it is static


@pytest.mark.parametrize("query", ["高速铁路时刻表", "广播电视塔", "新冠疫情"])
def test_what_no_old_book_can_know_is_not_close(query: str) -> None:
    found = look(query)
    assert not found.has_close_match
    assert found.unknown_words


@pytest.mark.parametrize("query", ["冬天凿冰捕鱼", "将军率领军队渡江", "会宁府在哪里", "", "，。", "之"])
def test_what_old_books_speak_of_is_close(query: str) -> None:
    assert look(query).has_close_match


def test_one_strange_word_among_familiar_ones_is_named_and_no_more() -> None:
    found = look("将军和百姓在高速铁路旁边的城墙上看见敌军的战船和粮食")
    assert found == DomainCheck(("高速铁路",), has_close_match=True)


def test_a_strange_word_that_the_collection_has_is_familiar() -> None:
    assert look("高速铁路时刻表", "高速铁路的时刻表") == DomainCheck()


def test_a_quotation_with_a_slip_is_close() -> None:
    assert not look("高速铁路时刻表").has_close_match
    assert look("高速铁路时刻表", "于高速铁路").has_close_match


def test_characters_that_are_no_words_may_be_a_new_name() -> None:
    assert look("新冠疫情").unknown_words == ("新冠", "疫情")
    assert look("仪尉胡福国镶黄").has_close_match


def test_a_name_with_other_spellings_is_no_stranger() -> None:
    assert look("完颜阿骨打起兵反辽") == DomainCheck()
