"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from corpora.readers.encodings import NAMES, Choice
from web.defaults import DATABASE


def _choices(_: click.Context, __: click.Parameter, written: tuple[str, ...]) -> tuple[Choice, ...]:
    try:
        return tuple(map(Choice.parse, written))
    except ValueError as failure:
        raise click.BadParameter(str(failure)) from failure


encodings_option = click.option(
    "--encoding",
    "encodings",
    metavar="NAME[:PATTERN]",
    multiple=True,
    callback=_choices,
    help=(
        "The encoding of files without a mark, or of those whose path ends as PATTERN says, such as 'big5:漢書/*.txt', "
        f"where * stands for any characters; may be repeated. NAME is one of {', '.join(NAMES)}; big5 includes what "
        "Windows, ETEN and Hong Kong added, gb18030 is GBK and GB2312, too.  [default: found out for each file]"
    ),
)

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
