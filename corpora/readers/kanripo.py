"""Kanripo (漢籍リポジトリ): a folder of mandoku files ``KR2a0035_001.txt`` becomes one work.

Texts of one's own may be written in the same way, under an id of two capitals, digits and small letters.

The mandoku markup is described at https://www.kanripo.org/ and in its source,
https://github.com/mandoku/mandoku; what stands here beyond that was measured in the files themselves:

* ``¶`` ends a printed line, ``<pb:ID_EDITION_JUAN-PAGE>`` begins a page, ``#+PROPERTY: JUAN`` begins a section.
* ``(右/左)`` are the two columns of a note, read right then left. A note that is longer than its line is
  printed as one group a line, so groups that only a line break parts are one note.
* ``(臣/)`` is small type of the main text, unless it directly goes on with a note of the line before, as an
  odd last character or a word of respect that was raised to the head of its own line.
* One work uses no slash: there ``(爾)`` is small type, anything longer is a note, and a note runs over lines.
* ``&KR2038;``, ``[車*犬]`` and ``⿰車犬`` each stand for one character that had no code point.
* Files of the TLS project are outlines: ``** title`` begins a section, drawers (``:PROPERTIES:`` to ``:END:``) and
  keywords are no text, ``[[link][words]]`` is its words, and ``¶`` may begin a line.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpora.model import (
    GAIJI_PLACEHOLDER,
    CatalogueRecord,
    Page,
    Problem,
    Role,
    Section,
    Source,
    Span,
    SpanKind,
    Work,
)
from corpora.readers import gaiji
from corpora.readers.lines import Report, lines

TEXT_NAME = re.compile(r"([A-Z]{2}[0-9][0-9a-z]{3,8})_([0-9]{3,4})\.txt")
DATA_FOLDER = "_data"
SOURCE = "Kanripo"
LICENCE = "CC BY-SA 4.0"

_KEYWORD = re.compile(r" ?#\+([A-Za-z_]+):?[ \t]*(.*)")
_KNOWN_KEYWORDS = {
    "TITLE", "SUBTITLE", "AUTHOR", "EMAIL", "DATE", "PROPERTY", "LANGUAGE", "OPTIONS", "STARTUP", "CATEGORY",
    "FILETAGS", "TAGS", "KEYWORDS", "DESCRIPTION", "CREATOR", "TODO", "SEQ_TODO", "TYP_TODO", "ARCHIVE", "COLUMNS",
    "CONSTANTS", "LINK", "MACRO", "SETUPFILE", "INCLUDE",
}  # fmt: skip
_BLOCK = re.compile(r"(?:BEGIN|END)_[A-Z]+")
_KNOWN_PROPERTIES = {
    "ID", "BASEEDITION", "JUAN", "WITNESS", "FILE", "SOURCE", "CAT", "LASTPB", "TYPE", "RESP", "EDITION", "TITLE",
    "AUTHOR", "DYNASTY",
}  # fmt: skip
_HEADING = re.compile(r"\*{1,8}[ \t　]+(\S.*)")
_DRAWER = re.compile(r"[ \t]*:[A-Za-z][A-Za-z0-9_-]*:[ \t]*")
_DRAWER_LINE = re.compile(r"[ \t]*:[A-Za-z][A-Za-z0-9_+-]*:(?:[ \t].*)?")
_PAGE = re.compile(r"<pb:([A-Za-z0-9]+)_([^_<>\s]+)_([^_<>\s]+)>")
_MARKUP = re.compile(
    r"(?P<page><pb:[A-Za-z0-9]+_[^_<>\s]+_[^_<>\s]+>)"
    r"|(?P<cut><pb:[^<>]*$)"
    r"|(?P<tag></?[A-Za-z][^<>]{0,200}>)"
    r"|(?P<link>\[\[[^\[\]]{0,200}\](?:\[(?P<words>[^\[\]]{0,200})\])?\])"
    r"|\[(?P<ids>[^\[\]\s]{1,40}(?<=.)[-+*/@][^\[\]\s]{1,40})\]"
    r"|&(?P<gaiji>[A-Za-z0-9#+-]{1,20});"
    rf"|(?P<description>[{gaiji.OPERATORS}])"
    r"|(?P<group>[()/])"
)
_SPECIAL = re.compile(rf"[<&\[()/{gaiji.OPERATORS}]")
_SMALL = re.compile("[爾勒克斯特木卜臣]{1,2}")
_SERIES = re.compile("欽定四庫全書|[^　 ]{1,6}叢書$")
_AUTHOR = re.compile(r"[撰修編輯著註注纂][　 ]*$")
_HEAD_LIMIT = 24
"""Characters of a running head at most."""
_GAP_LIMIT = 48
"""Characters of indentation between the parts of a note at most."""
_DIGITS = "〇一二三四五六七八九"


@dataclass
class _Draft:
    """A section while it is being read; ``length`` is the number of code points in ``parts``."""

    title: str
    carried: bool = False  # whether the first page only runs on from the section before
    is_headed: bool = False  # whether its first line is its title
    parts: list[str] = field(default_factory=list)
    length: int = 0
    pages: list[Page] = field(default_factory=list)
    notes: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    line_starts: list[int] = field(default_factory=list)

    def add(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self.length += len(text)

    def text_from(self, start: int) -> str:
        """The text from ``start``, which lies near the end."""
        taken: list[str] = []
        position = self.length
        for part in reversed(self.parts):
            if position <= start:
                break
            position -= len(part)
            taken.append(part)
        return "".join(reversed(taken))[start - position :] if taken else ""


@dataclass
class _Open:
    """A parenthesis that is not closed yet. ``bar`` is where its slash stood."""

    start: int
    line: int
    first_line_end: int = -1
    bar: int = -1


def read(source: Source) -> Iterator[Work | Problem]:
    """The one work of a Kanripo folder, after the problems in its files.

    A work of whose text nothing can be read is not yielded.
    """
    problems: list[Problem] = []
    texts = sorted(file for file in source.files if is_text(file))
    facsimiles = _facsimiles([file for file in source.files if not is_text(file)], problems.append)
    sections: list[Section] = []
    title = edition = ""
    for file in texts:
        volume = _Volume(file, facsimiles, problems.append, dict(source.options).get("encoding", ""))
        volume.read()
        sections += volume.sections()
        title = title or volume.title
        edition = edition or volume.edition
    yield from problems
    if sections:
        work_id = TEXT_NAME.fullmatch(texts[0].name)
        assert work_id  # is_text has matched it
        record = CatalogueRecord(title or work_id[1], edition=edition)
        if work_id[1].startswith("KR"):
            record = replace(record, licence=LICENCE, source=SOURCE)
        yield Work(work_id[1], record, tuple(sections))


def is_text(path: Path) -> bool:
    """Whether a file is named as a Kanripo text file is, outside of the ``_data`` folder."""
    return bool(TEXT_NAME.fullmatch(path.name)) and DATA_FOLDER not in path.parts


def data_files(folder: Path) -> tuple[Path, ...]:
    """The files that say where the page images of a Kanripo folder are."""
    data = folder / DATA_FOLDER
    if data.is_symlink():
        return ()
    found = [*data.glob("imginfo.cfg"), *data.glob("imglist/imginfo.cfg"), *data.glob("imglist/*_*.txt")]
    return tuple(sorted(file for file in found if not file.is_symlink()))


def role_of(title: str) -> Role:
    """What a section of this title is in its work."""
    if title.startswith("提要"):
        return Role.ABSTRACT
    if any(word in title for word in ("目録", "目錄", "目录")):
        return Role.CONTENTS
    if title.endswith(("序", "敘", "叙")):
        return Role.PREFACE
    return Role.BODY


def chinese_number(number: int) -> str:
    """A number below 1000 as volumes are numbered: 12 is 十二, 101 is 一百一, 110 is 一百十."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = _DIGITS[hundreds] + "百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 else _DIGITS[tens]) + "十"
    if ones:
        text += _DIGITS[ones]
    return text or _DIGITS[0]


