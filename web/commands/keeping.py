"""``verify``, ``repair``, ``backup`` and ``restore``: an index is kept safe."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from web.commands.bars import Bars
from web.commands.options import index_option

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@index_option
def verify(folder: Path) -> None:
    """Read every file of the index, and name each that is damaged.

    Exit status: 0 all is whole, 1 something is damaged, 2 there is no index.
    """
    from indexer.repair import verify as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        verdict = run(folder, bars)
    for damage in verdict.damages:
        click.echo(damage)
    number = "unreadable" if verdict.generation is None else verdict.generation
    damaged = len(verdict.damages)
    click.echo(f"generation {number}: {verdict.files} files, {verdict.bytes:,} bytes, {damaged} damaged", err=True)
    if damaged:
        click.echo(f"`wenyuan repair --index {folder}` mends what can be mended", err=True)
    sys.exit(1 if damaged else 0)


@click.command()
@click.option("--previous", is_flag=True, help="Go back to the previous generation.")
@index_option
def repair(previous: bool, folder: Path) -> None:
    """Mend a damaged index, while it is served.

    The inverted index is made again from the texts. Where a text's own files are damaged, its works leave the index;
    they are listed, and have to be indexed again. Where the manifest is lost, the previous generation is taken.

    Exit status: 0 all is whole, 1 works have to be indexed again, 2 nothing was done.
    """
    from indexer.repair import repair as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(folder, go_back=previous, on_progress=bars)
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


@click.command()
@click.argument("file", type=_FILE)
@index_option
def backup(file: Path, folder: Path) -> None:
    """Write the whole index to FILE, an uncompressed tar, while it is served.

    Every byte is checked on its way; a damaged index gives no backup.

    Exit status: 0 done, 2 not.
    """
    from indexer.backup import backup as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(folder, file, bars)
    click.echo(f"{file}: generation {done.generation}, {done.works} works, {done.files} files, {done.bytes:,} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Publish it in the place of what is there.")
@index_option
def restore(file: Path, replace: bool, folder: Path) -> None:
    """Publish the index that is in FILE, while what is there is served.

    Restore only what `wenyuan backup` wrote for you: checksums tell of accidents, not of forgery.

    Exit status: 0 done, 2 not.
    """
    from indexer.backup import restore as run  # it loads the engines, which `--help` has no need of

    with Bars() as bars:
        done = run(file, folder, over=replace, on_progress=bars)
    click.echo(f"{folder}: generation {done.generation}, {done.works} works, {done.files} files, {done.bytes:,} bytes")
