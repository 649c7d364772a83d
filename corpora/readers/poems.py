"""The JSON files of https://github.com/chinese-poetry/chinese-poetry: one file is one work, one poem a section.

A file is a list of poems, or an object that is one or holds some, at any depth, under ``content``. A poem is an object
whose ``paragraphs``, ``para`` or ``content`` are its lines. Its title is its ``title``, its tune (``rhythmic``) or its
``chapter``; the others of ``chapter``, ``section`` and ``type``, its own and those of what it stands in, say where it
stands. Its section's text is where it stands, the title, the author, the lines, and then, as notes, a line each,
``notes``, ``comment``, ``prologue`` and ``biography``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.catalogue import CatalogueRecord
from corpora.model import Problem, Section, Source, Span, SpanKind, Work
from corpora.readers import gaiji, records
from corpora.readers.lines import Report, read_text
from corpora.readers.titles import SEPARATOR
from corpora.responsibility import Responsibility, responsibilities

SUFFIXES = (".json",)
MAX_BYTES = 64 * 1024 * 1024
LICENCE = "MIT"
SOURCE = "chinese-poetry"

_BOOKS = {
    "yudingquantangshi": CatalogueRecord("御定全唐詩", dynasty="唐", category="集部/總集類"),
    "nalanxingde": CatalogueRecord("纳兰性德诗集", dynasty="清", category="集部/別集類", script="Hans"),
}
"""Catalogue records by the folder that a file lies in, whose name goes before the file's in the work's id."""

_TITLES = {
    "shijing": CatalogueRecord("詩經", dynasty="周", category="經部/詩類", script="Hans"),
    "chuci": CatalogueRecord("楚辭", category="集部/楚辭類", script="Hans"),
    "lunyu": CatalogueRecord("論語", dynasty="周", category="經部/四書類", script="Hans"),
    "mengzi": CatalogueRecord("孟子", dynasty="周", category="經部/四書類", script="Hans"),
    "daxue": CatalogueRecord("大學", dynasty="周", category="經部/四書類", script="Hans"),
    "zhongyong": CatalogueRecord("中庸", dynasty="周", category="經部/四書類", script="Hans"),
    "youmengying": CatalogueRecord(
        "幽夢影", responsibilities=(Responsibility("張潮"),), dynasty="清", category="子部/雜家類", script="Hans"
    ),
}
"""Catalogue records by the file's name."""

_LINES = ("paragraphs", "para", "content")
_NOTES = ("notes", "comment", "prologue", "biography")
_PLACES = ("type", "chapter", "section")
_DEEPEST = 8
"""Objects within each other that are looked into."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An object that should be a poem, and the names of what it stands in."""

    poem: object
    places: tuple[str, ...]


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the work in each file, after the problems in it."""
    for file in source.files:
        problems: list[Problem] = []
        options = dict(source.options)
        work = _read_file(file, options.get("id") or _name(file), options.get("encoding", ""), problems.append)
        yield from problems
        if work:
            yield work


def name(source: Source) -> str:
    """Return the name that the work's id is made of."""
    return _name(source.root)


def _name(file: Path) -> str:
    folder = _folder(file)
    return f"{folder}-{file.stem}" if folder else file.stem


def _folder(file: Path) -> str:
    return next((name for name in reversed(file.parts[:-1]) if name in _BOOKS), "")


