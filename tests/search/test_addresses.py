"""A permanent address finds its place again in an index built anew, and says whether the text has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.model import Section
from indexer.building.build import build
from search.addresses import LONGEST_WORDS, Address, Standing, follow
from search.library import Library

TEXT = "金史卷二十四，上京路，即海古之地，金之舊土也。\n會寧府，下。初為會寧州，\n太宗以建都，升為府。"


def library(folder: Path, text: str) -> Library:
    texts = folder / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    (texts / "地理志.txt").write_text(text, "utf-8")
    build([texts], folder / "index")
    return Library.open(folder / "index")


def test_an_occurrence_is_found_at_its_address(tmp_path: Path) -> None:
    held = library(tmp_path, TEXT)
    for each in held.find("会宁"):
        found = held.locate(Address.parse(str(each.address)))
        assert (found.standing, found.section, found.start, found.end) == (Standing.SAME, 0, each.start, each.end)


@pytest.mark.parametrize(
    ("text", "standing", "words"),
    [
        ("序\n\n" + TEXT, Standing.MOVED, "初為會寧州，\n太宗"),
        (TEXT.replace("\n", ""), Standing.MOVED, "初為會寧州，太宗"),
        (TEXT.replace("為會", "爲㑹"), Standing.CHANGED, "初爲㑹寧州，\n太宗"),
        (TEXT.replace("會寧州", "會平州"), Standing.CHANGED, "初為會平州，\n太宗"),
    ],
)
def test_in_another_index_it_says_what_became_of_it(tmp_path: Path, text: str, standing: Standing, words: str) -> None:
    start = TEXT.index("初為")
    address = Address("地理志", 0, "", start, TEXT[start : start + 9])
    held = library(tmp_path, text)
    found = held.locate(address)
    assert found.standing is standing
    assert held.section("地理志", found.section).section.text[found.start : found.end] == words


def test_a_work_that_is_not_there_is_gone(tmp_path: Path) -> None:
    assert library(tmp_path, TEXT).locate(Address("遼史", 0, "", 0, "上京")).standing is Standing.GONE


def test_of_several_places_the_nearest_counts_and_other_sections_come_later() -> None:
    sections = [Section("一", "江水北流，江水南流，江水東流"), Section("二", "山之北有湖"), Section("三", "湖")]
    assert follow(Address("w", 0, "", 6, "江水"), 3, sections.__getitem__).start == 5
    moved = follow(Address("w", 0, "", 2, "湖"), 3, sections.__getitem__)
    assert (moved.standing, moved.section, moved.start) == (Standing.MOVED, 1, 4)
    shorter = follow(Address("w", 9, "", 0, "山之"), 2, sections.__getitem__)
    assert (shorter.standing, shorter.section) == (Standing.MOVED, 1)


def test_a_long_passage_is_known_by_its_ends() -> None:
    text = "".join(chr(0x4E00 + at) for at in range(400))
    address = Address("w", 0, "", 100, text[100:300])
    assert len(address.words) == LONGEST_WORDS
    assert follow(address, 1, lambda _: Section("", text)).standing is Standing.SAME
    shifted = follow(address, 1, lambda _: Section("", "序" * 7 + text))
    assert (shifted.standing, shifted.start, shifted.end) == (Standing.MOVED, 107, 307)
    cut = follow(address, 1, lambda _: Section("", text[:150]))
    assert cut.standing is Standing.CHANGED


@given(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20),
    st.integers(0, 999),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=9),
    st.integers(0, 10**8),
    st.text(max_size=200),
)
def test_what_is_written_is_read_again(work: str, section: int, page: str, start: int, words: str) -> None:
    address = Address(work, section, page, start, words)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "金史", "a/b/c@1+1:x", "a/1/p@1:x", "a/1/p@99999999999+1:x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Address.parse(text)


BEFORE = {
    "志/KR9z0001/KR9z0001_001.txt": (
        "#+TITLE: 志\n#+PROPERTY: JUAN 1\n<pb:KR9z0001_WYG_001-1a>¶\n會寧府上京¶\n"
        "* 山川¶\n<pb:KR9z0001_WYG_001-1b>¶\n混同江(松花/江也)在北¶\n"
    ),
    "說/說部.txt": "卷一\n第一回 江源\n混同江出長白山。\n第二回\n至會寧府。\n",
    "甲/列傳.txt": "完顏氏世居按出虎水。\n",
    "乙/列傳.txt": "耶律氏世居潢水之濱。\n",
    "編/卷一.txt": "第一節 江\n松花江。\n第二節 山\n長白山。\n",
    "編/卷二.txt": "嫩江。\n",
    "書/note.md": "# 上京\n## 宮室\n會寧府在混同江之南。\n",
}
"""Texts of many formats, and below what an index of format 3 called their works, sections and places."""
SECTIONS = {
    "KR9z0001": ["卷一", "山川"],
    "note": ["上京", "宮室"],
    "乙-列傳": ["列傳"],
    "甲-列傳": ["列傳"],
    "編": ["卷一·第一節 江", "卷一·第二節 山", "卷二"],
    "說部": ["卷一·第一回 江源", "第二回"],
}
ADDRESSES = """\
KR9z0001/0/001-1a@0+3:會寧府
note/1/@3+3:會寧府
說部/1/@5+3:會寧府
KR9z0001/1/001-1b@3+3:混同江
note/1/@7+3:混同江
說部/0/@10+3:混同江
KR9z0001/1/001-1b@6+3:松花江
編/0/@6+3:松花江
乙-列傳/0/@3+2:世居
甲-列傳/0/@3+2:世居
編/1/@6+3:長白山
說部/0/@14+3:長白山
編/2/@0+2:嫩江
""".splitlines()


def test_ids_titles_and_addresses_of_the_format_before_hold_in_an_index_built_anew(tmp_path: Path) -> None:
    for name, text in BEFORE.items():
        (tmp_path / "texts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / name).write_text(text, "utf-8")
    build([tmp_path / "texts"], tmp_path / "index")
    held = Library.open(tmp_path / "index")
    titles = {
        card.id: [held.section(card.id, number).section.title for number in range(card.sections)]
        for card in held.works()
    }
    assert titles == SECTIONS
    for written in ADDRESSES:
        address = Address.parse(written)
        found = held.locate(address)
        assert (found.standing, found.section, found.start) == (Standing.SAME, address.section, address.start)
