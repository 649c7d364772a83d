"""The leaves of a section as they are read: the text of each as markup, with what is marked in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from corpora.model import Page, Section, SpanKind
from search.addresses import Address
from search.model import SectionView
from search.parallels.model import MOST_CHARACTERS
from web.presenting.rendering import Layer, MarkedRange, Overlay, markup, printed
from web.presenting.simplified import simplified

LAST_PLACE = "last"
"""The id of the last place in a section."""
LONGEST_PIECE = 40
"""Characters of a note in two half columns at most; of a longer one several such pieces follow each other."""
SHORTEST_COLUMN, LONGEST_COLUMN = 12, 36
"""Characters of a column that fills the height of the screen."""
_KINDS = (
    SpanKind.LINE,
    SpanKind.HEAD,
    SpanKind.NOTE,
    SpanKind.SMALL,
    SpanKind.MARK,
    SpanKind.READING,
    SpanKind.GAIJI,
)


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """A page of a section, from ``start`` to ``end``; ``page`` is None for text before the first page mark.

    ``original`` is the edition's text, where ``body`` shows it in other characters.
    """

    page: Page | None
    body: Markup
    start: int
    end: int
    original: str = ""


def column(section: Section) -> int:
    """Return how many characters most printed lines of an edition have, of those that are not short; 0 without pages.

    Notes are set in half columns, and are not counted.
    """
    if not section.pages:
        return 0
    parts, at = [], 0
    for span in section.spans:
        if span.kind is SpanKind.NOTE:
            parts.append(section.text[at : span.start])
            at = span.end
    lengths = Counter(map(len, "".join([*parts, section.text[at:]]).split("\n")))
    long = {length: count for length, count in lengths.items() if length >= SHORTEST_COLUMN}
    return min(max(long, key=lambda length: long[length], default=SHORTEST_COLUMN), LONGEST_COLUMN)


def leaf_addresses(view: SectionView) -> list[Address]:
    """Return the address of each page of a section; of a text without pages that of all, unless it is too long."""
    text = view.section.text
    pages = [(page.start, page.label) for page in view.section.pages]
    if not pages:
        pages = [(0, "")] if 0 < len(text) <= MOST_CHARACTERS else []
    ends = [*(start for start, _ in pages[1:]), len(text)]
    return [
        Address(view.work.id, view.number, label, start, text[start:end])
        for (start, label), end in zip(pages, ends, strict=False)
    ]


def leaves_of(
    view: SectionView,
    at: int | None = None,
    to: int | None = None,
    *,
    simplify: bool = False,
    ids: str = "",
    laid: Sequence[Overlay] = (),
) -> list[ShownLeaf]:
    """Return the leaves of a section. ``at`` is the place that is pointed at, up to ``to``; ids begin with ``ids``.

    ``laid`` is what others lay over the text.
    """
    section = view.section
    text = simplified(section.text) if simplify else section.text
    layers: list[Layer] = [layer for each in laid for layer in each.layers]
    for kind in _KINDS:
        spans = [MarkedRange(span.start, span.end, span.name) for span in section.spans if span.kind is kind]
        layers.append(Layer("span", kind.value, spans))
        if kind is SpanKind.NOTE:
            layers.append(Layer("span", "said", [piece for span in spans for piece in _pieces(section.text, span)]))
    if at is not None and to is not None:
        layers.append(Layer("span", "window", list(printed(section.text, [(at, to)]))))
    layers.append(Layer("mark", "shared", list(printed(section.text, view.shared))))
    layers.append(Layer("mark", "found", list(printed(section.text, view.highlights))))
    anchors = {start: [f"{ids}o-{number}"] for number, (start, _) in enumerate(view.highlights, start=1)}
    if view.highlights:
        anchors[view.highlights[-1][0]].append(f"{ids}{LAST_PLACE}")
    for each in laid:
        for place, names in each.anchors.items():
            anchors.setdefault(place, []).extend(names)
    if at is not None:
        anchors.setdefault(at, []).append(f"{ids}hit")
    return [
        ShownLeaf(
            page,
            markup(text, layers, start=start, end=end, anchors=anchors, printed_lines=bool(section.pages)),
            start,
            end,
            section.text[start:end] if simplify else "",
        )
        for page, start, end in _ranges(section)
    ]


def _ranges(section: Section) -> Iterator[tuple[Page | None, int, int]]:
    starts: list[tuple[int, Page | None]] = [(page.start, page) for page in section.pages]
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, None))
    ends = [start for start, _ in starts[1:]] + [len(section.text)]
    for (start, page), end in zip(starts, ends, strict=True):
        yield page, start, end


def _pieces(text: str, note: MarkedRange) -> Iterator[MarkedRange]:
    """Yield the pieces of a note that are set in two half columns each, with the length of these as their class."""
    for line, end in printed_lines(text, note.start, note.end):
        for start in range(line, end, LONGEST_PIECE):
            stop = min(start + LONGEST_PIECE, end)
            yield MarkedRange(start, stop, css=f"half-{(stop - start + 1) // 2}")


def printed_lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a range that stand on a line each, without those that are empty."""
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if at < stop:
            yield at, stop
        at = stop + 1
