"""``index``, ``compact`` and ``status``: an index is built, tidied up, and looked at."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from corpora.manifests import ManifestFailure, bundled_folder, collections
from corpora.readers.encodings import Choice
from web.commands.bars import Bars
from web.commands.options import encodings_option, index_option
from web.commands.texts import DATA

if TYPE_CHECKING:
    from indexer.build import BuildReport


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option(
    "--engine", type=click.Choice(["tantivy", "whoosh"]), help="The engine of a new index.  [default: tantivy]"
)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The sentence-transformers model of a new index.  [default: the one shipped]",
)
@click.option("--remove", metavar="WORK_ID", multiple=True, help="Take this work out; may be repeated.")
@encodings_option
@index_option
def index(
    paths: tuple[str, ...],
    engine: str | None,
    model: Path | None,
    remove: tuple[str, ...],
    encodings: tuple[Choice, ...],
    folder: Path,
) -> None:
    """Build an index, or bring one up to date.

    The works under each PATH, a file, a folder or a collection's name, are added; those that changed are replaced;
    the others stay as they are. After Ctrl-C, run it again to go on.

    Exit status: 0 fine, 1 done but problems were reported, 2 nothing done.
    """
    if not paths and not remove:
        raise click.UsageError("name a file, a folder or a collection, or use --remove")
    batches = _batches(paths)

    from indexer.build import build  # it loads the engines, which `--help` has no need of

    failed = False
    for number, (collection, group) in enumerate(batches.items()):
        with Bars() as bars:
            report = build(
                group,
                folder,
                engine=engine,
                model=model.resolve() if model else None,
                remove=remove if number == 0 else (),
                encodings=encodings,
                collection=collection,
                on_progress=bars,
            )
        _print(report)
        failed = failed or any(not problem.is_note for problem in report.problems)
    sys.exit(1 if failed else 0)


@click.command()
@index_option
def compact(folder: Path) -> None:
    """Merge small and half-dead parts of the index, while it is served.

    Works that came one by one, and what was replaced or removed, leave parts that each cost every search some time.
    They become few, as if all had been indexed at once. After Ctrl-C, run it again to go on.

    Exit status: 0 fine, 2 nothing done.
    """
    from indexer.build import compact as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(folder, on_progress=bars)
    told = f"{done.rewritten} of {done.before} packs rewritten" if done.rewritten else "there is nothing to merge"
    click.echo(f"generation {done.generation}: {told}; {done.after} packs; {done.seconds:.1f} s", err=True)


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
        f"{sum(not problem.is_note for problem in report.problems)} problems; {report.seconds:.1f} s",
        err=True,
    )
