"""Headings that a volume of a history prints before its text, below its running head: 本紀第八, 世宗下."""

from __future__ import annotations

import re

from corpora.model import Section, SpanKind
from corpora.readers.titles import NUMERALS

_DIVISION = re.compile(rf"[^　 第]{{1,4}}第[{NUMERALS}]{{1,6}}[上中下]?")
_LONGEST = 16
"""Characters of a heading at most."""
_LOOKED_AT = 400
"""Characters in which headings are looked for."""


def opening_headings(section: Section) -> tuple[str, ...]:
    """Return the number of a volume among those of its kind, and its subject; empty where it does not print a number.

    A subject stands alone at its indentation: several are a list of names.
    """
    shown = list(section.text[:_LOOKED_AT])
    for span in section.spans:
        if span.kind in (SpanKind.HEAD, SpanKind.NOTE):
            shown[span.start : span.end] = "\0" * len(shown[span.start : span.end])
    lines = [line for line in "".join(shown).split("\n") if line.replace("\0", "").strip()]
    lines = [line.replace("\0", "") for line in lines]
    if not lines or not _is_indented(lines[0]) or not _DIVISION.fullmatch(lines[0].strip()):
        return ()
    division, *following = lines
    if not following or not _is_subject(following[0]):
        return (division.strip(),)
    if len(following) > 1 and _is_indented(following[1]) and _indentation(following[1]) <= _indentation(following[0]):
        return (division.strip(),)
    return division.strip(), following[0].strip()


def _is_subject(line: str) -> bool:
    words = line.strip()
    return _is_indented(line) and len(words) <= _LONGEST and not re.search("[　 ]", words)


def _is_indented(line: str) -> bool:
    return line[0] in "　 "


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
