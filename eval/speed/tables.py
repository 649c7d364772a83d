"""Tables of what `wenyuan bench` measures: one index in full, others beside ours, and how cost grows with the text."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from corpora.model import Source
from corpora.sources.discover import discover
from eval.datasets import liaojin
from eval.quality.recall import recall
from eval.quality.suite import Cell, ResultTable
from eval.speed import analyses, bench, peer_engines
from indexer.cluster.address import IndexAddress
from indexer.errors import IndexFailure
from indexer.progress import Progress
from search.library import Library
from search.model import Mode

BYTES_A_CHARACTER = 3
"""Of a text in UTF-8, near enough to choose how many works to take."""
SENTENCES, RECALLED, DEPTH = 100, 100, 10
_MIB = 1 << 20


def speed(
    paths: Sequence[Path],
    characters: int | None,
    index: Path | None,
    data: Path,
    on_progress: Progress,
    beside: Sequence[IndexAddress] = (),
) -> list[ResultTable]:
    """Measure everything about one index: the build, unless ``index`` is there already, its size, and all searches.

    ``beside`` are other indexes of the same texts, of which the same searches are timed in the same run.
    """
    with tempfile.TemporaryDirectory() as folder, _some(paths, characters, Path(folder)) as texts:
        rows: list[tuple[Cell, ...]] = []
        if index is None:
            index = Path(folder, "index")
            built = bench.build_measured(texts, index)
            rows += _build_rows(built)
        facts = Library.open(index).status()
        total = facts["characters"]
        rows = [("characters", f"{total:,}"), ("works", facts["works"]), ("windows", f"{facts['windows']:,}"), *rows]
        rows += [(f"{name}, bytes a character", f"{size / total:.2f}") for name, size in facts["bytes"].items()]
        rows.append(("index, bytes a character", f"{sum(facts['bytes'].values()) / total:.2f}"))
        added, removed = bench.changed(index)
        rows += [
            (f"adding {bench.ADDED:,} characters, seconds", f"{added.seconds:.1f}"),
            ("removing them, seconds", f"{removed.seconds:.1f}"),
        ]
        phrases, sentences = bench.phrases(index), _sentences(data)
        rows.append(("first answer of a process, seconds", f"{bench.first_answer(index, phrases[0]):.2f}"))
        if sentences:
            found = recall(index, sentences[:RECALLED], DEPTH, on_progress)
            rows.append(
                (f"recall@{DEPTH} of the nearest windows, {len(sentences[:RECALLED])} sentences", f"{found:.4f}")
            )
        kinds = [
            ("exact, phrases", phrases, Mode.EXACT),
            ("exact, AND OR NOT NEAR", bench.combined(index), Mode.EXACT),
            ("semantic, sentences", sentences, Mode.SEMANTIC),
            ("hybrid, phrases", phrases, Mode.HYBRID),
            ("hybrid, sentences", sentences, Mode.HYBRID),
        ]
        tables = [ResultTable(f"build and size; {machine()}", ("", ""), tuple(rows))]
        for address in (index, *beside):
            told = f", {address}" if beside else ""
            library = Library.open(address)
            times = [(name, bench.latency(library, texts, mode, on_progress)) for name, texts, mode in kinds if texts]
            if sentences:
                times.append(("words alone, sentences", bench.ranked(library.store, sentences, on_progress)))
            tables += [
                _of_times(f"search with ten hits and facets, milliseconds{told}", times),
                ResultTable(
                    f"the worst queries, milliseconds or why refused{told}",
                    ("query", "exact", "hybrid"),
                    tuple(bench.worst(library, on_progress)),
                ),
                _of_times(f"analyses, milliseconds{told}", analyses.times(library, index, on_progress)),
            ]
        return tables


def _of_times(title: str, times: Sequence[tuple[str, bench.Latency]]) -> ResultTable:
    rows = [(name, each.queries, f"{each.p50:.2f}", f"{each.p95:.2f}") for name, each in times]
    return ResultTable(title, ("", "queries", "p50", "p95"), tuple(rows))


def peers(paths: Sequence[Path], characters: int, data: Path, on_progress: Progress) -> ResultTable:
    """Tabulate ours beside other engines; below each number its ratio to ours."""
    with tempfile.TemporaryDirectory() as folder, _some(paths, characters, Path(folder)) as texts:
        measured = peer_engines.compare(texts, _sentences(data) or ["江水北流"], on_progress)
    ours = measured[0]
    rows = []
    for each in measured:
        found = [
            f"{own:.2f} ({own / other:.1f}×)" for own, other in zip(each.phrase or (), ours.phrase or (), strict=False)
        ]
        ranked = [f"{own:.2f} ({own / other:.1f}×)" for own, other in zip(each.rank, ours.rank, strict=True)]
        size = f"{each.size / _MIB:.0f} ({each.size / ours.size:.1f}×)"
        build = f"{each.build:.1f} ({each.build / ours.build:.1f}×)"
        rows.append((each.name, build, size, *(found or ("", "")), *ranked, each.agree))
    columns = ("engine", "build s", "MiB", "phrase p50", "p95", "BM25 p50", "p95", "counts agree")
    return ResultTable(
        f"engines on the same texts, milliseconds (and ratio to Wenyuan); {machine()}", columns, tuple(rows)
    )


def growth(
    paths: Sequence[Path], sizes: Sequence[int], data: Path, plot: Path | None, on_progress: Progress
) -> ResultTable:
    """Measure builds and searches at several sizes."""
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, _some(paths, size, Path(folder)) as texts:
            index = Path(folder, "index")
            built = bench.build_measured(texts, index)
            library = Library.open(index)
            facts = library.status()
            total = facts["characters"]
            phrases, sentences = bench.phrases(index), _sentences(data)
            times = [
                bench.latency(library, phrases, Mode.EXACT, on_progress),
                bench.latency(library, bench.combined(index), Mode.EXACT, on_progress),
                *([bench.latency(library, sentences, Mode.HYBRID, on_progress)] if sentences else []),
            ]
            bytes_each = sum(facts["bytes"].values()) / total
            memory = built.peak_memory / _MIB
            rows.append(
                (total / 1e6, built.seconds, memory, bytes_each, *(t for each in times for t in (each.p50, each.p95)))
            )
    names = ("exact", "AND OR NOT NEAR", "hybrid")[: len(times)]
    columns = (
        "million characters", "build s", "memory MiB", "bytes a character",
        *(f"{name} {share}" for name in names for share in ("p50", "p95")),
    )  # fmt: skip
    if plot:
        _draw(columns, rows, plot)
    shown = tuple(tuple(f"{value:.1f}" if value >= 10 else f"{value:.2f}" for value in row) for row in rows)
    return ResultTable(f"growth; {machine()}", columns, shown)


def machine() -> str:
    """Describe the machine and the day."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        model = next((value.strip() for name, _, value in lines if name.strip() == "model name"), model)
    return f"{os.cpu_count()} cores of {model}, {date.today():%Y-%m-%d}"


