"""JSON Lines: one line is one work.

A line is an object with ``id`` and ``title`` and either ``text`` or ``sections``, and any of the other fields of
:mod:`corpora.catalogue`. Each of the ``sections`` is
``{"title", "text", "path"?, "role"?, "pages"?, "notes"?, "regions"?}``:

* ``path``: ``["列傳", "卷三"]``, the headings that lead to the section, its own the last; else its title alone
* ``pages``: ``[{"label": "001-2a", "start": 120, "facsimile": "https://…"?, "service": "https://…"?, "width": 1200?,
  "height": 1800?}, …]``: the page's image, the IIIF Image API that serves it, and its size in pixels
* ``notes``: ``[[start, end], …]``, half-open and apart from each other
* ``regions``: ``[[start, end, x, y, width, height, confidence?], …]``, boxes on the image of the page where
  ``start`` is, in pixels of the page's size
* ``role``: ``body``, ``abstract``, ``contents`` or ``preface``

Offsets are code points in ``text``. Descriptions (⿰王文) and references (&KR2038;) stay as they are, each a span.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from corpora.model import Canvas, Page, Problem, Region, Role, Section, Source, Span, SpanKind, Work
from corpora.readers import gaiji, records
from corpora.readers.lines import lines

SUFFIXES = (".jsonl", ".ndjson")
MAX_WORK = 64 * 1024 * 1024
"""Characters of a work's line."""
MAX_DEPTH = 32
"""Headings of a section's path."""
MAX_PIXELS = 1 << 24
"""Pixels of an image on a side."""


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the works of each file, line by line; a line that is not a work is one problem."""
    encoding = dict(source.options).get("encoding", "")
    for file in source.files:
        problems: list[Problem] = []
        for number, line in lines(file, problems.append, encoding):
            yield from problems
            problems.clear()
            if line.strip():
                yield _work(file, number, line)
        yield from problems


def _work(file: Path, number: int, line: str) -> Work | Problem:
    try:
        if len(line) > MAX_WORK:
            raise ValueError(f"line is over {MAX_WORK >> 20} Mi characters and is left out")
        fields = json.loads(line)
        if not isinstance(fields, dict):
            raise ValueError("line is not an object")
        if not records.value(fields, "id"):
            raise ValueError("work has no id")
        identifier = records.work_id(fields, "")
        given = fields.get("sections", [fields])
        if not isinstance(given, list):
            raise ValueError("sections is not a list")
        record = records.record(fields, identifier)
        return Work(identifier, record, tuple(_section(section, record.title) for section in given))
    except json.JSONDecodeError as error:
        return Problem(file, number, f"is not valid JSON at column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Problem(file, number, str(error)[:200])


def _section(fields: object, default_title: str) -> Section:
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise ValueError("section has no text")
    text = records.text(fields["text"])
    try:
        role = Role(fields.get("role", Role.BODY))
    except ValueError:
        raise ValueError(f"role is not one of {', '.join(Role)}") from None
    own = records.value(fields, "title")
    path = _path(fields) or ((own,) if own and own != default_title else ())
    spans = sorted([*_notes(fields, text), *gaiji.spans(text)], key=lambda span: (span.start, -span.end))
    section = Section(own or default_title, text, role, _pages(fields, text), tuple(spans), path)
    return replace(section, regions=tuple(sorted(_regions(fields, section), key=lambda region: region.start)))


def _path(fields: Mapping[str, object]) -> tuple[str, ...]:
    path = [records.value({"heading": each}, "heading") for each in _list(fields, "path")]
    if len(path) > MAX_DEPTH or not all(path):
        raise ValueError(f"path is not a list of at most {MAX_DEPTH} headings")
    return tuple(path)


def _pages(fields: Mapping[str, object], text: str) -> tuple[Page, ...]:
    pages = []
    for page in _list(fields, "pages"):
        start = page.get("start") if isinstance(page, dict) else None
        if not isinstance(page, dict) or not _is_offset(start, text) or not records.value(page, "label"):
            raise ValueError("page has no label, or no start within the text")
        pages.append(Page(records.value(page, "label"), int(str(start)), _canvas(page)))
    return tuple(sorted(pages, key=lambda page: page.start))


def _canvas(page: Mapping[str, object]) -> Canvas | None:
    image, service = (_link(records.value(page, name)) for name in ("facsimile", "service"))
    width, height = page.get("width", 0), page.get("height", 0)
    if not (_is_size(width) and _is_size(height)):
        raise ValueError(f"width or height of a page is not a number of pixels up to {MAX_PIXELS}")
    if service and not image:
        image = f"{service.rstrip('/')}/full/max/0/default.jpg"  # IIIF Image API 3, section 4.7: every level has it
    return Canvas(0, image, service, int(str(width)), int(str(height))) if image else None


def _regions(fields: Mapping[str, object], section: Section) -> Iterator[Region]:
    for given in _list(fields, "regions"):
        if not isinstance(given, list) or len(given) not in (6, 7) or not all(map(_is_size, given[:6])):
            raise ValueError("region is not [start, end, x, y, width, height, confidence?]")
        start, end, x, y, width, height = given[:6]
        page = section.page_at(start)
        if page is None or not start < end <= len(section.text):
            raise ValueError("region is of no text, or of no page")
        sure = given[6] if len(given) == 7 else None
        if sure is not None and not (type(sure) in (int, float) and 0 <= sure <= 1):
            raise ValueError("confidence of a region is not between 0 and 1")
        yield Region(page, start, end, x, y, width, height, None if sure is None else float(np.float32(sure)))


def _notes(fields: Mapping[str, object], text: str) -> list[Span]:
    notes = []
    for note in _list(fields, "notes"):
        if not isinstance(note, list) or len(note) != 2 or not all(_is_offset(offset, text) for offset in note):
            raise ValueError("note is not [start, end] within the text")
        notes.append(Span(SpanKind.NOTE, note[0], note[1]))
    notes.sort(key=lambda note: note.start)
    if any(note.start >= note.end for note in notes) or any(
        before.end > after.start for before, after in pairwise(notes)
    ):
        raise ValueError("notes are empty or overlap")
    return notes


def _list(fields: Mapping[str, object], name: str) -> list[object]:
    values = fields.get(name, [])
    if not isinstance(values, list):
        raise ValueError(f"{name} is not a list")
    return values


def _is_offset(value: object, text: str) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= len(text)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_PIXELS


def _link(url: str) -> str:
    return url if url.startswith(("http://", "https://")) else ""
