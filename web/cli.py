"""The command line. Commands are found through the entry point group ``wenyuan.commands`` and loaded when called."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import click

from corpora.manifests import ManifestFailure
from indexer.errors import IndexFailure
from search.results import SearchError

_GROUP = "wenyuan.commands"
_SUMMARIES = {
    "check": "Report what is wrong in files, without indexing them.",
    "collections": "List the named collections.",
    "fetch": "Obtain the files of a named collection.",
    "index": "Add works to an index, replace them or remove them.",
    "status": "Say what is in an index.",
    "search": "Search an index from the command line.",
    "serve": "Serve the pages and the endpoint.",
    "eval": "Measure how good the answers are.",
    "bench": "Measure how fast everything is.",
    "train": "Train the embedding model again.",
}
NOTHING_DONE = 2


class _Commands(click.Group):
    """A group that imports a command when it is called, so that ``wenyuan --help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = entry_points(group=_GROUP, name=cmd_name)
        command: click.Command | None = next(iter(found)).load() if found else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wenyuan")
def wenyuan() -> None:
    """Wenyuan 文渊: search ancient and local Chinese texts.

    Every command takes --help. Exit status: 0 all went well, 1 done but with reported problems, 2 nothing was done.
    """


def main() -> None:
    """Run the command line; whatever goes wrong in a foreseen way is one line on standard error."""
    try:
        status = wenyuan(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as failure:
        failure.show()
        sys.exit(NOTHING_DONE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. The index is as it was; run the command again to go on.", err=True)
        sys.exit(130)
    except (IndexFailure, ManifestFailure, SearchError, OSError) as failure:
        click.echo(f"Error: {failure}", err=True)
        sys.exit(NOTHING_DONE)
