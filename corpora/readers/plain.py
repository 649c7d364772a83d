"""Plain text and Markdown: one file is one work.

A file may begin with YAML front matter, between two lines ``---``: ``id``, ``title``, ``author``, ``dynasty``,
``category``, ``place``, ``language``, ``script``, ``edition``, ``licence``, ``source``, ``date`` and ``year``.
In Markdown each heading begins a section and stays in its text without the ``#``; plain text is one section.
The encoding is UTF-8, GB18030 or Big5: the option ``encoding``, else what the file's beginning looks like.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from charset_normalizer import from_bytes

from corpora.model import CatalogueRecord, Problem, Section, Source, Work
from corpora.readers import records
from corpora.readers.lines import Report, lines, refusal

SUFFIXES = (".txt", ".md", ".markdown")

_SAMPLE_BYTES = 64 * 1024
_MAX_HEADER_LINES = 200
_MAX_HEADER = 64 * 1024
"""Characters of a header at most: what reads YAML takes its time."""
_LEGACY_ENCODINGS = ["gb18030", "big5", "big5hkscs"]
_LINE_SAFE = {"utf-8", "ascii", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950"}
_FENCE = re.compile(r"---[ \t]*")
_HEADING = re.compile(r"#{1,6}[ \t　]+(.+)")


def read(source: Source) -> Iterator[Work | Problem]:
    """The work in each file of the source, after the problems in it."""
    encoding = dict(source.options).get("encoding")
    for file in source.files:
        problems: list[Problem] = []
        work = _read_file(file, encoding, problems.append)
        yield from problems
        if work:
            yield work


def detect_encoding(sample: bytes) -> str | None:
    """The encoding of a text that begins with ``sample``: utf-8, gb18030 or a Big5, or None where none fits."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
        best = from_bytes(whole_lines, cp_isolation=_LEGACY_ENCODINGS).best()
        return best.encoding if best else None
    return "utf-8"


def _read_file(file: Path, encoding: str | None, report: Report) -> Work | None:
    encoding = _encoding(file, encoding, report)
    if encoding is None:
        return None
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


def _encoding(file: Path, wanted: str | None, report: Report) -> str | None:
    """The encoding to read a file in, or None after one report."""
    reason = refusal(file)
    if not reason and wanted:
        try:
            name = codecs.lookup(wanted).name
        except (LookupError, ValueError):
            name = ""
        if name in _LINE_SAFE:
            return name
        reason = f"encoding {wanted[:40]!r} is not known; use utf-8, gb18030 or big5"
    elif not reason:
        try:
            with file.open("rb") as stream:
                sample = stream.read(_SAMPLE_BYTES)
        except OSError as error:
            reason = f"cannot be read: {error.strerror}"
        else:
            found = None if b"\0" in sample else detect_encoding(sample)
            if found:
                return found
            reason = "is not text in UTF-8, GB18030 or Big5; if it is text, name its encoding"
    report(Problem(file, 0, reason))
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
