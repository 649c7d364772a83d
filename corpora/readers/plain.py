"""Plain text and Markdown: one file is one work.

A file may begin with YAML front matter, between two lines ``---``: ``id``, ``title``, ``author``, ``dynasty``,
``category``, ``place``, ``language``, ``script``, ``edition``, ``licence``, ``source``, ``date`` and ``year``.
In Markdown each heading begins a section and stays in its text without the ``#``; plain text is one section.
The encoding is found out, or named by the option ``encoding`` (:mod:`corpora.readers.encodings`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from corpora.model import CatalogueRecord, Problem, Section, Source, Work
from corpora.readers import records
from corpora.readers.lines import Report, lines

SUFFIXES = (".txt", ".md", ".markdown")

_MAX_HEADER_LINES = 200
_MAX_HEADER = 64 * 1024
"""Characters of a header at most: what reads YAML takes its time."""
_FENCE = re.compile(r"---[ \t]*")
_HEADING = re.compile(r"#{1,6}[ \t　]+(.+)")


def read(source: Source) -> Iterator[Work | Problem]:
    """The work in each file of the source, after the problems in it."""
    encoding = dict(source.options).get("encoding", "")
    for file in source.files:
        problems: list[Problem] = []
        work = _read_file(file, encoding, problems.append)
        yield from problems
        if work:
            yield work


def _read_file(file: Path, encoding: str, report: Report) -> Work | None:
    numbered = list(lines(file, report, encoding))
    fields, body = _front_matter(file, numbered, report)
    try:
        identifier = records.work_id(fields, file.stem)
    except ValueError as error:
        report(Problem(file, 1, str(error)))
        return None
    record = records.record(fields, file.stem)
    is_plain = file.suffix.lower() == ".txt"
    sections = [_section(record.title, body)] if is_plain else _markdown(record, body)
    sections = [section for section in sections if section.text.strip()]
    if sections:
        return Work(identifier, record, tuple(sections))
    if numbered:
        report(Problem(file, 0, "holds no text"))
    return None


def _front_matter(file: Path, numbered: list[tuple[int, str]], report: Report) -> tuple[dict[str, object], list[str]]:
    """The metadata at the head of the lines, and the lines after it, untouched."""
    body = [line for _, line in numbered]
    if not body or not _FENCE.fullmatch(body[0]):
        return {}, body
    end = next((i for i, line in enumerate(body[1:_MAX_HEADER_LINES], 1) if _FENCE.fullmatch(line)), 0)
    if not end:
        return {}, body  # a rule, not a header
    return _fields(file, "\n".join(body[1:end]), report), body[end + 1 :]


def _fields(file: Path, header: str, report: Report) -> dict[str, object]:
    """The metadata in a header, every value as it is written: no number, date or object is made of any."""
    mark = None
    try:
        fields = yaml.BaseLoader(header).get_single_data() if len(header) <= _MAX_HEADER else header
        if fields is None or isinstance(fields, dict):
            return fields or {}
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
    line = mark.line + 2 if mark else 2
    report(Problem(file, line, "front matter is not a mapping in YAML, or too long; it is left out"))
    return {}


def _markdown(record: CatalogueRecord, body: list[str]) -> list[Section]:
    sections: list[tuple[str, list[str]]] = [(record.title, [])]
    fenced = False
    for line in body:
        fenced ^= line.startswith("```")
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            # A pattern that left the closing marks out would try them anew from every place of a long line.
            title = heading[1].rstrip(" \t#") or heading[1][0]
            sections.append((title, [title]))
        else:
            sections[-1][1].append(line)
    return [_section(title, text) for title, text in sections]


def _section(title: str, body: list[str]) -> Section:
    return Section(title[: records.MAX_VALUE], "".join(line + "\n" for line in body))
