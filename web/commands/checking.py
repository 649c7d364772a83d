"""What files are taken for before they are indexed: the report of ``check``, as a table and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpora.model import Problem, Source, shown
from corpora.readers import read
from corpora.readers.encodings import Choice
from corpora.readers.identity import distinct_works
from corpora.readers.lines import taken_for
from corpora.sources.discover import discover, told_apart

_NUMBERS = ("sections", "characters", "problems")
_NARROW = 100
"""Columns of a terminal, fewer than which are too few for a table: then a work is a few lines."""
_STEERING = re.compile("[\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """What one work, or a source that gives none, was taken for; ``problems`` are those of its source.

    ``encoding`` names those of its files, with ``?`` after it where one was assumed.
    """

    file: str
    format: str
    encoding: str
    id: str = ""
    title: str = ""
    author: str = ""
    sections: int = 0
    characters: int = 0
    problems: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """Rows in the order of the sources, and all that is to be said, problems and notes."""

    rows: tuple[Row, ...]
    said: tuple[Problem, ...]

    @property
    def works(self) -> list[Row]:
        """The rows that are works."""
        return [row for row in self.rows if row.id]

    @property
    def faults(self) -> list[Problem]:
        """What is wrong."""
        return [problem for problem in self.said if not problem.is_note]


def check(paths: Sequence[Path], choices: Sequence[Choice]) -> Check:
    """Read what is under the paths, and keep no text of it."""
    rows: list[Row] = []
    said: list[Problem] = []
    found: list[tuple[Path, Source]] = []
    for path in paths:
        sources, problems = discover(path, choices)
        if not sources and all(problem.is_note for problem in problems):
            problems = [*problems, Problem(path, 0, "no texts found")]
        said += problems
        found += [(path, source) for source in sources]
    seen: dict[str, Path] = {}
    for source in told_apart(found):
        own: list[Problem] = []
        rows += _rows(source, seen, own)
        said += own
    return Check(tuple(rows), tuple(said))


def as_json(found: Check) -> str:
    """The report for programs. What would steer a terminal is escaped, which means the same in JSON."""
    facts = {
        "works": [asdict(row) for row in found.rows],
        "problems": [_fields(problem) for problem in found.faults],
        "notes": [_fields(problem) for problem in found.said if problem.is_note],
    }
    written = json.dumps(facts, ensure_ascii=False, indent=2)
    return _STEERING.sub(lambda each: f"\\u{ord(each[0]):04x}", written)


def show(found: Check, console: Console) -> None:
    """Print the report: a table, or on a narrow terminal a few lines a work; by pages where it is long."""
    if not console.is_terminal:
        console = Console(width=10_000)  # whoever reads it cuts it as is needed
    is_long = console.is_terminal and len(found.rows) + len(found.said) > console.height
    with console.pager(styles=True) if is_long else nullcontext():
        if found.rows:
            console.print(_table(found.rows) if console.width >= _NARROW else _blocks(found.rows))
        for problem in found.said:
            console.print(Text(str(problem)), soft_wrap=True)


def _rows(source: Source, seen: dict[str, Path], said: list[Problem]) -> list[Row]:
    """The rows of a source's works, or one without a work; ``said`` takes up what is to be said of it."""
    rows: list[Row] = []
    empty = Row(str(source.root), source.reader, _encoding(source))
    for item in distinct_works(read(source), seen, source.root):
        if isinstance(item, Problem):
            said.append(item)
        else:
            characters = sum(len(section.text) for section in item.sections)
            record = item.record
            rows.append(
                replace(
                    empty,
                    id=item.id,
                    title=record.title,
                    author=record.author,
                    sections=len(item.sections),
                    characters=characters,
                )
            )
    problems = sum(not problem.is_note for problem in said)
    return [replace(row, problems=problems) for row in rows or [empty]]


def _encoding(source: Source) -> str:
    wanted = dict(source.options).get("encoding", "")
    found = [taken_for(file, wanted) for file in source.files]
    return ", ".join(sorted({each.name + "?" * bool(each.instead) for each in found if each.name}))


def _fields(problem: Problem) -> dict[str, object]:
    return {"file": str(problem.file), "line": problem.line, "reason": problem.reason}


def _table(rows: Sequence[Row]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in asdict(rows[0]):
        is_number = name in _NUMBERS
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in asdict(row).values()))
    return table


def _blocks(rows: Sequence[Row]) -> Text:
    """A work in a few lines: its file, and below it what is known."""
    text = Text()
    for row in rows:
        facts = {name: value for name, value in asdict(row).items() if name != "file" and value not in ("", 0)}
        text.append(f"{_cell(row.file)}\n", "bold")
        text.append("".join(f"  {name}: {_cell(value)}\n" for name, value in facts.items()))
    text.rstrip()
    return text


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(str(value))
