"""``distribution``: how often words stand in each group of texts, for people, spreadsheets and programs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.table import Table as Columns
from rich.text import Text

from indexer.cluster.address import IndexAddress
from search.distribution import ROWS, Distribution, DistributionRow
from web.api.distribution import DISTRIBUTION
from web.commands.analyses import analysis_options, asked, print_found, require_one_format
from web.commands.printing import print_explanations, visible
from web.taking.table import Table


@click.command()
@click.argument("queries", metavar="QUERY...", nargs=-1, required=True)
@analysis_options(DISTRIBUTION, ROWS, "groups")
def distribution(
    queries: tuple[str, ...], limit: int, form: str | None, as_json: bool, index: IndexAddress, **options: Any
) -> None:
    """Count how often the words of each QUERY stand in works, sections, dynasties, classes or years.

    --group year has the years in which works were written, --group event those that the texts speak of.

    Beside each count stand the characters that were searched, and the occurrences for every 10,000 of them. --csv and
    --json have all groups.

    \b
    wenyuan distribution 女真 女直
    wenyuan distribution 会宁府 --group section --within work:KR2a0035 --order place
    wenyuan distribution 长白山 --group dynasty --csv > dynasties.csv
    wenyuan distribution 女真 --group event --order place --event 1115..1234

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    require_one_format(form, as_json)
    parameters = asked(DISTRIBUTION, options, q=queries)
    library = Library.open(index)
    found = library.distribution(replace(parameters.request(), limit=limit))
    from web.taking.tables.distributions import table_of  # it loads the web framework, likewise

    print_found(found, partial(table_of, library, root=""), _told, _print, form=form, as_json=as_json)


def _told(found: Distribution, table: Table) -> dict[str, object]:
    groups = [
        {
            "value": row.value,
            "label": row.label,
            "characters": row.characters,
            "counts": row.counts,
            "per_10000": row.frequencies,
        }
        for row in found.rows
    ]
    return {**table.about, "groups": groups}


def _print(found: Distribution) -> None:
    console = Console(highlight=False, soft_wrap=True)
    print_explanations(console, found.explanations)
    table = Columns(box=None, pad_edge=False, header_style="dim")
    table.add_column(str(found.request.group))
    table.add_column("characters", justify="right")
    for term in found.request.terms:
        table.add_column(Text(visible(term)), justify="right")
        table.add_column("per 10,000", justify="right")
    for row in found.shown:
        table.add_row(*_cells(row.label or "(none)", row))
    table.add_section()
    table.add_row(*_cells("total", found.total), style="bold")
    console.print(table)
    at_least = " (at least so many occurrences)" if any(found.at_least) else ""
    counted = f"{len(found.shown):,} of {len(found.rows):,} groups{at_least}"
    console.print(Text(f"{counted}, generation {found.generation}, {found.took_ms:.0f} ms", style="dim"))


def _cells(name: str, row: DistributionRow) -> list[Text]:
    counts = zip(row.counts, row.frequencies, strict=True)
    told = (said for count, frequency in counts for said in (f"{count:,}", f"{frequency:.2f}"))
    return [Text(visible(name)), Text(f"{row.characters:,}"), *map(Text, told)]
