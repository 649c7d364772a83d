"""``verify``, ``repair``, ``backup`` and ``restore``: an index, and the whole site, is kept safe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.cluster.address import IndexAddress
from web.commands.options import ON_CLUSTER, as_index, index_option
from web.commands.progress import Bars
from web.serving.defaults import PARTS

if TYPE_CHECKING:
    from web.archive import SitePaths

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@index_option
def verify(index: IndexAddress) -> None:
    """Read every file of the index, and name each that is damaged.

    Exit status: 0 all is whole, 1 something is damaged, 2 there is no index.
    """
    from indexer.upkeep.repair import verify as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        verdict = run(index, bars)
    for damage in verdict.damages:
        click.echo(damage)
    number = "unreadable" if verdict.generation is None else verdict.generation
    damaged = len(verdict.damages)
    kind = "files" if isinstance(index, Path) else "documents"
    click.echo(f"generation {number}: {verdict.files:,} {kind}, {verdict.bytes:,} bytes, {damaged} damaged", err=True)
    if damaged:
        click.echo(f"`wenyuan repair --index {index}` mends what can be mended", err=True)
    sys.exit(1 if damaged else 0)


@click.command()
@click.option("--previous", is_flag=True, help="Go back to the previous generation.")
@index_option
def repair(previous: bool, index: IndexAddress) -> None:
    """Repair a damaged index, while it is served.

    The inverted index is made again from the texts. Where a text's own files are damaged, its works leave the index;
    they are listed, and have to be indexed again. Where the manifest is lost, the previous generation is taken.

    Exit status: 0 all is whole, 1 works have to be indexed again, 2 nothing was done.
    """
    from indexer.upkeep.repair import repair as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(index, go_back=previous, on_progress=bars)
    for damage in done.damages:
        click.echo(damage, err=True)
    if done.back:
        click.echo("went back to the previous generation", err=True)
    if done.engine:
        click.echo("the inverted index was made again", err=True)
    if done.lost:
        click.echo("lost; index these works again:", err=True)
        for work in done.lost:
            click.echo(work)
    if not (done.damages or done.back):
        click.echo("nothing is damaged", err=True)
    click.echo(f"generation {done.generation} is published", err=True)
    sys.exit(1 if done.lost else 0)


def _site_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where the parts of a site stand."""
    options = (
        click.option(
            "--only", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part; may be repeated."
        ),
        click.option(
            "--config",
            "config",
            type=click.Path(dir_okay=False, path_type=Path),
            help="The TOML file of `wenyuan serve`, which says where they stand.  [env var: WENYUAN_CONFIG]",
        ),
        click.option(
            "--index",
            metavar="FOLDER|ADDRESS",
            callback=as_index,
            help=f"The index: a folder, or {ON_CLUSTER}.  [env var: WENYUAN_INDEX; default: index]",
        ),
        click.option(
            "--database",
            help="The database: a file, or postgresql://…  [env var: WENYUAN_DATABASE; default: data/wenyuan.sqlite]",
        ),
        click.option(
            "--snapshots",
            metavar="NAME",
            help="The repository of snapshots on the cluster that has the index.  "
            "[env var: WENYUAN_SNAPSHOTS; default: wenyuan, or where the backup says]",
        ),
        click.option("--letterhead", type=_FOLDER, help="The folder of the letterhead.  [env var: WENYUAN_LETTERHEAD]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _places(config: Path | None, **given: Any) -> SitePaths:
    """Return where the parts of the site stand, by the configuration and what is given."""
    from web.accounts.keys import VARIABLE
    from web.archive import SitePaths
    from web.database.storage import file_of
    from web.serving.config import Config
    from web.serving.state import place_beside

    class Where(Config):
        """The configuration of a site of which not everything is there yet."""

        letterhead: Path | None = None

    where = Where.read(config, **given)
    return SitePaths(
        database=where.database,
        key=None if os.environ.get(VARIABLE) else place_beside(file_of(where.database), where, ".key"),
        collections=where.collections,
        letterhead=where.letterhead or where.state / "letterhead",
        index=where.index,
        snapshots=where.snapshots,
    )


@click.command()
@click.argument("file", type=_FILE)
@_site_options
def backup(file: Path, parts: tuple[str, ...], config: Path | None, **given: Any) -> None:
    """Write the whole site to FILE, an uncompressed tar, while it is served: database, key, manifests of the library's
    own collections, letterhead and index.

    What is not there is left out and named. Every byte is checked on its way; what is damaged gives no backup. Whoever
    has FILE has the texts, the accounts and the key: it is readable by its owner alone.

    An index on a cluster is kept by the cluster itself, as a snapshot in its own repository; FILE says which one.

    Exit status: 0 done, 2 not.
    """
    from web import archive  # it loads the engines, which `--help` has no need of
    from web.database.storage import is_on_server

    places = _places(config, **given)
    with Bars() as bars:
        done = archive.back_up(places, file, parts, bars)
    for part in PARTS:
        sizes = [member.bytes for member in done.members if member.part == part]
        if sizes:
            click.echo(f"{part}: {len(sizes)} files, {sum(sizes):,} bytes")
        elif not parts and part == "key" and is_on_server(places.database):
            click.echo("key: in the database")
        elif not parts:
            click.echo(f"{part}: left out, there is none", err=True)
    click.echo(f"{file}: {done.time}, {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of what is there, which is kept aside.")
@_site_options
def restore(file: Path, replace: bool, parts: tuple[str, ...], config: Path | None, **given: Any) -> None:
    """Restore what is in FILE, all or nothing: a backup of a site, of an index, or of a database alone.

    Stop the server first, unless it is the index alone. With --replace, what is there is renamed, and an index stays
    the one to which `wenyuan repair --previous` goes back. Nothing in FILE is run, but whoever made it decides who may
    log in: restore only what `wenyuan backup` wrote for you.

    Exit status: 0 done, 2 not.
    """
    from web import archive  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = archive.restore(file, _places(config, **given), parts, over=replace, on_progress=bars)
    for part, place in done.parts.items():
        click.echo(f"{part}: {place}")
    for path in done.aside:
        click.echo(f"kept aside: {path}", err=True)
