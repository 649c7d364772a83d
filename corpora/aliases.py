"""Other names of the same person, place or office, as data: every ``*.tsv`` in :data:`FOLDER` is read.

A file has a header and four columns: ``name`` and ``other``, two names of one thing; ``kind``, such as person or
place; ``source``, where it is stated. Lines that begin with ``#`` say what the file is. Two names that share a row are
aliases of each other; names that only share a third one are not, for one spelling may stand for several people. A row
that repeats its name merely states it: a clan whose name nobody respelled.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "aliases"

SHORTEST = 2
"""Characters of a name: a single one stands for too much else."""


class AliasFailure(Exception):
    """A file of aliases can't be used; the message is one line that names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Two names of one thing, what kind of thing it is, and where that is stated."""

    name: str
    other: str
    kind: str
    source: str


_COLUMNS = [field.name for field in fields(Alias)]


@cache
def aliases(folder: Path = FOLDER) -> tuple[Alias, ...]:
    """Return the rows of every file in ``folder``, in the order of the files' names.

    Raises :class:`AliasFailure` where a file is not as it should be.
    """
    return tuple(row for path in sorted(folder.glob("*.tsv")) for row in read_aliases(path))


def read_aliases(path: Path) -> tuple[Alias, ...]:
    """Return the rows of one file. Raises :class:`AliasFailure` where it is malformed."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = [(number, line) for number, line in enumerate(file, start=1) if not line.startswith("#")]
        rows = list(csv.reader((line for _, line in lines), delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise AliasFailure(f"{path}: {failure}") from failure
    if not rows or rows[0] != _COLUMNS:
        raise AliasFailure(f"{path}: the first line must name the columns {', '.join(_COLUMNS)}")
    for (number, _), row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(_COLUMNS) or not all(map(str.strip, row)):
            raise AliasFailure(f"{path}:{number}: {len(_COLUMNS)} values are needed")
        if min(len(row[0]), len(row[1])) < SHORTEST:
            raise AliasFailure(f"{path}:{number}: a name must have at least {SHORTEST} characters")
    return tuple(Alias(*row) for row in rows[1:])


def write_aliases(path: Path, about: str, rows: Iterable[Alias]) -> None:
    """Write a file that :func:`read_aliases` reads; ``about`` is one line that says what it is."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {about}\n")
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(astuple(row) for row in rows)
