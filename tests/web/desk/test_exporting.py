"""A reply as a file says what the reply says, whatever characters are in it."""

from __future__ import annotations

import json
import re
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document as Word
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from web.commands.main import main
from web.desk import letterhead
from web.desk.document import Block, BlockKind, ReplyDocument, Run, from_data, plain, to_data
from web.desk.exporting.docx import docx
from web.desk.exporting.json import json as as_json
from web.desk.exporting.markdown import markdown
from web.desk.exporting.pdf import pdf
from web.desk.letterhead import PAGE, STYLE, WORD, LetterheadFailure

ODD = '𤣥武門 <b>&"{{ 7 * 7 }}" {% x %} [1] *粗* #'
DOCUMENT = ReplyDocument(
    number="2026-0007",
    date="2026-11-26",
    question=f"何在？\n{ODD}",
    blocks=(
        Block(BlockKind.HEADING, (Run("一、今地"),), 1),
        Block(BlockKind.HEADING, (Run("（一）"),), 2),
        Block(BlockKind.PARAGRAPH, (Run(ODD), Run("粗", bold=True), Run("館", link="https://example.org/?a=1&b=2"))),
        Block(BlockKind.QUOTATION, (Run("𤣥武門"), Run("注云", note=True), Run("[1]", reference=1))),
        Block(BlockKind.ITEM, (Run("甲"),), 1, "•"),
        Block(BlockKind.ITEM, (Run("乙"),), 2, "1."),
    ),
    references=("[1] 〔元〕脫脫等. 金史[M/OL]. [2026-11-26]. https://example.org/.",),
    author="李<i>",
    reviewer="王",
    signed=True,
)
DRAFT = ReplyDocument("2026-0008", "2026-11-26", "？", (), (), "李")


def paragraphs(content: bytes) -> list[tuple[str, str]]:
    """Style and text of each paragraph."""
    return [(each.style.name, each.text) for each in Word(BytesIO(content)).paragraphs]  # type: ignore[union-attr]  # every paragraph has a style


def test_docx_has_everything_in_its_style() -> None:
    told = paragraphs(docx(DOCUMENT, None))
    assert told == [
        ("Title", "参考咨询答复"),
        ("Facts", "编号：2026-0007　　日期：2026-11-26"),
        ("Heading 1", "问题"),
        ("Question", f"何在？\n{ODD}"),
        ("Heading 1", "答复"),
        ("Heading 2", "一、今地"),
        ("Heading 3", "（一）"),
        ("Text", f"{ODD}粗館"),
        ("Quote", "𤣥武門注云[1]"),
        ("Item", "•\t甲"),
        ("Inner Item", "1.\t乙"),
        ("Heading 1", "参考文献"),
        ("Reference", "[1]\t〔元〕脫脫等. 金史[M/OL]. [2026-11-26]. https://example.org/."),
        ("Signature", "撰写：李<i>"),
        ("Signature", "审核：王"),
        ("Signature", "2026-11-26"),
    ]


def test_docx_raises_the_number_of_a_reference_and_sets_notes_small() -> None:
    written = Word(BytesIO(docx(DOCUMENT, None))).paragraphs
    (quotation,) = (each for each in written if each.style.name == "Quote")  # type: ignore[union-attr]  # it has one
    assert [run.font.superscript for run in quotation.runs if run.text] == [None, None, True]
    assert [run.font.size is not None for run in quotation.runs if run.text] == [False, True, False]


def test_every_page_of_docx_has_letterhead_and_number() -> None:
    section = Word(BytesIO(docx(DOCUMENT, None))).sections[0]
    assert section.header.paragraphs[0].text == "文渊　参考咨询台"
    assert section.footer.paragraphs[0].text.startswith("2026-0007")


def test_docx_says_who_wrote_it_when_and_in_which_language() -> None:
    word = Word(BytesIO(docx(DOCUMENT, None)))
    told = word.core_properties
    assert (told.title, told.author, told.language) == ("参考咨询答复 2026-0007", "李<i>", "zh-CN")
    assert told.created.date() == told.modified.date() == date(2026, 11, 26)  # type: ignore[union-attr]  # both are known
    assert told.last_modified_by == ""
    assert {each.get(qn("w:val")) for each in word.styles.element.iter(qn("w:lang"))} == {"zh-CN"}


def test_addresses_of_references_lead_there_in_docx() -> None:
    (reference,) = [each for each in Word(BytesIO(docx(DOCUMENT, None))).paragraphs if "脫脫" in each.text]
    assert [(each.address, each.text) for each in reference.hyperlinks] == [
        ("https://example.org/", "https://example.org/")
    ]


