"""``serve``: the pages and the endpoint."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click


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
@click.option(
    "--index",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The index's folder.  [env var: WENYUAN_INDEX; default: index]",
)
def serve(
    host: str | None, port: int | None, workers: int | None, threads: int | None, file: Path | None, folder: Path | None
) -> None:
    """Serve the index to browsers, and to programs under /api/v1, until Ctrl-C.

    What a later `wenyuan index` publishes is served without a restart.
    """
    from web.config import Config  # it is a library that `--help` has no need of

    config = Config.read(file, host=host, port=port, workers=workers, threads=threads, index=folder)
    with tempfile.TemporaryDirectory(prefix="wenyuan-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures  # before the library that reads it is loaded

        from search.results import SearchRequest
        from web import logs
        from web.app import create_app  # it loads the engines, which `--help` has no need of
        from web.server import Server, listen
        from web.shelf import library

        app = create_app(config.index, config=config)
        shown = f"[{config.host}]" if ":" in config.host else config.host
        try:
            listening = listen(config.host, config.port)
        except (OSError, ValueError, OverflowError) as failure:
            reason = getattr(failure, "strerror", None) or str(failure).rstrip(".")
            advice = "name another with --host or --port"
            raise click.ClickException(f"{shown}:{config.port}: {reason}; {advice}") from failure
        with app.app_context():
            # The first search reads the model and the dictionaries; no reader should wait for that.
            library().search(SearchRequest("江"))
        logs.configure(config.log_level)
        click.echo(f"http://{shown}:{listening.getsockname()[1]}/ (Ctrl-C stops it)")
        Server(app, listening, config).run()
