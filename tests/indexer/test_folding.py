import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text import folding
from indexer.text.folding import fold, fold_array, read_variants, repeat
from indexer.text.readings import fold_phrase


def _words(table: str) -> list[str]:
    return table.split()


# Spellings of one word: traditional, as the Siku copyists wrote it, Japanese, full width.
SAME = _words(
    """
    完顔=完颜 完顏=完颜 黒龍江=黑龙江 黑龍江=黑龙江 㑹寧=会宁 會寜=会宁 將軍=将军 强弱=強弱 彊弱=强弱 爲政=为政
    為政=为政 㡬何=几何 幾何=几何 冦盜=寇盗 㓂盗=寇盗 葢世=盖世 蓋世=盖世 衆人=众人 眾人=众人 畧地=略地
    隂山=阴山 逺近=远近 髙麗=高丽 高麗=高丽 徳宗=德宗 歴代=历代 厯法=历法 曆法=历法 歷史=历史 陜西=陕西
    西闗=西关 宻州=密州 戸部=户部 夀州=寿州 衞王=卫王 聖㫖=圣旨 起㸃=起点 永乆=永久 丁夘=丁卯 䇿問=策问
    守䕶=守护 増加=增加 勅書=敕书 往徃=往往 寳劍=宝剑 諌議=谏议 毎年=每年 寛仁=宽仁 輙行=辄行 邉境=边境
    𤼵兵=发兵 懐柔=怀柔 䝉古=蒙古 徴兵=征兵 廵撫=巡抚 𣙜場=榷场 専制=专制 徒歩=徒步 鳯翔=凤翔 乗馬=乘马
    𦵏禮=葬礼 𠡠諭=敕谕 虗實=虚实 聴政=听政 臯陶=皋陶 叅政=参政 𨽻屬=隶属 渉河=涉河 竒兵=奇兵 䧟落=陷落
    嬾惰=懒惰 旹人=时人 爗爗=烨烨 稺子=稚子 飮食=饮食 畺域=疆域 斈者=学者 帋筆=纸笔 躶形=裸形 陗壁=峭壁
    捷報=㨗报 呉王=吴王 歳幣=岁币 勲臣=勋臣 䘮事=丧事 戰塲=战场 曽祖=曾祖 寃獄=冤狱 𢎞治=弘治 逹官=达官
    𤣥武=玄武 賔客=宾客 隠居=隐居 頼布=赖布 圗書=图书 囘鶻=回鹘 羌戎=羗戎 峯巒=峰峦 鴨緑江=鸭绿江 瀋陽=沈阳
    關東=関東 氣候=気候 ＡＢＣ=abc １２３=123 ⻢匹=马匹 ⼈口=人口 神=神 〇=〇 é=e
    """
)

DIFFERENT = _words(
    """
    上二 士土 己已 已巳 己巳 末未 日曰 人入 大太 元玄 王玉 干千 于千 天夫 天无 木本 木术 田由 由甲 甲申
    刀力 刀刁 八入 几九 九丸 十千 子孑 子孓 小少 少尐 戊戌 戌戍 戊戍 戊戉 毋母 毌毋 氏民 氐氏 水永 冰水
    爪瓜 犬太 今令 令冷 折拆 析折 侯候 免兔 刺剌 哀衷 埸场 壁璧 官宫 幕墓 慕暮 未来 杏否 柬東 栗粟 根恨
    沐沭 泪汨 汩汨 洒酒 玫攻 祗祇 祟崇 茶荼 萑雈 裸祼 贏羸 辨辩 遂逐 邱丘 金辽 宋元 满汉 一二 二三 春秋
    □〓 東西
    """
)


@pytest.mark.parametrize("pair", SAME)
def test_spellings_of_one_word_are_one(pair: str) -> None:
    one, other = pair.split("=")
    assert fold(one) == fold(other)


@pytest.mark.parametrize("pair", DIFFERENT)
def test_different_words_stay_apart(pair: str) -> None:
    assert fold(pair[0]) != fold(pair[1])


@pytest.mark.parametrize(
    "dropped", ["", "，。「」", " \u3000\n\t", "◇◆△×", "\u0301\ufe00\U000e0100", "￥$+=", "\ud800", "\u200b"]
)
def test_what_is_no_text_is_dropped(dropped: str) -> None:
    assert fold(dropped) == ""


def test_what_stands_for_a_character_is_kept() -> None:
    assert fold("〓□〇\ufffd") == "〓□〇\ufffd"