def test_a_draft_says_so() -> None:
    assert ("Draft", "草稿，未经签发") in paragraphs(docx(DRAFT, None))
    assert "草稿" in markdown(DRAFT).decode()
    assert all("草稿" not in text for _, text in paragraphs(docx(DOCUMENT, None)))


def test_markdown_reads_back_as_the_same_text() -> None:
    html = MarkdownIt("commonmark").render(markdown(DOCUMENT).decode())
    shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert f"<p>{ODD}<strong>粗</strong>" in shown
    assert "<blockquote>\n<p>𤣥武門〈注云〉[1]</p>" in shown
    assert "<h3>一、今地</h3>" in shown
    assert "[1] 〔元〕脫脫等. 金史[M/OL]." in shown


@given(st.text("甲*_#>-+1.)[]<&`~| \\", min_size=1, max_size=20).map(str.strip).filter(bool))
@settings(max_examples=200)
def test_whatever_is_written_means_itself_in_markdown(text: str) -> None:
    document = ReplyDocument("1", "2026-01-01", "？", (Block(BlockKind.PARAGRAPH, (Run(text),)),), (), "李")
    tokens = MarkdownIt("commonmark").parse(markdown(document).decode())
    at = next(number for number, token in enumerate(tokens) if token.content == "答复") + 3
    assert tokens[at - 1].type == "paragraph_open"
    assert "".join(child.content for child in tokens[at].children or []) == text


def test_json_reads_back_as_the_document() -> None:
    assert from_data(json.loads(as_json(DOCUMENT))) == DOCUMENT
    assert from_data(to_data(DRAFT)) == DRAFT
    assert "[1]" not in plain(DOCUMENT).splitlines()[3]


def test_pdf_is_made_with_its_fonts() -> None:
    made = pdf(DOCUMENT, None)
    assert made.startswith(b"%PDF-")
    assert b"FontFile" in made or b"/ObjStm" in made


def test_pdf_is_tagged_titled_and_of_a_language() -> None:
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf(DOCUMENT, None), re.DOTALL)
    told = b"".join(zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"x") + b"".join(streams)
    for part in (b"/StructTreeRoot", b"/Marked true", b"/Lang (zh-Hans)", b"pdfuaid"):
        assert part in told, part


def test_pdf_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("body { display: none }")
    own = tmp_path / "own"
    letterhead.write_out(own)
    page = (own / PAGE).read_text("utf-8")
    links = "".join(
        f'<link rel="stylesheet" href="{url}">' for url in (secret.as_uri(), "../secret.css", "http://[::1]/")
    )
    plain_size = len(pdf(DOCUMENT, own))
    (own / PAGE).write_text(page.replace("</head>", f"{links}</head>"), "utf-8")
    assert abs(len(pdf(DOCUMENT, own)) - plain_size) < 200  # all of the text is still there


def test_a_letterhead_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    run = CliRunner().invoke(main, ["letterhead", str(folder)])
    assert run.exit_code == 0
    assert {each.name for each in folder.iterdir()} == {WORD, PAGE, STYLE}
    again = CliRunner().invoke(main, ["letterhead", str(folder)])
    assert (again.exit_code, "is there already" in again.output) == (2, True)

    template = Word(str(folder / WORD))
    template.sections[0].header.paragraphs[0].text = "某省图书馆 {{ number }}"
    template.save(str(folder / WORD))
    assert Word(BytesIO(docx(DOCUMENT, folder))).sections[0].header.paragraphs[0].text == "某省图书馆 2026-0007"


@pytest.mark.parametrize("content", [b"", b"not a document", None, "{{ broken"], ids=str)
def test_a_letterhead_that_is_wrong_is_one_line(tmp_path: Path, content: bytes | str | None) -> None:
    if isinstance(content, bytes):
        (tmp_path / WORD).write_bytes(content)
    elif content:
        template = Word()
        template.add_paragraph(content)
        template.save(str(tmp_path / WORD))
    with pytest.raises(LetterheadFailure, match=WORD) as failure:
        docx(DOCUMENT, tmp_path)
    assert "\n" not in str(failure.value)
    with pytest.raises(LetterheadFailure, match=PAGE):
        pdf(DOCUMENT, tmp_path)


def test_a_letterhead_can_not_reach_the_program(tmp_path: Path) -> None:
    letterhead.write_out(tmp_path)
    (tmp_path / PAGE).write_text("{{ document.__class__.__mro__ }}")
    with pytest.raises(LetterheadFailure):
        pdf(DOCUMENT, tmp_path)
