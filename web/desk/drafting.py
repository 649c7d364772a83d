"""A draft in Markdown, with placeholders for evidence, becomes the blocks of a reply.

``[@3]`` is passage 3 of the case: in a paragraph of its own it becomes a quotation set apart, within a sentence one in
quotation marks, each with the number of its reference. ``[#3]`` is the number alone. The markup is CommonMark, read by
markdown-it; HTML is not markup here, and pictures are left out but for their descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from web.citing.layout import entries
from web.citing.references import Mark, Reference, numbered
from web.citing.styles import CitationStyle
from web.desk import quoting
from web.desk.document import Block, BlockKind, Run
from web.desk.merging import unsettled
from web.desk.quoting import Passage

LONGEST = 60_000
"""The longest draft, in characters."""
LARGEST = 100_000
"""The most characters that the quotations of one reply have together, repetitions counted."""
MOST_PLACES = 2000
"""The most placeholders of a reply that are filled."""
_PLACEHOLDER = re.compile(r"\[([@#])([0-9]{1,6})\]")
_LINKS = ("http://", "https://", "mailto:")
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage of the case, and its place."""

    passage: Passage
    reference: Reference


class _Place(NamedTuple):
    """A placeholder: which passage, and whether it is to be quoted or only referred to."""

    number: int
    quotes: bool

    def as_typed(self) -> Run:
        """Return the placeholder itself, where nothing is put in its place."""
        return Run(f"[{'@' if self.quotes else '#'}{self.number}]")


