"""The search command."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from search.results import Hit, Mode, Scope, SearchRequest, Sort
from web.commands.options import index_option

_WHY = {"exact": "原文照字", "folded": "异体同文", "words": "字词相近", "meaning": "意思相近"}
_FILTERS = ("collection", "work", "dynasty", "author", "category")


def _filters(command: click.Command) -> click.Command:
    for name in reversed(_FILTERS):
        command = click.option(f"--{name}", multiple=True, help=f"Only this {name}; may be repeated.")(command)
    return command


@click.command()
@click.argument("query")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default="hybrid", show_default=True)
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), default="both", show_default=True)
@click.option("--strict", is_flag=True, help="Only the very characters typed.")
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="How many hits.")
@click.option("--cursor", default="", help="Where to go on: `next` of the search before.")
@_filters
@click.option("--facets", is_flag=True, help="Count the hits by collection, work, dynasty, author and category.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON of the endpoint.")
@index_option
def search(
    query: str,
    mode: str,
    scope: str,
    strict: bool,
    sort: str,
    limit: int,
    cursor: str,
    facets: bool,
    as_json: bool,
    index: Path,
    **filters: tuple[str, ...],
) -> None:
    """Search an index for QUERY.

    QUERY is words, "exact phrases", AND OR NOT, (groups), title: author: dynasty: work: collection: category:
    place:, NEAR/10, and ? and * inside phrases. Simplified, traditional and variant characters find each other.
    """
    from search.library import Library
    from web.answers import as_json as answer

    request = SearchRequest(
        q=query,
        mode=Mode(mode),
        scope=Scope(scope),
        strict=strict,
        filters={name: values for name, values in filters.items() if values},
        sort=Sort(sort),
        limit=limit,
        cursor=cursor,
        facets=facets,
    )
    response = Library.open(index).search(request)
    if as_json:
        click.echo(json.dumps(answer(response), ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    total = response.total
    occurrences = "" if total.occurrences is None else f", {total.occurrences} occurrences"
    console.print(f"{total.passages} passages{occurrences}, {response.took_ms:.0f} ms", style="dim")
    for code, detail in response.explanations:
        console.print(f"{code}: {detail}", style="yellow", markup=False)
    for number, hit in enumerate(response.hits, 1):
        console.print()
        console.print(_heading(number, hit))
        console.print(_body(hit))
    if response.next:
        console.print(f"\nmore: --cursor {response.next}", style="dim", markup=False)


def _heading(number: int, hit: Hit) -> Text:
    record = hit.work.record
    place = " ".join(part for part in (hit.section, hit.page) if part)
    why = "、".join(_WHY[reason.value] for reason in hit.why)
    return Text.assemble((f"{number}. 《{record.title}》", "bold"), f" {place}  ", (f"{why}  {hit.id}", "dim"))


def _body(hit: Hit) -> Text:
    text = Text(hit.text.replace("\u3000", " "))
    for start, end in hit.notes:
        text.stylize("dim", start, end)
    for start, end in hit.highlights:
        text.stylize("bold reverse", start, end)
    return text
