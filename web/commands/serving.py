"""``serve``: the pages and the endpoint."""

from __future__ import annotations

from pathlib import Path

import click

from web.commands.options import index_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 256), default=4, show_default=True)
@index_option
def serve(host: str, port: int, threads: int, folder: Path) -> None:
    """Serve the index to browsers and programs."""
    import waitress

    from web.app import create_app  # it loads the engines, which `--help` has no need of

    server = waitress.create_server(create_app(folder), host=host, port=port, threads=threads, ident=None)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"http://{shown}:{port}/ (Ctrl-C stops it)")
    server.run()
