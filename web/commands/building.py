"""``index``, ``compact`` and ``status``: an index is built, tidied up, and looked at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from corpora.manifest_models import NAME
from corpora.manifests import BESIDE, Catalogue, load, read
from corpora.model import Access
from corpora.readers.encodings import EncodingChoice
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.store.access import CollectionAccess
from web.commands.options import collections_option, encodings_option, index_option
from web.commands.printing import print_json
from web.commands.progress import Bars
from web.commands.reports import IndexStatus
from web.commands.texts import DATA

if TYPE_CHECKING:
    from indexer.building.build import BuildReport


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
@click.option(
    "--collection",
    metavar="NAME",
    default="",
    help="The collection that the works belong to; without PATH, its own texts.  [default: see above]",
)
@click.option(
    "--access",
    type=click.Choice(list(map(str, Access))),
    help="Who may read these works, where no manifest says it more strictly.  [default: what manifests say]",
)
@click.option("--move", is_flag=True, help="Let works leave a collection that is not open for another.")
@collections_option
@index_option
def index(
    paths: tuple[str, ...],
    engine: str | None,
    model: Path | None,
    remove: tuple[str, ...],
    encodings: tuple[EncodingChoice, ...],
    collection: str,
    access: str | None,
    move: bool,
    own: Path,
    index: IndexAddress,
) -> None:
    """Build an index, or bring one up to date.

    The works under each PATH, a file, a folder or a collection's name, are added; those that changed are replaced;
    the others stay as they are. After Ctrl-C, run it again to go on.

    Works under a path belong to the collection that the nearest `collection.yaml` in or above it describes, or whose
    texts are kept there. Who may read works that no manifest names is to be said with --access or `wenyuan access`;
    until then they are for staff alone.

    Exit status: 0 fine, 1 done but problems were reported, 2 nothing done.
    """
    if not paths and not remove and not collection:
        raise click.UsageError("name a file, a folder or a collection, or use --remove")
    batches = _batches(paths, collection, own)

    from indexer.building.build import build  # it loads the engines, which `--help` has no need of
    from indexer.upkeep.standing import published

    failed = False
    standing: list[CollectionAccess] = []
    for number, batch in enumerate(batches):
        state = published(index)
        recorded = [Path(path) for path in state.access.manifests.values()] if state else []
        with Bars() as bars:
            report = build(
                batch.paths,
                index,
                engine=engine,
                model=model.resolve() if model else None,
                remove=remove if number == 0 else (),
                encodings=encodings,
                collection=batch.collection,
                catalogue=load(own, [*recorded, *batch.manifests]),
                access=Access(access) if access else None,
                beside=batch.manifests[0] if batch.manifests else None,
                move=move,
                on_progress=bars,
            )
        _print(report)
        standing += report.access
        failed = failed or any(not problem.is_note for problem in report.problems)
    for each in standing:
        if told := _to_be_said(each, index):
            click.echo(told, err=True)
    sys.exit(1 if failed else 0)


@click.command()
@index_option
def compact(index: IndexAddress) -> None:
    """Merge small and half-dead parts of the index, while it is served.

    Works that came one by one, and what was replaced or removed, leave parts that each cost every search some time.
    They become few, as if all had been indexed at once. After Ctrl-C, run it again to go on.

    Exit status: 0 fine, 2 nothing done.
    """
    from indexer.building.build import compact as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(index, on_progress=bars)
    if isinstance(index, ClusterAddress):
        told = "the segments are merged, without what was removed"
    elif done.rewritten:
        told = f"{done.rewritten} of {done.before} packs rewritten; {done.after} packs"
    else:
        told = f"there is nothing to merge; {done.after} packs"
    click.echo(f"generation {done.generation}: {told}; {done.seconds:.1f} s", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@index_option
def status(as_json: bool, index: IndexAddress) -> None:
    """Show what is in the index."""
    from search.library import Library  # it loads the engines, which `--help` has no need of

    facts = IndexStatus.model_validate(Library.open(index).status())
    if as_json:
        print_json(facts)
        return
    table = Table(show_header=False, show_edge=False, pad_edge=False)
    for name, value in facts.model_dump().items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for part, fact in inner:
            table.add_row(f"{name} {part}".strip(), f"{fact:,}" if isinstance(fact, int) else str(fact))
    Console().print(table)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Paths whose works belong to one collection, "" for none, and the manifest beside them, if there is one."""

    collection: str
    paths: tuple[Path, ...]
    manifests: tuple[Path, ...] = ()


