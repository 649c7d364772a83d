"""A section of a Kanripo text while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpora.model import Page, Section, Span, SpanKind
from corpora.readers.kanripo.heads import HEAD_LIMIT, SERIES, running_heads
from corpora.readers.titles import chinese_number


@dataclass
class SectionDraft:
    """A section while it is being read; ``length`` is the number of code points in ``parts``."""

    title: str
    level: int = 0  # of its heading, which is its first line; 0 for a volume, which needs none
    carried: bool = False  # whether the first page only runs on from the section before
    parts: list[str] = field(default_factory=list)
    length: int = 0
    pages: list[Page] = field(default_factory=list)
    notes: list[tuple[int, int]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    line_starts: list[int] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Append text to the section."""
        if text:
            self.parts.append(text)
            self.length += len(text)

    def text_from(self, start: int) -> str:
        """Return the text from ``start``, which lies near the end."""
        taken: list[str] = []
        position = self.length
        for part in reversed(self.parts):
            if position <= start:
                break
            position -= len(part)
            taken.append(part)
        return "".join(reversed(taken))[start - position :] if taken else ""

    def finish(self, work_title: str) -> Section:
        """Return the section; ``work_title`` tells its running heads."""
        text = "".join(self.parts)
        spans = self.spans + [Span(SpanKind.NOTE, start, end) for start, end in self.notes]
        spans += running_heads(text, work_title, self.line_starts, self.notes)
        spans.sort(key=lambda span: (span.start, -span.end))
        title = text.split("\n", 1)[0].strip() if self.level else _section_title(self.title, text)
        return Section(title, text, pages=tuple(self.pages), spans=tuple(spans))


def _section_title(value: str, text: str) -> str:
    """Return a readable section title from the JUAN property: a number becomes 卷三, and 0 the first printed line."""
    if value.isascii() and value.isdigit() and 0 < int(value[:4]) < 1000:
        return "卷" + chinese_number(int(value[:4]))
    if value and value.strip("0"):
        return value
    for line in text[:400].split("\n"):
        if line.strip() and not SERIES.match(line.strip()):
            return line.strip()[:HEAD_LIMIT]
    return "卷首"
