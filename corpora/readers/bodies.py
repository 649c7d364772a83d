"""The body of a plain text or of Markdown becomes sections: markup leaves it, notes and headings are found in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpora.model import Section, Span, SpanKind
from corpora.readers import cbeta, notes, records, titles
from corpora.readers.markup import resolve

_HEADING = re.compile(r"(#{1,6})[ \t　]+(.+)")
_FENCE = "```"
_TARGET = re.compile(
    r"[ ]{0,3}\[[^\]^\[]{1,200}\]:[ \t]+<?(?:[a-z][a-z0-9+.-]{1,20}:|[/#.])\S{0,1000}(?:[ \t]+\S.{0,200})?"
)
"""A line of Markdown that only says where links of that name lead."""


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a section, and the headings there, each with its level; the outermost comes first."""

    at: int
    headings: tuple[tuple[int, str], ...]


def sections(lines: Sequence[str], title: str, markdown: bool) -> list[Section]:
    """Return the sections of a text; ``title`` is the work's. One without a word is left out."""
    if cbeta.is_headed(lines):
        found = [cbeta.section(lines, title)]
    else:
        found = _markdown(lines, title) if markdown else _plain(lines, title)
    return [section for section in found if section.text.strip()]


def whole(lines: Sequence[str], title: str) -> Section:
    """Return a plain text as one section, whatever headings it has."""
    marked = resolve("".join(line + "\n" for line in lines))
    return Section(title[: records.MAX_VALUE], marked.text, spans=tuple(_with_notes(marked.text, marked.spans)))


def _plain(lines: Sequence[str], title: str) -> list[Section]:
    marked = resolve("".join(line + "\n" for line in lines))
    spans = _with_notes(marked.text, marked.spans)
    starts = {at: _heading(marked.text, spans, at, level) for at, level in marked.headings}
    starts |= {found.start: _headings(marked.text, spans, found) for found in titles.headings(marked.text, title)}
    return cut(marked.text, spans, [starts[at] for at in sorted(starts)], title)


def _markdown(lines: Sequence[str], title: str) -> list[Section]:
    kept: list[str] = []
    starts: list[tuple[int, int]] = []
    fences: list[tuple[int, int]] = []
    fence = -1
    at = 0
    for line in lines:
        heading = _HEADING.fullmatch(line) if fence < 0 else None
        if line.startswith(_FENCE):
            if fence < 0:
                fence = at
            else:
                fences.append((fence, at + len(line) + 1))
                fence = -1
        elif heading:
            # A pattern that left the closing marks out would try them again from every place of a long line.
            line = heading[2].rstrip(" \t#") or heading[2][0]
            starts.append((at, len(heading[1])))
        elif fence < 0 and _TARGET.fullmatch(line):
            continue
        kept.append(line)
        at += len(line) + 1
    if fence >= 0:
        fences.append((fence, at))
    marked = resolve("".join(line + "\n" for line in kept), fences)
    spans = _with_notes(marked.text, marked.spans)
    levels = dict(marked.headings) | {marked.place(start): level for start, level in starts}
    return cut(marked.text, spans, [_heading(marked.text, spans, *each) for each in sorted(levels.items())], title)


def _with_notes(text: str, spans: Sequence[Span]) -> list[Span]:
    """Add to the spans those of the notes that the text itself shows."""
    marks = [span for span in spans if span.kind is SpanKind.MARK]
    taken = {at for mark in marks for at in range(mark.start, mark.end)}
    found = [
        span
        for span in notes.find(text)
        if span.kind is not SpanKind.MARK or not (span.start in taken or span.end - 1 in taken)
    ]
    return sorted([*spans, *found], key=lambda span: (span.start, -span.end))


def _heading(text: str, spans: Sequence[Span], start: int, level: int) -> Start:
    """Return the heading in the line at ``start``, without what stands beside its words."""
    end = text.find("\n", start)
    words = _between(text, spans, start, len(text) if end < 0 else end)
    return Start(start, ((level, words),) if words else ())


def _headings(text: str, spans: Sequence[Span], heading: titles.Heading) -> Start:
    """Return the headings in the lines of one, without what stands beside their words."""
    lines = (line for line in re.finditer(r"[^\n]+", text[heading.start : heading.end]) if line[0].strip())
    found = (
        (level, _between(text, spans, heading.start + line.start(), heading.start + line.end()))
        for level, line in zip(heading.levels, lines, strict=True)
    )
    return Start(heading.start, tuple((level, words) for level, words in found if words))


def _between(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    first = bisect_left(spans, start, key=lambda span: span.start)
    last = bisect_left(spans, end, key=lambda span: span.start)
    marks = (span for span in spans[first:last] if span.kind is SpanKind.MARK)
    beside = {at for span in marks for at in range(span.start, span.end)}
    return " ".join("".join(text[at] for at in range(start, end) if at not in beside).split())


def cut(text: str, spans: Sequence[Span], starts: Sequence[Start], title: str) -> list[Section]:
    """Cut a text into sections, with its sorted spans; what stands before the first start is titled ``title``."""
    bounds = [Start(0, ()), *starts] if not starts or starts[0].at else list(starts)
    paths = titles.nested((level, words[: records.MAX_VALUE]) for each in bounds for level, words in each.headings)
    found = []
    waiting = deque(spans)
    open_spans: list[Span] = []  # those that run on from the section before
    for each, following in pairwise([*bounds, Start(len(text), ())]):
        start, end = each.at, following.at
        while waiting and waiting[0].start < end:
            open_spans.append(waiting.popleft())
        clipped = [
            Span(span.kind, max(span.start, start) - start, min(span.end, end) - start, span.name)
            for span in open_spans
        ]
        open_spans = [span for span in open_spans if span.end > end]
        name = titles.SEPARATOR.join(words for _, words in each.headings) or title
        path = [next(paths) for _ in each.headings][-1:]
        found.append(
            Section(name[: records.MAX_VALUE], text[start:end], spans=tuple(clipped), path=path[0] if path else ())
        )
    return found
