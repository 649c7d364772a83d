"""Permanent addresses: places of occurrences, passages and pages, in words that outlive an index.

An address names the work, the section, the page, the place in the section and the words themselves, as a citation does.
In an index that was rebuilt it finds its place again by the words, and says whether they are still where they
stood; the idea is the text quote with a text position of the Web Annotation Data Model (W3C, 2017).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from corpora.model import Section
from indexer.text.folding import fold
from search import deadline

LONGEST_WORDS = 32
"""Characters of the words that an address holds; of longer ones it holds the beginning and the end."""
_HEAD = 20
_ELISION = "…"
_RESERVED = re.compile(r"[@%\n]")
_WRITTEN = re.compile(
    r"(?P<work>[^/\s]+)/(?P<section>\d{1,9})/(?P<page>[^@\n]*)@(?P<start>\d{1,9})\+(?P<length>\d{1,9}):"
)


class Standing(StrEnum):
    """Whether the words of an address are still where they were."""

    SAME = "same"
    MOVED = "moved"  # they stand elsewhere in the work
    CHANGED = "changed"  # the place is there, and says something else, or spells it otherwise
    GONE = "gone"  # the work is not there


@dataclass(frozen=True, slots=True)
class Address:
    """A half-open range of a section's text. ``words`` are what stands there, ``length`` how long it is.

    Blanks and line ends are left out of ``words``, and of words longer than :data:`LONGEST_WORDS` the middle.
    """

    work: str
    section: int
    page: str
    start: int
    words: str
    length: int = -1

    def __post_init__(self) -> None:
        if self.length < 0:
            object.__setattr__(self, "length", len(self.words))
        object.__setattr__(self, "words", _shortened(self.words))

    @property
    def ends(self) -> tuple[str, str]:
        """The words, or of shortened ones their beginning and their end."""
        shortened = self.length > LONGEST_WORDS == len(self.words) and self.words[_HEAD] == _ELISION
        return (self.words[:_HEAD], self.words[_HEAD + 1 :]) if shortened else (self.words, "")

    @property
    def written_page(self) -> str:
        """The page's label as the written address has it, with ``@``, ``%`` and line ends quoted."""
        return _RESERVED.sub(lambda found: quote(found[0]), self.page)

    def __str__(self) -> str:
        """Write the address as one line; :meth:`parse` reads it.

        >>> str(Address("KR2a0035", 2, "001-2a", 120, "會寧府"))
        'KR2a0035/2/001-2a@120+3:會寧府'
        """
        return f"{self.work}/{self.section}/{self.written_page}@{self.start}+{self.length}:{self.words}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what was written.

        Raises:
            ValueError: it is no address.
        """
        found = _WRITTEN.match(text)
        if not found:
            raise ValueError(f"{text[:80]!r} is no address; one looks like KR2a0035/2/001-2a@120+3:會寧府")
        start, length = int(found["start"]), int(found["length"])
        return cls(found["work"], int(found["section"]), unquote(found["page"]), start, text[found.end() :], length)


@dataclass(frozen=True, slots=True)
class Located:
    """The target of an address now: a half-open range of a section's text, and whether its words are there."""

    standing: Standing
    section: int = 0
    start: int = 0
    end: int = 0


def follow(address: Address, sections: int, read: Callable[[int], Section]) -> Located:
    """Find the place of an address in its work as it is now; ``read`` gives each of its ``sections`` by number."""
    if not sections:
        return Located(Standing.GONE)
    nearest = sorted(range(sections), key=lambda number: (abs(number - address.section), number))
    home = read(nearest[0])
    end = address.start + address.length
    if nearest[0] == address.section and _shortened(home.text[address.start : end]) == address.words:
        return Located(Standing.SAME, address.section, address.start, end)
    for standing, kept in ((Standing.MOVED, _whole), (Standing.CHANGED, fold)):
        for number in nearest:
            deadline.check()
            if place := _nearest(address, read(number).text, kept):
                return Located(standing, number, *place)
    page = next((page.start for page in home.pages if page.label == address.page), None)
    start = min(address.start, len(home.text)) if page is None else page
    return Located(Standing.CHANGED, nearest[0], start, min(start + address.length, len(home.text)))


def _nearest(address: Address, text: str, kept: Callable[[str], str]) -> tuple[int, int] | None:
    """Return the range of the words in a text that begins nearest to where they stood; None where they don't stand.

    ``kept`` makes one character or none of each: texts are compared without blanks and by what it makes of them.
    """
    head, tail = map(kept, address.ends)
    squeezed = kept(_squeezed(text))
    if not head or head not in squeezed:  # the usual case, told without a place for each character
        return None
    places = [at for at, char in enumerate(text) if not char.isspace() and kept(char)]
    ranges = ((places[first], places[last] + 1) for first, last in _standing(squeezed, head, tail, address.length))
    return min(ranges, key=lambda place: (abs(place[0] - address.start), place), default=None)


def _standing(text: str, head: str, tail: str, length: int) -> Iterator[tuple[int, int]]:
    """Yield first and last character of each stretch from ``head`` to ``tail``, which may be empty.

    What lies between may have grown by half: what is longer is another passage.
    """
    first = text.find(head)
    while first >= 0:
        deadline.check()
        end = first + len(head)
        if tail:
            at = text.find(tail, end, end + length + length // 2)
            end = at + len(tail) if at >= 0 else 0
        if end:
            yield first, end - 1
        first = text.find(head, first + 1)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _whole(text: str) -> str:
    return text


def _shortened(text: str) -> str:
    words = _squeezed(text)
    return words if len(words) <= LONGEST_WORDS else words[:_HEAD] + _ELISION + words[_HEAD + 1 - LONGEST_WORDS :]
