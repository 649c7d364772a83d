"""JSON Lines: one line is one work.

A line is an object with ``id`` and ``title`` and either ``text`` or ``sections``, and any of the other fields of
:mod:`corpora.catalogue`. Each of the ``sections`` is
``{"title", "text", "path"?, "role"?, "pages"?, "notes"?}``:

* ``path``: ``["列傳", "卷三"]``, the headings that lead to the section, its own the last; else its title alone
* ``pages``: ``[{"label": "001-2a", "start": 120, "facsimile": "https://…"?}, …]``
* ``notes``: ``[[start, end], …]``, half-open and apart from each other
* ``role``: ``body``, ``abstract``, ``contents`` or ``preface``

Offsets are code points in ``text``. Descriptions (⿰王文) and references (&KR2038;) stay as they are, each a span.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from corpora.model import Canvas, Page, Problem, Role, Section, Source, Span, SpanKind, Work
from corpora.readers import gaiji, records
from corpora.readers.lines import lines

SUFFIXES = (".jsonl", ".ndjson")
MAX_WORK = 64 * 1024 * 1024
"""Characters of a work's line."""
MAX_DEPTH = 32
"""Headings of a section's path."""


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
    return Section(own or default_title, text, role, _pages(fields, text), tuple(spans), path)


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
        image = _link(records.value(page, "facsimile"))
        pages.append(Page(records.value(page, "label"), int(str(start)), Canvas(image=image) if image else None))
    return tuple(sorted(pages, key=lambda page: page.start))


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


def _link(url: str) -> str:
    return url if url.startswith(("http://", "https://")) else ""