class _Volume:
    """One text file on its way to sections."""

    def __init__(self, file: Path, facsimiles: dict[tuple[str, str], str], report: Report, encoding: str) -> None:
        self.title = ""
        self.edition = ""
        self._file = file
        self._facsimiles = facsimiles
        self._report = report
        self._encoding = encoding
        self._draft = _Draft("")
        self._drafts = [self._draft]
        self._open: _Open | None = None
        self._joined = False  # the current line has gone on with a note of an earlier line
        self._drawer = False  # whether the last line was part of a drawer
        self._seen: set[str] = set()
        self._problem_lines: set[int] = set()
        self._repaired_line = 0

    def read(self) -> None:
        """Reads the file to its end."""
        number, last, marked = 0, "¶", False
        for number, line in lines(self._file, self._tell, self._encoding):
            if line[:1] in ("#", " ") and (line.startswith(("# ", "#-*-")) or _KEYWORD.match(line)):
                self._keyword(number, line)
                continue
            if self._in_drawer(line) or not line:
                continue
            last = line
            marked = marked or line.endswith("¶")
            printed = line.removesuffix("¶").removeprefix("¶").replace("¶", "\n")
            heading = _HEADING.fullmatch(printed)
            if heading:
                self._begin("", is_heading=True)
            self._line(number, heading[1] if heading else printed, line.endswith("¶"))
        if marked and not last.endswith(("¶", ">")) and not _ends_with_a_line(self._file):
            self._once(number, "file is truncated: its last line does not end with ¶")
            self._problem_lines.add(self._open.line if self._open else number)  # an open note is the same problem
        self._abandon_note()

    def sections(self) -> list[Section]:
        """The sections that hold text or pages."""
        return [self._finish(draft) for draft in self._drafts if draft.length or draft.pages]

    def _once(self, line: int, reason: str) -> None:
        """Reports a reason once a file, however often it occurs, and one reason a line."""
        if reason not in self._seen and line not in self._problem_lines:
            self._seen.add(reason)
            self._tell(Problem(self._file, line, reason))

    def _tell(self, problem: Problem) -> None:
        self._problem_lines.add(problem.line)
        self._report(problem)

    def _in_drawer(self, line: str) -> bool:
        """Whether a line is part of a drawer, which ends with ``:END:`` or where a line is none of its own."""
        if self._drawer:
            self._drawer = bool(_DRAWER_LINE.fullmatch(line))
            inside = self._drawer
            if line.strip().upper() == ":END:":
                self._drawer = False
            return inside
        self._drawer = bool(_DRAWER.fullmatch(line))
        return self._drawer

    def _keyword(self, number: int, line: str) -> None:
        match = _KEYWORD.match(line)
        if not match:
            return  # a comment
        keyword, value = match[1].upper(), match[2].strip()
        name, _, rest = value.partition(" ")
        if keyword == "TITLE":
            self.title = self.title or value
        elif keyword == "PROPERTY" and name == "BASEEDITION":
            self.edition = self.edition or rest.strip()
        elif keyword == "PROPERTY" and name == "JUAN":
            self._begin(rest.strip(" \t[]"))
        elif _BLOCK.fullmatch(keyword):
            return
        elif keyword not in _KNOWN_KEYWORDS or (keyword == "PROPERTY" and name not in _KNOWN_PROPERTIES):
            unknown = name if keyword == "PROPERTY" else match[1]
            self._once(number, f"unknown keyword {unknown[:40]}; the line is left out")

    def _begin(self, title: str, is_heading: bool = False) -> None:
        """Begins a section, which has a title or is titled by its first line; a page without text yet goes with it."""
        self._abandon_note()
        before = self._draft
        carried = bool(before.pages) and before.pages[-1].start < before.length
        pages = before.pages[-1:]
        if pages and not carried:
            before.pages.pop()
        self._draft = _Draft(title, carried, is_heading, pages=[Page(page.label, 0, page.facsimile) for page in pages])
        self._drafts.append(self._draft)

    def _line(self, number: int, line: str, ended: bool) -> None:
        draft = self._draft
        start = draft.length
        marks = False
        if not _SPECIAL.search(line):
            draft.add(line)
        else:
            position = 0
            self._joined = False
            for match in _MARKUP.finditer(line):
                if match.start() < position:
                    continue  # part of a description
                draft.add(line[position : match.start()])
                if match["description"]:
                    position = self._described(line, match.start())
                    continue
                position = match.end()
                marks = self._mark(number, match) or marks
            draft.add(line[position:])
        if marks and draft.length == start:
            return  # nothing but marks: no printed line
        if ended or draft.length > start:
            draft.line_starts.append(start)
            if self._open and self._open.first_line_end < 0:
                self._open.first_line_end = draft.length
            draft.add("\n")

    def _described(self, line: str, start: int) -> int:
        """Takes an ideographic description, or its first character where it is none; where to go on."""
        draft = self._draft
        stop = gaiji.description_end(line, start, len(line))
        if stop == start:
            draft.add(line[start])
            return start + 1
        draft.spans.append(Span(SpanKind.GAIJI, draft.length, draft.length + 1, line[start:stop]))
        draft.add(gaiji.described(line[start:stop]))
        return stop

    def _mark(self, number: int, match: re.Match[str]) -> bool:
        """Takes one piece of markup; True where it prints nothing at all."""
        draft = self._draft
        kind = match.lastgroup
        if kind == "group":
            self._group(number, match[0])
            return False
        if kind == "link":
            draft.add(match["words"] or "")
            return False
        if kind in ("ids", "gaiji"):
            name = match[kind]
            plain = gaiji.numbered(name) if kind == "gaiji" else None
            if plain:
                draft.add(plain)
                return False
            character = gaiji.described(name) if kind == "ids" else gaiji.named(name)
            if character is None:
                self._once(number, f"unknown reference &{name};")
                character = GAIJI_PLACEHOLDER
            draft.spans.append(Span(SpanKind.GAIJI, draft.length, draft.length + 1, name))
            draft.add(character)
            return False
        if kind == "page":
            page = _PAGE.fullmatch(match[0])
            assert page  # the same pattern has matched it
            if draft.carried and not draft.length:
                draft.pages.clear()
                draft.carried = False
            draft.pages.append(Page(page[3], draft.length, self._facsimiles.get((page[2], page[3]), "")))
        elif kind == "cut":
            self._once(number, "page mark is cut off")
        else:
            self._once(number, f"unknown tag {match[0][:40]}; the tag is left out")
        return True

    def _group(self, number: int, sign: str) -> None:
        draft = self._draft
        if sign == "(":
            self._abandon_note()
            self._open = _Open(draft.length, number)
        elif sign == "/":
            if self._open is None:
                draft.add(sign)
            else:
                self._open.bar = draft.length
        elif self._open is None:
            self._close_unopened(number)
        else:
            self._close(self._open)
            self._open = None

    def _close(self, group: _Open) -> None:
        draft = self._draft
        start, end = group.start, draft.length
        if start == end:
            return
        inner = draft.text_from(start)
        joins = self._goes_on(start)
        half = group.bar == end  # nothing after the slash
        small = inner == "臣" or (half and not joins) or (group.bar < 0 and _SMALL.fullmatch(inner))
        if small:
            draft.spans.append(Span(SpanKind.SMALL, start, end))
        elif joins:
            draft.notes[-1] = (draft.notes[-1][0], end)
            self._joined = True
        else:
            draft.notes.append((start, end))

    def _goes_on(self, start: int) -> bool:
        """Whether a group at ``start`` directly goes on with a note of the line before."""
        notes = self._draft.notes
        if not notes or start - notes[-1][1] > _GAP_LIMIT:
            return False
        gap = self._draft.text_from(notes[-1][1])[: start - notes[-1][1]]
        return not gap.strip() and (gap.count("\n") == 1 or (self._joined and "\n" not in gap))

    def _close_unopened(self, number: int) -> None:
        """A note that lacks its opening parenthesis begins after the gap that follows its headword."""
        draft = self._draft
        first, self._repaired_line = self._repaired_line != number, number
        line_start = self._line_start() if first else draft.length
        gap = re.search(r"[^　 ][　 ]+(?=[^　 ])", draft.text_from(line_start))
        start = line_start + gap.end() if gap else -1
        if gap and (not draft.notes or draft.notes[-1][1] <= start):
            draft.notes.append((start, draft.length))
        else:
            self._once(number, "a note is closed that was not opened; the parenthesis is left out")

    def _line_start(self) -> int:
        text = self._draft.text_from(max(0, self._draft.length - 4096))
        return self._draft.length - len(text) + text.rfind("\n") + 1

    def _abandon_note(self) -> None:
        """Closes a note that was left open at the end of its first line, and says so."""
        if self._open is None:
            return
        draft, group = self._draft, self._open
        self._open = None
        self._once(group.line, "a note is not closed; it is taken to end with its line")
        end = draft.length if group.first_line_end < 0 else group.first_line_end
        if group.start < end:
            draft.notes.append((group.start, end))

    def _finish(self, draft: _Draft) -> Section:
        text = "".join(draft.parts)
        spans = draft.spans + [Span(SpanKind.NOTE, start, end) for start, end in draft.notes]
        spans += _running_heads(text, draft, self.title)
        spans.sort(key=lambda span: (span.start, -span.end))
        title = text.split("\n", 1)[0].strip() if draft.is_headed else _section_title(draft.title, text)
        return Section(title, text, role_of(title), tuple(draft.pages), tuple(spans))


