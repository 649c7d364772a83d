"""The table: every system on every query set, with confidence intervals, and which differ from the default search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from eval.quality.bootstrap import Values, drawn_means, sign, with_interval
from eval.quality.measuring import MEASURES, measured
from eval.quality.suite import Materials, ResultTable
from eval.quality.systems import OTHERS, OURS, RERANKED, RankedNames, System, Task, general
from eval.quality.tasks import NOTHING, tasks
from indexer.embedding import load_embedder

_MARKS = {1: " ▲", 0: "", -1: " ▼"}


def compare(materials: Materials, limit: int | None, vectors: Path | None) -> ResultTable:
    """Measure every system on every query set; general models only where a folder for their ``vectors`` is named.

    ``limit`` is the most queries that are asked of each set, drawn at random but always the same.
    """
    systems = [*OTHERS, *OURS, *(general(vectors) if vectors else [])]
    rows = tuple(row for task in tasks(materials, limit) for row in _rows(task, systems, materials))
    columns = ("query set", "queries", "texts", "measure", *(system.name for system in systems))
    return ResultTable(f"Every system on every query set ({load_embedder().name})", columns, rows)


def _rows(task: Task, systems: Sequence[System], materials: Materials) -> Iterator[tuple[str, ...]]:
    found = [system.answers(task, materials.on_progress) for system in systems]
    values = {system.name: _values(task, answers) for system, answers in zip(systems, found, strict=True) if answers}
    drawn = dict(zip(values, np.split(drawn_means(np.hstack(list(values.values()))), len(values), axis=1), strict=True))
    size = len(set(task.pool.names))
    among = f"{size:,}" if task.choices is None else f"{len(task.choices[0])}"
    # Of a few choices only the first is of interest.
    for at, measure in enumerate(list(MEASURES)[: 1 if task.choices is not None else None]):
        cells = [_cell(system.name, values, drawn, at) for system in systems]
        yield (task.name, f"{len(task.queries):,}", among, measure, *cells)


def _values(task: Task, answers: RankedNames) -> Values:
    """Return a matrix with a row a query and a column a measure."""
    scores = measured(task.queries, [names or [NOTHING] for names in answers])
    return np.array([scores.values[measure] for measure in MEASURES]).T


def _cell(name: str, values: dict[str, Values], drawn: dict[str, Values], at: int) -> str:
    if name not in values:
        return "–"
    mark = _MARKS[sign(drawn[name][:, at] - drawn[RERANKED][:, at])] if RERANKED in drawn else ""
    return with_interval(values[name][:, at], drawn[name][:, at]) + mark


def markdown(table: ResultTable) -> str:
    """Format the table as a page of its own."""
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    body = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    note = (
        "Means with 95 % confidence intervals (bootstrap over queries). ▲ better, ▼ worse than hybrid + rerank on the "
        "same queries (paired bootstrap, 95 %). – not measured: the system does not serve there, or is too slow. "
        "How to read and repeat it: [evaluation.md](evaluation.md)."
    )
    return f"# {table.title}\n\n{note}\n\n{body}\n"