def _build_rows(built: bench.Built) -> list[tuple[Cell, ...]]:
    return [
        ("build, seconds", f"{built.seconds:.1f}"),
        ("build, seconds of processors", f"{built.processor:.1f}"),
        ("build, memory of all processes, MiB at most", f"{built.peak_memory / _MIB:,.0f}"),
    ]


def _sentences(data: Path) -> list[str]:
    file = data / "eval" / "liaojin" / "KR2a0035.tsv"
    return [query.text for query in liaojin.read_queries(file, "even")][:SENTENCES] if file.exists() else []


@contextmanager
def _some(paths: Sequence[Path], characters: int | None, folder: Path) -> Iterator[list[Path]]:
    """Yield the texts under ``paths``, or works of them that hold about so many characters, drawn at random."""
    if characters is None:
        yield list(paths)
        return
    found = [(path, source) for path in paths for source in discover(path)[0]]
    order = np.random.default_rng(7).permutation(len(found))
    size = 0
    places = [folder / "texts" / str(number) for number in range(len(paths))]
    for at in order.tolist():
        if size >= characters * BYTES_A_CHARACTER:
            break
        path, source = found[at]
        size += _copied(source, path, places[paths.index(path)])
    if not size:
        raise IndexFailure(f"no text was found in {', '.join(map(str, paths))}; name a PATH that has texts")
    yield [place for place in places if place.exists()]


def _copied(source: Source, path: Path, place: Path) -> int:
    """Copy a source to where it stands below ``path``; its size in bytes."""
    top = path if path.is_dir() else path.parent
    size = 0
    for file in source.files:
        target = place / file.relative_to(top)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        size += file.stat().st_size
    return size


def check_format(plot: Path) -> None:
    """Check that a drawing can be written in the format that its file's name says.

    Raises:
        IndexFailure: it can't; the message names the formats that can.
    """
    from matplotlib.figure import Figure  # of the extra `peers`

    known = sorted(Figure().canvas.get_supported_filetypes())
    if plot.suffix.lstrip(".").lower() not in known:
        raise IndexFailure(f"{plot}: not a format to draw in; end its name in one of {', '.join(known)}")


def _draw(columns: Sequence[str], rows: Sequence[Sequence[float]], plot: Path) -> None:
    from matplotlib.figure import Figure  # of the extra `peers`

    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots(2, 2)
    sizes = [row[0] for row in rows]
    panels = (("build s",), ("memory MiB",), ("bytes a character",), tuple(columns[4:]))
    for axis, names in zip(axes.flat, panels, strict=True):
        for name in names:
            axis.plot(sizes, [row[columns.index(name)] for row in rows], marker="o", label=name)
        axis.set(xlabel=columns[0], xscale="log", yscale="log" if names[0] != "bytes a character" else "linear")
        axis.set_title(names[0] if len(names) == 1 else "search, ms")
        if len(names) > 1:
            axis.legend(fontsize="small")
    figure.savefig(plot)
