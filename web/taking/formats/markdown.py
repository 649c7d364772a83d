"""Markdown (CommonMark with GitHub's tables): a list of the provenance, then the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from web.taking.characters import in_xml
from web.taking.provenance import pairs
from web.taking.table import Table, heading, written

_MEANT = re.compile(r"[\\`*_\[\]<>|&~!#$:]")
"""Punctuation that Markdown, or one of its dialects, reads as more than itself inside of a line."""


def write(table: Table) -> Iterator[bytes]:
    """Yield the lines."""
    yield f"# {plain(table.kind)}\n\n".encode()
    for name, value in pairs(table.about):
        yield f"- {plain(name)}: {plain(value)}\n".encode()
    yield f"\n{_row(map(heading, table.columns))}{_row(['---'] * len(table.columns))}".encode()
    for row in table.rows:
        yield _row(plain(written(cell)) for cell in row).encode()


def plain(text: str) -> str:
    """Return a text on one line that no reader of Markdown takes for anything but itself.

    >>> plain("a|b\\n<i>")
    'a\\\\|b \\\\<i\\\\>'
    """
    return _MEANT.sub(lambda found: f"\\{found[0]}", " ".join(in_xml(text).split()))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
