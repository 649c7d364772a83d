"""``collocates``: what stands near words more often than by chance, for people, spreadsheets and programs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Columns
from rich.text import Text

from indexer.cluster.address import IndexAddress
from search.collocates import ROWS, Collocates
from search.grams import Unit
from web.api.collocates import COLLOCATES
from web.commands.analyses import analysis_options, asked, print_found, require_one_format
from web.commands.printing import print_explanations, visible
from web.taking.table import Table


@click.command()
@click.argument("query")
@analysis_options(COLLOCATES, ROWS, "collocates")
def collocates(query: str, limit: int, form: str | None, as_json: bool, index: IndexAddress, **options: Any) -> None:
    """List what stands near the words of QUERY more often than by chance.

    Beside each character or pair stand the occurrences that have it near, those to be expected, how often it stands in
    all of these texts, log-likelihood and PMI. --csv and --json have all of them.

    \b
    wenyuan collocates 会宁府
    wenyuan collocates 女真 --unit pair --side left --distance 3 --measure pmi --least 5
    wenyuan concordance 女真 --beside left:3:生

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    require_one_format(form, as_json)
    parameters = asked(COLLOCATES, options, q=query)
    library = Library.open(index)
    found = library.collocates(replace(parameters.request(), limit=limit))
    from web.taking.tables.collocations import table_of  # it loads the web framework, likewise

    def told(found: Collocates, table: Table) -> object:
        return {**table.about, "collocates": found.rows}

    print_found(found, partial(table_of, library, root=""), told, _print, form=form, as_json=as_json)


def _print(found: Collocates) -> None:
    console = Console(highlight=False, soft_wrap=True)
    print_explanations(console, found.explanations)
    table = Columns(box=None, pad_edge=False, header_style="dim")
    table.add_column(str(found.request.unit))
    for name in ("near", "expected", "everywhere", "log-likelihood", "PMI"):
        table.add_column(name, justify="right")
    for row in found.shown:
        numbers = (f"{row.count:,}", f"{row.expected:.2f}", f"{row.frequency:,}")
        table.add_row(Text(visible(row.words)), *numbers, f"{row.log_likelihood:.1f}", f"{row.pmi:.2f}")
    console.print(table)
    at_least = "at least " if found.at_least else ""
    left_out = f", {found.left_out:,} rarer ones not weighed" if found.left_out else ""
    told = f"{len(found.shown):,} of {len(found.rows):,} collocates{left_out}"
    counted = "words" if found.request.unit is Unit.WORD else "characters"
    told += f" of {at_least}{found.occurrences:,} occurrences in {found.characters:,} {counted}"
    told += f", generation {found.generation}, {found.took_ms:.0f} ms"
    console.print(Text(told, style="dim"))
