"""``database``: the database of accounts is looked at and brought up to date."""

from __future__ import annotations

import click

from web.commands.options import database_option


@click.group()
def database() -> None:
    """Look after the database of accounts: a file, or a server's.

    `wenyuan serve` sets up an empty one by itself; one of an earlier version is brought up to date here.
    """


@database.command()
@database_option
def status(address: str) -> None:
    """Say which database it is, and whether its tables are those of this program.

    Exit status: 0 they are, 1 they are not.
    """
    from web.storage import Storage, latest  # it loads the database's library, which `--help` has no need of

    storage = Storage.at(address)
    held, wanted = storage.version(), latest()
    click.echo(f"{storage.name}: version {held or 'none yet'}, the program's is {wanted}")
    raise click.exceptions.Exit(0 if held == wanted else 1)


@database.command()
@database_option
def upgrade(address: str) -> None:
    """Bring the tables up to date, all or nothing. Keep a copy first: there is no way back."""
    from web.storage import Storage

    storage = Storage.at(address)
    before = storage.version()
    storage.upgrade()
    click.echo(f"{storage.name}: version {before or 'none'} → {storage.version()}")
