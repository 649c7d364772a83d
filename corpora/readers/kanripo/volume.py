"""A text file of Kanripo is read line by line: keywords, page marks, gaiji and notes become sections."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.model import GAIJI_PLACEHOLDER, Canvas, Page, Problem, Section, Span, SpanKind
from corpora.readers import gaiji
from corpora.readers.kanripo.openings import opening_headings
from corpora.readers.kanripo.section import SectionDraft
from corpora.readers.lines import Report, lines
from corpora.readers.titles import nested

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
_HEADING = re.compile(r"(\*{1,8})[ \t　]+(\S.*)")
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
_GAP_LIMIT = 48
"""Characters of indentation between the parts of a note at most."""


@dataclass
class _Open:
    """A parenthesis that is not closed yet. ``bar`` is where its slash stood."""

    start: int
    line: int
    first_line_end: int = -1
    bar: int = -1


class Volume:
    """One text file on its way to sections."""

    def __init__(self, file: Path, canvases: dict[tuple[str, str], Canvas], report: Report, encoding: str) -> None:
        self.title = ""
        self.edition = ""
        self._file = file
        self._canvases = canvases
        self._report = report
        self._encoding = encoding
        self._draft = SectionDraft("")
        self._drafts = [self._draft]
        self._open: _Open | None = None
        self._joined = False  # the current line has gone on with a note of an earlier line
        self._drawer = False  # whether the last line was part of a drawer
        self._seen: set[str] = set()
        self._problem_lines: set[int] = set()
        self._repaired_line = 0

    def read(self) -> None:
        """Read the file to its end."""
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
                self._begin("", level=len(heading[1]))
            self._line(number, heading[2] if heading else printed, line.endswith("¶"))
        if marked and not last.endswith(("¶", ">")) and not _ends_with_a_line(self._file):
            self._once(number, "file is truncated: its last line does not end with ¶")
            self._problem_lines.add(self._open.line if self._open else number)  # an open note is the same problem
        self._abandon_note()

    def sections(self) -> list[Section]:
        """Return the sections that hold text or pages, each with the path of headings that leads to it."""
        found = [(draft, draft.finish(self.title)) for draft in self._drafts]
        named = [(draft, section) for draft, section in found if draft.length or draft.pages or draft.title]
        paths = nested((draft.level, section.title) for draft, section in named)
        return [
            replace(section, path=(*path, *opening_headings(section)))
            for (draft, section), path in zip(named, paths, strict=True)
            if draft.length or draft.pages
        ]

    def _once(self, line: int, reason: str) -> None:
        """Report a reason once a file, however often it occurs, and one reason a line."""
        if reason not in self._seen and line not in self._problem_lines:
            self._seen.add(reason)
            self._tell(Problem(self._file, line, reason))

    def _tell(self, problem: Problem) -> None:
        self._problem_lines.add(problem.line)
        self._report(problem)

    def _in_drawer(self, line: str) -> bool:
        """Return whether a line is part of a drawer, which ends with ``:END:`` or where a line is none of its own."""
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

    def _begin(self, title: str, level: int = 0) -> None:
        """Begin a volume with a title, or below it a section that its first line titles.

        A page without text yet goes with it.
        """
        self._abandon_note()
        before = self._draft
        carried = bool(before.pages) and before.pages[-1].start < before.length
        pages = before.pages[-1:]
        if pages and not carried:
            before.pages.pop()
        self._draft = SectionDraft(title, level, carried, pages=[replace(page, start=0) for page in pages])
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
        """Take an ideographic description, or its first character where it is none; return where to go on."""
        draft = self._draft
        stop = gaiji.description_end(line, start, len(line))
        if stop == start:
            draft.add(line[start])
            return start + 1
        draft.spans.append(Span(SpanKind.GAIJI, draft.length, draft.length + 1, line[start:stop]))
        draft.add(gaiji.described(line[start:stop]))
        return stop

    def _mark(self, number: int, match: re.Match[str]) -> bool:
        """Take one piece of markup; return True where it prints nothing at all."""
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
            draft.pages.append(Page(page[3], draft.length, self._canvases.get((page[2], page[3]))))
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
        """Return whether a group at ``start`` directly goes on with a note of the line before."""
        notes = self._draft.notes
        if not notes or start - notes[-1][1] > _GAP_LIMIT:
            return False
        gap = self._draft.text_from(notes[-1][1])[: start - notes[-1][1]]
        return not gap.strip() and (gap.count("\n") == 1 or (self._joined and "\n" not in gap))

    def _close_unopened(self, number: int) -> None:
        """Add a note that lacks its opening parenthesis: it begins after the gap that follows its headword."""
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
        """Close a note that was left open at the end of its first line, and say so."""
        if self._open is None:
            return
        draft, group = self._draft, self._open
        self._open = None
        self._once(group.line, "a note is not closed; it is taken to end with its line")
        end = draft.length if group.first_line_end < 0 else group.first_line_end
        if group.start < end:
            draft.notes.append((group.start, end))


def _ends_with_a_line(file: Path) -> bool:
    """Return whether a file ends with the end of a line, as one does that was written to its end."""
    try:
        with file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read(1) in b"\r\n"
    except OSError:
        return False
