"""Prose goes first; contents, prefaces, running heads and lists are found and counted, and ranked after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.building.build import build
from search.library import Library
from search.model import Hit, Mode, SearchRequest, Sort

BOOK = """#+TITLE: 江志
#+PROPERTY: ID KR9a0001
#+PROPERTY: JUAN 御製江志序
<pb:KR9a0001_WYG_000-1a>¶
江之南有會寧府朕東巡至會寧府而作是序會寧府者舊都也¶
#+PROPERTY: JUAN 目録
<pb:KR9a0001_WYG_000-2a>¶
卷一¶
　　會寧府　會寧縣¶
#+PROPERTY: JUAN 卷一
<pb:KR9a0001_WYG_001-1a>¶
欽定四庫全書¶
江志會寧府卷一¶
江水東流五百里入於海土人以漁獵為業冬則鑿氷取魚而食之其俗質樸不知文字¶
<pb:KR9a0001_WYG_001-2a>¶
江之南有城焉其地苦寒多雪國人漁獵為業冬則鑿氷取魚而食之歳時祭天而已又東¶
南行五百里至㑹寧府府治在江之陽宮室壯麗四時有市商賈皆集於城門之外市中所¶
鬻者魚與馬也城東有山山上有松栢皆數百年物國人不敢伐也其俗質樸而尚勇力云¶
江之北有城焉其地苦寒多雪國人漁獵為業冬則鑿氷取魚而食之歳時祭天而已又東¶
江之西有城焉其地苦寒多雪國人漁獵為業冬則鑿氷取魚而食之歳時祭天而已又東¶
<pb:KR9a0001_WYG_001-3a>¶
　　大江府尹¶
　　會寧府尹¶
　　會寧府同知府事¶
　　江州團練使司¶
　　江州刺史¶
"""
PLAIN = "卷一　山川\n卷二　會寧府\n卷三　城池\n卷四　人物\n" + "江水東流，入於海。\n" * 60 + "會寧府，舊都也。\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    texts, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    (texts / "KR9a0001").mkdir()
    (texts / "KR9a0001" / "KR9a0001_001.txt").write_text(BOOK, "utf-8")
    (texts / "plain.txt").write_text(PLAIN, "utf-8")
    build([texts], index)
    return Library.open(index)


def hits(library: Library, q: str, mode: Mode, work: str = "KR9a0001") -> tuple[Hit, ...]:
    return library.search(SearchRequest(q=q, mode=mode, filters={"work": (work,)})).hits


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("q", ["会宁府", "會寧府", '"會寧府"'])
def test_prose_goes_before_lists_contents_prefaces_and_heads_in_any_spelling(
    library: Library, mode: Mode, q: str
) -> None:
    """The list, the contents and the preface are spelled as typed, and all but the list say it as often or oftener."""
    found = [hit.page for hit in hits(library, q, mode) if hit.matched]
    assert found[0] == "001-2a"
    assert set(found[1:]) == {"000-1a", "000-2a", "001-1a", "001-3a"}
    if mode is not Mode.SEMANTIC:
        assert found[1] == "001-3a"


def test_where_the_words_stand_only_in_a_running_head_comes_last(library: Library) -> None:
    assert hits(library, "会宁府", Mode.EXACT)[-1].page == "001-1a"


def test_what_ranks_low_is_still_counted(library: Library) -> None:
    for mode in Mode:
        total = library.search(SearchRequest(q="会宁府", mode=mode, filters={"work": ("KR9a0001",)})).total
        assert (total.passages, total.occurrences) == (5, 8)


def test_by_place_contents_come_where_they_stand(library: Library) -> None:
    response = library.search(SearchRequest(q="会宁府", sort=Sort.PLACE, filters={"work": ("KR9a0001",)}))
    assert [hit.page for hit in response.hits] == ["000-1a", "000-2a", "001-1a", "001-2a", "001-3a"]


@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.HYBRID])
def test_contents_that_no_title_tells_rank_low_too(library: Library, mode: Mode) -> None:
    found = [hit.text for hit in hits(library, "会宁府", mode, work="plain") if hit.matched]
    assert len(found) == 2
    assert "舊都" in found[0]


def test_a_passage_wins_nothing_by_being_short(tmp_path: Path) -> None:
    long = "江水東流，入於海。" * 30 + "會寧府，舊都也。會寧府在江之南。"
    (tmp_path / "long.txt").write_text(long, "utf-8")
    (tmp_path / "short.txt").write_text("會寧府尹", "utf-8")
    build([tmp_path], tmp_path / "index")
    found = Library.open(tmp_path / "index").search(SearchRequest("会宁府", Mode.EXACT)).hits
    assert [hit.work.id for hit in found] == ["long", "short"]


@pytest.fixture(scope="module")
def northeast(kanripo: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    index = tmp_path_factory.mktemp("northeast")
    build([kanripo], index)
    return Library.open(index)


@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.HYBRID])
@pytest.mark.parametrize(
    "q",
    [
        *("会宁府", "會寧府", "黄龙府", "混同江", "女真", "契丹", "完颜亮", "上京", "渤海", "耶律大石"),
        *("长白山", "宁古塔", "松花江", "黑龙江", "盛京", "节度使", "谋克", "龙泉府", "肃慎", "吏部尚书"),
    ],
)
def test_the_first_hits_of_a_name_are_text(northeast: Library, q: str, mode: Mode) -> None:
    response = northeast.search(SearchRequest(q=q, mode=mode, limit=3))
    for hit in response.hits:
        assert not any(word in hit.section for word in ("目録", "目錄", "序", "提要", "凡例")), hit
        section = northeast.section(hit.work.id, hit.section_number).section
        heads = [span for span in section.spans if span.kind == "head"]
        for start, end in hit.highlights if hit.matched else ():
            outside = [not span.start <= hit.start + start < span.end for span in heads]
            assert all(outside) or len(hit.highlights) > 1, (hit, start, end)
