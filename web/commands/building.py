"""``index`` and ``status``: an index is built, and looked at."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from corpora.manifests import ManifestFailure, bundled_folder, collections
from web.commands.options import index_option
from web.commands.texts import DATA

if TYPE_CHECKING:
    from indexer.build import BuildReport


class _Bars:
    """One progress bar for each step of a build; nothing is drawn before the first step."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tasks:
            self._progress.stop()

    def __call__(self, step: str, done: int, total: int) -> None:
        if not self._tasks:
            self._progress.start()
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step)
        self._progress.update(self._tasks[step], completed=done, total=max(total, 1))


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option("--engine", type=click.Choice(["tantivy", "whoosh"]), help="Of a new index.  [default: tantivy]")
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A sentence-transformers model, of a new index.  [default: the one shipped]",
)
@click.option("--remove", metavar="WORK_ID", multiple=True, help="Take this work out; may be repeated.")
@click.option("--encoding", help="Of plain texts.  [default: found out for each file]")
@index_option
def index(
    paths: tuple[str, ...],
    engine: str | None,
    model: Path | None,
    remove: tuple[str, ...],
    encoding: str | None,
    folder: Path,
) -> None:
    """Add the works under each PATH, a file, a folder or a collection's name; replace those that changed.

    Exit status: 0 fine, 1 done but problems were reported, 2 nothing done.
    """
    if not paths and not remove:
        raise click.UsageError("name a file, a folder or a collection, or use --remove")
    batches = _batches(paths)

    from indexer.build import build  # it loads the engines, which `--help` has no need of

    failed = False
    for number, (collection, group) in enumerate(batches.items()):
        with _Bars() as bars:
            report = build(
                group,
                folder,
                engine=engine,
                model=model.resolve() if model else None,
                remove=remove if number == 0 else (),
                encoding=encoding,
                collection=collection,
                on_progress=bars,
            )
        _print(report)
        failed = failed or bool(report.problems)
    sys.exit(1 if failed else 0)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@index_option
def status(as_json: bool, folder: Path) -> None:
    """Show what is in the index."""
    from search.library import Library  # it loads the engines, which `--help` has no need of

    facts = Library.open(folder).status()
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    table = Table(show_header=False, show_edge=False, pad_edge=False)
    for name, value in facts.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for part, fact in inner:
            table.add_row(f"{name} {part}".strip(), f"{fact:,}" if isinstance(fact, int) else str(fact))
    Console().print(table)


def _batches(paths: Sequence[str]) -> dict[str, list[Path]]:
    """The paths by the collection that was named, "" for plain paths.

    Raises:
        click.BadParameter: there is neither such a path nor such a collection.
    """
    batches: dict[str, list[Path]] = {}
    for name in paths:
        path = Path(name)
        if path.exists():
            batches.setdefault("", []).append(path)
        else:
            batches[name] = [_texts_of(name)]
    return batches or {"": []}


def _texts_of(name: str) -> Path:
    try:
        known = collections()
        shipped = bundled_folder(name)
    except ManifestFailure as failure:
        raise click.ClickException(str(failure)) from failure
    if name not in known:
        raise click.ClickException(f"{name}: no such file, folder or collection; collections: {', '.join(known)}")
    folder = shipped or DATA / name
    if not folder.is_dir():
        raise click.ClickException(f"{name}: its texts are not here; bring them with `wenyuan fetch {name}`")
    return folder


def _print(report: BuildReport) -> None:
    for problem in report.problems:
        click.echo(problem)
    click.echo(
        f"generation {report.generation}: {report.added} added, {report.replaced} replaced, "
        f"{report.unchanged} unchanged, {report.removed} removed; "
        f"{report.passages:,} passages, {report.windows:,} windows in the index; "
        f"{len(report.problems)} problems; {report.seconds:.1f} s",
        err=True,
    )
