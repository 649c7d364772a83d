"""Files as answers: written to the disk first, so that one that fails half-way is not sent, and then handed on.

What a reader takes slowly keeps no search waiting: the place of the request is free once the file is written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO
from urllib.parse import quote

from flask import Response

from web.taking.formats.every import TableFormat
from web.taking.table import Table

_IN_MEMORY = 1 << 20
"""Bytes of a file that is not written to the disk."""
_PIECE = 1 << 16


def sent_table(table: Table, form: TableFormat) -> Response:
    """Return a table as an answer that is saved as a file."""
    return sent(form.write(table), f"{table.kind}.{form.suffix}", form.media_type)


def sent(pieces: Iterable[bytes], name: str, media_type: str) -> Response:
    """Return what the pieces make as an answer that is saved under a name."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # it is closed when the answer is
    try:
        for piece in pieces:
            file.write(piece)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    response = Response(_pieces(file), mimetype=media_type)
    response.call_on_close(file.close)
    response.content_length = size
    response.headers["Content-Disposition"] = disposition(name)
    return response


def disposition(name: str) -> str:
    """Return the header that has a file saved under a name, whatever the name holds (RFC 6266).

    >>> disposition("a.csv")
    "attachment; filename=a.csv; filename*=UTF-8''a.csv"
    """
    safe = "".join(char if char.isalnum() or char in "-_." else "_" for char in name)[-100:].lstrip(".") or "file"
    plain = "".join(char if char.isascii() else "_" for char in safe)
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(safe, safe='')}"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
