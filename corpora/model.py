"""The model of a text: collections, works, sections, pages and notes, as plain frozen data.

A section carries its edition's own text, unchanged, in reading order: notes stand inline where the
edition prints them, ``\\n`` ends a printed line, indentation is kept, and no markup is left. Everything
else that the edition says about the text is a :class:`Span` or a :class:`Page` over it. All offsets
in the program are code points in ``Section.text``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from corpora.catalogue import CatalogueRecord, Localized

GAIJI_PLACEHOLDER = "〓"
"""Stands for a character that has no code point; a GAIJI span over it carries the character's name."""

_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would break a line, steer a terminal or turn the direction of writing, or can't be written at all."""


def shown(text: str) -> str:
    """Return the text as one safe line: characters that would steer a terminal are written as escapes."""
    return _UNSHOWN.sub(lambda found: ascii(found[0])[1:-1], text)


class SpanKind(StrEnum):
    """The kind of a range of text that is not plain main text."""

    NOTE = "note"  # 夾注, interlinear commentary: a stream of its own
    SMALL = "small"  # small type that belongs to the main text, such as 臣
    HEAD = "head"  # running head: the series, the book and its author, repeated in every file
    GAIJI = "gaiji"  # one character resolved from a gaiji reference, or its placeholder
    # Packs store the number of a kind in this order: new ones go to the end.
    MARK = "beside"  # what stands beside the text and is not searched: a note's number, a reading in brackets
    READING = "ruby"  # characters whose pronunciation the edition prints beside them, as the span's name
    LINE = "printed"  # a printed line that the edition numbers; the name is its place, such as 0001a03


class Role(StrEnum):
    """The role of a section in its work."""

    BODY = "body"
    ABSTRACT = "abstract"  # 提要, the Siku editors' summary
    CONTENTS = "contents"  # 目錄
    PREFACE = "preface"  # 序


class Access(StrEnum):
    """Levels of access to a work, the least strict first. ``THIS_MACHINE`` can be declared for an index, not in a
    manifest.
    """

    OPEN = "open"
    THIS_MACHINE = "this-machine"
    IN_LIBRARY = "in-library"
    STAFF = "staff"


def strictest(*declared: Access | None) -> Access | None:
    """Return the access that satisfies all declarations; None where there is none.

    ``THIS_MACHINE`` and ``IN_LIBRARY`` admit different readers: both together leave only staff.
    """
    given = {each for each in declared if each}
    if {Access.THIS_MACHINE, Access.IN_LIBRARY} <= given:
        return Access.STAFF
    return max(given, key=list(Access).index, default=None)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range ``[start, end)`` of a section's text.

    ``name`` names a gaiji (``KR2038`` or its IDS), is the label that ties a note at the foot to its number in the text,
    the pronunciation of a reading, or the place of a line.
    """

    kind: SpanKind
    start: int
    end: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The image of a page, with what IIIF's Presentation API asks of a canvas.

    ``order`` counts the images of a work from 1 in the order of the edition. ``image`` is the address of the image,
    ``service`` that of the IIIF Image API that scales and cuts it; ``width`` and ``height`` are in pixels. What is
    unknown is 0 or empty.
    """

    order: int = 0
    image: str = ""
    service: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the edition, such as ``001-2a``; it runs from ``start`` to the next page's start."""

    label: str
    start: int
    canvas: Canvas | None = None

    @property
    def facsimile(self) -> str:
        """The address of the page's image; empty where none is known."""
        return self.canvas.image if self.canvas else ""


@dataclass(frozen=True, slots=True)
class Region:
    """A box on a page's image, such as the word box of an OCR, and the range of the text that stands in it.

    The range ``[start, end)`` is not empty. ``page`` counts the section's pages from 0. The box is in pixels of the
    canvas, from its top left corner; ``confidence`` is between 0 and 1 in single precision, None where it is unknown.
    """

    page: int
    start: int
    end: int
    x: int
    y: int
    width: int
    height: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A statement about a range ``[start, end)``, which is not empty: that it names a person, say.

    ``kind`` is what the range is, such as ``person`` or ``place``; ``authority`` is the id of what is meant in an
    authority file, empty where it is not identified; ``source`` is who says so: an edition, a person or a program.
    """

    kind: str
    start: int
    end: int
    authority: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A named division of a work (卷 or 篇).

    ``path`` are the headings that lead to it, from the outermost down to its own, and what the edition calls it after
    that (卷八, 本紀第八, 世宗下); it is empty where the work is not divided there. ``pages``, ``spans``, ``regions``
    and ``annotations`` are sorted by start; NOTE spans never overlap.
    """

    title: str
    text: str
    role: Role = Role.BODY
    pages: tuple[Page, ...] = ()
    spans: tuple[Span, ...] = ()
    path: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    annotations: tuple[Annotation, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page on which a place of the text is, from 0; None before the first page."""
        number = bisect_right(self.pages, offset, key=lambda page: page.start)
        return number - 1 if number else None


@dataclass(frozen=True, slots=True)
class Work:
    """One title in one edition."""

    id: str
    record: CatalogueRecord
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a work's files: a git repository and the folder it is cloned into."""

    repository: str
    folder: str


class Taking(StrEnum):
    """What a collection's manifest says of taking its works away whole; without a word, their licences decide."""

    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Collection:
    """A named group of works with one manifest. ``records`` maps work ids to their catalogue records.

    ``archive`` names the file that holds all of them, where they don't come one by one.
    """

    id: str
    title: Localized
    description: Localized
    licence: str
    access: Access
    records: dict[str, CatalogueRecord] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    archive: str = ""
    taking: Taking | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file; ``line`` is 1-based, 0 where the whole file is meant.

    A note (``is_note``) is wrong in nothing: it says what was assumed or passed over, and changes no exit status.
    As text it is one line, whatever the file's name and what is quoted of it hold.
    """

    file: Path
    line: int
    reason: str
    is_note: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return shown(f"{place}: {'note: ' if self.is_note else ''}{self.reason}")


@dataclass(frozen=True, slots=True)
class Source:
    """Files that one reader turns into works; the unit that is skipped when nothing in it changed.

    ``options`` are the reader's settings as pairs, such as ``(("encoding", "big5"),)``.
    """

    reader: str
    root: Path
    files: tuple[Path, ...]
    options: tuple[tuple[str, str], ...] = ()
