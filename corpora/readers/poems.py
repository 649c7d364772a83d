"""The JSON files of https://github.com/chinese-poetry/chinese-poetry: one file is one work, one poem a section.

A poem is ``{"title", "author", "paragraphs" or "para", "notes"?, "biography"?, "volume"?}``. Its section's text
is the title, the author, the lines, and then the notes and the author's life as notes, a line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpora.model import CatalogueRecord, Problem, Section, Source, Span, SpanKind, Work
from corpora.readers import records
from corpora.readers.lines import Report, read_text

SUFFIXES = (".json",)
MAX_BYTES = 64 * 1024 * 1024
LICENCE = "MIT"
SOURCE = "chinese-poetry"

_BOOKS = {
    "yudingquantangshi": CatalogueRecord("御定全唐詩", dynasty="唐", category="集部/總集類"),
    "nalanxingde": CatalogueRecord("纳兰性德诗集", dynasty="清", category="集部/別集類", script="Hans"),
}
"""What the folder that a file lies in says of its poems."""


def read(source: Source) -> Iterator[Work | Problem]:
    """The work in each file, after the problems in it."""
    for file in source.files:
        problems: list[Problem] = []
        work = _read_file(file, dict(source.options).get("encoding", ""), problems.append)
        yield from problems
        if work:
            yield work


def _read_file(file: Path, encoding: str, report: Report) -> Work | None:
    text = read_text(file, MAX_BYTES, report, encoding)
    if text is None:
        return None
    try:
        poems = json.loads(text)
        if not isinstance(poems, list) or not poems:
            raise ValueError("is not a list of poems")
        folder = next((name for name in reversed(file.parts[:-1]) if name in _BOOKS), "")
        identifier = records.work_id({}, f"{folder}-{file.stem}" if folder else file.stem)
    except json.JSONDecodeError as error:
        report(Problem(file, error.lineno, f"is not valid JSON: {error.msg}"))
        return None
    except (ValueError, RecursionError) as error:
        report(Problem(file, 0, str(error)[:200]))
        return None
    sections: list[Section] = []
    for number, poem in enumerate(poems, 1):
        try:
            sections.append(_section(poem))
        except ValueError as error:
            report(Problem(file, 0, f"poem {number}: {error}; it is left out"))
    if not sections:
        return None
    return Work(identifier, _record(file, folder, poems), tuple(sections))


def _record(file: Path, folder: str, poems: list[object]) -> CatalogueRecord:
    known = [poem for poem in poems if isinstance(poem, dict)]
    authors = {records.value(poem, "author") for poem in known} - {""}
    volumes = {records.value(poem, "volume") for poem in known} - {""}
    book = _BOOKS.get(folder, CatalogueRecord(file.stem))
    volume = volumes.pop() if len(volumes) == 1 else ""
    return CatalogueRecord(
        title=f"{book.title} {volume}".strip(),
        author=authors.pop() if len(authors) == 1 else "",
        dynasty=book.dynasty,
        category=book.category,
        script=book.script,
        licence=LICENCE,
        source=SOURCE,
    )


def _section(poem: object) -> Section:
    """A poem's section. Raises ValueError where it has none."""
    verses = (_texts(poem, "paragraphs") or _texts(poem, "para")) if isinstance(poem, dict) else []
    if not isinstance(poem, dict) or not verses:
        raise ValueError("has no lines")
    title, author = records.value(poem, "title"), records.value(poem, "author")
    text = "".join(line + "\n" for line in (title, author, *verses) if line)
    spans = []
    for note in (*_texts(poem, "notes"), *_texts(poem, "biography")):
        spans.append(Span(SpanKind.NOTE, len(text), len(text) + len(note)))
        text += note + "\n"
    return Section(title or verses[0][:20], records.text(text), spans=tuple(spans))


def _texts(poem: Mapping[str, object], name: str) -> list[str]:
    """The non-empty strings under ``name``, which may be one string or a list."""
    values = poem.get(name)
    if isinstance(values, str):
        values = [values]
    return [text for text in values if isinstance(text, str) and text] if isinstance(values, list) else []
