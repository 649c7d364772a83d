"""``keywords``: what a work has more often than other works, for people, spreadsheets and programs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Columns
from rich.text import Text

from indexer.cluster.address import IndexAddress
from search.keywords import ROWS, Keywords
from web.api.keywords import KEYWORDS
from web.commands.analyses import analysis_options, asked, print_found, require_one_format
from web.commands.printing import visible
from web.taking.table import Table


@click.command()
@click.argument("work")
@analysis_options(KEYWORDS, ROWS, "keywords", argument="work")
def keywords(work: str, limit: int, form: str | None, as_json: bool, index: IndexAddress, **options: Any) -> None:
    """List what WORK, by its id, has more often than all other works, or than those of a collection.

    Beside each stand how often the work has it, how often the others do, log-likelihood and log ratio. --csv and --json
    have all of them.

    \b
    wenyuan keywords KR2a0035
    wenyuan keywords KR2a0035 --unit triple --measure log-ratio --least 20
    wenyuan keywords KR2a0035 --with northeast --csv > keywords.csv

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    require_one_format(form, as_json)
    request = asked(KEYWORDS, options, work=work).request()
    found = Library.open(index).keywords(replace(request, limit=limit))
    from web.taking.tables.keywords import table_of  # it loads the web framework, likewise

    def told(found: Keywords, table: Table) -> object:
        return {**table.about, "keywords": found.rows}

    print_found(found, partial(table_of, root=""), told, _print, form=form, as_json=as_json)


def _print(found: Keywords) -> None:
    console = Console(highlight=False, soft_wrap=True)
    table = Columns(box=None, pad_edge=False, header_style="dim")
    table.add_column(str(found.request.unit))
    for name in ("here", "elsewhere", "log-likelihood", "log ratio"):
        table.add_column(name, justify="right")
    for row in found.shown:
        numbers = (f"{row.count:,}", f"{row.rest:,}", f"{row.log_likelihood:.1f}", f"{row.log_ratio:.2f}")
        table.add_row(Text(visible(row.words)), *numbers)
    console.print(table)
    counted = "words" if found.request.unit == "word" else "characters"
    left_out = f", {found.left_out:,} rarer ones not weighed" if found.left_out else ""
    told = f"{len(found.shown):,} of {len(found.rows):,} keywords{left_out} of {found.size:,} {counted}"
    told += f" against {found.rest_size:,}, generation {found.generation}, {found.took_ms:.0f} ms"
    console.print(Text(told, style="dim"))
