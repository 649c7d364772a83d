"""Commands about texts before they are indexed: ``check``, ``collections``, ``fetch``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from corpora.manifests import Catalogue, ManifestFailure, load
from corpora.model import Collection
from corpora.readers.encodings import EncodingChoice
from corpora.sources import fetch as fetching
from corpora.sources.discover import discover
from web.commands import checking
from web.commands.options import collections_option, encodings_option
from web.commands.printing import print_json

DATA = Path("data")

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@encodings_option
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
def check(paths: tuple[Path, ...], encodings: tuple[EncodingChoice, ...], as_json: bool) -> None:
    """Report what files or folders are taken for and what is wrong in them, without indexing them.

    They are read just as `wenyuan index` reads them. A row for each work says its format, encoding, title, author,
    sections, characters and problems; below, each problem is one line that names file, line and reason. A note is no
    problem: it says what was assumed (`?` after an encoding), or what was passed over.

    Exit status: 0 nothing wrong, 1 problems, 2 nothing could be read.
    """
    found = checking.check(paths, encodings)
    if as_json:
        print_json(checking.report(found))
    else:
        checking.show(found, Console())
    works = found.works
    click.echo(
        f"{len(works)} works, {sum(work.sections for work in works)} sections, "
        f"{sum(work.characters for work in works)} characters, {len(found.faults)} problems",
        err=True,
    )
    sys.exit(2 if not works else 1 if found.faults else 0)


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
    """Fetch a collection's texts.

    NAME is one of those that `wenyuan collections` lists. Run it again to go on after a failure.

    Exit status: 0 all here, 1 some works are missing, 2 nothing done.
    """
    known = _catalogue(own).collections
    if name not in known:
        _stop(f"{name}: no such collection; there are: {', '.join(known)}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=len(known[name].origins) or 1)

        def show(step: fetching.FetchStep) -> None:
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
    """Return the works that a manifest lists, or ships: works that bring their own records are not in a manifest."""
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