@dataclass(frozen=True, slots=True)
class _Outline:
    """A block whose placeholders are still to be filled."""

    kind: BlockKind
    pieces: tuple[Run | _Place, ...]
    level: int = 0
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as read.

    ``unknown`` are the numbers of placeholders for which the case has no passage. ``unfilled`` is how many placeholders
    were left as they are because the reply would be longer than LARGEST and MOST_PLACES allow, ``unsettled`` how many
    stretches two librarians changed, of which nobody has chosen one.
    """

    blocks: tuple[Block, ...]
    references: tuple[str, ...]
    unknown: tuple[int, ...]
    cited: tuple[int, ...]
    unfilled: int
    unsettled: int


def read(markdown: str, evidence: Mapping[int, Quoted], style: CitationStyle) -> Draft:
    """Fill the placeholders of a draft from the evidence, by the numbers that it has in the case, and cite in a style.

    A draft of 9,000 characters could ask for 7.5 million, so placeholders are filled up to LARGEST and MOST_PLACES and
    left as they are from there on; whatever is written, reading it takes a bounded time.
    """
    outlines = list(_outlines(_markdown().parse(markdown)))
    places = [piece for outline in outlines for piece in outline.pieces if isinstance(piece, _Place)]
    fitting, quotations = _fitting(places, evidence)
    outlines = list(_left_from(fitting, outlines))
    filled = places[:fitting]
    known = [place for place in filled if place.number in evidence]
    listed = numbered([evidence[place.number].reference for place in known])
    marks = iter(listed.marks)
    blocks = tuple(_filled(outline, quotations, evidence.keys(), marks) for outline in outlines)
    unknown = dict.fromkeys(place.number for place in filled if place.number not in evidence)
    cited = dict.fromkeys(place.number for place in known)
    return Draft(
        blocks,
        entries(listed, style),
        tuple(unknown),
        tuple(cited),
        unfilled=len(places) - fitting,
        unsettled=unsettled(markdown),
    )


def placeholders(markdown: str) -> set[int]:
    """Return the numbers of all passages that a draft may quote, those in code blocks included."""
    return {int(found[2]) for found in _PLACEHOLDER.finditer(markdown)}


def _fitting(places: Sequence[_Place], evidence: Mapping[int, Quoted]) -> tuple[int, Mapping[int, tuple[Run, ...]]]:
    """Return how many of the placeholders are within the bounds, and the quotations of these by number."""
    quotations: dict[int, tuple[Run, ...]] = {}
    size = 0
    for at, place in enumerate(places[:MOST_PLACES]):
        if place.quotes and place.number in evidence:
            if place.number not in quotations:
                quotations[place.number] = quoting.runs(evidence[place.number].passage)
            size += sum(len(run.text) for run in quotations[place.number])
            if size > LARGEST:
                return at, quotations
    return min(len(places), MOST_PLACES), quotations


def _left_from(fitting: int, outlines: Iterable[_Outline]) -> Iterator[_Outline]:
    """Yield the outlines with all placeholders but the first ``fitting`` as they were typed."""
    numbers = count()
    for outline in outlines:
        pieces = tuple(
            piece.as_typed() if isinstance(piece, _Place) and next(numbers) >= fitting else piece
            for piece in outline.pieces
        )
        yield replace(outline, pieces=pieces)


def _filled(
    outline: _Outline, quotations: Mapping[int, tuple[Run, ...]], known: Collection[int], marks: Iterator[Mark]
) -> Block:
    alone = outline.kind in (BlockKind.PARAGRAPH, BlockKind.QUOTATION) and len(outline.pieces) == 1
    runs: list[Run] = []
    kind = outline.kind
    for piece in outline.pieces:
        if isinstance(piece, Run):
            runs.append(piece)
        elif piece.number not in known:
            runs.append(piece.as_typed())
        else:
            quotation = quotations[piece.number] if piece.quotes else ()
            if piece.quotes and alone:
                kind = BlockKind.QUOTATION
            elif piece.quotes:
                quotation = (Run("“"), *quotation, Run("”"))
            mark = next(marks)
            runs += [*quotation, Run(str(mark), reference=mark.number)]
    return Block(kind, tuple(runs), outline.level, outline.marker)


def _outlines(tokens: Sequence[Token]) -> Iterator[_Outline]:
    lists: list[list[int | None]] = []
    """The open lists, each with its next number, or None in one of bullets."""
    fresh = False  # whether an item has begun whose first paragraph bears its marker
    heading = quotes = 0
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append([None])
            case "ordered_list_open":
                lists.append([int(token.attrGet("start") or 1)])
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                fresh = True
            case "heading_open":
                heading = min(int(token.tag[1]), _DEEPEST)
            case "heading_close":
                heading = 0
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "inline":
                pieces = tuple(_pieces(token.children or []))
                if heading:
                    yield _Outline(BlockKind.HEADING, pieces, heading)
                elif lists:
                    yield _Outline(BlockKind.ITEM, pieces, len(lists), _marker(lists[-1]) if fresh else "")
                    fresh = False
                else:
                    yield _Outline(BlockKind.QUOTATION if quotes else BlockKind.PARAGRAPH, pieces)
            case "fence" | "code_block":
                yield from (_Outline(BlockKind.PARAGRAPH, (Run(line),)) for line in token.content.splitlines() if line)


def _marker(numbering: list[int | None]) -> str:
    number = numbering[0]
    if number is None:
        return "•"
    numbering[0] = number + 1
    return f"{number}."


def _pieces(tokens: Sequence[Token]) -> Iterator[Run | _Place]:
    look = Run("")
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                look = replace(look, bold=token.nesting > 0)
            case "em_open" | "em_close":
                look = replace(look, italic=token.nesting > 0)
            case "link_open":
                address = str(token.attrGet("href") or "")
                look = replace(look, link=address if address.lower().startswith(_LINKS) else "")
            case "link_close":
                look = replace(look, link="")
            case "softbreak" | "hardbreak":  # a line ends where its writer ended it: Chinese has no blanks to wrap at
                yield replace(look, text="\n")
            case "evidence":
                yield _Place(token.meta["number"], token.meta["quotes"])
            case _ if token.content:
                yield replace(look, text=token.content)


def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False})
    reader.inline.ruler.before("link", "evidence", _evidence)
    return reader


def _evidence(state: StateInline, silent: bool) -> bool:
    """Parse a placeholder, as a rule of markdown-it."""
    found = _PLACEHOLDER.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("evidence", "", 0)
        token.meta = {"number": int(found[2]), "quotes": found[1] == "@"}
    state.pos = found.end()
    return True
