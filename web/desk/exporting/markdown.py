"""Markdown, readable by itself and by any CommonMark reader."""

from __future__ import annotations

import re

from web.desk.document import Block, BlockKind, ReplyDocument, Run

MEDIA_TYPE = "text/markdown; charset=utf-8"
_MARKUP = re.compile(r"([\\`*_\[\]<>#&~|])")
_AT_START = re.compile(r"(?m)^([ \t]*)([-+=]|\d+[.)])")


def markdown(document: ReplyDocument) -> bytes:
    """Return the reply as Markdown in UTF-8."""
    parts = [
        "# 参考咨询答复",
        f"编号：{document.number}　日期：{document.date}" + ("" if document.signed else "　草稿，未经签发"),
        "## 问题",
        _text(document.question),
        "## 答复",
        *(_block(block) for block in document.blocks),
    ]
    if document.references:
        parts += ["## 参考文献", *(_text(entry) for entry in document.references)]
    parts.append("　".join([f"撰写：{_text(document.author)}", *_reviewer(document)]))
    return ("\n\n".join(parts) + "\n").encode()


def _reviewer(document: ReplyDocument) -> list[str]:
    return [f"审核：{_text(document.reviewer)}"] if document.reviewer else []


def _block(block: Block) -> str:
    text = "".join(_run(run) for run in block.runs)
    match block.kind:
        case BlockKind.HEADING:
            return f"{'#' * (block.level + 2)} " + text.replace("\n", " ")
        case BlockKind.QUOTATION:
            return "\n".join(f"> {line}" for line in text.split("\n"))
        case BlockKind.ITEM:
            indent = "    " * (block.level - 1)
            marker = "-" if block.marker == "•" else block.marker
            return indent + (f"{marker} " if marker else "  ") + text.replace("\n", f"\n{indent}  ")
        case BlockKind.PARAGRAPH:
            return text


def _run(run: Run) -> str:
    text = _text(run.text)
    if run.note and text.strip():
        text = f"〈{text}〉"
    if run.bold:
        text = f"**{text}**"
    if run.italic:
        text = f"*{text}*"
    return f"[{text}](<{run.link}>)" if run.link else text


def _text(text: str) -> str:
    """Escape text so that Markdown shows it literally; a line end stays one."""
    escaped = _AT_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))
    return re.sub(r"\\(\d+)([.)])", r"\1\\\2", escaped).replace("\n", "\\\n")
