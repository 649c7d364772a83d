"""``database``: the database of accounts is looked at and brought up to date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from web.commands.options import database_option
from web.commands.progress import Bars


@click.group()
def database() -> None:
    """Check and upgrade the database of accounts: a file, or a server's.

    `wenyuan serve` sets up an empty one by itself; one of an earlier version is brought up to date here. Copies are
    taken while the site runs; the texts are not in them: they are in the index.
    """


@database.command()
@database_option
def status(address: str) -> None:
    """Show which database it is, and whether its tables are those of this program.

    Exit status: 0 they are, 1 they are not.
    """
    from web.database.storage import Storage, latest  # it loads the database's library, which `--help` has no need of

    storage = Storage.at(address)
    held, wanted = storage.version(), latest()
    click.echo(f"{storage.name}: version {held or 'none yet'}, the program's is {wanted}")
    raise click.exceptions.Exit(0 if held == wanted else 1)


@database.command()
@database_option
def upgrade(address: str) -> None:
    """Upgrade the tables, all or nothing. Keep a copy first: there is no way back."""
    from web.database.storage import Storage

    storage = Storage.at(address)
    before = storage.version()
    storage.upgrade()
    click.echo(f"{storage.name}: version {before or 'none'} → {storage.version()}")


@database.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@database_option
def backup(file: Path, address: str) -> None:
    """Write a copy of the database to FILE, which must not be there yet. The site may go on."""
    from web.database.backup import back_up
    from web.database.storage import Storage

    storage = Storage.at(address)
    with Bars() as bars:
        back_up(storage, file, bars)
    click.echo(f"{file}: {file.stat().st_size:,} bytes of {storage.name}")


@database.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@database_option
def restore(file: Path, address: str) -> None:
    """Fill an empty database from FILE, a copy of the same kind of database."""
    from web.database.backup import restore as fill
    from web.database.storage import Storage, latest

    storage = Storage.at(address)
    with Bars() as bars:
        fill(storage, file, bars)
    click.echo(f"{storage.name}: version {storage.version()}")
    if storage.version() != latest():
        click.echo("Its tables are of another version: run `wenyuan database upgrade`.", err=True)


@database.command("forget-searches")
@click.option("--before", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day to be kept.")
@database_option
def forget_searches(day: datetime, address: str) -> None:
    """Remove the searches kept in cases that were closed before a day; the cases, their evidence and replies stay."""
    from web.database.storage import Storage
    from web.desk.working import forget

    with Storage.open(address).session.begin() as session:
        count = forget(session, day.astimezone())
    click.echo(f"{count} searches of cases closed before {day:%Y-%m-%d} were removed")
