"""JSON Lines: the provenance as the first object, below it an object a row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from web.taking.characters import encodable
from web.taking.table import Table

_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
"""Characters at which some readers end a line; JSON escapes no more than those below U+0020."""


def write(table: Table) -> Iterator[bytes]:
    """Yield the lines."""
    yield _line({"table": table.kind, **table.about, "columns": table.columns})
    for row in table.named():
        yield _line(row)


def _line(value: object) -> bytes:
    text = encodable(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
