"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from corpora.manifests import OWN
from web.defaults import DATABASE

database_option = click.option(
    "--database",
    "address",
    envvar="WENYUAN_DATABASE",
    default=DATABASE,
    show_default=True,
    show_envvar=True,
    help="The database of accounts: a file, or postgresql://…",
)

index_option = click.option(
    "--index",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="WENYUAN_INDEX",
    default=Path("index"),
    show_default=True,
    show_envvar=True,
    help="The index's folder.",
)

collections_option = click.option(
    "--collections",
    "own",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="WENYUAN_COLLECTIONS",
    default=OWN,
    show_default=True,
    show_envvar=True,
    help="The folder of your own manifests of collections.",
)
