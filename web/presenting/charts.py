"""Charts drawn as SVG by pygal, to stand in a page: no scripts, no styles of their own, every bar a link.

A chart is an image with a title and a description; the table beside it says the same, so the links of its bars are for
the pointer alone. Its colours and letters are those of the site's style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pygal
from lxml import etree
from markupsafe import Markup

from web.presenting.rendering import printable

_WIDTH = 720
_BAR, _GAP, _AROUND = 14, 8, 60
"""Heights in pixels: of a bar, between groups of bars, and of what is above and below them."""
_LETTER = 13
_LONGEST = 16
"""Letters of a label that are shown."""
_STRIP, _SCATTER = 220, 420
"""Heights of a strip and of a map of dots, in pixels."""
_HINTS = ("g[@class='plot tooltip-overlay']", "g[@class='guides']/{*}title")
_DROPPED = ("script", "style", "desc", "g[@class='plot text-overlay']", *_HINTS)
"""What the library adds for its own script and style sheet."""
_DOTS = "g[@class='plot overlay']"
"""Where it draws dots, and for other charts what its script shows."""
_XLINK = "{http://www.w3.org/1999/xlink}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A value that is drawn, what is said of it, and where it leads to; nowhere where ``url`` is empty."""

    value: float
    said: str
    url: str


@dataclass(frozen=True, slots=True)
class BarGroup:
    """Bars side by side, one for each series, and their label; ``width`` is what they take of a strip."""

    label: str
    width: int
    bars: Sequence[Bar]


def bars(title: str, description: str, series: Sequence[str], groups: Sequence[BarGroup]) -> Markup:
    """Draw groups of horizontal bars, the first on top."""
    labels = [short(group.label) for group in reversed(groups)]
    chart = pygal.HorizontalBar(
        **_COMMON,
        height=_AROUND + len(groups) * (_BAR * max(len(series), 1) + _GAP),
        # The library takes all letters for Latin ones, about half as wide as Chinese ones.
        margin_left=10 + round(0.6 * _LETTER * max(map(len, labels), default=0)),
        margin_right=30,
        spacing=4,
        x_labels=labels,
    )
    for number, name in enumerate(series):
        chart.add(printable(name), [_drawn(group.bars[number], group.bars[number].value) for group in reversed(groups)])
    return _finished(chart, title, description)


def strip(title: str, description: str, series: Sequence[str], groups: Sequence[BarGroup]) -> Markup:
    """Draw groups one behind another as a histogram: each as wide as it is long, so that a bar's area is its count."""
    chart = pygal.Histogram(**_COMMON, height=_STRIP, margin=10, show_x_labels=False, show_minor_y_labels=False)
    for number, name in enumerate(series):
        begin, values = 0, []
        for group in groups:
            bar = group.bars[number]
            # Series share a group's stretch, so that none hides another.
            width = group.width / len(series)
            left = begin + number * width
            values.append(_drawn(bar, (bar.value, left, left + width)))
            begin += group.width
        chart.add(printable(name), values)
    return _finished(chart, title, description)


def timeline(
    title: str, description: str, series: Sequence[str], groups: Mapping[int, BarGroup], prefix: str = "chart"
) -> Markup:
    """Draw groups over the years that they are of; ``prefix`` is what the ids in the drawing begin with."""
    chart = pygal.Histogram(
        **_COMMON, height=_STRIP, margin=10, x_label_rotation=0, x_value_formatter=_year, show_minor_y_labels=False
    )
    first, last = min(groups, default=0), max(groups, default=0)
    # What is less than a pixel wide would not be seen.
    width = max(1.0, (last - first) / _WIDTH)
    for number, term in enumerate(series):
        values = []
        for year, group in groups.items():
            left = year + number * width / len(series)
            bar = group.bars[number]
            values.append(_drawn(bar, (bar.value, left, left + width / len(series))))
        chart.add(printable(term), values)
    return _finished(chart, title, description, prefix=prefix)


def _year(value: float) -> str:
    return f"{value:.0f}"


@dataclass(frozen=True, slots=True)
class Dot:
    """A place that is drawn, what is said of it, and where it leads to."""

    x: int
    y: int
    said: str
    url: str


def scatter(title: str, description: str, most: tuple[int, int], dots: Sequence[Dot]) -> Markup:
    """Draw places as dots; ``most`` are the ends of both axes, which begin at 0."""
    chart = pygal.XY(
        **_COMMON,
        height=_SCATTER,
        stroke=False,
        dots_size=2,
        xrange=(0, max(most[0], 1)),
        range=(0, max(most[1], 1)),
        x_label_rotation=0,
        value_formatter=lambda value: f"{value:,.0f}",
        x_value_formatter=lambda value: f"{value:,.0f}",
    )
    chart.add("", [_drawn(dot, (dot.x, dot.y)) for dot in dots])
    return _finished(chart, title, description, _DROPPED)


_COMMON: dict[str, Any] = {
    "js": (),
    "css": (),
    "width": _WIDTH,
    "no_prefix": True,
    "show_legend": False,
    "print_values": False,
    "explicit_size": False,
}


def _drawn(shape: Bar | Dot, value: object) -> dict[str, object]:
    return {"value": value, "tooltip": printable(shape.said), **({"xlink": shape.url} if shape.url else {})}


def _finished(
    chart: Any, title: str, description: str, dropped: Sequence[str] = (*_DROPPED, _DOTS), prefix: str = "chart"
) -> Markup:
    drawing = chart.render_tree()
    for name in dropped:
        for element in drawing.findall(f".//{{*}}{name}"):
            element.getparent().remove(element)
    for comment in list(drawing.iter(etree.Comment)):
        comment.getparent().remove(comment)
    for link in drawing.iter("{*}a"):
        address = link.attrib.pop(f"{_XLINK}href")
        link.attrib.clear()
        link.set("href", address)
        link.set("tabindex", "-1")
    for graph in drawing.findall("{*}g"):  # it calls upright what the style sheet would turn round
        graph.set("class", " ".join(name for name in graph.get("class", "").split() if name != "vertical"))
        graph.set("aria-hidden", "true")  # the table beside it has the same, in order
    drawing.attrib.pop("id", None)
    drawing.set("role", "group")  # an image may hold no links
    drawing.set("aria-labelledby", f"{prefix}-title {prefix}-description")
    heading = drawing.find("{*}title")
    heading.text = printable(title)
    heading.set("id", f"{prefix}-title")
    told = etree.Element("desc", id=f"{prefix}-description")
    told.text = printable(description)
    heading.addnext(told)
    return Markup(etree.tostring(drawing, encoding="unicode"))  # the library escapes what it draws


def short(label: str) -> str:
    """Return as much of a label as is shown."""
    shown = printable(label)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
