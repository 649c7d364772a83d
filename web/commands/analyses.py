"""What commands of analyses share: options, one for each parameter of the page, and how what is found is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from unicodedata import east_asian_width

import click

from web.api.parameters import BadParameter, Parameters, checked
from web.commands.options import index_option, parameter_options
from web.commands.printing import print_json

P = TypeVar("P", bound=Parameters)
T = TypeVar("T")


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
            click.option(
                "--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets, below a row of what it is of."
            ),
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


def require_one_format(as_csv: bool, as_json: bool) -> None:
    """Refuse two formats at once.

    Raises:
        click.UsageError: two are asked for.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json: only one of them")


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
    told: Callable[[T], object],
    sheet: Callable[[T], Iterable[Sequence[str]]],
    show: Callable[[T], None],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print what an analysis found: for programs, as a table for spreadsheets, or for people."""
    if as_json:
        print_json(told(found))
    elif as_csv:
        from web.presenting.spreadsheet import csv_of  # it loads the web framework, which `--help` has no need of

        click.echo(csv_of(sheet(found)), nl=False)
    else:
        show(found)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
