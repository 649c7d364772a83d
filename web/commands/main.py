"""The command line. Commands are found by their entry points and loaded when they are called."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

import click

from corpora.manifests import ManifestFailure
from indexer.errors import IndexFailure
from search.model import SearchError
from web.database.failure import StorageFailure

GROUP = "wenyuan.commands"


class Commands(click.Group):
    """The commands that are installed. Any failure in one becomes one line and exit status 2."""

    def list_commands(self, context: click.Context) -> list[str]:
        """List the names of the commands, sorted."""
        return sorted(each.name for each in entry_points(group=GROUP))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Load one; a command that can't be loaded says so and leaves the others alone."""
        for entry in entry_points(group=GROUP, name=name):
            try:
                command: click.Command = entry.load()
            except (ImportError, AttributeError) as failure:
                return _unavailable(entry, failure)
            return command
        return None

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run the command that was typed, and exit."""
        _open_many_files()
        finish(lambda: super(Commands, self).main(*args, **{**options, "standalone_mode": False}))


def finish(run: Callable[[], object]) -> NoReturn:
    """Run a click command outside its standalone mode, and exit; a failure is one line and exit status 2."""
    try:
        status = run()
    except click.UsageError as failure:
        path = failure.ctx.command_path if failure.ctx else "wenyuan"
        _stop(f"{failure.format_message().rstrip('.')} (see `{path} --help`)")
    except click.ClickException as failure:
        _stop(failure.format_message())
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted")
    except SearchError as failure:
        from web.presenting import labels  # it loads the web framework, which most commands have no need of

        _stop(labels.search_error(failure, labels.in_english))
    except (IndexFailure, ManifestFailure, StorageFailure) as failure:
        _stop(str(failure))
    except OSError as failure:
        place = f"{failure.filename}: " if failure.filename else ""
        _stop(f"{place}{failure.strerror or failure}")
    except Exception as failure:
        _stop(f"internal error, please report it: {type(failure).__name__}: {failure}")
    sys.exit(status if isinstance(status, int) else 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wenyuan", prog_name="wenyuan")
def main() -> None:
    """Search ancient and local Chinese texts, in any script and by meaning.

    \b
    wenyuan index bundled      build an index of the texts that come with the program
    wenyuan search 会宁府       ask it
    wenyuan serve              ask it in a browser
    """


def _open_many_files() -> None:
    """Raise the number of files that may be open to what the system allows: each pack of an index has some thirty."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _unavailable(entry: EntryPoint, failure: Exception) -> click.Command:
    reason = f"{entry.name} can't be loaded: {failure}"

    def stop() -> None:
        raise click.ClickException(reason)

    return click.Command(entry.name, callback=stop, short_help=f"(not available: {failure})")


def _stop(message: str) -> NoReturn:
    click.echo(f"wenyuan: {' '.join(message.split())}", err=True)
    sys.exit(2)
