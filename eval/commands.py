"""``eval``, ``bench`` and ``train``: every number that the documentation gives comes from one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table as RichTable

from eval.datasets.data import ADVICE, expected
from indexer.cluster.address import IndexAddress, index_address
from indexer.errors import IndexFailure, need
from web.commands.options import ON_CLUSTER, as_index
from web.commands.printing import print_json
from web.commands.progress import Bars

_FILE = click.Path(dir_okay=False, path_type=Path)
_NEW_FOLDER = click.Path(file_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_PARTS = ("articles", "verbatim", "sentences", "natural", "words", "vectors", "names")
_WIDEST = 1000
"""Characters; more than any table has."""
_data = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("../shared"),
    show_default=True,
    help="The folder that holds corpora/ and eval/.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print it for programs.")


@click.command(name="eval")
@click.argument("parts", metavar="[PART]...", nargs=-1, type=click.Choice(_PARTS))
@click.option(
    "--index",
    metavar="FOLDER|ADDRESS",
    callback=as_index,
    help=f"An index of the Northeast: a folder, or {ON_CLUSTER}.  [default: built for the purpose]",
)
@click.option("--rows", type=click.Choice(["odd", "even", "all"]), default="odd", show_default=True)
@click.option("--all", "everything", is_flag=True, help="One table of all systems on all query sets, instead of parts.")
@click.option("--limit", type=click.IntRange(1), help="With --all: ask so many queries of each set at most.")
@click.option(
    "--peers", type=_NEW_FOLDER, help="With --all: general models too; their vectors are kept in this folder."
)
@click.option("--write", type=_FILE, help="With --all: write the table there, too, in Markdown.")
@click.option("--queries", type=_FILE, help="Questions of your own (JSON Lines) to the index that --index names.")
@_data
@_json
def evaluate(
    parts: tuple[str, ...],
    index: IndexAddress | None,
    rows: Any,
    everything: bool,
    limit: int | None,
    peers: Path | None,
    write: Path | None,
    queries: Path | None,
    data: Path,
    as_json: bool,
) -> None:
    """Measure how well searches answer: all parts, or those named; the whole table; or questions of your own.

    \b
    articles   questions on the bundled articles
    verbatim   sentences of the 金史 found verbatim in the Siku edition
    sentences  modern sentences of the 金史, to their page in the Northeast
    natural    natural queries over the Northeast, for development
    words      what jieba's words add in modern text
    vectors    recall of the stored vectors
    names      what the table of names finds, and how much of it is right

    Rows of the 金史 count from 0: even rows are for development, odd rows are what is reported.
    """
    from eval.datasets import questions  # they load engines and measures, which `--help` has no need of
    from eval.quality import comparison
    from eval.quality.suite import PARTS, Materials, ResultTable

    if (queries is not None) + everything + bool(parts) > 1:
        raise click.UsageError("PART, --all and --queries are three ways to measure; choose one")
    if (limit or peers or write) and not everything:
        raise click.UsageError("--limit, --peers and --write go with --all")
    steps: list[Callable[[Materials], tuple[ResultTable, ...]]]
    if queries:
        if not index:
            raise click.UsageError("--queries needs --index, the index that is asked")
        own = questions.read(queries)
        steps = [lambda materials: questions.ask(index, own, materials.on_progress)]
    elif everything:
        steps = [lambda materials: (comparison.compare(materials, limit, peers),)]
    else:
        steps = [_part(PARTS[part]) for part in parts or _PARTS]
    results: list[ResultTable] = []
    for step in steps:
        with Bars() as bars, expected(data):
            tables = step(Materials(data, index, rows, bars))
        results += tables
        for table in () if as_json else tables:
            _print(table.title, table.columns, table.rows)
    if write:
        write.write_text(comparison.markdown(results[0]), "utf-8")
    if as_json:
        print_json(results)


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--index", type=_FOLDER, help="Time this index, which is already built of PATH.")
@click.option(
    "--beside",
    multiple=True,
    metavar="INDEX",
    callback=lambda _, __, written: tuple(map(index_address, written)),
    help="Another index of the same texts, in a folder or on a cluster, whose searches are timed too; may be repeated.",
)
@click.option("--peers", is_flag=True, help="Other engines on the same texts, instead.")
@click.option("--characters", type=click.IntRange(1), help="Take only works of about so many million characters.")
@click.option(
    "--sizes", metavar="N,N,…", help="How cost grows, instead: so many million characters, one after another."
)
@click.option("--plot", type=_FILE, help="With --sizes: draw it into this file, too.")
@_data
@_json
def bench(
    paths: tuple[Path, ...],
    index: Path | None,
    beside: tuple[IndexAddress, ...],
    peers: bool,
    characters: int | None,
    sizes: str | None,
    plot: Path | None,
    data: Path,
    as_json: bool,
) -> None:
    """Build an index of PATH, by default the Northeast, and time its searches.

    Prints the build's rate, peak memory and size, what it takes to add and to remove a work of a million characters,
    how long a process takes to its first answer, and for each kind of search the time that half of the searches stay
    within, and 95 of 100. Phrases of 2 to 6 characters are drawn from the text at random; the modern sentences are
    those of the even rows of the 金史, where they are at hand.
    """
    from eval.speed import tables as measuring  # it loads the engines, which `--help` has no need of

    if (index is not None) + peers + (sizes is not None) > 1:
        raise click.UsageError("--index, --peers and --sizes are three things to measure; choose one")
    if plot and not sizes:
        raise click.UsageError("--plot goes with --sizes")
    texts = list(paths) or [_northeast(data)]
    if plot:
        need("matplotlib", "peers")
        measuring.check_format(plot)
    million = 1_000_000
    with Bars() as bars, expected(data):
        if sizes:
            try:
                wanted = [_positive(size) * million for size in sizes.split(",")]
            except ValueError:
                message = f"{sizes}: whole numbers above 0 with commas between"
                raise click.BadParameter(message, param_hint="--sizes") from None
            tables = [measuring.growth(texts, wanted, data, plot, bars)]
        elif peers:
            tables = [measuring.peers(texts, (characters or 3) * million, data, bars)]
        else:
            tables = measuring.speed(texts, characters and characters * million, index, data, bars, beside)
    if as_json:
        print_json(tables)
        return
    for table in tables:
        _print(table.title, table.columns, table.rows)


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=7, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=3, show_default=True)
@_data
def train(out: Path, seed: int, epochs: int, data: Path) -> None:
    """Train the model that ships with the package on aligned sentences, and write it to the folder OUT.

    Ten minutes on two cores. Index with it by `wenyuan index PATH --model OUT`.
    """
    need("torch", "models")
    from eval.learning.training import train as run  # it loads torch

    folder = data / "eval"
    with expected(data):
        share = run(folder / "parallel.train.jsonl.xz", folder / "ccpm" / "train.jsonl", out, seed, epochs)
    click.echo(f"{out}: R@1 {share:.3f} on pairs held out")


def _part(measure: Callable[[Any], Any]) -> Callable[[Any], tuple[Any]]:
    return lambda materials: (measure(materials),)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _northeast(data: Path) -> Path:
    folder = data / "corpora" / "kanripo"
    if not folder.is_dir():
        raise IndexFailure(f"{folder}: no texts there; name texts of your own as PATH, or {ADVICE}")
    return folder


def _print(title: str, columns: Any, rows: Any) -> None:
    table = RichTable(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(f"{cell:.4f}" if isinstance(cell, float) and cell < 1.01 else str(cell) for cell in row))
    # A cell that is cut off is no number: what is too wide for the screen runs over.
    widest = Console(width=_WIDEST).measure(table).maximum
    Console(width=max(Console().width, widest), soft_wrap=True).print(table, "")