def _batches(names: Sequence[str], collection: str, own: Path) -> list[_Batch]:
    """Group the paths that were named by the collection that they belong to.

    Raises:
        click.ClickException: something is neither a path nor a collection, or both, or belongs to another collection
            than was said.
        ManifestFailure: a manifest is not as it should be.
    """
    known = load(own)
    if collection and not NAME.fullmatch(collection):
        raise click.ClickException(f"--collection {collection}: not made of letters, digits, '-' and '_'")
    if collection and not names:
        return [_Batch(collection, (_texts_of(collection, known),))]
    batches: dict[tuple[str, tuple[Path, ...]], list[Path]] = {}
    for name in names:
        path = Path(name)
        if name in known.collections and path.exists():
            raise click.ClickException(
                f"{name}: a {'folder' if path.is_dir() else 'file'} here and a collection are called so; "
                f"say ./{name} for the first, --collection {name} for the second"
            )
        if name in known.collections and not collection:
            batches.setdefault((name, ()), []).append(_texts_of(name, known))
            continue
        if not path.exists():
            raise click.ClickException(
                f"{name}: no such file, folder or collection; collections: {', '.join(known.collections)}"
            )
        home, manifests = _home_of(path, known)
        if collection and home and home != collection:
            raise click.ClickException(f"{name}: belongs to the collection {home}, not to {collection}")
        batches.setdefault((collection or home, manifests), []).append(path)
    return [_Batch(home, tuple(paths), manifests) for (home, manifests), paths in batches.items()] or [_Batch("", ())]


def _home_of(path: Path, known: Catalogue) -> tuple[str, tuple[Path, ...]]:
    """Return the collection that works at a path belong to, "" for none, and the manifest beside them that says so."""
    real = path.resolve()
    for folder in (real, *real.parents):
        manifest = folder / BESIDE
        if manifest.is_file():
            return read(manifest).collection.id, (manifest,)
    for name in known.collections:
        texts = known.folders.get(name) or DATA / name
        if real.is_relative_to(texts.resolve()):
            return name, ()
    return "", ()


def _texts_of(name: str, known: Catalogue) -> Path:
    if name not in known.collections:
        raise click.ClickException(f"{name}: no such collection; collections: {', '.join(known.collections)}")
    folder = known.folders.get(name) or DATA / name
    if not folder.is_dir():
        raise click.ClickException(f"{name}: its texts are not here; bring them with `wenyuan fetch {name}`")
    return folder


def _to_be_said(each: CollectionAccess, index: IndexAddress) -> str:
    """Return a line on who may read what was indexed, where a manifest does not open it to everybody."""
    command = f"wenyuan access {each.collection}"
    if number := each.declared.get(None):
        advice = f"`{command} open --index {index}` (or in-library, or staff) declares them, and serving needs it"
        return f"{each.collection}: {number} works are undeclared, so for staff alone; {advice}"
    if number := each.effect.get(Access.THIS_MACHINE):
        advice = f"`{command} staff --index {index}` closes them, `{command} open --index {index}` opens them to all"
        return f"{each.collection}: {number} works are declared open on this machine alone; {advice}"
    closed = [f"{number} {access}" for access, number in each.effect.items() if access is not Access.OPEN]
    return f"{each.collection}: who may read it: {', '.join(closed)}" if closed else ""


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