def _section_title(value: str, text: str) -> str:
    """A readable section title from the JUAN property: a number becomes 卷三, and 0 the first printed line."""
    if value.isascii() and value.isdigit() and 0 < int(value[:4]) < 1000:
        return "卷" + chinese_number(int(value[:4]))
    if value and value.strip("0"):
        return value
    for line in text[:400].split("\n"):
        if line.strip() and not _SERIES.match(line.strip()):
            return line.strip()[:_HEAD_LIMIT]
    return "卷首"


def _running_heads(text: str, draft: _Draft, title: str) -> list[Span]:
    """The series, the book with its volume, and its author, where they head a section or a page again.

    A volume also ends with the book and its number once more.
    """
    heads: list[Span] = []
    in_head = True
    starts = draft.line_starts
    first_notes = {starts[bisect_right(starts, start) - 1]: start for start, _ in reversed(draft.notes)}
    last = next((start for start in reversed(starts) if text[start : start + 1].strip("\n")), -1)
    for start in starts:
        end = text.find("\n", start)
        if not in_head and start != last and not text.startswith("欽定", start) and text[start] not in "　 ":
            continue
        end = min(end, first_notes.get(start, end))
        line = text[start:end].strip()
        if not line:
            continue
        if _SERIES.match(line) and len(line) <= _HEAD_LIMIT:
            in_head = True
        elif not (in_head and (_names_book(line, title) or _names_author(line))) and not (
            start == last and _names_book(line, title)
        ):
            in_head = False
            continue
        heads.append(Span(SpanKind.HEAD, start, end))
    return heads


