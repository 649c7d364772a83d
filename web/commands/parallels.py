"""``parallels``: what quotes a text elsewhere, or says the like, and all that works share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TextIO

import click
from rich.console import Console
from rich.text import Text

from indexer.cluster.address import IndexAddress
from search.parallels.alignment import Agreement
from search.parallels.model import LEAST, MOST_CHARACTERS, ROWS, Likeness, Parallel, Parallels
from search.parallels.works import LEAST_RUN, StretchPlace, WorkParallels
from web.api.parallels import PARALLELS, WORK_PARALLELS
from web.commands.analyses import asked, format_options, print_found, require_one_format
from web.commands.options import index_option
from web.commands.printing import visible
from web.commands.progress import Bars
from web.commands.resuming import resumed
from web.taking.table import Table

_STYLES = {
    Agreement.SAME: "bold red",
    Agreement.CHANGED: "yellow",
    Agreement.MISSING: "strike dim",
    Agreement.ADDED: "green",
}


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.File(encoding="utf-8"), help="Read the text from a file; - is the input.")
@click.option(
    "--place", metavar="ADDRESS", help="The text is a passage of the index, such as KR2a0035/2/001-2a@120+3:會寧府."
)
@click.option("--work", metavar="ID", help="Compare all of a work, by its id.")
@click.option("--collection", metavar="ID", help="Compare every two works of a collection, by its id.")
@click.option(
    "--with", "among", metavar="ID", multiple=True, help="Only with this work or collection; may be repeated."
)
@click.option(
    "--least",
    type=int,
    help=f"The fewest characters that a part shares, {LEAST} by default; of a run that works share, {LEAST_RUN}.",
)
@click.option(
    "--likeness",
    type=click.Choice([str(each) for each in Likeness]),
    multiple=True,
    help="Only this kind; may be repeated.",
)
@click.option("--limit", type=click.IntRange(1), default=ROWS, show_default=True, help="The most of them to print.")
@format_options[0]
@format_options[1]
@click.option("--json", "as_json", is_flag=True, help="Print all that was found, for programs.")
@index_option
def parallels(
    text: str | None,
    file: TextIO | None,
    place: str | None,
    work: str | None,
    collection: str | None,
    among: tuple[str, ...],
    least: int | None,
    likeness: tuple[str, ...],
    limit: int,
    form: str | None,
    as_json: bool,
    index: IndexAddress,
) -> None:
    """Find what quotes TEXT elsewhere, shares wording with it or says the like, or all that works share.

    What is shared is printed with what is changed, missing and added in braces: 靺鞨{+之}氏本{號→名}勿吉{-地}.
    Of two works every run of 12 or more characters in a row that stands in both is in one of the stretches.
    What takes long can be interrupted; the same command goes on from there.

    \b
    wenyuan parallels 靺鞨本號勿吉古肅慎地也
    wenyuan parallels --file quoted.txt --with KR2a0035
    wenyuan parallels --work KR2k0038 --with KR2a0035 --csv > shared.csv
    wenyuan parallels --collection northeast --csv > shared.csv

    Exit status: 0 answered, 2 not.
    """
    require_one_format(form, as_json)
    if [text, file, place, work, collection].count(None) != 4:
        raise click.UsageError("one of TEXT, --file, --place, --work and --collection is needed, and only one")
    of_works = work is not None or collection is not None
    if of_works and likeness:
        raise click.UsageError("--likeness: works are compared in wording alone")
    given: dict[str, object] = {"with": among, **({} if least is None else {"least": least})}
    if of_works:
        _of_works({**given, "work": work or "", "collection": collection or ""}, limit, form, as_json, index)
        return
    # One more than may be is enough to be told that it is too long.
    q = file.read(MOST_CHARACTERS + 1) if file else text or ""
    _of_text({**given, "q": q, "place": place or "", "likeness": likeness}, limit, form, as_json, index)


def _of_text(given: Mapping[str, Any], limit: int, form: str | None, as_json: bool, index: IndexAddress) -> None:
    from search.library import Library  # it loads the engines, which `--help` has no need of

    request = asked(PARALLELS, given).request()
    found = Library.open(index).parallels(replace(request, limit=limit))
    from web.taking.tables.parallels import table_of  # it loads the web framework, likewise

    def told(found: Parallels, table: Table) -> object:
        rows = [{**row, "parts": each.parts} for row, each in zip(table.named(), found.rows, strict=True)]
        return {**table.about, "parallels": rows}

    print_found(found, partial(table_of, root=""), told, _print, form=form, as_json=as_json)


def _of_works(given: Mapping[str, Any], limit: int, form: str | None, as_json: bool, index: IndexAddress) -> None:
    from search.library import Library  # it loads the engines, which `--help` has no need of

    request = asked(WORK_PARALLELS, given).request()
    library = Library.open(index)
    with Bars() as bars:
        found = resumed(library, replace(request, limit=limit), bars)
    from web.taking.tables.parallels import work_table  # it loads the web framework, likewise

    def told(_: WorkParallels, table: Table) -> object:
        return {**table.about, "stretches": list(table.named())}

    print_found(found, partial(work_table, root=""), told, _print_works, form=form, as_json=as_json)


def _print(found: Parallels) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for number, each in enumerate(found.shown, start=1):
        counts = each.agreements
        place = Text.assemble((f"{number}. ", "dim"), (visible(f"《{each.work.record.title}》"), "bold"))
        place.append(visible(f"{each.section} {each.page}".rstrip()))
        told = f"{counts.same} same, {counts.changed} changed, {counts.missing} missing, {counts.added} added"
        if each.likeness is Likeness.MEANING:
            told = f"nearness {each.nearness:.2f}"
        place.append(visible(f"  {each.likeness}  {told}  {each.address}"), "dim")
        console.print(place)
        console.print(_aligned(found.text, each))
        console.print()
    kinds = ", ".join(f"{found.counts[kind]:,} {said}" for kind, said in _KINDS.items())
    at_least = "at least " if found.at_least else ""
    drawn = (
        f"; {found.compared} of {found.windows} windows compared in meaning" if found.compared < found.windows else ""
    )
    console.print(Text(f"{at_least}{kinds}{drawn}, generation {found.generation}, {found.took_ms:.0f} ms", style="dim"))


_KINDS = {Likeness.EXACT: "exact", Likeness.NEAR: "near in wording", Likeness.MEANING: "near in meaning"}


def _aligned(text: str, found: Parallel) -> Text:
    """Return what stands there, with what is shared marked and what differs in braces."""
    from web.presenting.parallels import pieces
    from web.presenting.rendering import one_line

    said = Text(visible(one_line(found.left)), style="dim")
    for agreement, words in pieces(text, found):
        said.append(visible(words), _STYLES[agreement] if agreement else "")
    return said.append(visible(one_line(found.right)), "dim")


def _print_works(found: WorkParallels) -> None:
    from web.presenting.rendering import one_line

    console = Console(highlight=False, soft_wrap=True)
    for number, each in enumerate(found.shown, start=found.request.start):
        counts = each.agreements
        place = Text.assemble((f"{number}. ", "dim"), _place(each.here), (" = ", "dim"), _place(each.there))
        differing = counts.changed + counts.missing + counts.added
        place.append(visible(f"  {counts.same} same, {differing} not  {each.there.address}"), "dim")
        console.print(place)
        console.print(Text(visible(one_line(each.there.text))))
        console.print()
    at_least = "at least " if found.at_least else ""
    told = f"{len(found.shown):,} of {at_least}{len(found.rows):,} stretches with {found.runs:,} runs of "
    told += f"{found.request.least} or more characters, generation {found.generation}, {found.took_ms:.0f} ms"
    console.print(Text(told, style="dim"))


def _place(place: StretchPlace) -> Text:
    return Text(visible(f"《{place.work.record.title}》{place.section} {place.page}".rstrip()))
