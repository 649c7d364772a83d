"""Commands that build an index and say what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from corpora.manifests import bundled_folder, collections
from indexer.engines import DEFAULT, ENGINES
from web.commands.options import index_option

_STEPS = {
    "read": "读取 reading",
    "embed": "向量 embedding",
    "index": "索引 indexing",
    "commit": "提交 committing",
}


@click.command()
@click.argument("paths", nargs=-1)
@index_option
@click.option("--engine", type=click.Choice(sorted(ENGINES)), help=f"The inverted index of a new index. [{DEFAULT}]")
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of a sentence-transformers model, for a new index, instead of the one that comes along.",
)
@click.option("--remove", metavar="WORK", multiple=True, help="Remove the work with this id; may be repeated.")
@click.option("--encoding", help="The encoding of plain texts, where it is not to be detected: utf-8, gb18030, big5.")
@click.option("--collection", default="", help="The collection that the works belong to. [what the manifests say]")
def index(
    paths: tuple[str, ...],
    index: Path,
    engine: str | None,
    model: Path | None,
    remove: tuple[str, ...],
    encoding: str | None,
    collection: str,
) -> None:
    """Add the works under PATHS to an index; a work that is there already is replaced if its files changed.

    A path is a file, a folder, or the name of a collection that is bundled or was fetched (see `wenyuan
    collections`). The build can be interrupted and goes on where it stopped; readers see the old state until the
    new one is complete.
    """
    from indexer.build import build

    if not paths and not remove:
        raise click.UsageError("name a file, a folder or a collection to add, or a work to --remove")
    found = [_place(path) for path in paths]
    named = {name for _, name in found if name}
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def show(step: str, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(_STEPS.get(step, step), total=None)
        bar.update(tasks[step], completed=done, total=max(total, 1))

    with bar:
        report = build(
            [path for path, _ in found],
            index,
            engine=engine,
            model=model,
            remove=remove,
            encoding=encoding,
            collection=collection or (named.pop() if len(named) == 1 else ""),
            on_progress=show,
        )
    for problem in report.problems:
        click.echo(str(problem), err=True)
    click.echo(
        f"Generation {report.generation}: {report.added} works added, {report.replaced} replaced, "
        f"{report.removed} removed, {report.unchanged} unchanged; {report.passages} passages, "
        f"{report.windows} windows; {report.seconds:.1f} s; {len(report.problems)} problems."
    )
    raise click.exceptions.Exit(1 if report.problems else 0)


def _place(path: str) -> tuple[Path, str]:
    """The folder or file that a path or the name of a collection stands for, and the collection's name."""
    if Path(path).exists():
        return Path(path), ""
    folder = bundled_folder(path) or Path("data") / path
    if folder.exists():
        return folder, path
    if path in collections():
        raise click.UsageError(f"the collection {path} is not here yet; obtain it with `wenyuan fetch {path}`")
    raise click.UsageError(f"{path}: no such file or folder, and no collection has this name")


@click.command()
@index_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(index: Path, as_json: bool) -> None:
    """Say what is in an index: works, sizes, model, engine and generation."""
    from search.library import Library

    library = Library.open(index)
    facts = library.status()
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    console = Console()
    summary = Table(show_header=False, box=None)
    for name, value in facts.items():
        if isinstance(value, dict):
            for part, size in value.items():
                summary.add_row(f"{name}: {part}", f"{size / 1e6:,.1f} MB")
        else:
            summary.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    console.print(summary)
    works = Table("id", "title", "dynasty", "author", "collection", "sections", box=None)
    for card in library.works():
        record = card.record
        works.add_row(card.id, record.title, record.dynasty, record.author, card.collection, str(card.sections))
    console.print(works)
