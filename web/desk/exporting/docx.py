"""DOCX, by filling the letterhead's Word template with docxtpl."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate, RichText
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from web.desk.document import Block, ReplyDocument, Run
from web.desk.letterhead import WORD, LetterheadFailure, word_template
from web.presenting.rendering import printable

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ADDRESS = re.compile(r"(https?://[^\s，。；）]+)")
_NOTE_SIZE = 18
"""Of interlinear notes, in half points."""


def docx(document: ReplyDocument, letterhead: Path | None) -> bytes:
    """Return the reply as a Word document.

    Raises:
        LetterheadFailure: the letterhead's template can't be read or filled.
    """
    try:
        template = DocxTemplate(BytesIO(word_template(letterhead)))
        template.render(_fields(document, template), jinja_env=SandboxedEnvironment(), autoescape=True)
        told = template.docx.core_properties
        told.title, told.author, told.language = f"参考咨询答复 {document.number}", document.author, "zh-CN"
        told.created = told.modified = datetime.fromisoformat(document.date)
        told.last_modified_by = ""
        buffer = BytesIO()
        template.save(buffer)
    except (TemplateError, PackageNotFoundError, BadZipFile, XMLSyntaxError, KeyError, ValueError) as failure:
        raise LetterheadFailure(f"{letterhead or ''}/{WORD}: {' '.join(str(failure).split())}") from failure
    return buffer.getvalue()


def _fields(document: ReplyDocument, template: DocxTemplate) -> dict[str, object]:
    return {
        **asdict(document),
        "question": _rich((Run(document.question),), template),
        "blocks": [_block(block, template) for block in document.blocks],
        "references": [
            {"number": number, "text": _linked(entry.partition("] ")[2], template)}
            for number, entry in enumerate(document.references, start=1)
        ],
    }


def _block(block: Block, template: DocxTemplate) -> dict[str, object]:
    return {
        "kind": block.kind.value,
        "level": block.level,
        "marker": block.marker,
        "text": _rich(block.runs, template),
    }


def _linked(entry: str, template: DocxTemplate) -> RichText:
    """Return a reference whose addresses lead there."""
    rich = RichText()
    for number, part in enumerate(_ADDRESS.split(entry)):
        # A full stop behind an address ends the reference.
        address = part.rstrip(".") if number % 2 else ""
        if address:
            rich.add(printable(address), url_id=template.build_url_id(address))
        if rest := part[len(address) :]:
            rich.add(printable(rest))
    return rich


def _rich(runs: tuple[Run, ...], template: DocxTemplate) -> RichText:
    rich = RichText()
    for run in runs:
        rich.add(
            printable(run.text),
            bold=run.bold,
            italic=run.italic,
            size=_NOTE_SIZE if run.note else None,
            superscript=bool(run.reference),
            url_id=template.build_url_id(run.link) if run.link else None,
        )
    return rich
