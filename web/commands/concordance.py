"""``concordance``: every place of a query on a line of its own, for people, spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from indexer.cluster.address import IndexAddress
from search.concordance import LINES, Concordance
from search.occurrences import Group
from web.api.concordance import CONCORDANCE
from web.commands.analyses import analysis_options, asked, print_found, print_table, require_one_format, width
from web.commands.printing import print_explanations, visible
from web.taking.table import Table

_MOST_SHOWN = 12
"""Groups of each kind that people are shown."""


@click.command()
@click.argument("query")
@analysis_options(CONCORDANCE, LINES, "lines")
def concordance(query: str, limit: int, form: str | None, as_json: bool, index: IndexAddress, **options: Any) -> None:
    """List every place where the words of QUERY stand, one a line.

    Spellings and other names are counted; --within spelling:會寧府 keeps to one, --without leaves one out. Either may
    name a work, section, dynasty, category, words or spelling, as --group counts them.

    \b
    wenyuan concordance 会宁府 --order right
    wenyuan concordance 黑龙江 --within spelling:黒龍江 --group section
    wenyuan concordance 之 --sample 100 --seed 7 --csv --limit 100 > lines.csv

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    require_one_format(form, as_json)
    parameters = asked(CONCORDANCE, options, q=query)
    library, request = Library.open(index), parameters.request()
    from web.taking.tables.concordances import table  # it loads the web framework, likewise

    if form:
        print_table(table(library, request, "", limit), form)
        return
    found = library.concordance(replace(request, limit=limit))
    print_found(found, lambda _: table(library, request, "", limit), _told, _print, form=form, as_json=as_json)


def _told(found: Concordance, table: Table) -> dict[str, object]:
    return {
        **table.about,
        "folded": dict(found.folded),
        "explanations": [{"code": code, "detail": detail} for code, detail in found.explanations],
        "spellings": found.spellings,
        "words": found.words,
        "groups": found.groups,
        "classical": found.classical,
        "lines": [
            {**row, "left": each.left, "text": each.text, "right": each.right}
            for row, each in zip(table.named(), found.lines, strict=True)
        ],
    }


def _print(found: Concordance) -> None:
    from web.presenting.rendering import one_line

    console = Console(highlight=False, soft_wrap=True)
    print_explanations(console, found.explanations)
    shown = [(one_line(each.left), one_line(each.text), one_line(each.right)) for each in found.lines]
    widest = max((width(left) for left, _, _ in shown), default=0)
    for each, (left, text, right) in zip(found.lines, shown, strict=True):
        console.print(
            Text.assemble(
                " " * (widest - width(left)),
                visible(left),
                (visible(text), "bold red"),
                visible(right),
                (visible(f"  《{each.work.record.title}》{each.section} {each.page} {each.slip}".rstrip()), "dim"),
            )
        )
    names = {each.folded: each.text for each in found.sought}
    _print_groups(console, "Spellings", found.spellings)
    if len(found.words) > 1:
        _print_groups(
            console, "Words", [replace(each, label=names.get(each.value, each.label)) for each in found.words]
        )
    for word in found.classical:
        console.print(Text(visible(f"In old texts: {word.word} → {word.classical} {word.count:,}"), style="cyan"))
    if found.request.group not in ("spelling", "words"):
        _print_groups(console, f"By {found.request.group}", found.groups)
    total = f"{'at least ' if found.at_least else ''}{found.total:,} occurrences"
    if found.lines:
        first = found.request.start
        total += f", {first:,}–{first + len(found.lines) - 1:,}"
        total += f" of a sample of {found.listed:,} (seed {found.request.seed})" if found.request.sample else ""
    console.print(Text(f"{total}, generation {found.generation}, {found.took_ms:.0f} ms", style="dim"))


def _print_groups(console: Console, name: str, groups: Sequence[Group]) -> None:
    if not groups:
        return
    said = " · ".join(f"{each.label} {each.count:,}" for each in groups[:_MOST_SHOWN])
    more = len(groups) - _MOST_SHOWN
    console.print(Text(visible(f"{name}: {said}{f' · and {more:,} more' if more > 0 else ''}"), style="cyan"))