def _read_file(file: Path, identifier: str, encoding: str, report: Report) -> Work | None:
    text = read_text(file, MAX_BYTES, report, encoding)
    if text is None:
        return None
    try:
        given = json.loads(text)
        if not given or not isinstance(given, list | dict):
            raise ValueError("is neither a list of poems nor an object that holds some")
        identifier = records.work_id({}, identifier)
    except json.JSONDecodeError as error:
        report(Problem(file, error.lineno, f"is not valid JSON: {error.msg}"))
        return None
    except (ValueError, RecursionError) as error:
        report(Problem(file, 0, str(error)[:200]))
        return None
    found = list(_poems(given))
    sections: list[Section] = []
    wrong: dict[str, list[int]] = {}
    for number, each in enumerate(found, 1):
        try:
            sections.append(_section(each))
        except ValueError as error:
            wrong.setdefault(str(error), []).append(number)
    if not sections and "has no lines" in wrong:
        fields = ", ".join(_LINES)
        report(Problem(file, 0, f"holds no poem that is known here, which is an object with lines under {fields}"))
        return None
    for reason, numbers in wrong.items():
        more = f", and so are {len(numbers) - 1} more" if len(numbers) > 1 else ""
        report(Problem(file, 0, f"poem {numbers[0]}: {reason}; it is left out{more}"))
    if not sections:
        return None
    return Work(identifier, _record(file, given, [each.poem for each in found]), tuple(sections))


def _poems(node: object, places: tuple[str, ...] = (), depth: int = 0) -> Iterator[_Found]:
    """Yield the poems of a list or an object; an object without lines is taken for a poem that lacks them."""
    if isinstance(node, list):
        for each in node:
            yield from _poems(each, places, depth + 1)
        return
    below = node.get("content") if isinstance(node, dict) else None
    holds = isinstance(below, list) and any(isinstance(each, dict) for each in below)
    if isinstance(node, dict) and holds and depth <= _DEEPEST:
        label = next(filter(None, (records.value(node, each) for each in ("type", "chapter", "title"))), "")
        yield from _poems(below, (*places, label) if label and depth else places, depth + 1)
    else:
        yield _Found(node, places)


def _record(file: Path, given: object, poems: list[object]) -> CatalogueRecord:
    whole = given if isinstance(given, dict) else {}
    known = [poem for poem in poems if isinstance(poem, dict)]
    authors = {records.value(poem, "author") for poem in known} - {""}
    volumes = {records.value(poem, "volume") for poem in known} - {""}
    folder = _folder(file)
    book = _BOOKS.get(folder) or _TITLES.get(file.stem) or CatalogueRecord(file.stem)
    volume = volumes.pop() if len(volumes) == 1 else ""
    title = records.value(whole, "title") or book.title
    author = records.value(whole, "author")
    if not author and not book.responsibilities and len(authors) == 1:
        author = authors.pop()
    by = responsibilities(author) or book.responsibilities
    return replace(book, title=f"{title} {volume}".strip(), responsibilities=by, licence=LICENCE, source=SOURCE)


def _section(found: _Found) -> Section:
    """Return a poem's section. Raises ValueError where it has none."""
    poem = found.poem
    verses = next(filter(None, (_texts(poem, each) for each in _LINES)), []) if isinstance(poem, dict) else []
    if not isinstance(poem, dict) or not verses:
        raise ValueError("has no lines")
    author = records.value(poem, "author")
    titles = [records.value(poem, each) for each in ("title", "rhythmic", "chapter")]
    title = next(filter(None, titles), "")
    places = [*found.places, *(each for each in (records.value(poem, name) for name in _PLACES) if each)]
    above = [each for each in dict.fromkeys(places) if each != title]
    place = SEPARATOR.join(above)
    text = "".join(line + "\n" for line in (place, title, author, *verses) if line)
    spans = []
    for note in (note for each in _NOTES for note in _texts(poem, each)):
        spans.append(Span(SpanKind.NOTE, len(text), len(text) + len(note)))
        text += note + "\n"
    spans = sorted([*spans, *gaiji.spans(text)], key=lambda span: (span.start, -span.end))
    name = title or verses[0][:20]
    return Section(name, records.text(text), spans=tuple(spans), path=(*above, name))


def _texts(poem: Mapping[str, object], name: str) -> list[str]:
    """Return the non-empty strings under ``name``, which may be one string or a list."""
    values = poem.get(name)
    if isinstance(values, str):
        values = [values]
    return [text for text in values if isinstance(text, str) and text] if isinstance(values, list) else []
