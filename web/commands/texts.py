"""Commands about texts before they are indexed: ``check``, ``collections``, ``fetch``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from corpora import fetch as fetching
from corpora.manifests import Catalogue, ManifestFailure, load
from corpora.model import Collection, Problem
from corpora.readers import discover, distinct_works, read
from web.commands.options import collections_option

DATA = Path("data")

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--encoding", help="The encoding of plain texts.  [default: found out for each file]")
def check(paths: tuple[Path, ...], encoding: str | None) -> None:
    """Say what is wrong in files or folders, without indexing them.

    They are read just as `wenyuan index` reads them; each problem is one line that names file, line and reason.

    Exit status: 0 nothing wrong, 1 problems, 2 nothing could be read.
    """
    works = sections = characters = problems = 0
    seen: dict[str, Path] = {}
    for path in paths:
        sources, found = discover(path, encoding)
        if not sources and not found:
            found = [Problem(path, 0, "no texts found")]
        for problem in found:
            problems += 1
            click.echo(problem)
        for source in sources:
            for item in distinct_works(read(source), seen, source.root):
                if isinstance(item, Problem):
                    problems += 1
                    click.echo(item)
                    continue
                works += 1
                sections += len(item.sections)
                characters += sum(len(section.text) for section in item.sections)
    click.echo(f"{works} works, {sections} sections, {characters} characters, {problems} problems", err=True)
    sys.exit(2 if not works else 1 if problems else 0)


@click.command()
@click.option("--in", "data", type=_FOLDER, default=DATA, show_default=True, help="Where fetched texts are.")
@collections_option
def collections(data: Path, own: Path) -> None:
    """List the collections that can be named.

    For each: how many works it has, what its manifest says of who may read them, and whether their texts are here.
    `wenyuan access` says what holds for an index.
    """
    known = _catalogue(own)
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("id", "名称", "title", "works", "access", "here"):
        table.add_column(heading, justify="right" if heading == "works" else "left", no_wrap=heading == "id")
    for collection in known.collections.values():
        table.add_row(
            collection.id,
            collection.title.zh,
            collection.title.en,
            str(_works(collection, known)),
            collection.access.value,
            _here(collection, known, data),
        )
    Console().print(table)


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="Copy the works' folders, or unpack the archive, from here; download nothing.",
)
@click.option("--to", "data", type=_FOLDER, default=DATA, show_default=True, help="Where the texts go.")
@collections_option
def fetch(name: str, source: Path | None, data: Path, own: Path) -> None:
    """Bring a collection's texts here.

    NAME is one of those that `wenyuan collections` lists. Run it again to go on after a failure.

    Exit status: 0 all here, 1 some works are missing, 2 nothing done.
    """
    known = _catalogue(own).collections
    if name not in known:
        _stop(f"{name}: no such collection; there are: {', '.join(known)}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=len(known[name].origins) or 1)

        def show(step: fetching.Progress) -> None:
            finished = step.number if step.state is not fetching.State.STARTED else step.number - 1
            bar.update(task, completed=finished, description=step.work_id)

        try:
            result = fetching.fetch(known[name], data, source, show)
        except fetching.FetchFailure as failure:
            bar.stop()
            _stop(str(failure))
    for failure_line in result.failures:
        click.echo(failure_line, err=True)
    click.echo(
        f"{result.folder}: {len(result.fetched)} fetched, {len(result.present)} already there, "
        f"{len(result.failures)} missing"
    )
    if result.failures:
        sys.exit(1 if result.fetched or result.present else 2)


def _catalogue(own: Path) -> Catalogue:
    try:
        return load(own)
    except ManifestFailure as failure:
        _stop(str(failure))


def _works(collection: Collection, known: Catalogue) -> int:
    """What its manifest lists, or what it ships: works that bring their own records are not in a manifest."""
    folder = known.folders.get(collection.id) or (DATA / collection.id if collection.archive else None)
    return len(discover(folder)[0]) if folder and folder.is_dir() else len(collection.records)


def _here(collection: Collection, known: Catalogue, data: Path) -> str:
    if collection.id in known.folders:
        return "shipped"
    present = fetching.count_present(collection, data)
    total = 1 if collection.archive else len(collection.origins)
    return "yes" if present == total else f"{present} of {total}"


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)
