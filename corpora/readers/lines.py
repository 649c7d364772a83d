"""Lines of a text file, within bounds: the one place where the readers touch file contents."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from corpora.model import Problem
from corpora.readers import encodings
from corpora.readers.encodings import BAD, PLACEHOLDER, DetectedEncoding

MAX_FILE_BYTES = 256 * 1024 * 1024

_CHUNK = 1024 * 1024
"""Bytes that are read at once."""
_MANY = 10_000
"""After so many bad places in a file, each byte of the next ones is taken by itself, which is quicker."""

_NULS = re.compile("\0+")

Report = Callable[[Problem], None]
"""Takes each problem where it is found."""


def refusal(path: Path, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Return why ``path`` is not read at all (not a regular file, empty, over ``max_bytes``), or an empty string."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        return f"cannot be read: {_reason(error)}"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size == 0:
        return "is empty"
    if status.st_size > max_bytes:
        return f"is too large: {status.st_size >> 20} MiB, at most {max_bytes >> 20} MiB are read"
    return ""


def lines(path: Path, report: Report, wanted: str = "", max_bytes: int = MAX_FILE_BYTES) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a text file, without line ends or a byte order mark. LF, CRLF and CR end a line.

    The encoding is found out (:mod:`corpora.readers.encodings`), or named by ``wanted``, the option of the file's
    source. What makes no character in it, and NULs, is a placeholder each, and one report for all of them. What is
    added to the file while it is read is left for another time. No more of it is held than a line and a chunk.
    """
    reason = refusal(path, max_bytes)
    if reason:
        report(Problem(path, 0, reason))
        return
    number = first = bad = 0
    is_cut = False
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            found = encodings.find(_chunks(file, size), encodings.chosen(wanted, path))
            if not found.name:
                report(Problem(path, 0, _no_text()))
                return
            if found.instead:
                report(Problem(path, 0, _assumption(found), is_note=True))
            file.seek(found.mark)
            for text in _lines(_chunks(file, size - found.mark), found.name):
                number += 1
                if BAD in text:
                    is_cut = text.endswith(BAD)
                    first = first or number
                    bad += text.count(BAD)
                    text = text.replace(BAD, PLACEHOLDER)
                yield number, text
            if not number:
                report(Problem(path, 0, "is empty but for its mark"))
    except OSError as error:
        report(Problem(path, number, f"cannot be read: {_reason(error)}"))
    if bad:
        report(Problem(path, first, _damage(bad, found.name.upper(), is_cut and first == number)))


def read_text(path: Path, max_bytes: int, report: Report, wanted: str = "") -> str | None:
    """Read the text of a file as :func:`lines` does; None after a report."""
    read = [line for _, line in lines(path, report, wanted, max_bytes)]
    return "\n".join(read) if read else None


def taken_for(path: Path, wanted: str = "") -> DetectedEncoding:
    """Return the encoding that :func:`lines` detects; none where the file can't be read."""
    try:
        if not refusal(path):
            with path.open("rb") as file:
                return encodings.find(_chunks(file, os.fstat(file.fileno()).st_size), encodings.chosen(wanted, path))
    except OSError:
        pass  # its reader reports it
    return DetectedEncoding("")


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Read the next ``size`` bytes of a file, or what there is of them."""
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk


def _lines(chunks: Iterator[bytes], name: str) -> Iterator[str]:
    """Split chunks in an encoding into lines, with :data:`BAD` in them."""
    decoder = encodings.decoder(name)
    ends = io.IncrementalNewlineDecoder(decoder, translate=True)
    parts: list[str] = []  # of a line that has not ended
    bad = 0
    for chunk in _and_end(chunks):
        text = encodings.tidied(ends.decode(chunk, final=not chunk), name)
        if "\0" in text:
            text = _NULS.sub(BAD, text)
        if BAD in text and bad <= _MANY:
            bad += text.count(BAD)
            if bad > _MANY:
                decoder.errors = encodings.SKIP
        *whole, rest = text.split("\n")
        for line in whole:
            yield "".join((*parts, line)) if parts else line
            parts.clear()
        if rest:
            parts.append(rest)
    if parts:
        yield "".join(parts)


def _and_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


def _no_text() -> str:
    known = ", ".join(name.upper() for name in ("utf-8", *encodings.LEGACY))
    return (
        f"is not text in {known}, or UTF-16 and UTF-32 with a mark; if it is text, name its encoding: --encoding NAME"
    )


def _assumption(found: DetectedEncoding) -> str:
    return (
        f"is taken for {found.name.upper()}, though its bytes might be {found.instead.upper()}, too; "
        f"if they are, say so: --encoding {found.instead}:PATTERN"
    )


def _damage(bad: int, name: str, is_cut: bool) -> str:
    if bad == 1 and is_cut:
        return f"file is truncated inside a character; {PLACEHOLDER} stands for it"
    places = "a place is" if bad == 1 else f"{bad} places, of which this is the first, are"
    return f"{places} not {name}; {PLACEHOLDER} stands for what was there"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
