"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

index_option = click.option(
    "--index",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("index"),
    envvar="WENYUAN_INDEX",
    show_default=True,
    show_envvar=True,
    help="The folder of the index.",
)
