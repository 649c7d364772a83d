"""``search``: from the keyboard to the passages."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.text import Text

from corpora.catalogue import QUERIED
from indexer.cluster.address import IndexAddress
from search.model import Hit, SearchResponse
from web.api.parameters import SEARCH_FORM, BadParameter, checked
from web.commands.options import index_option, parameter_options
from web.commands.printing import print_explanations, print_json, visible
from web.presenting.urls import nearest


@click.command(epilog=f"Names in the catalogue: {', '.join(QUERIED)}.")
@click.argument("query")
@parameter_options(SEARCH_FORM, without=("q", "facets"))
@click.option("--whole", is_flag=True, help="Print whole passages, not only the part around what was found.")
@click.option("--json", "as_json", is_flag=True, help="Print what the endpoint answers, with facets.")
@index_option
def search(query: str, whole: bool, as_json: bool, index: IndexAddress, **options: Any) -> None:
    """Find passages that say QUERY or mean it.

    Words may be typed in any script. Quotes make a phrase; AND, OR, NOT, NEAR/10, BEFORE/10 and brackets join words;
    ? is any one character, [將軍] one of some, [^將軍] any but those, * a few; ~ behind a phrase lets one character be
    wrong, missing or too much; /…/ is a regular expression; a name such as title: or author: looks in the catalogue,
    see below; when:天輔六年, when:1115..1123 or when:壬寅 finds dates in the texts by their years.

    \b
    wenyuan search 会宁府
    wenyuan search '上京 NEAR/10 會寧' --mode exact --work KR2a0035
    wenyuan search 冬天凿冰捕鱼 --mode semantic --limit 3

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    given = {name: value for name, value in options.items() if value is not None}
    try:
        asked = checked(SEARCH_FORM, {**given, "q": query, "facets": as_json})
    except BadParameter as failure:
        raise click.UsageError(str(failure)) from failure
    response = Library.open(index).search(asked.request())
    if as_json:
        from web.api.search import answer  # it loads the web framework, which `--help` has no need of

        print_json(answer(response))
    else:
        _print(response, whole)


def _print(response: SearchResponse, whole: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    print_explanations(console, response.explanations)
    for meant in response.proposals:
        console.print(Text(f"Did you mean: {visible(meant.q)} ({meant.passages:,} passages)", style="cyan"))
    if response.unknown_words:
        console.print(Text(f"Nowhere in the collection: {', '.join(response.unknown_words)}.", style="yellow"))
    if response.hits and not response.has_close_match:
        console.print(Text("Nothing close was found; what follows is only nearest.", style="yellow"))
    for each in response.suggestions:
        console.print(Text(f"In old texts: {each.word} → {' '.join(each.classical)}", style="cyan"))
    if response.expanded_names:
        console.print(Text(f"Also searched: {', '.join(response.expanded_names)} (--no-aliases: not).", style="yellow"))
    for number, hit in enumerate(response.hits, start=response.start):
        console.print(_place(number, hit))
        console.print(_text(hit, whole))
        console.print()
    if not response.hits:
        console.print("Nothing found. Try another spelling, fewer words or filters, or --mode hybrid.")
    total = f"{response.total.passages:,} passages, {response.total.occurrences:,} occurrences"
    if response.total.at_least:
        total = f"at least {total}"
    if response.total.alike:
        total += f"; {response.total.alike:,} more alike"
    console.print(Text(f"{total}, {response.took_ms:.0f} ms", style="dim"))


def _place(number: int, hit: Hit) -> Text:
    record = hit.work.record
    place = Text.assemble((f"{number}. ", "dim"), (visible(f"《{record.title}》"), "bold"), visible(hit.section))
    parts = (record.statement, hit.page, hit.id, " ".join(hit.why))
    place.append(visible("".join(f"  {part}" for part in parts if part)), "dim")
    return place


def _text(hit: Hit, whole: bool) -> Text:
    text = Text(visible(hit.text))
    for start, end in hit.notes:
        text.stylize("dim", start, end)
    if stretch := nearest(hit):
        text.stylize("underline", *stretch)
    for start, end in hit.highlights:
        text.stylize("bold red", start, end)
    start, end = (0, len(hit.text.rstrip("\n"))) if whole else hit.excerpt
    return Text.assemble(_omitted(hit.text[:start]), text[start:end], _omitted(hit.text[end:]))


def _omitted(text: str) -> str:
    """Return the mark of what is left out; none where nothing is but blanks."""
    return "……" if text.strip() else ""
