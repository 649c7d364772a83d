"""The table: what is taken away of a search or an analysis, with what it is of; no format of a file is known here.

Its rows are made while they are written, so that a table of a million lines takes no more memory than one of ten.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Cell = str | int | float | None
"""What stands in a column of a row; a truth value is a number, too."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under the names of ``columns``.

    ``kind`` is what the table is of, and its file's name; ``about`` is its provenance
    (:func:`web.taking.provenance.provenance`). ``rows`` may be one that can be gone through once alone.
    """

    kind: str
    about: Mapping[str, object]
    columns: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]

    def named(self) -> Iterator[dict[str, Cell]]:
        """Yield the rows as mappings by the names of the columns."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


HEADINGS = {
    "work": "著作编号",
    "title": "题名",
    "dynasty": "朝代",
    "author": "作者",
    "year": "成书年",
    "event_year": "所记之年",
    "section": "篇次",
    "section_title": "篇名",
    "page": "叶",
    "start": "起",
    "end": "止",
    "left": "前文",
    "text": "文字",
    "right": "后文",
    "in_notes": "在夹注",
    "slip": "出入",
    "address": "永久地址",
    "url": "网址",
    "licence": "许可",
    "label": "名称",
    "characters": "所查字数",
    "category": "分类",
    "language": "语言",
    "event": "所记之年",
    "words": "字句",
    "count": "处数",
    "frequency": "共几处",
    "expected": "预期",
    "log_likelihood": "对数似然",
    "pmi": "点互信息",
    "rest": "别处几处",
    "log_ratio": "对数比",
    "likeness": "相似",
    "same": "同",
    "changed": "异",
    "missing": "缺",
    "added": "多",
    "nearness": "意近",
    "asked": "所问",
    "aligned": "对照",
    "longest": "最长连续",
    "why": "缘由",
    "collection": "专题库",
    "standing": "今在",
}
"""Chinese headings of columns, by their names."""


def heading(name: str) -> str:
    """Return what people read above a column: Chinese, with the name that programs know it by.

    >>> heading("title"), heading("here_title"), heading("水")
    ('题名 title', '在此题名 here_title', '水')
    """
    side, _, rest = name.partition("_")
    if side in _SIDES and rest in HEADINGS:
        return f"{_SIDES[side]}{HEADINGS[rest]} {name}"
    return f"{HEADINGS[name]} {name}" if name in HEADINGS else name


_SIDES = {"here": "在此", "there": "在彼"}


def number(value: float) -> float | None:
    """Return a measured number to four places; none where it is beyond all numbers, which no file can hold."""
    return round(value, 4) if math.isfinite(value) else None


def written(cell: Cell) -> str:
    """Return a cell as text.

    >>> written(0.5), written(None), written(True), written(3)
    ('0.5000', '', 'True', '3')
    """
    if cell is None:
        return ""
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)
