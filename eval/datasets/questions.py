"""A librarian's own questions: the rank of the first right answer in an index, question by question.

A question is a line of JSON, in which ``page`` may be left out, for then any page of the work is right:

    {"id": "1", "query": "冬天凿冰捕鱼", "relevant": [{"work": "KR2k0130", "page": "000-34b"}]}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from eval.datasets.liaojin import page_name
from eval.quality.bootstrap import drawn_means, with_interval
from eval.quality.measuring import MEASURES, Query, measured
from eval.quality.pools import Pool
from eval.quality.suite import ResultTable
from eval.quality.systems import OURS, Indexed, RankedNames, Task
from indexer.cluster.address import IndexAddress
from indexer.errors import IndexFailure
from indexer.progress import Progress

DEPTH = 100
"""Answers among which the first right one is looked for."""


def read(path: Path) -> list[Query]:
    """Read the questions of a file; a right answer is named by its page, or by its work alone.

    Raises:
        IndexFailure: a line is no question; the message names the file, the line and the reason.
        OSError: the file can't be read.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as failure:
        raise IndexFailure(f"{path}: is not UTF-8") from failure
    queries: list[Query] = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                queries.append(_question(json.loads(line)))
        except json.JSONDecodeError as failure:
            raise IndexFailure(f"{path}:{number}: is not valid JSON at column {failure.colno}") from failure
        except ValueError as failure:
            raise IndexFailure(f"{path}:{number}: {failure}") from failure
    if not queries:
        raise IndexFailure(f"{path}: no questions in it")
    ids = [query.id for query in queries]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise IndexFailure(f"{path}: id {twice[0]} stands twice")
    return queries


def _question(row: Any) -> Query:
    if not isinstance(row, dict):
        raise ValueError("is not an object")
    for name in ("id", "query"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"has no {name}")
    relevant = row.get("relevant")
    if not isinstance(relevant, list) or not relevant:
        raise ValueError("has no relevant answer")
    return Query(row["id"], row["query"], frozenset(map(_answer, relevant)))


def _answer(place: Any) -> str:
    if not isinstance(place, dict) or not isinstance(place.get("work"), str):
        raise ValueError("an answer names no work")
    page = place.get("page")
    if not isinstance(page, str | None):
        raise ValueError("a page is a string, as the edition names it")
    return page_name(place["work"], page) if page else place["work"]


def ask(index: IndexAddress, queries: list[Query], on_progress: Progress) -> tuple[ResultTable, ResultTable]:
    """Measure each of our systems, and find for each question the rank of the first right answer.

    Raises:
        IndexFailure: the index can't be opened, or an answer is in a work that it doesn't hold.
    """
    task = Task("questions", tuple(queries), Pool((), (), whole=False, index=index), depth=DEPTH)
    _check(task)
    answers = {system.name: _named(task, system, on_progress) for system in OURS}
    measures = [(name, *_measures(task, found)) for name, found in answers.items()]
    places = [
        (query.id, query.text, *(_place(query, found[row]) for found in answers.values()))
        for row, query in enumerate(queries)
    ]
    note = f"first right answer among {DEPTH}; – is none"
    return (
        ResultTable(f"{len(queries)} questions", ("system", *MEASURES), tuple(measures)),
        ResultTable(note, ("id", "question", *answers), tuple(places)),
    )


def _check(task: Task) -> None:
    assert task.pool.library is not None
    known = {card.id for card in task.pool.library.works()}
    for query in task.queries:
        for work in sorted({name.partition(" ")[0] for name in query.relevant} - known):
            raise IndexFailure(f"question {query.id}: the index holds no work {work}")


def _named(task: Task, system: Indexed, on_progress: Progress) -> RankedNames:
    """Return what is found, a page by its work alone where any page of the work is right."""
    found = system.answers(task, on_progress)
    assert found is not None
    return [
        list(dict.fromkeys(work if (work := name.partition(" ")[0]) in query.relevant else name for name in names))
        for query, names in zip(task.queries, found, strict=True)
    ]


def _measures(task: Task, answers: RankedNames) -> list[str]:
    values = np.array(list(measured(task.queries, answers).values.values())).T
    drawn = drawn_means(values)
    return [with_interval(values[:, at], drawn[:, at]) for at in range(len(MEASURES))]


def _place(query: Query, names: list[str]) -> str:
    return next((str(place) for place, name in enumerate(names, start=1) if name in query.relevant), "–")
