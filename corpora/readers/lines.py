"""Lines of a text file, within bounds: the one place where the readers touch file contents."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from corpora.model import Problem

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024

Report = Callable[[Problem], None]
"""Takes each problem where it is found."""


def refusal(path: Path, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Why ``path`` is not read at all (not a regular file, empty, over ``max_bytes``), or an empty string."""
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


def read_bytes(path: Path, max_bytes: int, report: Report) -> bytes | None:
    """The bytes of a file, or None after one report."""
    reason = refusal(path, max_bytes)
    if not reason:
        try:
            with path.open("rb") as file:
                return file.read(max_bytes)
        except OSError as error:
            reason = f"cannot be read: {_reason(error)}"
    report(Problem(path, 0, reason))
    return None


def lines(
    path: Path, report: Report, encoding: str = "utf-8", max_line: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, str]]:
    """Numbered lines of a text file, without line ends or a byte order mark.

    ``encoding`` is one in which the byte of a line feed means nothing else, as in UTF-8, GB18030 and Big5.
    A line of more than ``max_line`` bytes is reported and left out, and never held whole. The first line that
    is not text in this encoding is reported and ends the reading; a last line that is cut inside a character
    keeps its whole characters.
    """
    reason = refusal(path)
    if reason:
        report(Problem(path, 0, reason))
        return
    number = 0
    try:
        with path.open("rb") as file:
            while raw := file.readline(max_line + 1):
                number += 1
                if len(raw) > max_line and not raw.endswith(b"\n"):
                    while (rest := file.readline(max_line)) and not rest.endswith(b"\n"):
                        pass
                    report(Problem(path, number, f"line is over {max_line >> 10} KiB and is left out"))
                    continue
                if b"\0" in raw:
                    report(Problem(path, number, "holds binary data, not text; the rest of the file is left out"))
                    return
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                try:
                    text = raw.decode(encoding)
                except UnicodeDecodeError as error:
                    if error.start < len(raw) - 3 or raw.endswith(b"\n"):
                        name = encoding.upper()
                        report(Problem(path, number, f"is not {name} from here on; the rest of the file is left out"))
                        return
                    report(Problem(path, number, "file is truncated inside a character"))
                    text = raw[: error.start].decode(encoding)
                yield number, text.rstrip("\r\n")
    except OSError as error:
        report(Problem(path, number, f"cannot be read: {_reason(error)}"))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
