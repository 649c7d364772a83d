"""The library's letterhead: a folder with a Word template for DOCX and a page for PDF, which staff can replace.

    reply.docx   a Word document with docxtpl's placeholders, such as ``{{ number }}``
    reply.html   a Jinja template that shows the same fields, for WeasyPrint
    reply.css    its style; pictures stand beside it

The shipped one is drawn up here and in ``web/desk/letterhead/``. ``wenyuan letterhead FOLDER`` writes it out to begin
one's own from. Anyone who may change the folder decides what replies look like; templates run in Jinja's sandbox.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from docx import Document as WordDocument
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

SHIPPED = Path(__file__).with_name("letterhead")
WORD, PAGE, STYLE = "reply.docx", "reply.html", "reply.css"

_SONG, _KAI, _HEI = "宋体", "楷体", "黑体"
_CINNABAR = RGBColor(0x9D, 0x35, 0x26)
_GREY = RGBColor(0x68, 0x5E, 0x51)


class LetterheadFailure(Exception):
    """A letterhead can't be used; the message is one line that names the file and the reason."""


def word_template(folder: Path | None) -> bytes:
    """Load the Word template of a letterhead; None is the shipped one.

    Raises:
        LetterheadFailure: it can't be read.
    """
    if folder is None:
        return _shipped_word()
    try:
        return (folder / WORD).read_bytes()
    except OSError as failure:
        raise LetterheadFailure(f"{folder / WORD}: {failure.strerror}") from failure


def write_out(folder: Path) -> None:
    """Write the shipped letterhead into a folder, to begin one's own from.

    Raises:
        FileExistsError: one of its files is there already; nothing was written.
        OSError: the folder can't be written to.
    """
    contents = {WORD: _shipped_word(), **{name: (SHIPPED / name).read_bytes() for name in (PAGE, STYLE)}}
    for name in contents:
        if (folder / name).exists():
            raise FileExistsError(f"{folder / name} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


@cache
def _shipped_word() -> bytes:
    word = WordDocument()
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2.8)
    section.left_margin = section.right_margin = Cm(2.8)
    _styles(word)
    header = section.header.paragraphs[0]
    header.text = "文渊　参考咨询台"
    header.style = word.styles["Letterhead"]
    _rule(header, "bottom")
    footer = section.footer.paragraphs[0]
    footer.style = word.styles["Foot"]
    footer.add_run("{{ number }}　第 ")
    _field(footer, "PAGE")
    footer.add_run(" 页，共 ")
    _field(footer, "NUMPAGES")
    footer.add_run(" 页")
    for style, text in _LINES:
        word.add_paragraph(text, style=style)
    word.core_properties.title = "参考咨询答复"
    word.core_properties.author = ""
    word.core_properties.comments = ""
    buffer = BytesIO()
    word.save(buffer)
    return buffer.getvalue()


_LINES = (
    ("Title", "参考咨询答复"),
    ("Facts", "编号：{{ number }}　　日期：{{ date }}"),
    ("Facts", "{%p if not signed %}"),
    ("Draft", "草稿，未经签发"),
    ("Facts", "{%p endif %}"),
    ("Heading 1", "问题"),
    ("Question", "{{r question }}"),
    ("Heading 1", "答复"),
    ("Normal", "{%p for block in blocks %}"),
    ("Normal", '{%p if block.kind == "heading" and block.level == 1 %}'),
    ("Heading 2", "{{r block.text }}"),
    ("Normal", '{%p elif block.kind == "heading" %}'),
    ("Heading 3", "{{r block.text }}"),
    ("Normal", '{%p elif block.kind == "quotation" %}'),
    ("Quote", "{{r block.text }}"),
    ("Normal", '{%p elif block.kind == "item" and block.level == 1 %}'),
    ("Item", "{{ block.marker }}\t{{r block.text }}"),
    ("Normal", '{%p elif block.kind == "item" %}'),
    ("Inner Item", "{{ block.marker }}\t{{r block.text }}"),
    ("Normal", "{%p else %}"),
    ("Text", "{{r block.text }}"),
    ("Normal", "{%p endif %}"),
    ("Normal", "{%p endfor %}"),
    ("Normal", "{%p if references %}"),
    ("Heading 1", "参考文献"),
    ("Normal", "{%p endif %}"),
    ("Normal", "{%p for entry in references %}"),
    ("Reference", "[{{ entry.number }}]\t{{r entry.text }}"),
    ("Normal", "{%p endfor %}"),
    ("Signature", "撰写：{{ author }}"),
    ("Normal", "{%p if reviewer %}"),
    ("Signature", "审核：{{ reviewer }}"),
    ("Normal", "{%p endif %}"),
    ("Signature", "{{ date }}"),
)
"""The shipped template's paragraphs: style and text."""


