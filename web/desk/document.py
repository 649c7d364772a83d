"""A reply as a document that no file format knows: blocks of runs, references, a signature.

The draft becomes one of these, and the page and every export (DOCX, PDF, Markdown, JSON) are made from it and from
nothing else, so that all of them say the same. When a reply is signed, its document is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class BlockKind(StrEnum):
    """The kinds of blocks."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list
    QUOTATION = "quotation"  # a passage that stands by itself


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one appearance. ``note`` is interlinear commentary in a quotation.

    ``reference`` is the number of the reference that a raised mark such as ``[1]`` points at, 0 for plain text.
    """

    text: str
    bold: bool = False
    italic: bool = False
    note: bool = False
    link: str = ""
    reference: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of some kind. ``level`` is that of a heading (1 to 3) or of an item in nested lists (from 1).

    ``marker`` stands before an item: a bullet or a number.
    """

    kind: BlockKind
    runs: tuple[Run, ...]
    level: int = 0
    marker: str = ""


@dataclass(frozen=True, slots=True)
class ReplyDocument:
    """A reply. ``date`` is ISO 8601; ``reviewer`` is empty where no second person was asked.

    ``signed`` is false for a draft, which every export says of itself.
    """

    number: str
    date: str
    question: str
    blocks: tuple[Block, ...]
    references: tuple[str, ...]
    author: str
    reviewer: str = ""
    signed: bool = False


def to_data(document: ReplyDocument) -> dict[str, Any]:
    """Convert the document to plain data, for JSON."""
    return asdict(document)


def from_data(data: Mapping[str, Any]) -> ReplyDocument:
    """Convert the plain data of :func:`to_data` to a document."""
    blocks = tuple(
        Block(BlockKind(each["kind"]), tuple(Run(**run) for run in each["runs"]), each["level"], each["marker"])
        for each in data["blocks"]
    )
    return ReplyDocument(**{**data, "blocks": blocks, "references": tuple(data["references"])})


def plain(document: ReplyDocument) -> str:
    """Return the text of the document's blocks without marks, a line a block: what is searched later."""
    return "\n".join(
        "".join(run.text for run in block.runs if not run.reference) for block in document.blocks if block.runs
    )