def _names_book(line: str, title: str) -> bool:
    wanted = set(title)
    return (
        len(line) <= _HEAD_LIMIT
        and bool(wanted)
        and 2 * len(wanted & set(line)) >= len(wanted)
        and (line == title or any(mark in line for mark in ("卷", "巻", "目録", "目錄", "地理類", "雜史類")))
    )


def _names_author(line: str) -> bool:
    return len(line) <= _HEAD_LIMIT and bool(_AUTHOR.search(line))


def _ends_with_a_line(file: Path) -> bool:
    """Whether a file ends with the end of a line, as one does that was written to its end."""
    try:
        with file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read(1) in b"\r\n"
    except OSError:
        return False


def _facsimiles(files: list[Path], report: Report) -> dict[tuple[str, str], str]:
    """Page images by edition and page label, from ``_data/imglist`` and ``imginfo.cfg``."""
    bases: dict[str, str] = {}
    for file in files:
        if file.name == "imginfo.cfg":
            bases.update(_image_bases(file, report))
    images: dict[tuple[str, str], str] = {}
    if not bases:
        return images
    for file in files:
        if not TEXT_NAME.fullmatch(file.name) or not file.stat().st_size:
            continue  # a volume without images has an empty list
        for _, line in lines(file, report):
            fields = line.split("\t")
            if len(fields) < 3:
                continue
            edition, _, label = fields[1].partition(" ")
            if edition in bases and label:
                images[edition, label] = bases[edition] + fields[2].strip()
    return images


def _image_bases(file: Path, report: Report) -> dict[str, str]:
    """The folders of page images by edition: lines such as ``WYG=http://…`` below ``[Versions]``.

    They are taken apart here, for the patterns of ``configparser`` try a line of blanks in the square of its length.
    """
    bases: dict[str, str] = {}
    section = ""
    for _, line in lines(file, report):
        line = line.strip()
        name, sign, base = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            section = line.strip("[]")
        elif section == "Versions" and sign and base.startswith(("http://", "https://")):
            bases[name] = base
    return bases
