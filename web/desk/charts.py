"""Bars drawn as SVG by pygal, for an ``<img>``: without scripts, and in no font but the reader's own."""

from __future__ import annotations

from collections.abc import Sequence

import pygal
from lxml import etree
from pygal.style import Style

from web.presenting.charts import short

MEDIA_TYPE = "image/svg+xml"
_ROW, _MARGIN, _FONT = 34, 20, 14
"""Heights in pixels: of a bar, of what is around the bars, and of letters."""

_STYLE = Style(
    background="#fffdf7",
    plot_background="#fffdf7",
    foreground="#29241f",
    foreground_strong="#29241f",
    foreground_subtle="#ddd3c0",
    colors=("#9d3526",),
    font_family="'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif",
    label_font_size=_FONT,
    major_label_font_size=_FONT,
    value_font_size=_FONT,
    value_colors=("#29241f",),
    no_data_font_size=16,
)


def bars(rows: Sequence[tuple[str, int]], nothing: str) -> bytes:
    """Draw horizontal bars, the first on top, each with its number; ``nothing`` is said where there is none."""
    labels = [short(label) for label, _ in reversed(rows)]
    chart = pygal.HorizontalBar(
        style=_STYLE,
        js=(),
        show_legend=False,
        print_values=True,
        print_values_position="top",
        width=640,
        height=_MARGIN + _ROW * max(len(rows), 2),
        margin=10,
        # The library takes all letters for Latin ones, about half as wide as Chinese ones.
        margin_left=10 + round(0.45 * _FONT * max(map(len, labels), default=0)),
        margin_right=40,
        spacing=6,
        x_labels=labels,
        show_y_guides=False,
        show_x_labels=False,
        no_data_text=nothing,
        formatter=str,
    )
    chart.add("", [number for _, number in reversed(rows)] if any(number for _, number in rows) else [])
    drawing = chart.render_tree()
    for script in drawing.findall(".//{*}script"):  # the library's settings, for a script that is not there
        script.getparent().remove(script)
    drawn: bytes = etree.tostring(drawing, encoding="utf-8", xml_declaration=True)
    return drawn
