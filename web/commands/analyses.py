"""What commands of analyses share: options, one for each parameter of the page, and how counts are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from unicodedata import east_asian_width

import click

from web.api.parameters import BadParameter, Parameters, checked
from web.commands.options import index_option, parameter_options

P = TypeVar("P", bound=Parameters)


def analysis_options(form: type[Parameters], limit: int, of: str) -> Callable[[Callable[..., None]], Any]:
    """Return a decorator that gives a command the options of an analysis, and the most ``of`` what it prints."""

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
            parameter_options(form, without=("q", "limit")),
        ):
            command = option(command)
        return command

    return decorate


def asked(form: type[P], query: str | tuple[str, ...], options: Mapping[str, Any], *, one_format: bool) -> P:
    """Return the parameters that a command was given.

    Raises:
        click.UsageError: one is not as it must be, or two formats are asked for.
    """
    if not one_format:
        raise click.UsageError("--csv and --json: only one of them")
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return checked(form, {**given, "q": query})
    except BadParameter as failure:
        raise click.UsageError(str(failure)) from failure


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
