"""DOCX, by filling the letterhead's Word template with docxtpl."""

from __future__ import annotations

from dataclasses import asdict
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
            {"number": number, "text": entry.partition("] ")[2]}
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
