"""A work that is taken away has the edition's own text, whatever stands in it, and says what it is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from corpora.catalogue import CatalogueRecord
from corpora.model import Canvas, Page, Section, Span, SpanKind
from corpora.responsibility import Responsibility
from search.model import WorkCard
from web.taking.works import WORK_FORMAT_NAMES
from web.taking.works.edition import Edition, runs
from web.taking.works.every import WORK_FORMATS, taken
from web.taking.works.plain import MARK, RULE

TEI = "{http://www.tei-c.org/ns/1.0}"
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def edition(*sections: Section, title: str = "書") -> Edition:
    record = CatalogueRecord(title, responsibilities=(Responsibility("某人", "清", "撰"),), licence="CC0-1.0")
    card = WorkCard("甲", "local", record, len(sections))
    return Edition(card, 3, "https://library.example", lambda number: sections[number])


def file_of(held: Edition, name: str) -> bytes:
    return b"".join(taken(held, WORK_FORMATS[name]))


def text_in(found: etree._Element) -> Iterator[str]:
    """The text of an element: a line end is an element, and others mean nothing; a pronunciation is no text."""
    name = etree.QName(found).localname
    if name in ("lb", "br"):
        yield "\n"
    elif name != "rt":
        yield (found.text or "").replace("\n", "")
        for child in found:
            yield from text_in(child)
            yield (child.tail or "").replace("\n", "")


def texts_of(data: bytes, name: str) -> list[str]:
    """The texts of the sections of a file, by a reader that knows its format alone."""
    if name == "text":
        _, _, rest = data.decode().partition(f"{RULE}\n")
        return [part.partition("\n\n")[2].removesuffix("\n") for part in rest.split(f"\n{MARK}")[1:]]
    if name == "tei":
        return ["".join(text_in(each)) for each in etree.fromstring(data, PARSER).iter(f"{TEI}ab")]
    package = zipfile.ZipFile(io.BytesIO(data))
    names = [each for each in package.namelist() if PurePosixPath(each).name[1:2].isdigit()]
    pages = [etree.fromstring(package.read(each), PARSER) for each in names]
    return ["".join(text_in(each)) for page in pages for each in page.iter(f"{XHTML}p")]


CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t　<>&]〓")
TEXTS = st.text(CHARACTERS, max_size=30).filter(lambda text: not {"\ufffe", "\uffff"} & set(text))


@st.composite
def sections(draw: st.DrawFn) -> Section:
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    spans = []
    for start, end in draw(st.lists(st.tuples(places, places), max_size=6)):
        kind = draw(st.sampled_from(list(SpanKind)))
        spans.append(
            Span(kind, min(start, end), max(start, end), draw(st.sampled_from(["", "KR2038", "⿰<王文", "a b"])))
        )
    pages = [
        Page(f"00{number}<", at, Canvas(1, "https://example.org/a&b.png"))
        for number, at in enumerate(sorted(set(draw(st.lists(places, max_size=3)))))
    ]
    path = tuple(draw(st.lists(st.sampled_from(["列傳", "卷<一", ""]), max_size=3)))
    return Section(
        draw(st.sampled_from(["卷<一", ""])),
        text,
        path=path,
        pages=tuple(pages),
        spans=tuple(sorted(spans, key=lambda span: span.start)),
    )


@pytest.mark.parametrize("name", ["tei", "epub"])
@given(held=st.lists(sections(), max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_text_comes_back_as_the_edition_has_it(name: str, held: list[Section]) -> None:
    found = texts_of(file_of(edition(*held), name), name)
    assert found == [each.text for each in held] or not held


@given(held=sections())
def test_runs_are_all_of_the_text_in_order(held: Section) -> None:
    cut = list(runs(held))
    assert "".join(run.text for run in cut) == held.text
    assert [page for run in cut for _, page in run.pages] == list(held.pages)
    at = 0
    for run in cut:
        assert all(span.start <= at and at + len(run.text) <= span.end for span in run.inside)
        at += len(run.text)


BOOK = (
    Section("序", "序文一篇。", path=("序",)),
    Section(
        "完顏",
        "太祖諱旻。\n　國言注阿骨打。〓也",
        path=("列傳", "完顏"),
        pages=(Page("001-1a", 0, Canvas(1, "https://example.org/1.png")), Page("001-1b", 6)),
        spans=(
            Span(SpanKind.READING, 0, 1, "tài"),
            Span(SpanKind.NOTE, 9, 14),
            Span(SpanKind.GAIJI, 14, 15, "⿰王文"),
        ),
    ),
    Section("耶律", "耶律氏。", path=("列傳", "耶律")),
    Section("耶律", "又一篇。", path=("列傳", "耶律")),
)


def test_tei_says_what_each_thing_is() -> None:
    tree = etree.fromstring(file_of(edition(*BOOK), "tei"), PARSER)
    assert [[head.text for head in each.iterchildren(f"{TEI}head")] for each in tree.iter(f"{TEI}div")] == [
        ["序"], ["列傳"], ["完顏"], ["耶律"], ["耶律"],
    ]  # fmt: skip
    (outer,) = [each for each in tree.iter(f"{TEI}div") if each.find(f"{TEI}head").text == "列傳"]
    assert len(outer.findall(f"{TEI}div")) == 3
    assert [(each.get("n"), each.get("facs")) for each in tree.iter(f"{TEI}pb")] == [
        ("001-1a", "https://example.org/1.png"), ("001-1b", None),
    ]  # fmt: skip
    assert ["".join(text_in(each)) for each in tree.iter(f"{TEI}note") if each.get("place")] == ["注阿骨打。"]
    (gaiji,) = tree.iter(f"{TEI}g")
    (described,) = tree.iter(f"{TEI}char")
    assert gaiji.get("ref") == f"#{described.get('{http://www.w3.org/XML/1998/namespace}id')}"
    assert described.find(f"{TEI}localProp").get("value") == "⿰王文"
    assert described.find(f"{TEI}mapping").text == gaiji.text == "〓"
    assert tree.find(f".//{TEI}rt").text == "tài"
    assert tree.find(f".//{TEI}licence").text == "CC0-1.0"
    assert tree.find(f".//{TEI}idno[@type='URL']").text == "https://library.example/works/%E7%94%B2"


@pytest.mark.parametrize("name", ["epub", "epub-vertical"])
def test_a_book_has_contents_pages_and_a_direction(name: str) -> None:
    data = file_of(edition(*BOOK, title="書"), name)
    assert data[30:58] == b"mimetypeapplication/epub+zip"
    package = zipfile.ZipFile(io.BytesIO(data))
    opf = etree.fromstring(package.read("EPUB/package.opf"), PARSER)
    files = {each.get("id"): each.get("href") for each in opf.iter(f"{OPF}item")}
    assert {f"EPUB/{each}" for each in files.values()} | {
        "mimetype",
        "META-INF/container.xml",
        "EPUB/package.opf",
    } == set(package.namelist())
    assert [files[each.get("idref")] for each in opf.iter(f"{OPF}itemref")] == [
        "about.xhtml", *(f"s{number}.xhtml" for number in range(1, 5)),
    ]  # fmt: skip
    is_vertical = name == "epub-vertical"
    assert opf.find(f"{OPF}spine").get("page-progression-direction") == ("rtl" if is_vertical else "ltr")
    assert ("vertical-rl" in package.read("EPUB/style.css").decode()) is is_vertical
    nav = etree.fromstring(package.read("EPUB/nav.xhtml"), PARSER)
    toc, pages = nav.iter(f"{XHTML}nav")
    assert toc.get(EPUB_TYPE) == "toc"
    assert ["".join(each.itertext()) for each in toc.iter(f"{XHTML}a")] == ["書", "序", "完顏", "耶律", "耶律"]
    (above,) = toc.iter(f"{XHTML}span")
    assert above.text == "列傳"
    assert len(above.getparent().findall(f".//{XHTML}li")) == 3
    for link in pages.iter(f"{XHTML}a"):
        file, _, anchor = link.get("href").partition("#")
        page = etree.fromstring(package.read(f"EPUB/{file}"), PARSER)
        (mark,) = page.xpath("//*[@id=$anchor]", anchor=anchor)
        assert mark.get("aria-label") == link.text
    assert texts_of(data, name) == [each.text for each in BOOK]


def test_what_a_file_can_not_hold_is_replaced_and_nothing_else() -> None:
    held = edition(
        Section("一\x00", "甲\x0b乙\ud800]]></p>\r丙", spans=(Span(SpanKind.GAIJI, 0, 1, "\ud800\x01"),)), title="\x02"
    )
    for name in ("tei", "epub"):
        assert texts_of(file_of(held, name), name) == ["甲\ufffd乙\ufffd]]></p>\r丙"]
    assert texts_of(file_of(held, "text"), "text") == ["甲\x0b乙\ufffd]]></p>\r丙"]


@pytest.mark.parametrize("name", WORK_FORMAT_NAMES)
def test_a_work_without_sections_or_with_empty_ones_is_a_file_too(name: str) -> None:
    assert texts_of(file_of(edition(), name), name) == [""] * (name == "tei")
    assert texts_of(file_of(edition(Section("", "")), name), name) == [""]
