"""``serve``: the pages and the endpoint."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from web.commands.options import without_password

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--host", help="Where to listen; 0.0.0.0 lets other machines in.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: 8000]")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer.  [default: one a core]")
@click.option("--threads", type=click.IntRange(1, 64), help="Requests that each works on at once.  [default: 2]")
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file with these and more; see docs/operations.md.  [env var: WENYUAN_CONFIG]",
)
@click.option("--index", type=_FOLDER, help="The index's folder.  [env var: WENYUAN_INDEX; default: index]")
@click.option(
    "--database",
    callback=without_password,
    help="The database: a file, or postgresql://… without a password.  "
    "[env var: WENYUAN_DATABASE; default: data/wenyuan.sqlite]",
)
@click.option(
    "--library-network",
    "library_networks",
    multiple=True,
    metavar="NETWORK",
    help="A network of the library's rooms, such as 10.1.0.0/16; may be repeated. There, in-library collections open.  "
    "[env var: WENYUAN_LIBRARY_NETWORKS]",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="NETWORK",
    help="A reverse proxy's address; may be repeated. It alone is believed as to where requests come from.  "
    "[env var: WENYUAN_PROXIES]",
)
@click.option(
    "--letterhead",
    type=_FOLDER,
    help="The folder of the library's own letterhead; `wenyuan letterhead` makes one.  [env var: WENYUAN_LETTERHEAD]",
)
def serve(file: Path | None, **options: Any) -> None:
    """Serve the index to browsers, and to programs under /api/v1, until Ctrl-C.

    What a later `wenyuan index` publishes is served without a restart.
    """
    from web.config import Config  # it is a library that `--help` has no need of

    config = Config.read(file, **{name: value for name, value in options.items() if value != ()})
    # Requests side by side use all cores; threads within one would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="wenyuan-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures  # before the library that reads it is loaded

        from web import logs
        from web.app import create_app  # it loads the engines, which `--help` has no need of
        from web.desk.knowledge import refreshed
        from web.desk.pages.answers import answers
        from web.server import Server, listen
        from web.shelf import shelf
        from web.storage import session

        app = create_app(config.index, config.database, config=config)
        shown = f"[{config.host}]" if ":" in config.host else config.host
        try:
            listening = listen(config.host, config.port)
        except (OSError, ValueError, OverflowError) as failure:
            reason = getattr(failure, "strerror", None) or str(failure).rstrip(".")
            advice = "name another with --host or --port"
            raise click.ClickException(f"{shown}:{config.port}: {reason}; {advice}") from failure
        with app.app_context():
            # The first search reads the model and the dictionaries; no reader should wait for that.
            shelf().library().fetch()
            refreshed(answers(), session())  # it may be missing, or made by an earlier version of the program
        logs.configure(config.log_level)
        click.echo(f"http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C stops it)")
        Server(app, listening, config).run()
