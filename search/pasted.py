"""Pasted citations: a text that names a place becomes the places that it may name.

It is read by its form alone, against the works of a library: a permanent address or a reference that holds one, a work
with its juan and leaf (金史卷二, 金史 卷二 3a, a reference as styles print it), Kanripo's KR2a0035_002-3a, CBETA's
T51n2086_p0866c05. What is read is offered, and never taken for the query itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from corpora.model import Section, SpanKind
from indexer.text.folding import fold
from search import deadline
from search.addresses import Address, Standing
from search.library import Library
from search.model import WorkCard

LONGEST = 1000
"""Characters of a text that is looked at; no citation is longer."""
MOST = 8
"""Places that are offered."""
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "兩": 2, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000, "廿": 20, "卅": 30}
_NUMERAL = f"[{''.join(_DIGITS)}{''.join(_TENS)}]{{1,7}}|[0-9]{{1,4}}"
_PART = "[上中下]"
_ADDRESS = re.compile(r"(?:^|/at/)(?P<written>[^/\s?#]{1,200}/\d{1,9}/[^@\n]{0,200}@\d{1,9}\+\d{1,9}:\S*)")
_KANRIPO = re.compile(
    r"(?<![A-Za-z0-9])(?P<work>KR\d[a-z]\d{4})(?:[_ ](?P<page>\d{3}[-_]\d{1,4}[a-d]))?(?![A-Za-z0-9])"
)
_CBETA = re.compile(
    r"(?<![A-Za-z0-9])(?P<work>[A-Z]{1,2}\d{2,3}n[A-Za-z]?\d{3,4}[A-Za-z]?)_p(?P<column>[a-z]?\d{3,4}[a-z])(?P<line>\d{2})?"
)
_JUAN = re.compile(
    rf"[》〉」』\s：:，,.·]*(?:[卷第]|卷第)\s*(?P<number>{_NUMERAL})(?P<part>{_PART}?)"
    rf"|[》〉」』\s：:，,.·]*(?P<bare>{_NUMERAL})(?P<bare_part>{_PART}?)卷"
)
_LEAF = re.compile(r"(?<![0-9A-Za-z-])(?:(?P<juan>\d{3})-)?(?P<leaf>\d{1,4}[a-d])(?![0-9A-Za-z])")
_HONOURS = re.compile("^(?:欽定|御製|御定|御批|重訂|皇清)+(?=..)")
"""What a title begins with, and is left out when one speaks of it."""
_SECTION = re.compile(rf"(?:^|卷|卷第|第)(?P<number>{_NUMERAL})(?P<part>{_PART}?)(?:卷|之[{''.join(_DIGITS)}])?$")


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """What a text says of a place: a permanent address, or a work with what it names in it.

    ``section`` is the number of a juan, with ``part`` where it has some (上); ``page`` is the label of a page or its
    end (3a), ``line`` that of a printed line. What is not said is None or empty.
    """

    work: str
    address: Address | None = None
    section: int | None = None
    part: str = ""
    page: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place in the library: a work, number and title of a section, and where in it; None for its beginning."""

    work: WorkCard
    number: int
    section: str
    page: str = ""
    start: int | None = None
    end: int | None = None


def numeral(text: str) -> int:
    """Return the number that a Chinese or an Arabic numeral says.

    >>> [numeral(each) for each in ("二", "十", "二十四", "一百零三", "一〇三", "廿四", "024")]
    [2, 10, 24, 103, 103, 24, 24]
    """
    if text.isascii():
        return int(text)
    if not set(text) & set(_TENS):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "廿卅":
            total, digit = total + _TENS[char], 0
        else:
            total, digit = total + (digit or 1) * _TENS[char], 0
    return total + digit


