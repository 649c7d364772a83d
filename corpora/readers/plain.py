"""Plain text and Markdown: one file is one work.

A file may begin with YAML front matter, between two lines ``---``: ``id`` and the fields of :mod:`corpora.catalogue`.
In Markdown each heading begins a section and stays in its text without the ``#``; in plain text what stands alone on
its line does, such as 卷一 or 第二回. Notes, markup and CBETA's heads of lines are taken as
:mod:`corpora.readers.bodies` says. A folder whose files are the volumes of one work (:mod:`corpora.readers.volumes`)
is read as that work. The encoding is found out, or named by the option ``encoding``
(:mod:`corpora.readers.encodings`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from corpora.model import Problem, Source, Work
from corpora.readers import bodies, records, volumes
from corpora.readers.lines import Report, lines

SUFFIXES = (".txt", ".md", ".markdown")

_MAX_HEADER_LINES = 200
_MAX_HEADER = 64 * 1024
"""Characters of a header at most: what reads YAML takes its time."""
_FENCE = re.compile(r"---[ \t]*")


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the work in each file of the source, or the work whose volumes its files are, after the problems in it."""
    options = dict(source.options)
    encoding, identifier = options.get("encoding", ""), options.get("id")
    problems: list[Problem] = []
    if source.root not in source.files:
        work = _read_volumes(source, encoding, identifier, problems.append)
        yield from problems
        if work:
            yield work
        return
    for file in source.files:
        work = _read_file(file, encoding, identifier, problems.append)
        yield from problems
        problems.clear()
        if work:
            yield work


def name(source: Source) -> str:
    """Return the name that the work's id is made of: the file's stem, or that of the folder of its volumes."""
    return source.root.stem if source.root in source.files else source.root.name


def _read_file(file: Path, encoding: str, identifier: str | None, report: Report) -> Work | None:
    """Read the work in a file; None after a report. ``identifier`` is its id where its header has none."""
    text = _text(file, encoding, report)
    if text is None:
        return None
    fields, body = text
    try:
        identifier = records.work_id(fields, identifier or file.stem)
    except ValueError as error:
        report(Problem(file, 1, str(error)))
        return None
    record = records.record(fields, file.stem)
    sections = bodies.sections(body, record.title, _is_markdown(file))
    if sections:
        return Work(identifier, record, tuple(sections))
    report(Problem(file, 0, "holds no text"))
    return None


def _read_volumes(source: Source, encoding: str, identifier: str | None, report: Report) -> Work | None:
    """Read the work whose volumes are the files of a folder, each a section, or several where it has headings."""
    texts = [(file, text) for file in source.files if (text := _text(file, encoding, report))]
    if not texts:
        return None
    headers = [fields for _, (fields, _) in texts]
    fields = {**headers[0], "title": volumes.title([records.value(each, "title") for each in headers])}
    try:
        identifier = records.work_id(fields, identifier or source.root.name)
    except ValueError as error:
        report(Problem(texts[0][0], 1, str(error)))
        return None
    record = records.record(fields, " ".join(source.root.name.split()))
    sections = []
    for file, (own, body) in texts:
        name = records.value(own, "title") or file.stem
        parts = bodies.sections(body, name, _is_markdown(file))
        if not parts:
            report(Problem(file, 0, "holds no text"))
        sections += [
            replace(part, title=volumes.section_title(name, part.title), path=volumes.section_path(name, part.path))
            for part in parts
        ]
    return Work(identifier, record, tuple(sections)) if sections else None


def _is_markdown(file: Path) -> bool:
    return file.suffix.lower() != ".txt"


def _text(file: Path, encoding: str, report: Report) -> tuple[dict[str, object], list[str]] | None:
    """Read the metadata at the head of a file and the lines below it; None after a report where there is no text."""
    numbered = list(lines(file, report, encoding))
    return _front_matter(file, numbered, report) if numbered else None


def _front_matter(file: Path, numbered: list[tuple[int, str]], report: Report) -> tuple[dict[str, object], list[str]]:
    """Return the metadata at the head of the lines, and the lines after it, untouched."""
    body = [line for _, line in numbered]
    if not body or not _FENCE.fullmatch(body[0]):
        return {}, body
    end = next((i for i, line in enumerate(body[1:_MAX_HEADER_LINES], 1) if _FENCE.fullmatch(line)), 0)
    if not end:
        return {}, body  # a rule, not a header
    return _fields(file, "\n".join(body[1:end]), report), body[end + 1 :]


def _fields(file: Path, header: str, report: Report) -> dict[str, object]:
    """Parse the metadata in a header, every value as it is written: none becomes a number, date or object."""
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