def _styles(word: Word) -> None:
    for language in word.styles.element.iter(qn("w:lang")):  # by which a reader sets Chinese punctuation
        language.set(qn("w:val"), "zh-CN")
        language.set(qn("w:eastAsia"), "zh-CN")
    _font(_style(word, "Normal"), _SONG, 12)
    _set(_style(word, "Normal"), spacing=1.5)
    title = _style(word, "Title")
    _font(title, _HEI, 20, _CINNABAR)
    title.element.pPr.remove(title.element.pPr.find(qn("w:pBdr")))
    _set(_style(word, "Title"), align=WD_ALIGN_PARAGRAPH.CENTER, after=12)
    for level, points in ((1, 14), (2, 13), (3, 12)):
        _font(_style(word, f"Heading {level}"), _HEI, points, _CINNABAR if level == 1 else RGBColor(0, 0, 0))
        _set(_style(word, f"Heading {level}"), before=12, after=4)
    _font(_style(word, "Quote"), _KAI, 12, RGBColor(0, 0, 0))
    _style(word, "Quote").font.italic = False
    _set(_style(word, "Quote"), left=Cm(1), right=Cm(1), before=6, after=6, spacing=1.5)
    for name, size, layout in (
        ("Text", 12, {"first": Pt(24), "after": 4}),
        ("Question", 12, {"left": Cm(0.8)}),
        ("Facts", 10.5, {"align": WD_ALIGN_PARAGRAPH.CENTER}),
        ("Draft", 12, {"align": WD_ALIGN_PARAGRAPH.CENTER}),
        ("Item", 12, {"left": Pt(36), "first": Pt(-24)}),
        ("Inner Item", 12, {"left": Pt(60), "first": Pt(-24)}),
        ("Reference", 10.5, {"left": Pt(28), "first": Pt(-28), "after": 3}),
        ("Signature", 12, {"align": WD_ALIGN_PARAGRAPH.RIGHT, "before": 6}),
        ("Letterhead", 10.5, {"align": WD_ALIGN_PARAGRAPH.CENTER}),
        ("Foot", 9, {"align": WD_ALIGN_PARAGRAPH.CENTER}),
    ):
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles["Normal"]
        grey = name in ("Facts", "Letterhead", "Foot")
        _font(style, _SONG, size, _CINNABAR if name == "Draft" else _GREY if grey else None)
        _set(style, **layout)


def _style(word: Word, name: str) -> ParagraphStyle:
    style = word.styles[name]
    assert isinstance(style, ParagraphStyle)
    return style


def _font(style: ParagraphStyle, name: str, size: float, colour: RGBColor | None = None) -> None:
    style.font.name = "Times New Roman"
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # which would go before the names
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), name)
    style.font.size = Pt(size)
    if colour is not None:
        style.font.color.rgb = colour


def _set(
    style: ParagraphStyle,
    *,
    align: WD_ALIGN_PARAGRAPH | None = None,
    left: int | None = None,
    right: int | None = None,
    first: int | None = None,
    before: float = 0,
    after: float = 0,
    spacing: float | None = None,
) -> None:
    layout = style.paragraph_format
    layout.alignment = align
    layout.left_indent, layout.right_indent, layout.first_line_indent = left, right, first
    layout.space_before, layout.space_after = Pt(before), Pt(after)
    if spacing is not None:
        layout.line_spacing = spacing
    if left and first and first < 0:
        layout.tab_stops.add_tab_stop(left)


def _rule(paragraph: Paragraph, side: str) -> None:
    """Add a thin line on one side of a paragraph, which python-docx has no words for."""
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "4"), ("color", str(_CINNABAR))):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)


def _field(paragraph: Paragraph, instruction: str) -> None:
    """Add a field that Word fills in, such as the number of the page."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)
