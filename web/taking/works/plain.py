"""Plain text: what the edition has, unchanged, with a line of its own above each section."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from web.taking.characters import encodable
from web.taking.works.edition import Edition, path_of

RULE = "-" * 40
MARK = "## "
"""What the line above a section begins with."""


def section(edition: Edition, number: int) -> bytes:
    """Return a section."""
    read = edition.read(number)
    return encodable(f"\n{MARK}{' '.join(' · '.join(path_of(read)).split())}\n\n{read.text}\n").encode()


def whole(edition: Edition, parts: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the file: what it is of, and its sections."""
    facts = "".join(f"{name}：{' '.join(value.split())}\n" for name, value in edition.facts())
    yield encodable(f"{facts}{RULE}\n").encode()
    yield from parts()
