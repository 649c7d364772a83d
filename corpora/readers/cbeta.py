"""CBETA's text files, in which a head names each printed line: ``T46n1955_p0989b01║顯密圓通…``, or ``[0989b01] …``.

The head names the page, its column and the line (https://www.cbeta.org/format/linehead.php). A column is a page here,
and each line a span named by its head, so that phrases run across lines. ``[1]`` and ``[＊]`` are numbers of notes;
``[金*本]`` is one character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpora.model import Page, Section, Span, SpanKind
from corpora.readers.markup import resolve

_HEAD = re.compile(
    r"(?:(?:[A-Z]{1,2}[0-9]{2,3}n[A-Za-z]?[0-9]{3,4}[A-Za-z]?_)?p(?P<column>[a-z]?[0-9]{3,4}[a-z])(?P<line>[0-9]{2})"
    r"[A-Z_#0-9]{0,4}║"
    r"|\[(?P<bracketed>[a-z]?[0-9]{3,4}[a-z])(?P<number>[0-9]{2})\][ 　]?)"
)
_HEADED = 0.8
"""Share of the lines that have a head from which a file is taken for CBETA's."""
_MARK = re.compile(r"\[(?P<name>[0-9]{1,3}[A-Za-z]?|[A-Z][0-9]{1,3}|[＊*])\]")


def is_headed(lines: Sequence[str]) -> bool:
    """Return whether the lines of a file have heads."""
    some = [line for line in lines if line.strip() and not line.startswith("#")]
    return bool(some) and bool(_HEAD.match(some[0])) and sum(map(bool, map(_HEAD.match, some))) >= _HEADED * len(some)


def section(lines: Sequence[str], title: str) -> Section:
    """Return the text of a file as one section; lines before the first head are no text."""
    heads: list[tuple[int, str, str]] = []
    kept: list[str] = []
    at = 0
    for line in lines:
        head = _HEAD.match(line)
        if head:
            heads.append((at, head["column"] or head["bracketed"], head["line"] or head["number"]))
            line = line[head.end() :]
        elif not heads:
            continue
        kept.append(line)
        at += len(line) + 1
    marked = resolve("".join(line + "\n" for line in kept), slashes=True)
    pages: list[Page] = []
    spans = list(marked.spans)
    places = [*(marked.place(start) for start, _, _ in heads), len(marked.text)]
    for (_, column, line), start, end in zip(heads, places, places[1:], strict=False):
        if not pages or pages[-1].label != column:
            pages.append(Page(column, start))
        if marked.text[start:end].strip():
            spans.append(Span(SpanKind.LINE, start, start + len(marked.text[start:end].rstrip("\n")), column + line))
    spans += [Span(SpanKind.MARK, found.start(), found.end(), found["name"]) for found in _MARK.finditer(marked.text)]
    spans.sort(key=lambda span: (span.start, -span.end))
    return Section(title, marked.text, pages=tuple(pages), spans=tuple(spans))
