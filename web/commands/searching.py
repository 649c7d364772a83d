"""``search``: from the keyboard to the passages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from search.model import Hit, Mode, Scope, SearchRequest, SearchResponse, Sort
from web.commands.options import index_option
from web.json import response_json
from web.presenting.urls import FILTERS, MAX_LIMIT, nearest

_SIGNS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | dict.fromkeys(
    range(0x7F, 0xA0), 0xFFFD
)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for name in reversed(FILTERS):
        command = click.option(f"--{name}", multiple=True, help=f"Only this {name}; may be repeated.")(command)
    return command


@click.command()
@click.argument("query")
@click.option(
    "--mode",
    type=click.Choice(list(map(str, Mode))),
    default=str(Mode.HYBRID),
    show_default=True,
    help="By the words themselves, by meaning, or both.",
)
@click.option(
    "--scope",
    type=click.Choice(list(map(str, Scope))),
    default=str(Scope.BOTH),
    show_default=True,
    help="In the main text, in interlinear notes, or both.",
)
@click.option(
    "--sort",
    type=click.Choice(list(map(str, Sort))),
    default=str(Sort.RELEVANCE),
    show_default=True,
    help="The order of hits.",
)
@click.option("--strict", is_flag=True, help="The very characters typed: no other script, no variants.")
@click.option("--aliases/--no-aliases", default=True, show_default=True, help="Other names of what is named, too.")
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=10, show_default=True, help="The most hits.")
@click.option("--cursor", default="", help="Go on from here: `next` of the JSON before.")
@click.option("--whole", is_flag=True, help="Print whole passages, not only the part around what was found.")
@click.option("--json", "as_json", is_flag=True, help="Print what the endpoint answers, with facets.")
@_filters
@index_option
def search(
    query: str,
    mode: str,
    scope: str,
    sort: str,
    strict: bool,
    aliases: bool,
    limit: int,
    cursor: str,
    whole: bool,
    as_json: bool,
    folder: Path,
    **filters: tuple[str, ...],
) -> None:
    """Find passages that say QUERY or mean it.

    Words may be typed in any script. Quotes make a phrase; AND, OR, NOT, NEAR/10 and brackets join words; ? is any
    one character, * a few; title:, author:, dynasty:, category: and place: look in the catalogue.

    \b
    wenyuan search 会宁府
    wenyuan search '上京 NEAR/10 會寧' --mode exact --work KR2a0035
    wenyuan search 冬天凿冰捕鱼 --mode semantic --limit 3

    Exit status: 0 answered, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of

    request = SearchRequest(
        q=query,
        mode=Mode(mode),
        scope=Scope(scope),
        strict=strict,
        aliases=aliases,
        filters={name: values for name, values in filters.items() if values},
        sort=Sort(sort),
        limit=limit,
        cursor=cursor,
        facets=as_json,
    )
    response = Library.open(folder).search(request)
    if as_json:
        click.echo(json.dumps(response_json(response), ensure_ascii=False, indent=2))
    else:
        _print(response, whole)


def _print(response: SearchResponse, whole: bool) -> None:
    from web.presenting import labels  # it loads the web framework, which `--help` has no need of

    console = Console(highlight=False, soft_wrap=True)
    for code, detail in response.explanations:
        console.print(Text(labels.explanation(code, detail, labels.in_english), style="yellow"))
    if response.unknown_words:
        console.print(Text(f"Nowhere in the collection: {', '.join(response.unknown_words)}.", style="yellow"))
    if response.hits and not response.has_close_match:
        console.print(Text("Nothing close was found; what follows is only nearest.", style="yellow"))
    for each in response.suggestions:
        console.print(Text(f"In old texts: {each.word} → {' '.join(each.classical)}", style="cyan"))
    if response.expanded_names:
        console.print(Text(f"Also searched: {', '.join(response.expanded_names)} (--no-aliases: not).", style="yellow"))
    for number, hit in enumerate(response.hits, start=1):
        console.print(_place(number, hit))
        console.print(_text(hit, whole))
        console.print()
    if not response.hits:
        console.print("Nothing found. Try another spelling, fewer words or filters, or --mode hybrid.")
    total = f"{response.total.passages:,} passages, {response.total.occurrences:,} occurrences"
    if response.total.alike:
        total += f"; {response.total.alike:,} more alike"
    console.print(Text(f"{total}, {response.took_ms:.0f} ms", style="dim"))


def _visible(text: str) -> str:
    """The text with a sign for each control character, which a terminal would obey."""
    return text.translate(_SIGNS)


def _place(number: int, hit: Hit) -> Text:
    record = hit.work.record
    place = Text.assemble((f"{number}. ", "dim"), (_visible(f"《{record.title}》"), "bold"), _visible(hit.section))
    by = f"〔{record.dynasty}〕{record.author}" if record.dynasty else record.author
    parts = (by, hit.page, hit.id, " ".join(hit.why))
    place.append(_visible("".join(f"  {part}" for part in parts if part)), "dim")
    return place


def _text(hit: Hit, whole: bool) -> Text:
    text = Text(_visible(hit.text))
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
