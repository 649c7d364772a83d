from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.building.build import build
from indexer.text.folding import fold
from search.library import Library
from search.model import Mode, SearchRequest, Suggestion
from search.words.thesaurus import Thesaurus

OLD = "上甚懼羣臣皆懼而畏之\n王薨其子立遂降於敵\n髮白而美發使者發兵發粟"
THESAURUS = Thesaurus({"害怕": ("惧", "畏", "怖"), "去世": ("薨", "卒"), "头发": ("髮",), "出发": ("发",)})


def spellings(words: Sequence[str]) -> Sequence[str]:
    return [{"惧": "懼", "畏": "畏", "薨": "薨"}.get(word, "") for word in words]


def written(folder: Path, language: str, text: str) -> None:
    (folder / f"{language}.txt").write_text(f"---\nlanguage: {language}\n---\n{text}\n", "utf-8")


@pytest.fixture(scope="module", params=["tantivy", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    texts, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    written(texts, "lzh", OLD)
    written(texts, "zh", "他去世了，死于恐怖的饥荒。")
    build([texts], index, engine=request.param)
    return Library.open(index)


def suggested(library: Library, q: str, mode: Mode = Mode.EXACT) -> dict[str, tuple[str, ...]]:
    return {each.word: each.classical for each in library.search(SearchRequest(q, mode)).suggestions}


def test_words_are_suggested_in_order_as_typed() -> None:
    found = THESAURUS.suggest("他去世了，大家很害怕，害怕！", spellings)
    assert found == (Suggestion("去世", ("薨",)), Suggestion("害怕", ("懼", "畏")))
    assert THESAURUS.suggest("「去世」的頭髮", spellings) == (Suggestion("去世", ("薨",)),)


@pytest.mark.parametrize("text", ["", "，", "王薨而羣臣懼", "懼", "害 怕", "害", "\U0003fffd\u0301"])
def test_what_is_no_modern_word_gets_none(text: str) -> None:
    assert THESAURUS.suggest(text, spellings) == ()


def test_a_word_in_another_script_is_the_same_word() -> None:
    assert THESAURUS.suggest("頭髮", lambda words: words) == (Suggestion("頭髮", ("髮",)),)


@pytest.mark.parametrize("mode", Mode)
def test_only_what_the_classical_works_have_is_suggested_as_they_write_it(library: Library, mode: Mode) -> None:
    suggestions = suggested(library, "他为什么害怕", mode)
    assert suggestions["害怕"][:2] == ("懼", "畏")
    assert "怖" not in suggestions["害怕"]  # stands in a modern work alone


def test_every_suggestion_is_found(library: Library) -> None:
    for q in ("害怕", "投降", "去世", "漂亮"):
        (words,) = suggested(library, q).values()
        for word in words:
            assert library.search(SearchRequest(word, Mode.EXACT, strict=True)).total.occurrences


def test_the_commonest_spelling_is_given_unless_one_alone_is_meant(library: Library) -> None:
    assert list(library.store.spellings(["发", "髮", "發", "无"], "lzh")) == ["發", "髮", "發", ""]


def test_words_that_are_left_out_are_not_looked_for(library: Library) -> None:
    assert suggested(library, "薨 NOT 害怕") == {}
    assert suggested(library, "title:害怕 薨") == {}


def test_a_quotation_needs_no_suggestions_and_a_word_may(library: Library) -> None:
    assert suggested(library, "發使者發兵") == {}
    assert "使者" in suggested(library, "使者")
    assert "使者" in suggested(library, "發兵的使者")


def test_a_collection_of_modern_works_gets_no_suggestions(tmp_path: Path) -> None:
    written(tmp_path, "zh", "他很害怕，于是投降了。懼")
    build([tmp_path], tmp_path / "index")
    assert suggested(Library.open(tmp_path / "index"), "害怕") == {}


def test_the_table_is_folded_but_for_spellings_that_are_meant() -> None:
    table = Thesaurus.load()
    assert table.classical("头发")[0] == "髮"
    for word in ("害怕", "去世", "军队", "逃跑"):
        assert table.classical(word)
        assert tuple(map(fold, table.classical(word))) == table.classical(word)


def test_the_words_of_a_text_are_found_where_they_stand() -> None:
    known = Thesaurus({"冬天": ("冬",), "捕鱼": ("渔", "鱼")})
    assert list(known.within("在冬天 凿冰捕鱼")) == [(1, 3, ("冬",)), (6, 8, ("渔", "鱼"))]
    assert list(known.within("之乎者也")) == []
