"""References are what each style asks for, in every format, numbered by first use."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import click
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string

from corpora.catalogue import CatalogueRecord
from corpora.responsibility import Responsibility, responsibilities
from search.addresses import Address
from web.citing.embedded import coins
from web.citing.exchange import bibtex, csl_json, ris
from web.citing.keys import APA, CHICAGO, GBT2015, GBT2025, MLA, STYLES
from web.citing.layout import entries, printed
from web.citing.references import Reference, numbered
from web.citing.styles import StyleFailure, own, shipped
from web.presenting.urls import address_url
from web.serving.config import Config

JIN = CatalogueRecord(
    "金史", responsibilities=responsibilities("脫脫等"), dynasty="元", edition="文淵閣四庫全書", year=1344
)
ARTICLE = CatalogueRecord("会宁府", responsibilities=responsibilities("文渊编写组"), dynasty="现代", language="zh")


def cited(
    record: CatalogueRecord = JIN, section: str = "卷二十四", page: str = "024-1a", number: int = 24
) -> Reference:
    address = Address("w", number, page, 7, "會寧府，下")
    return Reference(address, record, section, f"https://lib.example{address_url(address)}", date(2026, 1, 2))


def at(page: str) -> str:
    """Return the URL of a place on a page."""
    return f"https://lib.example/at/w/24/{page}@7+5:會寧府，下"


URL = "https://lib.example/at/w/24/024-1a@7+5:會寧府，下"
MANCHU = CatalogueRecord(
    "欽定滿洲源流考",
    responsibilities=responsibilities("阿桂、于敏中 奉敕撰；何秋濤 校"),
    dynasty="清",
    edition="文淵閣四庫全書",
)
FOUR = CatalogueRecord("書", responsibilities=responsibilities("甲、乙、丙、丁 撰"), dynasty="清", edition="刻本")
TRANSLATED = CatalogueRecord(
    "外国出版史", responsibilities=responsibilities("昂温；陈生铮 译"), language="zh", year=1980
)
NOBODY = CatalogueRecord("失名書")


@pytest.mark.parametrize(
    ("reference", "entry"),
    [
        (cited(), f"〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書本. 024-1a[2026-01-02]. {URL}."),
        (cited(page=""), f"〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書本. [2026-01-02]. {at('')}."),
        (
            cited(MANCHU),
            "〔清〕阿桂，〔清〕于敏中. 欽定滿洲源流考：卷二十四[M/OL]. 〔清〕何秋濤，校. 文淵閣四庫全書本. "
            f"024-1a[2026-01-02]. {URL}.",
        ),
        (cited(FOUR, ""), f"〔清〕甲，〔清〕乙，〔清〕丙，等. 書[M/OL]. 刻本. 024-1a[2026-01-02]. {URL}."),
        (cited(TRANSLATED, ""), f"昂温. 外国出版史[M/OL]. 陈生铮，译. 1980：024-1a[2026-01-02]. {URL}."),
        (cited(ARTICLE, "会宁府", ""), f"文渊编写组. 会宁府[M/OL]. [2026-01-02]. {at('')}."),
        (cited(NOBODY, "", ""), f"失名書[M/OL]. [2026-01-02]. {at('')}."),
        (
            cited(CatalogueRecord("<b>&𤣥", responsibilities=responsibilities("甲")), "", "a/1@%"),
            "甲. <b>&𤣥[M/OL]. a/1@%[2026-01-02]. https://lib.example/at/w/24/a%2F1%2540%2525@7+5:會寧府，下.",
        ),
    ],
    ids=["old book", "no page", "others responsible", "four authors", "translated", "modern", "title alone", "odd"],
)
def test_a_reference_by_the_standard_of_2025(reference: Reference, entry: str) -> None:
    style = shipped()[GBT2025]
    assert printed(reference, style) == entry
    assert entries(numbered([reference]), style) == (f"[1] {entry}",)


@pytest.mark.parametrize(
    ("style", "reference", "entry"),
    [
        (GBT2015, cited(), f"〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書本. 024-1a[2026-01-02]. {URL}."),
        (GBT2015, cited(FOUR, ""), f"〔清〕甲, 〔清〕乙, 〔清〕丙, 等. 書[M/OL]. 刻本. 024-1a[2026-01-02]. {URL}."),
        (GBT2015, cited(NOBODY, "", ""), f"失名書[M/OL]. [2026-01-02]. {at('')}."),
        (
            CHICAGO,
            cited(),
            f"〔元〕脫脫等, 金史, 文淵閣四庫全書本, 卷二十四 (1344), 024-1a, 见于 2026年1月2日, {URL}.",
        ),
        (
            CHICAGO,
            cited(page="", section=""),
            f"〔元〕脫脫等. 金史. 文淵閣四庫全書本. 1344. 见于 2026年1月2日. {at('')}.",
        ),
        (
            MLA,
            cited(),
            f"〔元〕脫脫等. 金史. 1344年. 文淵閣四庫全書本, 卷二十四, 页 024-1a, {URL}. 见于 2026年1月2日.",
        ),
        (MLA, cited(NOBODY, "", ""), f"失名書. {at('')}. 见于 2026年1月2日."),
        (
            APA,
            cited(),
            "〔元〕脫脫等. (不详). 金史: 卷二十四 (文淵閣四庫全書本, 页 024-1a). 取读于 2026年1月2日, "
            f"从 {URL} (原著出版于 1344)",
        ),
        (
            APA,
            cited(replace(NOBODY, edition="刻本"), "", ""),
            f"失名書 (刻本). (不详). 取读于 2026年1月2日, 从 {at('')}",
        ),
        (APA, cited(TRANSLATED, ""), f"昂温. (1980). 外国出版史 (陈生铮, 译; 页 024-1a). {URL}"),
    ],
)
def test_a_reference_by_other_styles(style: str, reference: Reference, entry: str) -> None:
    assert printed(reference, shipped()[style]) == entry


@pytest.mark.parametrize("key", STYLES[:-1])
@given(section=st.sampled_from(["", "卷一", "12"]), page=st.sampled_from(["", "002-3a", "1", "p0866c05"]))
def test_every_style_names_work_section_page_and_address(key: str, section: str, page: str) -> None:
    reference = cited(section=section, page=page)
    text = printed(reference, shipped()[key])
    assert "金史" in text
    assert reference.url in text
    assert page in text
    assert section in text or section == "12"  # MLA has no place for a volume that is a bare number
    assert not any("\ufdd0" <= char <= "\ufdef" for char in text)


def test_the_language_of_a_work_says_in_which_its_reference_is() -> None:
    english = replace(FOUR, language="en", title="A Book")
    text = printed(cited(english, "", ""), shipped()[GBT2025])
    assert text.startswith("甲, 乙, 丙, et al. A Book[M/OL]. 刻本. [2026")
    assert "Retrieved January 2, 2026, from" in printed(cited(english, "", ""), shipped()[APA])


CSL = '<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">{}</style>'
LIST = "<bibliography><layout suffix='。'><text variable='title' prefix='《' suffix='》'/></layout></bibliography>"
PLACES = "<citation><layout><text variable='title'/></layout></citation>"
DEPENDENT = "<info><link href='https://x/apa' rel='independent-parent'/></info>"


def test_an_operators_style_cites(tmp_path: Path) -> None:
    file = tmp_path / "house.csl"
    file.write_text(CSL.format(f"<info><title>本馆</title></info>{PLACES}{LIST}"), "utf-8")
    style = own(file)
    assert style.title == "本馆"
    assert printed(cited(), style) == "《金史》。"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<style", "house.csl: "),
        ("<html/>", "no citation style"),
        (f"<!DOCTYPE style [<!ENTITY a 'b'>]>{CSL.format(LIST)}", "no citation style"),
        (CSL.format(PLACES), "no <bibliography>"),
        (CSL.format(DEPENDENT), "name the file of https://x/apa"),
        (CSL.format("x" * (1 << 20)), "longer than"),
    ],
)
def test_what_is_no_style_says_why(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "house.csl"
    file.write_text(content, "utf-8")
    with pytest.raises(StyleFailure, match=reason):
        own(file)
    with pytest.raises(click.ClickException, match=f"citation_csl.*{reason}"):
        Config.read(citation_csl=file)


def test_a_site_cites_by_its_own_style_only_where_it_has_one() -> None:
    with pytest.raises(click.ClickException, match="citation_csl names its file"):
        Config.read(citation_style="own")
    with pytest.raises(click.ClickException, match="citation_style: one of gb-t-7714-2025, "):
        Config.read(citation_style="harvard")


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=20).filter(str.strip)
LATEX = {
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciitilde": "~",
    "textasciicircum": "^",
}


def one_line(text: str) -> str:
    return " ".join(text.split())


def unescaped(text: str) -> str:
    """Return what LaTeX would print."""
    return re.sub(r"\\(?:(\w+)\{\}|(.))", lambda found: LATEX[found[1]] if found[1] else found[2], text)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_bibtex_is_read_back_as_it_was(made: list[tuple[str, str]]) -> None:
    references = [
        cited(CatalogueRecord(title, responsibilities=(Responsibility(name),), language="zh"), number=number)
        for number, (title, name) in enumerate(made)
    ]
    read = parse_string(bibtex(references), "bibtex").entries
    assert len(read) == len(references)
    for reference, entry in zip(references, read.values(), strict=True):
        assert entry.type == "book"
        assert unescaped(entry.fields["title"]) == one_line(reference.record.title)
        (author,) = entry.persons["author"]
        assert unescaped(" ".join(author.last_names)[1:-1]) == one_line(reference.record.author)
        assert entry.fields["url"] == reference.url


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_ris_is_read_back_as_it_was(made: list[tuple[str, str]]) -> None:
    references = [
        cited(CatalogueRecord(title, responsibilities=(Responsibility(name),)), number=number)
        for number, (title, name) in enumerate(made)
    ]
    read = rispy.loads(ris(references))
    assert [each["title"] for each in read] == [one_line(each.record.title) for each in references]
    assert [each["urls"] for each in read] == [[each.url] for each in references]
    assert {each["access_date"] for each in read} == {"2026/01/02"}
    assert {each["start_page"] for each in read} == {"024-1a"}


def test_csl_json_names_each_place_once() -> None:
    read = json.loads(csl_json([cited(), cited(), cited(page="024-2b"), cited(ARTICLE, "会宁府", "")]))
    assert len({each["id"] for each in read}) == 4
    assert read[0]["author"] == [{"literal": "〔元〕脫脫等"}]
    assert (read[0]["volume"], read[0]["page"], read[0]["URL"]) == ("卷二十四", "024-1a", URL)
    assert read[0]["edition"] == "文淵閣四庫全書本"


def test_coins_is_what_zotero_reads_of_a_book() -> None:
    read = dict(parse_qsl(coins(cited())))
    assert read["rft_val_fmt"] == "info:ofi/fmt:kev:mtx:book"
    assert read["rft.btitle"] == "金史"
    assert read["rft.au"] == "〔元〕脫脫等"
    assert (read["rft.volume"], read["rft.pages"], read["rft_id"]) == ("卷二十四", "024-1a", URL)


def test_what_is_cited_again_keeps_its_number_and_tells_its_page() -> None:
    found = numbered([cited(), cited(ARTICLE, number=0), cited(page="024-2b"), cited(ARTICLE, number=0)])
    assert [str(mark) for mark in found.marks] == ["[1]024-1a", "[2]", "[1]024-2b", "[2]"]
    assert "024-1a[" not in entries(found, shipped()[GBT2025])[0]
    assert entries(found, shipped()[GBT2025])[1].startswith("[2] 文渊编写组")


@given(st.lists(st.integers(0, 4), max_size=12))
def test_numbers_follow_first_use(order: list[int]) -> None:
    found = numbered([cited(number=number) for number in order])
    firsts = list(dict.fromkeys(order))
    assert [mark.number for mark in found.marks] == [firsts.index(number) + 1 for number in order]
    assert [entry.partition("]")[0] for entry in entries(found, shipped()[GBT2025])] == [
        f"[{n + 1}" for n in range(len(firsts))
    ]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=9), st.text(max_size=40), st.integers(0, 10**8))
def test_a_url_leads_a_browser_to_its_address(page: str, words: str, start: int) -> None:
    words = words.encode("utf-8", "replace").decode("utf-8")
    address = Address("KR2a.0035-甲", 3, page, start, words)
    url = address_url(address)
    assert not set(url) & set(' "<>\\^`{|}?#\n')
    assert url.count("/") == 4
    path = unquote(urlsplit(f"https://lib.example{url}").path)
    assert Address.parse(path.removeprefix("/at/")) == address
