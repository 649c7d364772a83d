"""What commands of analyses share: options, one for each parameter of the page, and how what is found is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from unicodedata import east_asian_width

import click

from web.api.parameters import BadParameter, Parameters, checked
from web.commands.options import index_option, parameter_options
from web.commands.printing import print_json
from web.taking.formats import TABLE_FORMAT_NAMES
from web.taking.table import Table

P = TypeVar("P", bound=Parameters)
T = TypeVar("T")

format_options = (
    click.option(
        "--format",
        "form",
        type=click.Choice(TABLE_FORMAT_NAMES),
        help="Print a table with what it is of, as CSV, XLSX, JSON Lines, Markdown or TEI.",
    ),
    click.option("--csv", "form", flag_value="csv", help="The same as --format csv: a table for spreadsheets."),
)
"""Options for the file that is printed."""


def analysis_options(
    form: type[Parameters], limit: int, of: str, argument: str = "q"
) -> Callable[[Callable[..., None]], Any]:
    """Return a decorator that gives a command the options of an analysis, and the most ``of`` what it prints.

    ``argument`` is the parameter that is no option.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            index_option,
            click.option("--json", "as_json", is_flag=True, help="Print all that was found, for programs."),
            *format_options,
            click.option(
                "--limit",
                type=click.IntRange(1),
                default=limit,
                show_default=True,
                help=f"The most {of} to print.",
            ),
            parameter_options(form, without=(argument, "limit")),
        ):
            command = option(command)
        return command

    return decorate


def require_one_format(form: str | None, as_json: bool) -> None:
    """Refuse two formats at once, and a file that no terminal shows.

    Raises:
        click.UsageError: two are asked for, or a workbook is to be printed.
    """
    if form and as_json:
        raise click.UsageError("--json: not with --csv or --format")
    if form == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("--format xlsx: send it to a file, with > lines.xlsx")


def asked(form: type[P], options: Mapping[str, Any], **others: object) -> P:
    """Return the parameters that a command was given.

    Raises:
        click.UsageError: one is not as it must be.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return checked(form, {**given, **others})
    except BadParameter as failure:
        raise click.UsageError(str(failure)) from failure


def print_found(
    found: T,
    table: Callable[[T], Table],
    told: Callable[[T, Table], object],
    show: Callable[[T], None],
    *,
    form: str | None,
    as_json: bool,
) -> None:
    """Print what an analysis found: as a file of some format, for programs, or for people.

    ``told`` is what programs are told of it, beside the provenance of its table.
    """
    if as_json:
        print_json(told(found, table(found)))
    elif form:
        print_table(table(found), form)
    else:
        show(found)


def print_table(table: Table, form: str) -> None:
    """Print a table in a format."""
    from web.taking.formats.every import TABLE_FORMATS  # it loads the web framework, which `--help` has no need of

    for piece in TABLE_FORMATS[form].write(table):
        click.echo(piece, nl=False)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