def read(text: str, titles: Iterable[tuple[str, str]]) -> tuple[CitedPlace, ...]:
    """Return what a text may cite, the surest first; ``titles`` are works' ids and titles. Most texts cite nothing."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return ()
    return tuple(dict.fromkeys((*_addressed(text), *_numbered(text), *_titled(text, titles))))


def find(library: Library, text: str) -> tuple[FoundPlace, ...]:
    """Return the places that a text cites, in works of the library alone.

    An address that leads somewhere is all that its reference says; what else is read in it says less.

    Raises:
        SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
    """
    cards = library.works()
    places: list[FoundPlace] = []
    for each in read(text, ((card.id, card.record.title) for card in cards)):
        places += (place for card in _of(cards, each.work) for place in _places(library, card, each))
        if places and (each.address or len(places) >= MOST):
            break
    return tuple(dict.fromkeys(places))[:MOST]


def _addressed(text: str) -> Iterator[CitedPlace]:
    for form in dict.fromkeys((text, unquote(text))):
        if match := _ADDRESS.search(form):
            try:
                # A reference goes on after the address, with a full stop at least.
                address = Address.parse(match["written"].rstrip(".。,，)）"))
            except ValueError:
                continue
            yield CitedPlace(address.work, address)
            return


def _numbered(text: str) -> Iterator[CitedPlace]:
    for match in _KANRIPO.finditer(text):
        yield CitedPlace(match["work"], page=(match["page"] or "").replace("_", "-"))
    for match in _CBETA.finditer(text):
        yield CitedPlace(match["work"], page=match["column"], line=match["column"] + (match["line"] or ""))


def _titled(text: str, titles: Iterable[tuple[str, str]]) -> Iterator[CitedPlace]:
    """Yield the works whose title is followed by a juan; of titles within each other the longest counts."""
    folded, places = _folded(text)
    named: list[tuple[int, int, str]] = []
    for work, title in titles:
        for name in dict.fromkeys((title, _HONOURS.sub("", title))):
            words = fold(name)
            at = folded.find(words) if words else -1
            if at >= 0:
                named.append((at, at + len(words), work))
                break
    whole = [
        each for each in named if not any(a <= each[0] and each[1] <= b and (a, b) != each[:2] for a, b, _ in named)
    ]
    for _, end, work in sorted(whole):
        after = places[end - 1] + 1
        said, _, url = text.partition("://")
        # In a reference, which ends with an address, edition and year may stand before the juan.
        juan = _JUAN.match(said, after) or (_JUAN.search(said, after) if url else None)
        if juan is None:
            continue
        leaf = _LEAF.search(said, juan.end())
        yield CitedPlace(
            work,
            section=numeral(juan["number"] or juan["bare"]),
            part=juan["part"] or juan["bare_part"] or "",
            page=leaf[0] if leaf else "",
        )


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text folded, and where each of its characters stands in it."""
    kept = [(fold(char), at) for at, char in enumerate(text)]
    return "".join(char for char, _ in kept), [at for char, at in kept for _ in char]


def _of(cards: Sequence[WorkCard], name: str) -> Iterator[WorkCard]:
    """Yield the works of an id, or of an identifier elsewhere."""
    wanted = name.casefold()
    for card in cards:
        if wanted in (card.id.casefold(), *(each.value.casefold() for each in card.record.identifiers)):
            yield card


def _places(library: Library, card: WorkCard, cited: CitedPlace) -> Iterator[FoundPlace]:
    titles = library.contents(card.id)
    if cited.address:
        found = library.locate(cited.address)
        if found.standing is not Standing.GONE:
            section = library.section(card.id, found.section).section
            number = section.page_at(found.start)
            page = "" if number is None else section.pages[number].label
            yield FoundPlace(card, found.section, titles[found.section], page, found.start, found.end)
    elif cited.section is not None:
        for number in _sections(titles, cited):
            section = library.section(card.id, number).section
            start = _start(section, cited)
            if start is None or not cited.page:
                yield FoundPlace(card, number, titles[number])
            else:
                yield FoundPlace(card, number, titles[number], *start)
    elif cited.page:
        for number, title in enumerate(titles):
            deadline.check()
            if start := _start(library.section(card.id, number).section, cited):
                yield FoundPlace(card, number, title, *start)
                return
    else:
        yield FoundPlace(card, 0, titles[0] if titles else "")


def _sections(titles: Sequence[str], cited: CitedPlace) -> list[int]:
    """Return the sections whose titles are of the juan; where it is not said which part, all of its parts."""
    found = []
    for number, title in enumerate(titles):
        match = _SECTION.search(title.strip())
        if match and numeral(match["number"]) == cited.section and cited.part in ("", match["part"]):
            found.append(number)
    return found


def _start(section: Section, cited: CitedPlace) -> tuple[str, int, int] | None:
    """Return the label of the page that is cited in a section, and the range that is: of the line, or of the page."""
    for number, page in enumerate(section.pages):
        if page.label == cited.page or ("-" not in cited.page and _leaf(page.label) == _leaf(cited.page)):
            end = section.pages[number + 1].start if number + 1 < len(section.pages) else len(section.text)
            line = next((each for each in section.spans if (each.kind, each.name) == (SpanKind.LINE, cited.line)), None)
            return (page.label, line.start, line.end) if line else (page.label, page.start, end)
    return None


def _leaf(label: str) -> str:
    """Return a page's label without the juan in it and the zeros before it, so that 3a is 002-3a and 003a."""
    return label.rpartition("-")[2].lstrip("0")
