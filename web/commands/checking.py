"""A report on files before they are indexed: that of ``check``, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpora.model import Problem, Source, shown
from corpora.readers import read
from corpora.readers.encodings import EncodingChoice
from corpora.readers.identity import distinct_works
from corpora.readers.lines import taken_for
from corpora.sources.discover import discover, told_apart
from web.commands.reports import CheckReport, Fault, FileReport

_NUMBERS = ("sections", "characters", "problems")
_NARROW = 100
"""Columns of a terminal, fewer than which are too few for a table: then a work is a few lines."""


@dataclass(frozen=True, slots=True)
class Check:
    """Rows in the order of the sources, and all problems and notes."""

    rows: tuple[FileReport, ...]
    said: tuple[Problem, ...]

    @property
    def works(self) -> list[FileReport]:
        """The rows that are works."""
        return [row for row in self.rows if row.id]

    @property
    def faults(self) -> list[Problem]:
        """What is wrong."""
        return [problem for problem in self.said if not problem.is_note]


def check(paths: Sequence[Path], choices: Sequence[EncodingChoice]) -> Check:
    """Read what is under the paths, and keep no text of it."""
    rows: list[FileReport] = []
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


def report(found: Check) -> CheckReport:
    """Return the report for programs."""
    return CheckReport(
        works=found.rows,
        problems=tuple(_fault(problem) for problem in found.faults),
        notes=tuple(_fault(problem) for problem in found.said if problem.is_note),
    )


def show(found: Check, console: Console) -> None:
    """Print the report: a table, or on a narrow terminal a few lines a work; by pages where it is long."""
    if not console.is_terminal:
        console = Console(width=10_000)  # the reader cuts it as is needed
    is_long = console.is_terminal and len(found.rows) + len(found.said) > console.height
    with console.pager(styles=True) if is_long else nullcontext():
        if found.rows:
            console.print(_table(found.rows) if console.width >= _NARROW else _blocks(found.rows))
        for problem in found.said:
            console.print(Text(str(problem)), soft_wrap=True)


def _rows(source: Source, seen: dict[str, Path], said: list[Problem]) -> list[FileReport]:
    """Return the rows of a source's works, or one without a work; ``said`` takes up what is to be said of it."""
    rows: list[FileReport] = []
    taken: dict[str, Any] = {"file": str(source.root), "format": source.reader, "encoding": _encoding(source)}
    for item in distinct_works(read(source), seen, source.root):
        if isinstance(item, Problem):
            said.append(item)
        else:
            characters = sum(len(section.text) for section in item.sections)
            record = item.record
            rows.append(
                FileReport(
                    **taken,
                    id=item.id,
                    title=record.title,
                    author=record.author,
                    sections=len(item.sections),
                    characters=characters,
                )
            )
    problems = sum(not problem.is_note for problem in said)
    return [row.model_copy(update={"problems": problems}) for row in rows or [FileReport(**taken)]]


def _encoding(source: Source) -> str:
    wanted = dict(source.options).get("encoding", "")
    found = [taken_for(file, wanted) for file in source.files]
    return ", ".join(sorted({each.name + "?" * bool(each.instead) for each in found if each.name}))


def _fault(problem: Problem) -> Fault:
    return Fault(file=str(problem.file), line=problem.line, reason=problem.reason)


def _table(rows: Sequence[FileReport]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in FileReport.model_fields:
        is_number = name in _NUMBERS
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.model_dump().values()))
    return table


def _blocks(rows: Sequence[FileReport]) -> Text:
    """Format each work in a few lines: its file, and below it what is known."""
    text = Text()
    for row in rows:
        facts = {name: value for name, value in row.model_dump().items() if name != "file" and value not in ("", 0)}
        text.append(f"{_cell(row.file)}\n", "bold")
        text.append("".join(f"  {name}: {_cell(value)}\n" for name, value in facts.items()))
    text.rstrip()
    return text


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(str(value))
