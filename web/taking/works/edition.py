"""The edition of a work that is taken away: its sections, and what every format says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from corpora.catalogue import RECORD_FIELDS
from corpora.model import Page, Section, Span, SpanKind
from search.model import WorkCard
from web.taking.provenance import licence_of

_OUTERMOST_FIRST = (
    SpanKind.HEAD,
    SpanKind.NOTE,
    SpanKind.SMALL,
    SpanKind.MARK,
    SpanKind.READING,
    SpanKind.GAIJI,
)
"""Kinds of spans that become elements; where two cross, that of the inner kind is split."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A work as one state of the index has it; ``root`` is the address of the site, ``read`` gives its sections."""

    card: WorkCard
    generation: int
    root: str
    read: Callable[[int], Section]

    @property
    def url(self) -> str:
        """The address of the work's page."""
        return f"{self.root}/works/{quote(self.card.id)}"

    @property
    def licence(self) -> str:
        """The licence of its text."""
        return licence_of(self.card)

    @property
    def language(self) -> str:
        """The language of its text, as browsers and readers' devices know it."""
        return f"zh-{self.card.record.script}"

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield what is said of it: the catalogue record, and where it was taken from, when."""
        for field in RECORD_FIELDS:
            if field.shown and field.name != "licence" and (value := field.text(self.card.record)):
                yield field.label.zh, value
        yield "许可", self.licence
        yield "取自", self.url
        yield "日期", date.today().isoformat()
        yield "索引", f"第 {self.generation} 代"


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text that stands in the same spans, outermost first, and the pages and printed lines that begin before it."""

    text: str
    inside: tuple[Span, ...]
    pages: tuple[tuple[int, Page], ...] = ()
    printed_lines: tuple[Span, ...] = ()


def runs(section: Section) -> Iterator[TextRun]:
    """Yield the text of a section, all of it, cut wherever a span begins or ends or a page or printed line begins."""
    end = len(section.text)
    spans = [span for span in section.spans if span.kind in _OUTERMOST_FIRST and span.start < span.end]
    pages: dict[int, list[tuple[int, Page]]] = {}
    for number, page in enumerate(section.pages):
        pages.setdefault(min(page.start, end), []).append((number, page))
    lines: dict[int, list[Span]] = {}
    for span in section.spans:
        if span.kind is SpanKind.LINE:
            lines.setdefault(min(span.start, end), []).append(span)
    cuts = {0, end, *pages, *lines}
    for span in spans:
        cuts |= {min(span.start, end), min(span.end, end)}
    waiting = sorted(spans, key=lambda span: -span.start)
    active: list[Span] = []
    for first, last in zip(ordered := sorted(cuts), [*ordered[1:], end], strict=True):
        active = [span for span in active if span.end > first]
        while waiting and waiting[-1].start <= first:
            active.append(waiting.pop())
        active.sort(key=lambda span: (_OUTERMOST_FIRST.index(span.kind), span.start, -span.end))
        begun = tuple(pages.get(first, ())), tuple(lines.get(first, ()))
        if first < last or any(begun):
            yield TextRun(section.text[first:last], tuple(active) if first < last else (), *begun)


def path_of(section: Section) -> tuple[str, ...]:
    """Return the headings that lead to a section, its own as the last."""
    return section.path or (section.title,)
