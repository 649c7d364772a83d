import jieba
import pytest

from search.words.lexicon import TOTAL, Lexicon, Word, lexicon, runs

WORDS = Lexicon("东 5 n\n东北 20 ns\n大 9 a\n大学 30 n\n大学生 2 n\n学 4 n\n学生 30 n\n".encode())


def test_the_dictionary_is_all_of_jieba_s() -> None:
    jieba.setLogLevel("WARNING")
    jieba.initialize()
    assert jieba.dt.total == TOTAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "之",
        "他带领军队攻打会宁府的城墙",
        "南京市长江大桥研究生命起源",
        "完颜阿骨打起兵反辽",
        "冬天凿冰捕鱼的人住在高速铁路旁边",
        "𠀀之〓□㐀也",
        "东北大学 中国科学院",
    ],
)
def test_a_text_is_cut_as_jieba_cuts_it(text: str) -> None:
    assert list(lexicon().cut(text)) == list(jieba.cut(text, HMM=False))


def test_the_likeliest_row_of_words_is_taken() -> None:
    assert WORDS.cut("东北大学生") == ("东北", "大学生")
    assert WORDS.cut("东北的大学") == ("东北", "的", "大学")


def test_a_word_has_a_tag_and_another_text_none() -> None:
    assert WORDS.tag("东北") == "ns"
    assert WORDS.tag("东大") == ""
    assert WORDS.tag("的") == ""


def test_words_are_as_typed_and_end_where_a_run_ends() -> None:
    assert list(runs("「東北」大學，學")) == [
        (Word("東北", "东北"),),
        (Word("大學", "大学"),),
        (Word("學", "学"),),
    ]
    assert list(runs("，。")) == []
