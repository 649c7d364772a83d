"""A tree of chapters: folders are a book's contents, and each chapter is a file ``text.txt`` in a folder of its own.

``books/宋书/列传/卷一百/text.txt`` is the section 列传·卷一百 of the work 宋书. What holds the works' folders is the
folder that was named, or the first below it that holds more than one folder. Chapters stand in the order of their
numbers, Chinese or Arabic; what has no number goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from opencc import OpenCC

from corpora.catalogue import CatalogueRecord
from corpora.model import Problem, Source, Work
from corpora.readers import bodies, records, titles
from corpora.readers.lines import lines

NAME = "text.txt"
_SAMPLE = 2000
"""Characters that show in which script a work is written."""
_SIMPLIFIED = 0.01
"""A text of which conversion to simplified characters changes less than this share is simplified already."""
_NUMBER = re.compile(rf"[0-9]{{1,9}}|[{titles.NUMERALS}]{{1,9}}")
_PARTS = {"上": 1, "中": 2, "下": 3}
"""The numbers that the last characters of 卷上 and its like are counted as."""

ChapterOrder = tuple[tuple[int, int, str], ...]


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the problems in the chapters, then the work whose folder is the source's root."""
    problems: list[Problem] = []
    sections = []
    encoding = dict(source.options).get("encoding", "")
    for file in sorted(source.files, key=lambda file: order(file.parent.relative_to(source.root))):
        path = file.parent.relative_to(source.root).parts
        title = titles.SEPARATOR.join(path) or source.root.name
        section = bodies.whole([line for _, line in lines(file, problems.append, encoding)], title)
        if section.text.strip():
            sections.append(replace(section, path=path))
    yield from problems
    if not sections:
        return
    try:
        identifier = records.work_id({}, dict(source.options).get("id") or name(source))
    except ValueError as error:
        yield Problem(source.root, 0, str(error))
        return
    title = " ".join(source.root.name.split())[: records.MAX_VALUE]
    yield Work(identifier, CatalogueRecord(title, script=_script(sections[0].text)), tuple(sections))


def name(source: Source) -> str:
    """Return the name that the work's id is made of."""
    return source.root.name


def order(path: Path) -> tuple[ChapterOrder, ...]:
    """Return a key that sorts chapters by the numbers in their folders' names.

    >>> sorted(["卷十", "卷二", "序", "卷一下", "卷一上"], key=lambda name: order(Path(name)))
    ['序', '卷一上', '卷一下', '卷二', '卷十']
    """
    return tuple(_order(part) for part in path.parts)


def _order(name: str) -> ChapterOrder:
    """Split a name into pieces, the number in each and the text before it last, so that 序 goes before 卷一."""
    pieces: list[tuple[int, int, str]] = []
    at = 0
    for found in _NUMBER.finditer(name):
        pieces.append((1, titles.number(found[0]), name[at : found.start()]))
        at = found.end()
    rest = name[at:]
    return (*pieces, (0, _PARTS.get(rest[-1:], 0), rest))


def _script(text: str) -> str:
    sample = text[:_SAMPLE]
    simplified = OpenCC("t2s").convert(sample)
    changed = sum(one != other for one, other in zip(sample, simplified, strict=False))
    return "Hans" if changed < _SIMPLIFIED * len(sample) else "Hant"