def test_a_private_character_is_a_character() -> None:
    private = "\ue000\uf8ff\U000f1d6b\U0010fffd"
    assert fold(private) == private
    assert fold("王\U000f1d6b氏") != fold("王氏")
    assert fold("\ufffe\U000fffff") == ""  # no characters


@pytest.mark.parametrize(
    "spellings", ["馀餘余", "锺鍾钟鐘", "谘諮咨", "着著", "钜鉅巨", "託讬托", "雠讎", "缐綫線线", "穨頹颓"]
)
def test_what_is_simplified_in_part_is_the_same_character(spellings: str) -> None:
    assert len(set(map(fold, spellings))) == 1


@pytest.mark.parametrize(
    "different",
    [
        "昵日",
        "翦剪",
        "頫俯",
        "硤峡",
        "耑专",
        "藉借",
        "喆哲",
        "囗口",
        "囗□",
        "〇零",
        "□■",
        "余佘",
        "钟种",
        "咨资",
        "著箸",
        "着看",
    ],
)
def test_what_only_looks_alike_is_another_character(different: str) -> None:
    assert len(set(map(fold, different))) == 2


@pytest.mark.parametrize(
    ("written", "said"),
    [("家々", "家家"), ("人〻能", "人人能"), ("時〃", "时时"), ("子々孫〻", "子子孙孙"), ("家，々", "家家"),
     ("々家", "々家"), ("歩々々", "步步步"), ("〓々", "〓〓"), ("", "")],
)  # fmt: skip
def test_an_iteration_mark_says_its_character_again(written: str, said: str) -> None:
    assert fold_phrase(written) == said
    codes = np.array([ord(character) for character in fold(written)], dtype=np.uint32)
    assert "".join(map(chr, repeat(codes))) == said


@given(st.text("家人々〻〃，a"))
def test_the_two_ways_to_repeat_agree(text: str) -> None:
    codes = np.array([ord(character) for character in fold(text)], dtype=np.uint32)
    assert "".join(map(chr, repeat(codes))) == fold_phrase(text)


def test_an_ideograph_newer_than_the_tables_is_kept() -> None:
    assert fold("\U00031350\U00030000") == "\U00031350\U00030000"


# Text as it comes and text near what folding changes.
TEXT = st.text(st.characters(codec=None) | st.sampled_from("".join(row.variant for row in read_variants()) + "，〓 Ａ"))


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT, TEXT)
def test_folding_looks_at_no_neighbour(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


@given(TEXT)
def test_offsets_lead_back_to_the_character(text: str) -> None:
    folded, offsets = fold_array(np.array([ord(character) for character in text], dtype=np.uint32))
    assert folded.dtype == offsets.dtype == np.uint32
    assert "".join(map(chr, folded)) == fold(text)
    assert [fold(text[offset]) for offset in offsets] == [chr(code) for code in folded]
    left_out = set(range(len(text))) - set(offsets.tolist())
    assert not any(fold(text[offset]) for offset in left_out)


def test_every_code_point_folds_to_itself_in_the_end() -> None:
    codepoints = np.arange(0x110000, dtype=np.uint32)
    folded, _ = fold_array(codepoints)
    assert np.array_equal(fold_array(folded)[0], folded)
    categories = {code: unicodedata.category(chr(code)) for code in np.unique(folded) if code < 0x20000}
    assert all(category[0] not in "ZPCM" or category == "Co" for category in categories.values())


def _is_common(character: str) -> bool:
    """Whether it is one of the 3755 characters of GB 2312's first level, the common ones of modern Chinese."""
    try:
        encoded = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2 and 0xB0 <= encoded[0] <= 0xD7


def test_no_common_modern_character_is_called_a_variant() -> None:
    assert [row for row in read_variants() if _is_common(row.variant)] == []


def test_the_table_of_variants_is_well_formed() -> None:
    rows = list(read_variants())
    assert len(rows) >= 800
    assert len({row.variant for row in rows}) == len(rows)
    assert {row.kind for row in rows} == {"form", "japanese", "taboo", "radical"}
    for row in rows:
        assert len(row.variant) == len(row.standard) == 1, row
        assert fold(row.variant) == fold(row.standard) == row.standard != row.variant, row


def test_the_table_of_variants_is_sorted() -> None:
    keys = [(row.kind, row.standard, row.variant) for row in read_variants()]
    assert keys == sorted(keys)


def test_the_fingerprint_names_the_table() -> None:
    assert folding.fingerprint() == folding.fingerprint()
    assert len(folding.fingerprint()) == 16
