"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import click
from click.core import ParameterSource

from corpora.manifests import OWN
from corpora.readers.encodings import NAMES, EncodingChoice
from indexer.cluster.address import IndexAddress, index_address
from indexer.errors import IndexFailure
from web.api.parameters import Parameters, properties
from web.serving.defaults import DATABASE

ON_CLUSTER = "opensearch+https://host:port/name"
"""How an index on a cluster is named."""


def without_password(context: click.Context, option: click.Parameter, address: str | None) -> str | None:
    """Return the database's address; one that was typed must hold no password.

    Raises:
        click.UsageError: it holds one, which everybody on the machine could read in the list of processes.
    """
    if address and context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
        userinfo, query = _parts(address)
        if ":" in userinfo or {"password", "sslpassword"} & parse_qs(query, keep_blank_values=True).keys():
            raise click.UsageError(
                "--database: a password here can be read by all in the list of processes; give the address by the "
                "environment variable WENYUAN_DATABASE, `wenyuan serve` also by `database` in the file of --config, "
                "or the password alone by PGPASSFILE",
                context,
            )
    return address


def _parts(address: str) -> tuple[str, str]:
    """Split off the user with the password, and the query, of an address; a password may lack its escapes."""
    rest = address.partition("://")[2]
    return rest.rpartition("@")[0], rest.partition("?")[2]


def _choices(_: click.Context, __: click.Parameter, written: tuple[str, ...]) -> tuple[EncodingChoice, ...]:
    try:
        return tuple(map(EncodingChoice.parse, written))
    except ValueError as failure:
        raise click.BadParameter(str(failure)) from failure


def as_index(_: click.Context, __: click.Parameter, written: str | None) -> IndexAddress | None:
    """Return the index that a folder's path or a cluster's address names.

    Raises:
        click.BadParameter: it is neither; nothing secret in it is repeated.
    """
    if written is None:
        return None
    try:
        index = index_address(written)
    except IndexFailure as failure:
        raise click.BadParameter(str(failure)) from failure
    if isinstance(index, Path) and index.is_file():
        raise click.BadParameter(f"{index} is a file; an index is a folder, or {ON_CLUSTER}")
    return index


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
    callback=without_password,
    help="The database of accounts: a file, or postgresql://… without a password.",
)

index_option = click.option(
    "--index",
    "index",
    metavar="FOLDER|ADDRESS",
    callback=as_index,
    envvar="WENYUAN_INDEX",
    default="index",
    show_default=True,
    show_envvar=True,
    help=f"The index: a folder, or {ON_CLUSTER}.",
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


def parameter_options(model: type[Parameters], without: tuple[str, ...] = ()) -> Callable[[Callable[..., None]], Any]:
    """Return a decorator that gives a command an option for each parameter of an endpoint, ``without`` some."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for name, schema in reversed(properties(model).items()):
            if name not in without:
                command = _parameter_option(name, schema)(command)
        return command

    return decorate


def _parameter_option(name: str, schema: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    flag, help_, default = f"--{name.replace('_', '-')}", schema["description"], schema.get("default")
    match schema:
        case {"type": "array"}:
            return click.option(flag, name, multiple=True, help=help_)
        case {"type": "boolean", "default": True}:
            return click.option(f"{flag}/--no{flag[1:]}", name, default=True, show_default=True, help=help_)
        case {"type": "boolean"}:
            return click.option(flag, name, is_flag=True, help=help_)
        case {"enum": values}:
            return click.option(flag, name, type=click.Choice(values), default=default, show_default=True, help=help_)
        case {"minimum": least, "maximum": most}:
            kind = click.IntRange(least, most)
            return click.option(flag, name, type=kind, default=default, show_default=True, help=help_)
    return click.option(flag, name, help=help_)
