"""Plain text and Markdown: one file is one work.

A file may begin with YAML front matter, between two lines ``---``: ``id``, ``title``, ``author``, ``dynasty``,
``category``, ``place``, ``language``, ``script``, ``edition``, ``licence``, ``source``, ``date`` and ``year``.
In Markdown each heading begins a section and stays in its text without the ``#``; in plain text what stands alone on
its line does, such as 卷一 or 第二回. Notes, markup and CBETA's heads of lines are taken as
:mod:`corpora.readers.bodies` says. A folder whose files are the volumes of one work (:mod:`corpora.readers.volumes`)
is read as that work. The encoding is UTF-8, GB18030 or Big5: the option ``encoding``, else what the file's beginning
looks like.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml
from charset_normalizer import from_bytes

from corpora.model import Problem, Source, Work
from corpora.readers import bodies, records, volumes
from corpora.readers.lines import Report, lines, refusal

SUFFIXES = (".txt", ".md", ".markdown")

_SAMPLE_BYTES = 64 * 1024
_MAX_HEADER_LINES = 200
_MAX_HEADER = 64 * 1024
"""Characters of a header at most: what reads YAML takes its time."""
_LEGACY_ENCODINGS = ["gb18030", "big5", "big5hkscs"]
_LINE_SAFE = {"utf-8", "ascii", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950"}
_FENCE = re.compile(r"---[ \t]*")


def read(source: Source) -> Iterator[Work | Problem]:
    """The work in each file of the source, or the work whose volumes its files are, after the problems in it."""
    options = dict(source.options)
    encoding, identifier = options.get("encoding"), options.get("id")
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
    """What the id of a source's work is made of: the file's stem, or the name of the folder of its volumes."""
    return source.root.stem if source.root in source.files else source.root.name


def detect_encoding(sample: bytes) -> str | None:
    """The encoding of a text that begins with ``sample``: utf-8, gb18030 or a Big5, or None where none fits."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
        best = from_bytes(whole_lines, cp_isolation=_LEGACY_ENCODINGS).best()
        return best.encoding if best else None
    return "utf-8"


def _read_file(file: Path, encoding: str | None, identifier: str | None, report: Report) -> Work | None:
    """The work in a file, or None after a report; ``identifier`` is its id where its header has none."""
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


def _read_volumes(source: Source, encoding: str | None, identifier: str | None, report: Report) -> Work | None:
    """The work whose volumes are the files of a folder, each a section, or several where it has headings of its own."""
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
        sections += [replace(part, title=volumes.section_title(name, part.title)) for part in parts]
    return Work(identifier, record, tuple(sections)) if sections else None


def _is_markdown(file: Path) -> bool:
    return file.suffix.lower() != ".txt"


def _text(file: Path, encoding: str | None, report: Report) -> tuple[dict[str, object], list[str]] | None:
    """The metadata at the head of a file and the lines below it; None after a report where there is no text at all."""
    encoding = _encoding(file, encoding, report)
    if encoding is None:
        return None
    numbered = list(lines(file, report, encoding))
    return _front_matter(file, numbered, report) if numbered else None


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
