"""Elements of a section's text: the same walk for every XML format, which says what each span is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree

from corpora.model import Page, Section, Span
from web.taking.works.edition import runs
from web.taking.xml import append


class Opened(NamedTuple):
    """The element of a span, that within it which holds its text, and what is added to it behind that."""

    element: etree._Element
    inner: etree._Element
    after: tuple[etree._Element, ...] = ()


class Vocabulary(NamedTuple):
    """What a format makes of a span, a page (with its number in the section), a printed line, and a line end."""

    span: Callable[[Span], Opened]
    page: Callable[[int, Page], etree._Element]
    printed_line: Callable[[Span], etree._Element | None]
    line_end: Callable[[], etree._Element]


def fill(parent: etree._Element, section: Section, words: Vocabulary) -> None:
    """Put the text of a section into an element.

    Before the element of each line end there is a line end of the file itself, for those who read its source: where
    the text is taken out again, these mean nothing.
    """
    stack: list[tuple[Span, Opened]] = []
    for run in runs(section):
        kept = _common([span for span, _ in stack], run.inside)
        while len(stack) > kept:
            _close(stack.pop()[1])
        here = stack[-1][1].inner if stack else parent
        for number, page in run.pages:
            here.append(words.page(number, page))
        for line in run.printed_lines:
            if (begun := words.printed_line(line)) is not None:
                here.append(begun)
        for span in run.inside[kept:]:
            opened = words.span(span)
            (stack[-1][1].inner if stack else parent).append(opened.element)
            stack.append((span, opened))
        _text(stack[-1][1].inner if stack else parent, run.text, words)
    while stack:
        _close(stack.pop()[1])


def _common(open_: list[Span], inside: tuple[Span, ...]) -> int:
    return next(
        (at for at, (one, other) in enumerate(zip(open_, inside, strict=False)) if one is not other),
        min(len(open_), len(inside)),
    )


def _close(opened: Opened) -> None:
    for each in opened.after:
        opened.element.append(each)


def _text(parent: etree._Element, text: str, words: Vocabulary) -> None:
    for number, line in enumerate(_lines(text)):
        if number:
            append(parent, "\n")
            parent.append(words.line_end())
        append(parent, line)


def _lines(text: str) -> Iterator[str]:
    yield from text.split("\n")
