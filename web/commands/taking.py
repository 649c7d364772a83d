"""``take``: a work as a file."""

from __future__ import annotations

import sys

import click

from indexer.cluster.address import IndexAddress
from web.commands.options import index_option
from web.taking.works import WORK_FORMAT_NAMES


@click.command()
@click.argument("work")
@click.option(
    "--format", "form", type=click.Choice(WORK_FORMAT_NAMES), default="text", show_default=True, help="The format."
)
@index_option
def take(work: str, form: str, index: IndexAddress) -> None:
    """Print WORK, by its id, as plain text, TEI or EPUB, horizontal or vertical.

    The site gives away whole only what its licence or its manifest allows; whoever has the index has the texts.

    \b
    wenyuan take KR2a0035 > jin.txt
    wenyuan take KR2a0035 --format tei > jin.xml
    wenyuan take KR2a0035 --format epub-vertical > jin.epub

    Exit status: 0 printed, 2 not.
    """
    from search.library import Library  # it loads the engines, which `--help` has no need of
    from web.taking.works.edition import Edition  # it loads lxml, likewise
    from web.taking.works.every import WORK_FORMATS, taken

    if form.startswith("epub") and sys.stdout.isatty():
        raise click.UsageError(f"--format {form}: send it to a file, with > work.epub")
    library = Library.open(index)
    try:
        card = library.card(work)
    except KeyError:
        raise click.ClickException(f"there is no work {work!r} in the index") from None
    edition = Edition(card, library.generation, "", lambda number: library.section(card.id, number).section)
    for piece in taken(edition, WORK_FORMATS[form]):
        click.echo(piece, nl=False)
